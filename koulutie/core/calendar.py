"""School years, school days, and the windows over which absences are added up.

A school year runs from 1 August to 31 July (Basic Education Act 23 §); teaching is given
in [starts_on, ends_before). A day's kind comes from the narrowest scope that names it:
public holiday < municipality < language < school < class. A class's own days stand in a
table of their own, because every other question is asked of the school.
"""

from __future__ import annotations

import datetime as dt
import re
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import pyarrow as pa
import pyarrow.compute as pc

from koulutie.core.errors import Fault, gettext_noop
from koulutie.core.tables import CALENDAR, CLASS_DAY

AUGUST = 8
# Basic Education Act 23 §: 190 school days, less the holidays (Independence Day, Epiphany,
# May Day) that fall on a weekday other than Saturday; so 187 at the fewest.
FEWEST_SCHOOL_DAYS, MOST_SCHOOL_DAYS = 187, 190
ONE_DAY = dt.timedelta(days=1)


class DayKind(StrEnum):
    """What a day that differs from the weekly rhythm is."""

    HOLIDAY = "holiday"
    BREAK = "break"
    EXTRA_FREE = "extra_free"
    SATURDAY = "saturday_school"
    SHORT = "short_day"
    TRIP = "trip"  # a school day whose lessons are not held
    OPEN = "school_day"  # an ordinary school day after all

    @property
    def is_school_day(self) -> bool:
        """Whether pupils come to school."""
        return self in {DayKind.SATURDAY, DayKind.SHORT, DayKind.TRIP, DayKind.OPEN}


class Term(StrEnum):
    """The two terms (lukukausi, termin)."""

    AUTUMN = "autumn"
    SPRING = "spring"


@dataclass(frozen=True, slots=True, kw_only=True)
class SchoolYearDates:
    """When teaching is given: two terms in [starts_on, ends_before), maybe study periods."""

    year: int
    starts_on: dt.date
    spring_starts_on: dt.date
    ends_before: dt.date
    period_starts: tuple[dt.date, ...] = ()  # first days, ascending

    def term_on(self, on: dt.date) -> Term:
        """Return the term of a day of this year."""
        return Term.AUTUMN if on < self.spring_starts_on else Term.SPRING

    def study_period_on(self, on: dt.date) -> int | None:
        """Return the number of the study period, from 1; None before the first one."""
        return bisect_right(self.period_starts, on) or None

    def days(self) -> Iterator[dt.date]:
        """Yield every day of the year's teaching time, weekends included."""
        for number in range((self.ends_before - self.starts_on).days):
            yield self.starts_on + dt.timedelta(days=number)


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarSchool:
    """A school, as far as its calendar asks."""

    school_id: int
    language: str  # fi | sv


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarException:
    """A day that differs. Language, school and class all empty: the whole municipality."""

    date: dt.date
    kind: DayKind
    language: str = ""
    school_id: int | None = None
    class_id: int | None = None
    lessons: float | None = None  # of a short day

    @property
    def lessons_held(self) -> float | None:
        """Lessons held in place of what the weekly plan says; None: as planned."""
        return 0.0 if self.kind is DayKind.TRIP else self.lessons


class WindowKind(StrEnum):
    """Over which time something is added up."""

    SCHOOL_YEAR = "school_year"
    TERM = "term"
    STUDY_PERIOD = "study_period"
    ROLLING = "rolling"  # the latest N school days
    CHECK_DATE = "check_date"  # the school year up to a date
    CONTINUOUS = "continuous"  # without end: something to look at, not to add up


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A window as definitions name it: ``term``, ``rolling:20``, ``check_date:11-01``."""

    kind: WindowKind
    school_days: int | None = None  # of a rolling window
    month_day: str | None = None  # of a check date, MM-DD

    @classmethod
    def parse(cls, text: str) -> Window:
        """Read a window; what is none of them is a fault, definitions having checked it."""
        name, _, rest = text.partition(":")
        if name == WindowKind.ROLLING and re.fullmatch(r"[1-9]\d{0,2}", rest):
            return cls(kind=WindowKind.ROLLING, school_days=int(rest))
        if name == WindowKind.CHECK_DATE and re.fullmatch(r"\d\d-\d\d", rest):
            return cls(kind=WindowKind.CHECK_DATE, month_day=rest)
        if rest or name not in set(WindowKind) - {WindowKind.ROLLING}:
            raise Fault(f"{text} is not a window")
        return cls(kind=WindowKind(name))

    def __str__(self) -> str:
        rest = self.school_days or self.month_day
        return f"{self.kind}:{rest}" if rest else str(self.kind)


def school_year_of(on: dt.date) -> int:
    """Return the calendar year in which the school year of a day began (1 August)."""
    return on.year if on.month >= AUGUST else on.year - 1


def date_in_school_year(year: int, month_day: str) -> dt.date:
    """Return the day of the school year that falls on MM-DD; 29 February may be the 28th."""
    month, day = (int(part) for part in month_day.split("-"))
    calendar_year = year if month >= AUGUST else year + 1
    try:
        return dt.date(calendar_year, month, day)
    except ValueError:
        return dt.date(calendar_year, month, day - 1)


def window_key(
    window: Window, *, year: int, dates: SchoolYearDates | None, on: dt.date
) -> str:
    """Return the name of the window's instance that holds the day.

    Examples: ``2026``, ``2026-autumn``, ``2026-p3``, ``2026-11-20/20`` (20 school days up
    to the day), ``2026-11-01`` (a check date). Terms and periods need the year's dates.
    """
    match window.kind:
        case WindowKind.ROLLING:
            return f"{on.isoformat()}/{window.school_days}"
        case WindowKind.CHECK_DATE if window.month_day:
            return date_in_school_year(year, window.month_day).isoformat()
        case WindowKind.TERM if dates:
            return f"{year}-{dates.term_on(on)}"
        case WindowKind.STUDY_PERIOD if dates:
            return f"{year}-p{dates.study_period_on(on) or 0}"
        case _:
            return str(year)


def build_calendar(
    *,
    years: Collection[SchoolYearDates],
    holidays: Collection[dt.date],
    exceptions: Collection[CalendarException],
    schools: Collection[CalendarSchool],
) -> pa.Table:
    """Return CALENDAR: every day of every year's teaching time for every school.

    `ordinal` counts the school days up to and including the day, so a weekend carries the
    Friday's number. Sorted by school and date.
    """
    found = _by_place(exceptions)
    free = frozenset(holidays)
    rows = [
        row
        for school in sorted(schools, key=lambda school: school.school_id)
        for year in sorted(years, key=lambda year: year.starts_on)
        for row in _school_year_rows(school, year, free, found)
    ]
    columns = list(zip(*rows, strict=True)) or [()] * len(CALENDAR)
    arrays = [
        pa.array(column, field.type)
        for column, field in zip(columns, CALENDAR, strict=True)
    ]
    return pa.Table.from_arrays(arrays, schema=CALENDAR)


_Place = tuple[str, int | None]
_Found = Mapping[_Place, Mapping[dt.date, CalendarException]]


def _by_place(exceptions: Collection[CalendarException]) -> _Found:
    """Sort the days by where they hold; classes have their own table."""
    found: dict[_Place, dict[dt.date, CalendarException]] = {}
    for day in exceptions:
        if day.class_id is None:
            place = ("", day.school_id) if day.school_id else (day.language, None)
            found.setdefault(place, {})[day.date] = day
    return found


def _school_year_rows(
    school: CalendarSchool,
    year: SchoolYearDates,
    holidays: frozenset[dt.date],
    found: _Found,
) -> Iterator[tuple[object, ...]]:
    # The narrowest first: school, language, municipality.
    places: list[_Place] = [("", school.school_id), (school.language, None), ("", None)]
    named = [found[place] for place in places if place in found]
    ordinal = 0
    for date in year.days():
        day = next((days[date] for days in named if date in days), None)
        if day is not None:
            is_school_day = day.kind.is_school_day
        else:
            is_school_day = date.isoweekday() <= 5 and date not in holidays
        ordinal += is_school_day
        yield (
            school.school_id,
            date,
            year.year,
            is_school_day,
            str(year.term_on(date)),
            year.study_period_on(date),
            ordinal,
            day.lessons_held if day is not None else None,
        )


def build_class_days(*, exceptions: Collection[CalendarException]) -> pa.Table:
    """Return CLASS_DAY: the days on which one class differs from its school."""
    rows = [
        {
            "class_id": day.class_id,
            "date": day.date,
            "is_school_day": day.kind.is_school_day,
            "lessons": day.lessons_held,
        }
        for day in exceptions
        if day.class_id is not None
    ]
    return pa.Table.from_pylist(rows, schema=CLASS_DAY).sort_by(
        [("class_id", "ascending"), ("date", "ascending")]
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarWarning:
    """A school year whose number of school days is not what the law says."""

    school_id: int
    school_year: int
    school_days: int
    message: str  # gettext message id; its placeholders are in `params`

    @property
    def params(self) -> dict[str, int]:
        """What the placeholders stand for."""
        return {
            "year": self.school_year,
            "next": self.school_year + 1,
            "days": self.school_days,
            "fewest": FEWEST_SCHOOL_DAYS,
            "most": MOST_SCHOOL_DAYS,
        }


def school_days_check(calendar: pa.Table) -> tuple[CalendarWarning, ...]:
    """Return a warning for each school year outside 187-190 school days."""
    counts = (
        calendar.group_by(["school_id", "school_year"])
        .aggregate([("ordinal", "max")])
        .sort_by([("school_id", "ascending"), ("school_year", "ascending")])
    )
    return tuple(
        CalendarWarning(
            school_id=row["school_id"],
            school_year=row["school_year"],
            school_days=row["ordinal_max"],
            message=gettext_noop(
                "School year %(year)d–%(next)d has %(days)d school days; the law asks "
                "for %(fewest)d to %(most)d. Check breaks and Saturday school days."
            ),
        )
        for row in counts.to_pylist()
        if not FEWEST_SCHOOL_DAYS <= row["ordinal_max"] <= MOST_SCHOOL_DAYS
    )


SchoolDays = Mapping[int, Sequence[dt.date]]


def school_days(calendar: pa.Table) -> SchoolDays:
    """Return every school's school days, ascending; read once, asked many times."""
    open_days = calendar.filter(calendar["is_school_day"]).sort_by("date")
    grouped = open_days.group_by("school_id", use_threads=False).aggregate(
        [("date", "list")]
    )
    return {row["school_id"]: row["date_list"] for row in grouped.to_pylist()}


def add_school_days(
    calendar: pa.Table | SchoolDays, school_id: int, on: dt.date, n: int
) -> dt.date:
    """Return the n-th school day after a day; with n = 0 the first one not before it.

    Past the end of the known calendar weekdays are counted, so that a task from the last
    week of May has a due date before the next year's calendar is made.
    """
    if isinstance(calendar, pa.Table):
        here = calendar.filter(pc.equal(calendar["school_id"], school_id))
        calendar = school_days(here)
    known = calendar.get(school_id, ())
    if n == 0:
        start = bisect_left(known, on)
        return known[start] if start < len(known) else _add_weekdays(on - ONE_DAY, 1)
    start = bisect_right(known, on)
    if start + n <= len(known):
        return known[start + n - 1]
    latest = max(known[-1], on) if known else on
    return _add_weekdays(latest, n - (len(known) - start))


def _add_weekdays(on: dt.date, n: int) -> dt.date:
    """Return the n-th Monday-to-Friday after a day."""
    while n > 0:
        on += ONE_DAY
        n -= on.isoweekday() <= 5
    return on
