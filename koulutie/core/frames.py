"""The facts as Narwhals frames: the same rules run on DuckDB, Polars and Spark.

The core asks for whole tables and never says where they lie. `hold` is how the room that
owns the engine keeps an intermediate table that several questions share (DuckDB: a
temporary table); without it a shared part would be computed anew by each of its users, and
by each of theirs.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

import narwhals as nw
import pyarrow as pa

from koulutie.core.tables import conform

# Any: what a frame wraps is the engine's affair and never asked for here.
Frame = nw.LazyFrame[Any]
Hold = Callable[[Frame], Frame]

# The tables that rules read, by their names in `core.tables.FACTS`.
NAMES = (
    "marks",
    "offered_lessons",
    "enrolments",
    "calendar",
    "class_days",
    "lesson_plans",
    "partial_timetables",
)
_col = nw.col


@dataclass(frozen=True, slots=True, kw_only=True)
class Frames:
    """The canonical tables that rules read, in the shapes of `core.tables`."""

    marks: Frame
    offered_lessons: Frame
    enrolments: Frame
    calendar: Frame
    class_days: Frame
    lesson_plans: Frame
    partial_timetables: Frame
    hold: Hold

    @classmethod
    def read(cls, frame: Callable[[str], Frame], *, hold: Hold) -> Frames:
        """Gather the tables by name; `facts.scoped.Reader.frames` does it for pages."""
        return cls(**{name: frame(name) for name in NAMES}, hold=hold)

    def of_pupils(self, pupil_ids: Collection[int]) -> Frames:
        """Keep only the rows of these pupils; calendars and class timetables stay whole."""
        return self._of(_col("pupil_id").is_in(sorted(pupil_ids)))

    def of_years(self, school_years: Collection[int]) -> Frames:
        """Keep only these school years."""
        within = _col("school_year").is_in(sorted(school_years))
        return replace(
            self._of(within),
            calendar=self.calendar.filter(within),
            offered_lessons=self.offered_lessons.filter(within),
        )

    def _of(self, condition: nw.Expr) -> Frames:
        return replace(
            self,
            marks=self.marks.filter(condition),
            enrolments=self.enrolments.filter(condition),
        )

    def joined(self, pupils: Frame) -> Frames:
        """Keep only the pupils in a frame of `pupil_id`, for more than one would list."""
        return replace(
            self,
            marks=self.marks.join(pupils, on="pupil_id", how="semi"),
            enrolments=self.enrolments.join(pupils, on="pupil_id", how="semi"),
        )


def collect(frame: Frame, schema: pa.Schema) -> pa.Table:
    """Run a frame and return it as a canonical table."""
    table = frame.collect(backend="pyarrow").to_native()
    assert isinstance(table, pa.Table)
    return conform(table, schema)


def rows(frame: Frame) -> list[Mapping[str, object]]:
    """Run a frame and return its rows; for few rows, such as one pupil's."""
    return list(frame.collect(backend="pyarrow").iter_rows(named=True))
