"""Synthetic marks of any size, in the project's own formats: for tests, trials and benchmarks."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np

from koulutie.core.errors import DomainError, gettext_noop
from koulutie.demo import marks as drawing
from koulutie.demo import world, writers

NO_FOLDER = gettext_noop("Files cannot be written to %(folder)s: %(problem)s.")
LAST_DAY = dt.date(2026, 6, 6)  # of the school year that is written


def synth(*, pupils: int, out: Path, seed: int) -> dict[str, int]:
    """Write ``roster.csv`` and ``lesson_mark.csv`` of one school year; return rows by file.

    The same seed writes the same bytes.

    Raises
    ------
    DomainError
        The folder cannot be written to.
    """
    try:
        return _written(pupils, out, seed)
    except OSError as error:
        raise DomainError(
            NO_FOLDER, folder=str(out), problem=error.strerror or str(error)
        ) from error


def _written(pupils: int, out: Path, seed: int) -> dict[str, int]:
    out.mkdir(parents=True, exist_ok=True)
    schools = world.schools(pupils)
    year = world.school_days(2025, LAST_DAY)
    classes = sum(len(one.grades) * one.parallel for one in schools)
    size, more = divmod(pupils, classes)
    cohort = world.cohort(schools, year, size=size, more=more, seed=seed)
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
