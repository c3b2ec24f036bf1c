"""Synthetic marks of any size, in the project's own formats: for tests, trials and benchmarks."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np

from koulutie.demo import marks as drawing
from koulutie.demo import world, writers

LAST_DAY = dt.date(2026, 6, 6)  # of the school year that is written


def synth(*, pupils: int, out: Path, seed: int) -> dict[str, int]:
    """Write ``roster.csv`` and ``lesson_mark.csv`` of one school year; return rows by file.

    The number of pupils is met to within half a pupil a class. The same seed writes the
    same bytes.
    """
    out.mkdir(parents=True, exist_ok=True)
    schools = world.schools(pupils)
    year = world.school_days(2025, LAST_DAY)
    classes = sum(len(one.grades) * one.parallel for one in schools)
    size = max(1, round(pupils / classes))
    cohort = world.cohort(schools, year, size=size, seed=seed)
    rng = np.random.default_rng(seed)
    sheet = writers.Sheet(
        cohort=cohort,
        schools=schools,
        marks=drawing.draw(cohort, schools, rng, seed=seed),
        exported_on=LAST_DAY,
    )
    return {
        "roster.csv": writers.write_roster(out / "roster.csv", cohort, schools, set()),
        "lesson_mark.csv": writers.write_own(out / "lesson_mark.csv", sheet),
    }
