"""School days, terms and windows: what the narrower scope says wins."""

from __future__ import annotations

from datetime import date, timedelta

import pyarrow as pa
import pytest

from koulutie.core.calendar import (
    CalendarException,
    CalendarSchool,
    DayKind,
    SchoolYearDates,
    Window,
    WindowKind,
    add_school_days,
    build_calendar,
    build_class_days,
    school_days,
    school_days_check,
    school_year_of,
    window_key,
)
from koulutie.core.errors import Fault
from koulutie.core.tables import CALENDAR, CLASS_DAY

YEAR = SchoolYearDates(
    year=2026,
    starts_on=date(2026, 8, 12),
    spring_starts_on=date(2027, 1, 7),
    ends_before=date(2027, 6, 6),
    period_starts=(date(2026, 8, 12), date(2026, 10, 5), date(2026, 11, 30)),
)
FINNISH = CalendarSchool(school_id=1, language="fi")
SWEDISH = CalendarSchool(school_id=2, language="sv")
INDEPENDENCE = date(2026, 12, 6)
EPIPHANY = date(2027, 1, 6)


def exception(on: date, kind: DayKind, **where: object) -> CalendarException:
    return CalendarException(date=on, kind=kind, **where)  # type: ignore[arg-type]


def built(*exceptions: CalendarException, holidays: tuple[date, ...] = ()) -> pa.Table:
    return build_calendar(
        years=[YEAR],
        holidays=holidays,
        exceptions=exceptions,
        schools=[SWEDISH, FINNISH],
    )


def row(calendar: pa.Table, school_id: int, on: date) -> dict[str, object]:
    (found,) = [
        row
        for row in calendar.to_pylist()
        if (row["school_id"], row["date"]) == (school_id, on)
    ]
    return found


def is_school_day(calendar: pa.Table, school_id: int, on: date) -> bool:
    return bool(row(calendar, school_id, on)["is_school_day"])


def test_every_day_of_every_school_stands_once() -> None:
    calendar = built()
    assert calendar.schema == CALENDAR
    days = (YEAR.ends_before - YEAR.starts_on).days
    assert calendar.num_rows == 2 * days
    assert calendar["school_id"].to_pylist() == [1] * days + [2] * days


def test_weekends_and_public_holidays_are_free() -> None:
    calendar = built(holidays=(date(2026, 11, 24),))
    assert not is_school_day(calendar, 1, date(2026, 11, 24))
    assert is_school_day(calendar, 1, date(2026, 11, 25))
    assert not is_school_day(calendar, 1, date(2026, 11, 28))


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (DayKind.HOLIDAY, False),
        (DayKind.BREAK, False),
        (DayKind.EXTRA_FREE, False),
        (DayKind.SHORT, True),
        (DayKind.TRIP, True),
        (DayKind.OPEN, True),
    ],
)
def test_a_kind_decides_the_day(kind: DayKind, expected: bool) -> None:
    day = date(2026, 11, 24)
    assert is_school_day(built(exception(day, kind)), 1, day) is expected


def test_the_narrower_scope_wins() -> None:
    day = date(2026, 10, 14)
    calendar = built(
        exception(day, DayKind.BREAK),
        exception(day, DayKind.OPEN, language="sv"),
        exception(day, DayKind.EXTRA_FREE, school_id=2),
    )
    assert not is_school_day(calendar, 1, day)
    assert not is_school_day(calendar, 2, day)
    without_school = built(
        exception(day, DayKind.BREAK), exception(day, DayKind.OPEN, language="sv")
    )
    assert is_school_day(without_school, 2, day)


def test_a_saturday_can_be_a_school_day_and_a_holiday_open() -> None:
    saturday = date(2026, 8, 29)
    holiday = date(2026, 11, 24)
    calendar = built(
        exception(saturday, DayKind.SATURDAY),
        exception(holiday, DayKind.OPEN, school_id=1),
        holidays=(holiday,),
    )
    assert is_school_day(calendar, 1, saturday)
    assert is_school_day(calendar, 1, holiday)
    assert not is_school_day(calendar, 2, holiday)


def test_terms_periods_and_ordinals() -> None:
    calendar = built()
    first = row(calendar, 1, YEAR.starts_on)
    assert (first["term"], first["study_period"], first["ordinal"]) == ("autumn", 1, 1)
    friday = row(calendar, 1, date(2026, 10, 9))
    sunday = row(calendar, 1, date(2026, 10, 11))
    assert friday["study_period"] == 2
    assert friday["ordinal"] == sunday["ordinal"]
    assert row(calendar, 1, date(2027, 1, 7))["term"] == "spring"


def test_short_days_and_trips_carry_their_lessons() -> None:
    short, trip = date(2026, 12, 18), date(2026, 9, 9)
    calendar = built(
        exception(short, DayKind.SHORT, lessons=2.0), exception(trip, DayKind.TRIP)
    )
    assert row(calendar, 1, short)["lessons"] == 2.0
    assert row(calendar, 1, trip)["lessons"] == 0.0
    assert row(calendar, 1, date(2026, 9, 10))["lessons"] is None


def test_a_class_has_its_days_in_a_table_of_its_own() -> None:
    trip = exception(date(2026, 9, 9), DayKind.TRIP, school_id=1, class_id=7)
    assert row(built(trip), 1, trip.date)["lessons"] is None
    days = build_class_days(exceptions=[trip, exception(trip.date, DayKind.BREAK)])
    assert days.schema == CLASS_DAY
    assert days.to_pylist() == [
        {"class_id": 7, "date": trip.date, "is_school_day": True, "lessons": 0.0}
    ]
    assert build_class_days(exceptions=[]).num_rows == 0


def test_no_schools_give_an_empty_calendar() -> None:
    table = build_calendar(years=[YEAR], holidays=[], exceptions=[], schools=[])
    assert (table.schema, table.num_rows) == (CALENDAR, 0)


def test_the_number_of_school_days_is_checked() -> None:
    free = [YEAR.starts_on + timedelta(days=number) for number in range(300)]
    weekdays = [day for day in free if day.isoweekday() <= 5 and day < YEAR.ends_before]
    surplus = len(weekdays) - 190
    breaks = [exception(day, DayKind.BREAK) for day in weekdays[:surplus]]
    assert school_days_check(built(*breaks)) == ()
    one_more = school_days_check(built(*breaks[1:]))
    assert [(w.school_id, w.school_days) for w in one_more] == [(1, 191), (2, 191)]
    assert "191 school days" in one_more[0].message % one_more[0].params
    local = [exception(d, DayKind.BREAK, school_id=2) for d in weekdays[-4:]]
    (few,) = school_days_check(built(*breaks, *local))
    assert (few.school_id, few.school_days) == (2, 186)


@pytest.mark.parametrize(
    ("on", "n", "expected"),
    [
        (date(2026, 11, 20), 1, date(2026, 11, 23)),  # Friday to Monday
        (date(2026, 11, 20), 5, date(2026, 11, 27)),
        (date(2026, 11, 20), 0, date(2026, 11, 20)),
        (date(2026, 11, 21), 0, date(2026, 11, 23)),  # Saturday: at once is Monday
        (date(2027, 6, 4), 5, date(2027, 6, 11)),  # after the last known day: weekdays
        (date(2027, 7, 3), 0, date(2027, 7, 5)),
        (date(2027, 7, 5), 0, date(2027, 7, 5)),
        (date(2027, 6, 3), 2, date(2027, 6, 7)),
    ],
)
def test_school_days_are_added(on: date, n: int, expected: date) -> None:
    calendar = built()
    assert add_school_days(calendar, 1, on, n) == expected
    assert add_school_days(school_days(calendar), 1, on, n) == expected


def test_a_school_without_a_calendar_counts_weekdays() -> None:
    assert add_school_days(built(), 9, date(2026, 11, 20), 2) == date(2026, 11, 24)


@pytest.mark.parametrize(
    "text",
    [
        "school_year",
        "term",
        "study_period",
        "rolling:20",
        "check_date:11-01",
        "check_date",
        "continuous",
    ],
)
def test_a_window_is_written_as_it_was_read(text: str) -> None:
    assert str(Window.parse(text)) == text


@pytest.mark.parametrize("text", ["rolling", "rolling:0", "term:3", "month", "year:1"])
def test_what_is_no_window_is_a_fault(text: str) -> None:
    with pytest.raises(Fault):
        Window.parse(text)


@pytest.mark.parametrize(
    ("window", "expected"),
    [
        ("school_year", "2026"),
        ("term", "2026-autumn"),
        ("study_period", "2026-p2"),
        ("rolling:20", "2026-11-20/20"),
        ("check_date:03-01", "2027-03-01"),
        ("check_date:02-29", "2027-02-28"),
    ],
)
def test_a_window_has_a_key(window: str, expected: str) -> None:
    key = window_key(Window.parse(window), year=2026, dates=YEAR, on=date(2026, 11, 20))
    assert key == expected


def test_the_school_year_turns_in_august() -> None:
    assert school_year_of(date(2026, 7, 31)) == 2025
    assert school_year_of(date(2026, 8, 1)) == 2026


def test_window_kinds_are_closed() -> None:
    assert {str(kind) for kind in WindowKind} == {
        "school_year", "term", "study_period", "rolling", "check_date", "continuous",
    }  # fmt: skip
