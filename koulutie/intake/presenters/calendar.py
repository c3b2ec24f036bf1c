"""Days that differ, gathered into spans as people speak of them: "autumn break, 12-16 Oct"."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from koulutie.registry.models import CalendarDay, SchoolYear


@dataclass(frozen=True, slots=True, kw_only=True)
class DaySpan:
    """Days of one kind and name in a row, for the same schools."""

    first: date
    last: date
    kind: str  # in the reader's language
    name: str
    place: str  # empty: the whole municipality
    lessons: float | None
    ids: tuple[int, ...]
    may_remove: bool  # who keeps one school's calendar leaves the municipality's alone


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthCell:
    """One day of the year's overview."""

    date: date
    state: str  # school | free | weekend | outside
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """One month of the overview: weeks from Monday to Sunday, None outside the month."""

    first: date
    weeks: tuple[tuple[MonthCell | None, ...], ...]


def spans_of(days: Iterable[CalendarDay], *, is_whole: bool) -> list[DaySpan]:
    """Return the days as spans, by their first day; weekends do not break a span."""
    keyed = sorted(days, key=lambda day: (_key(day), day.date))
    spans = [
        _span(run, is_whole=is_whole)
        for _, group in groupby(keyed, key=_key)
        for run in _runs(list(group))
    ]
    return sorted(spans, key=lambda span: (span.first, span.place))


def _key(day: CalendarDay) -> tuple[str, ...]:
    return (
        day.kind,
        day.name,
        day.language,
        str(day.school_id or ""),
        str(day.school_class_id or ""),
        str(day.lessons or ""),
    )


def _runs(days: list[CalendarDay]) -> Iterator[list[CalendarDay]]:
    run = [days[0]]
    for day in days[1:]:
        if _weekdays_between(run[-1].date, day.date):
            yield run
            run = []
        run.append(day)
    yield run


def _weekdays_between(earlier: date, later: date) -> bool:
    """Say whether any Monday to Friday lies strictly between the two."""
    return any(
        date.fromordinal(number).isoweekday() <= 5
        for number in range(earlier.toordinal() + 1, later.toordinal())
    )


def _span(run: list[CalendarDay], *, is_whole: bool) -> DaySpan:
    first = run[0]
    return DaySpan(
        first=first.date,
        last=run[-1].date,
        kind=first.get_kind_display(),
        name=first.name,
        place=_place(first),
        lessons=first.lessons,
        ids=tuple(day.pk for day in run),
        may_remove=is_whole or first.school is not None,
    )


def _place(day: CalendarDay) -> str:
    if day.school_class:
        return f"{day.school_class.school.name}, {day.school_class.code}"
    if day.school:
        return day.school.name
    return day.get_language_display() if day.language else ""


def months_of(
    year: SchoolYear, *, school_days: Iterable[date], titles: dict[date, str]
) -> list[Month]:
    """Return the year's months from August to June with what each day is."""
    held = frozenset(school_days)

    def cell(day: date) -> MonthCell:
        inside = year.starts_on <= day < year.ends_before
        state = "outside"
        if inside:
            weekend = "weekend" if day.isoweekday() > 5 else "free"
            state = "school" if day in held else weekend
        return MonthCell(date=day, state=state, title=titles.get(day, ""))

    firsts = [date(year.year, month, 1) for month in range(8, 13)]
    firsts += [date(year.year + 1, month, 1) for month in range(1, 7)]
    return [Month(first=first, weeks=_weeks(first, cell)) for first in firsts]


def _weeks(
    first: date, cell: Callable[[date], MonthCell]
) -> tuple[tuple[MonthCell | None, ...], ...]:
    days: list[MonthCell | None] = [None] * first.weekday()
    day = first
    while day.month == first.month:
        days.append(cell(day))
        day = date.fromordinal(day.toordinal() + 1)
    days += [None] * (-len(days) % 7)
    return tuple(tuple(days[at : at + 7]) for at in range(0, len(days), 7))
