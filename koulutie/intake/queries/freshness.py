"""How fresh the marks of each school and class are, and how much of the register is kept."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from typing import Any

import narwhals as nw

from koulutie.facts.scoped import Reader

Row = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Freshness:
    """What is known of the marks of one school or class in one school year."""

    latest: date | None  # day of the newest mark; None: no marks at all
    marks: int
    share_kept: (
        float | None
    )  # 0-1 of offered lessons with a kept register; None: unknown

    def days_old(self, today: date) -> int | None:
        """Return how many days ago the newest mark was given."""
        return None if self.latest is None else (today - self.latest).days


NOTHING = Freshness(latest=None, marks=0, share_kept=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class SchoolFreshness:
    """A school's freshness and that of its classes, by class id."""

    school: Freshness
    classes: dict[int, Freshness]


def by_school(reader: Reader, *, school_year: int) -> dict[int, SchoolFreshness]:
    """Return the freshness of every school that has marks or offered lessons."""
    marks = _by_class(_marks(reader, school_year))
    kept = _by_class(_kept(reader, school_year))
    return {
        school: SchoolFreshness(
            school=_freshness(
                list(marks[school].values()), list(kept[school].values())
            ),
            classes={
                one: _freshness(
                    [marks[school].get(one, {})], [kept[school].get(one, {})]
                )
                for one in (marks[school].keys() | kept[school].keys()) - {None}
            },
        )
        for school in marks.keys() | kept.keys()
    }


def _by_class(rows: list[Row]) -> dict[int, dict[int, Row]]:
    found: dict[int, dict[int, Row]] = defaultdict(dict)
    for row in rows:
        found[row["school_id"]][row["class_id"]] = row
    return found


def _marks(reader: Reader, school_year: int) -> list[Row]:
    frame = reader.frame("marks").filter(nw.col("school_year") == school_year)
    grouped = frame.group_by("school_id", "class_id").agg(
        nw.col("date").max().alias("latest"), nw.len().alias("marks")
    )
    return _rows(grouped)


def _kept(reader: Reader, school_year: int) -> list[Row]:
    """Return lessons whose register is told, and how many of them were kept."""
    frame = reader.frame("offered_lessons").filter(
        nw.col("school_year") == school_year, ~nw.col("lessons_kept").is_null()
    )
    grouped = frame.group_by("school_id", "class_id").agg(
        nw.col("lessons").sum().alias("told"),
        nw.col("lessons_kept").sum().alias("kept"),
    )
    return _rows(grouped)


def _rows(frame: nw.LazyFrame[Any]) -> list[Row]:
    rows: list[Row] = frame.collect(backend="pyarrow").to_native().to_pylist()
    return rows


def _freshness(marks: list[Row], kept: list[Row]) -> Freshness:
    days = [row["latest"] for row in marks if row.get("latest")]
    told = sum(row.get("told") or 0 for row in kept)
    lessons = sum(row.get("kept") or 0 for row in kept)
    return Freshness(
        latest=max(days, default=None),
        marks=sum(row.get("marks") or 0 for row in marks),
        share_kept=min(1.0, lessons / told) if told else None,
    )
