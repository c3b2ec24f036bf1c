"""The rows behind one pupil's figure: those counted, and those left out with the reason."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import narwhals as nw

from koulutie.core import exposure
from koulutie.core.calendar import school_year_of
from koulutie.core.definitions.indicator import By, Count, Indicator, Numerator
from koulutie.core.errors import gettext_noop
from koulutie.core.frames import Frame, Frames, rows
from koulutie.core.indicators import pupils
from koulutie.core.indicators.amounts import Plan
from koulutie.core.indicators.blocks import with_block_starts
from koulutie.core.marks import Kind
from koulutie.core.windows import latest_day

_col = nw.col

Row = Mapping[str, Any]  # a MARK row, with what `_looked_up` adds

OTHER_KIND = gettext_noop("of another kind")
OTHER_WINDOW = gettext_noop("outside the window")
NOT_ENROLLED = gettext_noop("on a day when the pupil was not enrolled here")
NO_LESSON = gettext_noop("counts for no lesson")
NO_SCHOOL_DAY = gettext_noop("not on a school day")
SAME_BLOCK = gettext_noop("goes on with the mark before it, which is counted")
CLEARED = gettext_noop("cleared")
NOT_OLDEST = gettext_noop("newer than the oldest open mark")
OTHER_RUN = gettext_noop("not in the longest run of days")
OTHER_VALUE = gettext_noop("on another weekday, in another subject or at another hour")
NO_VALUE = gettext_noop("the mark does not tell its subject or time")


@dataclass(frozen=True, slots=True, kw_only=True)
class Behind:
    """Each of the pupil's marks of the school year once: counted, or left out and why.

    Rows run from the oldest to the newest. `amount` is what the counted rows come to; it
    equals the figure's numerator.
    """

    amount: float
    counted: tuple[Row, ...]
    left_out: tuple[tuple[Row, str], ...]  # with a message id

    @property
    def lessons(self) -> float:
        """Sum of the counted rows' absent lessons."""
        return float(sum(row["lessons"] for row in self.counted))

    @property
    def days(self) -> int:
        """Number of different days among the counted rows."""
        return len({row["date"] for row in self.counted})


def rows_behind(
    *, indicator: Indicator, window: str, pupil_id: int, frames: Frames, as_of: dt.date
) -> Behind:
    """Open a pupil's figure to its rows.

    Parameters
    ----------
    window
        One of the indicator's windows, such as ``term``.
    as_of
        The day that the figure is of: the window is the one that holds it.
    """
    here = frames.of_pupils([pupil_id]).of_years([school_year_of(as_of)])
    one = indicator.model_copy(update={"windows": (window,)})
    plan = Plan.of([one])
    first = _first_day(here, plan, as_of)
    last = latest_day(plan.windows[0], as_of=as_of)
    numerator = indicator.numerator
    sorting = _Sorting()
    for row in _looked_up(here, numerator.by):
        reason = _why_elsewhere(row, numerator.kinds, first, last)
        sorting.put(row, reason or _why_uncounted(row, numerator))
    _keep_the_greatest(sorting, numerator)
    return Behind(
        amount=_amount(sorting.counted, numerator, as_of),
        counted=tuple(sorting.counted),
        left_out=tuple(sorting.left_out),
    )


def _first_day(frames: Frames, plan: Plan, as_of: dt.date) -> dt.date | None:
    """Return the window's first day for the pupil; None where there is no such window."""
    home = pupils.homes(exposure.stays(frames), frames, plan, as_of=as_of)
    for row in rows(home):
        first = row["from_0"]
        assert first is None or isinstance(first, dt.date)
        return first
    return None


class _Sorting:
    """Rows on their two heaps."""

    def __init__(self) -> None:
        self.counted: list[Row] = []
        self.left_out: list[tuple[Row, str]] = []

    def put(self, row: Row, reason: str | None) -> None:
        if reason is None:
            self.counted.append(row)
        else:
            self.left_out.append((row, reason))

    def keep(self, kept: Iterable[Row], reason: str) -> None:
        """Leave out all counted rows but these."""
        keys = {row["mark_key"] for row in kept}
        counted, self.counted = self.counted, []
        for row in counted:
            self.put(row, None if row["mark_key"] in keys else reason)
        self.left_out.sort(key=lambda pair: order(pair[0]))


def order(row: Row) -> tuple[object, ...]:
    """Return by what rows are sorted: the lesson's place in time."""
    return row["date"], row["start_minute"] or 0, row["lesson_no"] or 0, row["mark_key"]


def _looked_up(frames: Frames, by: By | None) -> list[Row]:
    """Return the year's marks with what the calendar and the marks beside them tell.

    To MARK come `is_school_day` (None: not enrolled), `ordinal` of the pupil's school
    days, `starts_block` and, for a concentration, `value`.
    """
    days = _days_of_pupil(frames)
    enrolled = frames.marks.join(days, on=["pupil_id", "date"], how="semi")
    starts = with_block_starts(enrolled).select("mark_key", "starts_block")
    marks = frames.marks.join(starts, on="mark_key", how="left")
    if by is not None:
        marks = marks.with_columns(value=pupils.value_of(by))
    told: dict[object, tuple[object, int]] = {}
    ordinal = 0
    for day in rows(days.sort("date")):
        ordinal += bool(day["is_school_day"])
        told[day["date"]] = (day["is_school_day"], ordinal)
    found = []
    for mark in rows(marks):
        is_school_day, number = told.get(mark["date"], (None, 0))
        found.append({**mark, "is_school_day": is_school_day, "ordinal": number})
    return sorted(found, key=order)


def _days_of_pupil(frames: Frames) -> Frame:
    """Return the days on which the pupil was enrolled, with `is_school_day`."""
    stay = ["class_id", "school_year"]
    return (
        exposure.stays(frames)
        .join(exposure.calendar_of_classes(frames), on=stay)
        .filter(_col("date").is_between(_col("first_day"), _col("last_day")))
        .select("pupil_id", "date", "is_school_day")
    )


def _why_elsewhere(
    row: Row, kinds: frozenset[Kind], first: dt.date | None, last: dt.date | None
) -> str | None:
    """Return why a row has nothing to do with the figure; None where it has."""
    if Kind(row["kind"]) not in kinds:
        return OTHER_KIND
    if first is None or last is None or not first <= row["date"] <= last:
        return OTHER_WINDOW
    if row["is_school_day"] is None:
        return NOT_ENROLLED
    return None


def _why_uncounted(row: Row, numerator: Numerator) -> str | None:
    """Return why this way of counting leaves the row out; None where it does not."""
    if _is_of_days(numerator) and not row["is_school_day"]:
        return NO_SCHOOL_DAY
    match numerator.count:
        case Count.LESSONS if not row["lessons"]:
            return NO_LESSON
        case Count.BLOCKS if not row["starts_block"]:
            return SAME_BLOCK
        case Count.DAYS_SINCE_OLDEST if row["is_cleared"]:
            return CLEARED
        case Count.CONCENTRATION if row["value"] is None:
            return NO_VALUE
        case _:
            return None


def _is_of_days(numerator: Numerator) -> bool:
    of_days = {Count.DAYS_WITH_ANY, Count.LONGEST_STREAK}
    return numerator.count in of_days or numerator.by is By.WEEKDAY


def _keep_the_greatest(sorting: _Sorting, numerator: Numerator) -> None:
    """Of runs, values and open marks keep the one that makes the figure."""
    counted = sorting.counted
    if not counted:
        return
    match numerator.count:
        case Count.CONCENTRATION:
            values = _numbers_of_values(counted, numerator)
            top = max(values, key=lambda value: (values[value], value))
            sorting.keep([r for r in counted if r["value"] == top], OTHER_VALUE)
        case Count.LONGEST_STREAK:
            run = _longest_run(sorted({row["ordinal"] for row in counted}))
            sorting.keep([r for r in counted if r["ordinal"] in run], OTHER_RUN)
        case Count.DAYS_SINCE_OLDEST:
            oldest = min(row["date"] for row in counted)
            sorting.keep([r for r in counted if r["date"] == oldest], NOT_OLDEST)
        case _:
            return


def _numbers_of_values(counted: list[Row], numerator: Numerator) -> Counter[Any]:
    """Count days by weekday, marks by any other value."""
    if _is_of_days(numerator):
        days = {row["date"]: row["value"] for row in counted}
        return Counter(days.values())
    return Counter(row["value"] for row in counted)


def _longest_run(ordinals: list[int]) -> frozenset[int]:
    """Return the first longest run of numbers that follow each other."""
    runs: list[list[int]] = []
    for ordinal in ordinals:
        if runs and ordinal == runs[-1][-1] + 1:
            runs[-1].append(ordinal)
        else:
            runs.append([ordinal])
    longest = max(len(run) for run in runs)
    return frozenset(next(run for run in runs if len(run) == longest))


def _amount(counted: list[Row], numerator: Numerator, as_of: dt.date) -> float:
    """Return what the counted rows come to in the way of counting."""
    days = {row["date"] for row in counted}
    if numerator.count is Count.LESSONS:
        lessons = float(sum(row["lessons"] for row in counted))
        return round(lessons, exposure.DECIMALS)
    if numerator.count is Count.DAYS_SINCE_OLDEST:
        return float((as_of - min(days)).days) if days else 0.0
    return float(len(days) if _is_of_days(numerator) else len(counted))
