"""Small random worlds: the canonical tables as lists of plain rows, and as frames.

A world is made from one number, so that hypothesis can replay and shrink it. It is made to
be awkward: pupils who move in the middle of a week, classes without a plan, weeks without
timetable rows, trips of one class, marks on Sundays, fractional lessons, missing words.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import duckdb
import narwhals as nw
import polars as pl
import pyarrow as pa
from hypothesis import settings

from koulutie.core.frames import NAMES, Frame, Frames
from koulutie.core.marks import ABSENCES, Kind
from koulutie.core.tables import FACTS

# A world is large: few of them hold as much as many small examples.
EXAMPLES = max(1, settings().max_examples // 8)
Row = dict[str, Any]
Day = timedelta(days=1)
YEARS = (2025, 2026)
SCHOOLS = (1, 2)
KINDS = sorted(Kind)


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Rows by table name; keys are the columns of the canonical schemas."""

    tables: dict[str, list[Row]]
    as_of: date

    def __getitem__(self, name: str) -> list[Row]:
        return self.tables[name]

    def arrow(self, name: str) -> pa.Table:
        """Return a table in its canonical schema; columns not named are null."""
        return pa.Table.from_pylist(self.tables[name], schema=FACTS[name])


def make(seed: int) -> World:
    """Make a world from a number."""
    rng = random.Random(seed)
    calendar = _calendar(rng)
    classes = _classes(rng)
    enrolments = _enrolments(rng, calendar, classes)
    tables = {
        "calendar": calendar,
        "class_days": _class_days(rng, calendar, classes),
        "enrolments": enrolments,
        "lesson_plans": _plans(rng, classes),
        "offered_lessons": _offered(rng, calendar, classes, enrolments),
        "partial_timetables": _partial(rng, enrolments),
        "marks": _marks(rng, enrolments),
    }
    as_of = rng.choice(
        [
            date(2026, 11, 24),
            date(2027, 2, 3),
            date(2027, 6, 25),
            date(2026, 7, 5),
            date(2026, 3, 1),
            date(2026, 8, 9),
            date(2026, 8, 1) + Day * rng.randrange(330),
        ]
    )
    return World(tables=tables, as_of=as_of)


def _calendar(rng: random.Random) -> list[Row]:
    rows = []
    for school, year in itertools.product(SCHOOLS, YEARS):
        first = date(year, 8, 8) + Day * rng.randrange(8)
        spring = date(year + 1, 1, 5) + Day * rng.randrange(4)
        days = 300 - rng.randrange(8)
        periods = sorted(rng.sample(range(days), rng.randrange(4)))
        ordinal = 0
        for number in range(days):
            on = first + Day * number
            chance = 0.93 if on.isoweekday() <= 5 else 0.04
            is_school_day = rng.random() < chance
            ordinal += is_school_day
            rows.append(
                {
                    "school_id": school,
                    "date": on,
                    "school_year": year,
                    "is_school_day": is_school_day,
                    "term": "autumn" if on < spring else "spring",
                    "study_period": sum(start <= number for start in periods) or None,
                    "ordinal": ordinal,
                    "lessons": rng.choice([0.0, 2.0, 3.0])
                    if is_school_day and rng.random() < 0.03
                    else None,
                }
            )
    return rows


def _classes(rng: random.Random) -> list[Row]:
    numbers = itertools.count(10)
    return [
        {
            "class_id": next(numbers),
            "school_id": school,
            "school_year": year,
            "grade": rng.choice([1, 4, 6, 7, 9]),
        }
        for school, year in itertools.product(SCHOOLS, YEARS)
        for _ in range(2)
    ]


def _class_days(
    rng: random.Random, calendar: list[Row], classes: list[Row]
) -> list[Row]:
    rows = {}
    for _ in range(rng.randrange(8)):
        each = rng.choice(classes)
        days = [day for day in calendar if day["school_id"] == each["school_id"]]
        day = rng.choice(days)["date"]
        is_school_day = rng.random() < 0.7
        rows[each["class_id"], day] = {
            "class_id": each["class_id"],
            "date": day,
            "is_school_day": is_school_day,
            "lessons": rng.choice([None, 0.0, 2.0]) if is_school_day else None,
        }
    return list(rows.values())


def _enrolments(
    rng: random.Random, calendar: list[Row], classes: list[Row]
) -> list[Row]:
    rows = []
    for pupil, year in itertools.product(range(1, 1 + rng.randrange(1, 8)), YEARS):
        here = [each for each in classes if each["school_year"] == year]
        start, end = date(year, 8, 1), date(year + 1, 8, 1)
        cuts = sorted(rng.sample(range(1, 330), rng.choice([0, 0, 0, 1, 2])))
        edges = [start, *(start + Day * cut for cut in cuts), end]
        for from_, to in itertools.pairwise(edges):
            if rng.random() < 0.1:
                continue
            each = rng.choice(here)
            overlap = Day * rng.choice([0, 0, 0, 5, -9])
            rows.append(
                {
                    "pupil_id": pupil,
                    "school_id": each["school_id"],
                    "class_id": each["class_id"],
                    "school_year": year,
                    "grade": each["grade"],
                    "level": "primary" if each["grade"] <= 6 else "lower_secondary",
                    "language": "fi",
                    "from_": from_,
                    "to": to + overlap,
                }
            )
    return rows


def _plans(rng: random.Random, classes: list[Row]) -> list[Row]:
    chance = rng.choice([0.6, 1.0, 1.0])
    return [
        {
            "school_year": each["school_year"],
            "school_id": each["school_id"],
            "class_id": each["class_id"],
            "lessons_per_week": rng.choice([20.0, 23.5, 26.0, 31.0]),
        }
        for each in classes
        if rng.random() < chance
    ]


def _offered(
    rng: random.Random, calendar: list[Row], classes: list[Row], enrolments: list[Row]
) -> list[Row]:
    rows = []

    def add(class_id: int | None, pupil_id: int | None, year: int, on: date) -> None:
        lessons = float(rng.choice([0, 1, 4, 5, 6]))
        rows.append(
            {
                "school_year": year,
                "month": on.month,
                "school_id": 1,
                "class_id": class_id,
                "pupil_id": pupil_id,
                "date": on,
                "lessons": lessons,
                "lessons_kept": rng.choice(
                    [None, lessons, lessons, max(lessons - 1, 0)]
                ),
                "batch_id": 1,
                "from_version": 1,
            }
        )

    for each in classes:
        chance = rng.choice([0.0, 0.2, 0.9])
        for day in calendar:
            same = (day["school_id"], day["school_year"]) == (
                each["school_id"],
                each["school_year"],
            )
            if same and day["is_school_day"] and rng.random() < chance:
                for _ in range(rng.choice([1, 1, 2])):
                    add(each["class_id"], None, each["school_year"], day["date"])
    pupils = sorted({row["pupil_id"] for row in enrolments})
    for pupil in rng.sample(pupils, min(len(pupils), rng.randrange(3))):
        for _ in range(rng.randrange(60)):
            year = rng.choice(YEARS)
            add(None, pupil, year, date(year, 8, 15) + Day * rng.randrange(280))
    return rows


def _partial(rng: random.Random, enrolments: list[Row]) -> list[Row]:
    rows = []
    pupils = sorted({row["pupil_id"] for row in enrolments})
    for pupil in rng.sample(pupils, min(len(pupils), rng.randrange(3))):
        start = date(rng.choice(YEARS), 9, 1) + Day * rng.randrange(150)
        for _ in range(rng.choice([1, 2])):
            end = start + Day * rng.randrange(1, 60)
            rows.append(
                {
                    "pupil_id": pupil,
                    "from_": start,
                    "to": end,
                    "lessons_per_week": rng.choice([5.0, 12.0, 7.5]),
                }
            )
            start = end + Day * rng.randrange(10)
    return rows


def _marks(rng: random.Random, enrolments: list[Row]) -> list[Row]:
    rows: list[Row] = []
    keys = itertools.count(1)
    for pupil in sorted({row["pupil_id"] for row in enrolments}):
        usual = rng.sample(KINDS, 4)
        lessons = rng.choice([1.0, 1.0, 1.0, 4 / 3])
        favourite = rng.randrange(1, 6)
        for _ in range(rng.choice([0, 5, 40, 70])):
            year = rng.choice(YEARS)
            on = date(year, 8, 5) + Day * rng.randrange(300)
            if rng.random() < 0.4:
                on += Day * ((favourite - on.isoweekday()) % 7)
            for lesson in range(rng.randrange(1, 4)):
                kind = rng.choice(usual if rng.random() < 0.9 else KINDS)
                has_time = rng.random() < 0.85
                rows.append(
                    {
                        "mark_key": next(keys),
                        "school_year": on.year if on.month >= 8 else on.year - 1,
                        "month": on.month,
                        "school_id": 1,
                        "class_id": 10,
                        "pupil_id": pupil,
                        "date": on,
                        "start_minute": 480 + rng.choice([0, 45, 60, 120]) + 60 * lesson
                        if has_time
                        else None,
                        "lesson_no": rng.choice([None, lesson + 1, lesson + 1]),
                        "minutes": rng.choice([None, 45, 45, 75]),
                        "kind": kind,
                        "lessons": lessons if kind in ABSENCES else 0.0,
                        "type_name": rng.choice(["A", "A", "B"]),
                        "group_code": rng.choice([None, "g1", "g1", "g2"]),
                        "subject_code": rng.choice([None, "MA", "MA", "AI", "EN"]),
                        "teacher_code": rng.choice([None, "T1", "T1", "T2"]),
                        "is_cleared": rng.choice([None, True, False, False]),
                        "version_at": 0,
                        "batch_id": 1,
                        "from_version": 1,
                    }
                )
    return rows


# --- the same rows as frames -----------------------------------------------------------------


@contextmanager
def on_duckdb(world: World) -> Iterator[Frames]:
    """Yield the world as relations of a DuckDB of its own."""
    connection = duckdb.connect()
    connection.execute("SET threads = 1")
    names = itertools.count(1)

    def frame(name: str) -> Frame:
        connection.from_arrow(world.arrow(name)).create(name)
        return nw.from_native(connection.table(name)).lazy()

    def hold(frame: Frame) -> Frame:
        name = f"held_{next(names)}"
        frame.to_native().create(name)
        return nw.from_native(connection.table(name)).lazy()

    try:
        yield Frames.read(frame, hold=hold)
    finally:
        connection.close()


@contextmanager
def on_polars(world: World) -> Iterator[Frames]:
    """Yield the world as lazy Polars frames: a second engine under the same rules."""

    def frame(name: str) -> Frame:
        return nw.from_native(pl.from_arrow(world.arrow(name))).lazy()

    def hold(frame: Frame) -> Frame:
        return nw.from_native(frame.to_native().collect()).lazy()

    yield Frames.read(frame, hold=hold)


ENGINES: dict[str, Callable[[World], Any]] = {"duckdb": on_duckdb, "polars": on_polars}
assert set(NAMES) <= set(FACTS)
