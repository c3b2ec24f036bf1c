"""The days of a batch drawn as weeks: how many marks each day has, and where gaps are."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

FRIDAY = 5
LEVELS = 4  # shades of a day that has marks


@dataclass(frozen=True, slots=True, kw_only=True)
class StripDay:
    """One day; level 0 has no marks, 4 has the most."""

    date: date
    marks: int
    level: int
    is_gap: bool  # a school day on which a whole school has no mark
    is_free: bool  # no school day


@dataclass(frozen=True, slots=True, kw_only=True)
class StripWeek:
    """Monday to Friday, and the weekend where it has marks or is a school day."""

    monday: date
    is_first_of_month: bool  # the first week shown that begins in its month
    days: tuple[StripDay | None, ...]  # None: outside the period


def weeks_of(
    *,
    days: Mapping[date, int],
    gaps: Collection[date],
    school_days: Collection[date],
) -> list[StripWeek]:
    """Return the weeks from the first day with marks to the last.

    Parameters
    ----------
    days
        Number of marks by day.
    gaps
        Days on which some school has no mark though it was held.
    school_days
        Days on which any school was held; empty: not known, so Monday to Friday count.
    """
    if not days:
        return []
    first, last = min(days), max(days)
    most = max(days.values())
    has_weekend = any(day.isoweekday() > FRIDAY for day in days)

    def one(day: date) -> StripDay | None:
        if not first <= day <= last:
            return None
        marks = days.get(day, 0)
        return StripDay(
            date=day,
            marks=marks,
            level=-(-marks * LEVELS // most) if most else 0,
            is_gap=day in gaps,
            is_free=bool(school_days) and day not in school_days,
        )

    length = 7 if has_weekend else FRIDAY
    return [
        StripWeek(
            monday=monday,
            is_first_of_month=monday.day <= 7 or monday <= first,
            days=tuple(one(monday + timedelta(days=n)) for n in range(length)),
        )
        for monday in _mondays(first, last)
    ]


def _mondays(first: date, last: date) -> Iterator[date]:
    monday = first - timedelta(days=first.weekday())
    while monday <= last:
        yield monday
        monday += timedelta(days=7)
