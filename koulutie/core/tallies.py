"""Marks added up once to pupil, day and what is counted; all rules start from here.

A city's marks are scanned a single time for all indicators and all ladders: the day rows
are a third of the marks and carry everything that a running sum or a window needs.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import narwhals as nw

from koulutie.core import exposure
from koulutie.core.definitions.base import Level
from koulutie.core.frames import Frame, Frames
from koulutie.core.marks import ABSENCES, Kind

_col = nw.col


class Of(StrEnum):
    """What of the marks is added up."""

    LESSONS = "lessons"
    MARKS = "marks"
    OPEN = "open"  # marks not cleared


@dataclass(frozen=True, slots=True, order=True)
class Tally:
    """An amount of marks of some kinds; one column of the day rows."""

    of: Of
    kinds: tuple[Kind, ...]  # sorted

    @classmethod
    def make(cls, of: Of, kinds: Iterable[Kind]) -> Tally:
        """Return the tally; kinds in any order."""
        return cls(of, tuple(sorted(kinds)))

    @property
    def column(self) -> str:
        """The column's name in the day rows."""
        return f"{self.of}:{'+'.join(self.kinds)}"

    @property
    def total(self) -> nw.Expr:
        """The sum over marks."""
        counts = is_of(self.kinds)
        if self.of is Of.OPEN:
            counts = counts & ~_col("is_cleared").fill_null(value=False)
        one = _col("lessons").cast(nw.Float64) if self.of is Of.LESSONS else nw.lit(1.0)
        return nw.when(counts).then(one).otherwise(0.0).sum()


def is_of(kinds: Iterable[Kind]) -> nw.Expr:
    """Say whether a mark is of one of the kinds."""
    return _col("kind").is_in([kind.value for kind in kinds])


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What indicators and ladders stand on, each part computed once."""

    frames: Frames
    stays: Frame  # of core.exposure.riding
    tracks: Frame  # of core.exposure.tracks
    days: Frame  # of `day_rows`, with the tallies asked for

    @classmethod
    def lay(cls, frames: Frames, tallies: Iterable[Tally]) -> Ground:
        """Compute the shared parts for the tallies that definitions ask for."""
        hold = frames.hold
        staying = hold(exposure.stays(frames))
        offered = hold(exposure.class_days(frames))
        tracks = hold(exposure.tracks(frames, staying, offered))
        stays = hold(exposure.riding(frames, staying, tracks))
        # A table needs a column, also where definitions ask for no day row at all.
        wanted = set(tallies) or {Tally.make(Of.MARKS, ABSENCES)}
        days = day_rows(frames, stays, tracks, sorted(wanted))
        return cls(frames=frames, stays=stays, tracks=tracks, days=hold(days))


def inside(marks: Frame, stays: Frame) -> Frame:
    """Keep the marks of days on which the pupil was enrolled and teaching was given.

    The mark's own school and class give way to those where the pupil was enrolled.
    """
    where = ["pupil_id", "school_id", "class_id", "school_year", "grade", "track"]
    return (
        marks.join(
            stays.select(
                *where,
                *("first_day", "last_day", "base_school_days"),
                is_primary=_col("level") == Level.PRIMARY.value,
            ),
            on="pupil_id",
        )
        .filter(_col("date").is_between(_col("first_day"), _col("last_day")))
        .drop("first_day", "last_day")
    )


def day_rows(
    frames: Frames, stays: Frame, tracks: Frame, tallies: Sequence[Tally]
) -> Frame:
    """Return one row for each pupil and day with any mark that is counted anywhere.

    Columns: `pupil_id`, `school_id`, `class_id`, `school_year`, `grade`, `is_primary`,
    `track`, `date`, `term`, `study_period`, `is_school_day`, `ordinal` (school days of the
    pupil's year so far), and one column for each tally.
    """
    kinds = sorted({kind for tally in tallies for kind in tally.kinds})
    marks = frames.marks.filter(is_of(kinds))
    summed = marks.group_by("pupil_id", "date").agg(
        **{tally.column: tally.total for tally in tallies}
    )
    calendar = tracks.select(
        *("track", "date", "term", "study_period", "is_school_day", "school_days")
    )
    ordinal = (_col("base_school_days") + _col("school_days")).cast(nw.Int16)
    return (
        inside(summed, stays)
        .join(calendar, on=["track", "date"])
        .with_columns(ordinal=ordinal)
        .drop("base_school_days", "school_days")
    )
