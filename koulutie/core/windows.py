"""Which days a window covers: today's instance of it, school by school.

Calendar windows (school year, term, study period) begin anew; a rolling window follows the
day; a check date closes the window that began with the school year.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import narwhals as nw

from koulutie.core.calendar import (
    Window,
    WindowKind,
    date_in_school_year,
    school_year_of,
)
from koulutie.core.errors import Fault
from koulutie.core.frames import Frame, Frames

_col = nw.col


def latest_day(window: Window, *, as_of: dt.date) -> dt.date | None:
    """Return the window's last day up to `as_of`; None while its check date is to come."""
    if window.kind is not WindowKind.CHECK_DATE:
        return as_of
    if window.month_day is None:
        raise Fault("a check date without a date has no days")
    day = date_in_school_year(school_year_of(as_of), window.month_day)
    return day if day <= as_of else None


def instances(frames: Frames, *, windows: Sequence[Window], as_of: dt.date) -> Frame:
    """Return each school's instances of the windows that hold the day `as_of`.

    One row for every school whose school year has begun: `school_id` and, for the window
    with number i, ``from_i`` (first day; null: there is none) and ``key_i``.
    """
    year = frames.calendar.filter(_col("school_year") == school_year_of(as_of))
    so_far = year.filter(_col("date") <= as_of)
    today = so_far.filter(_col("date") == _col("date").max().over("school_id")).select(
        "school_id",
        today_term=_col("term"),
        today_period=_col("study_period"),
        today_ordinal=_col("ordinal"),
    )
    starts = {
        f"from_{number}": nw.when(_is_in(window)).then(_first_day(window)).min()
        for number, window in enumerate(windows)
    }
    today_columns = ["today_term", "today_period"]
    return (
        year.with_columns(opens=_col("date").min().over("school_year"))
        .join(today, on="school_id")
        .group_by("school_id", *today_columns)
        .agg(**starts)
        .with_columns(
            **{
                f"key_{number}": _key(window, as_of)
                for number, window in enumerate(windows)
            }
        )
        .drop(today_columns)
    )


def _is_in(window: Window) -> nw.Expr:
    """Say whether a day of the year belongs to today's instance, its end set aside."""
    match window.kind:
        case WindowKind.TERM:
            return _col("term") == _col("today_term")
        case WindowKind.STUDY_PERIOD:
            return _col("study_period") == _col("today_period")
        case WindowKind.ROLLING:
            days = window.school_days or 0
            return _col("ordinal") > _col("today_ordinal") - days
        case WindowKind.SCHOOL_YEAR | WindowKind.CHECK_DATE | WindowKind.CONTINUOUS:
            return ~_col("date").is_null()


def _first_day(window: Window) -> nw.Expr:
    """Return the day, or of a school year its first day in any school.

    A pupil who came from a school that opened earlier was at school on that day too.
    """
    whole_year = {WindowKind.SCHOOL_YEAR, WindowKind.CHECK_DATE}
    return _col("opens") if window.kind in whole_year else _col("date")


def _key(window: Window, as_of: dt.date) -> nw.Expr:
    """Return the same names as `core.calendar.window_key`, from today's columns."""
    year = school_year_of(as_of)
    match window.kind:
        case WindowKind.TERM:
            return nw.concat_str(nw.lit(f"{year}-"), "today_term")
        case WindowKind.STUDY_PERIOD:
            period = _col("today_period").cast(nw.String)
            return nw.concat_str(nw.lit(f"{year}-p"), period)
        case WindowKind.ROLLING:
            return nw.lit(f"{as_of.isoformat()}/{window.school_days}")
        case WindowKind.CHECK_DATE:
            return nw.lit(str(latest_day(window, as_of=as_of) or ""))
        case WindowKind.SCHOOL_YEAR | WindowKind.CONTINUOUS:
            return nw.lit(str(year))


def key_of_row(window: Window) -> nw.Expr:
    """Return the instance's name from a row's own `school_year`, `term`, `study_period`."""
    year = _col("school_year").cast(nw.String)
    match window.kind:
        case WindowKind.TERM:
            return nw.concat_str(year, nw.lit("-"), _col("term"))
        case WindowKind.STUDY_PERIOD:
            period = _col("study_period").cast(nw.String)
            return nw.concat_str(year, nw.lit("-p"), period)
        case _:
            return year


def place_in_year(month_day: str) -> int:
    """Return a number by which MM-DD sort from August to July."""
    month, day = (int(part) for part in month_day.split("-"))
    return (month + 4) % 12 * 100 + day


def place_of_date() -> nw.Expr:
    """Return `place_in_year` of a row's `date`."""
    date = _col("date")
    month = date.dt.month().cast(nw.Int32)
    return (month + 4) % 12 * 100 + date.dt.day().cast(nw.Int32)


def is_before_close(window: Window) -> nw.Expr:
    """Say whether a row's `date` is inside a window that closes on a check date."""
    if window.kind is WindowKind.CHECK_DATE and window.month_day:
        return place_of_date() <= place_in_year(window.month_day)
    return ~_col("date").is_null()
