"""The reads behind one pupil's page, by the product and by hand on the same files.

Prints the median milliseconds of each over the same pupils, taken in turn.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
import time

os.environ.setdefault("KOULUTIE_HOME", tempfile.mkdtemp(prefix="koulutie-bench-home-"))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "koulutie.config.settings")

import django
import duckdb

from bench.data import AS_OF, YEAR
from bench.ours import latest
from koulutie.core.scope import Purpose, Scope
from koulutie.facts.scoped import open_scoped
from koulutie.facts.store import Store

PUPILS = range(1, 601, 3)
CLASS = 25  # a teacher's scope names so many pupils


def ours(root: str, pupil: int) -> int:
    """Read what the page shows of one pupil, inside a class teacher's scope."""
    from koulutie.casework.queries import facts

    mine = frozenset(range(pupil, pupil + CLASS))
    scope = Scope(
        actor="bench", purpose=Purpose.ATTENDANCE, reason="bench", pupil_ids=mine
    )
    with open_scoped(Store(root), latest(root), scope.about([pupil])) as reader:
        facts.figures(reader, pupil_ids=[pupil], window="school_year")
        facts.absence_by_week(reader, pupil_id=pupil, school_year=YEAR.year)
        facts.absence_by_weekday(reader, pupil_ids=[pupil], school_year=YEAR.year)
        facts.school_days_by_week(
            reader, school_id=1, school_year=YEAR.year, until=AS_OF
        )
        return len(facts.marks(reader, pupil_id=pupil, school_year=YEAR.year))


def bare(root: str, pupil: int) -> int:
    """Ask the same five questions of the same files by hand."""
    store, known = Store(root), latest(root)
    table = {
        name: f"read_parquet({list(store.files(known, name))}, hive_partitioning = true)"
        for name in ("figures", "marks", "calendar")
    }
    run = duckdb.connect().execute
    year = f"school_year = {YEAR.year}"
    run(
        "SELECT indicator, numerator, denominator, value, withheld, coverage FROM "
        f"{table['figures']} WHERE pupil_id = {pupil} AND \"window\" = 'school_year'"
    ).fetchall()
    run(
        f"SELECT pupil_id, date, sum(lessons) FROM {table['marks']} WHERE pupil_id = {pupil} "
        f"AND {year} AND kind < 'b' GROUP BY ALL"
    ).fetchall()
    run(
        f"SELECT date, kind, sum(lessons) FROM {table['marks']} WHERE pupil_id = {pupil} AND "
        f"{year} AND kind < 'b' GROUP BY ALL"
    ).fetchall()
    run(
        f"SELECT date, is_school_day FROM {table['calendar']} WHERE school_id = 1 AND {year} "
        f"AND date <= '{AS_OF}'"
    ).fetchall()
    return len(
        run(
            "SELECT date, start_minute, lesson_no, kind, type_name, lessons, subject_code, "
            f"group_code, is_cleared FROM {table['marks']} WHERE pupil_id = {pupil} AND "
            f"{year} ORDER BY date DESC, start_minute DESC"
        ).fetchall()
    )


def main(root: str) -> None:
    django.setup()
    spent: dict[str, list[float]] = {"ours": [], "bare": []}
    for pupil in PUPILS:
        found = {}
        for name, read in (("ours", ours), ("bare", bare)):
            started = time.perf_counter()
            found[name] = read(root, pupil)
            spent[name].append(1000 * (time.perf_counter() - started))
        assert found["ours"] == found["bare"], f"pupil {pupil}: {found}"
    print(json.dumps({name: statistics.median(times) for name, times in spent.items()}))


if __name__ == "__main__":
    main(*sys.argv[1:])
