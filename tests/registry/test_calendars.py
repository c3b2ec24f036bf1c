"""Days that differ: by hand, from CSV, from iCalendar; all of a file or none of it."""

from __future__ import annotations

from datetime import date

import pytest
from django.core.exceptions import ValidationError

from koulutie.core.errors import DomainError
from koulutie.registry import actions
from koulutie.registry.models import AccessEvent, CalendarDay, LessonTotal, Municipality
from tests import builders as build

pytestmark = pytest.mark.django_db

Kinds = CalendarDay.DayKind


@pytest.fixture
def where(db: None) -> actions.Where:
    return actions.Where(municipality=build.a_municipality())


def read(where: actions.Where, content: str, file_name: str = "days.csv") -> int:
    return actions.import_calendar(
        content=content.encode(),
        file_name=file_name,
        where=where,
        by=None,
        now=build.NOW,
    )


def days() -> list[tuple[date, str]]:
    return list(CalendarDay.objects.order_by("date").values_list("date", "kind"))


def icalendar(*events: str) -> str:
    body = "".join(f"BEGIN:VEVENT\r\n{event}\r\nEND:VEVENT\r\n" for event in events)
    return (
        f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//\r\n{body}END:VCALENDAR\r\n"
    )


@pytest.mark.parametrize(
    "content",
    [
        "from;to;kind;name\n12.10.2026;14.10.2026;break;Syysloma\n",
        "date,kind\n2026-10-12,break\n2026-10-13,break\n2026-10-14,break\n",
        "date;kind\n12.10.2026;Syysloma\n13.10.2026;höstlov\n14.10.2026;break\n",
        "\ufefffrom\tto\tkind\n2026-10-12\t14.10.2026\tbreak\n",
    ],
)
def test_a_break_is_read_from_csv_in_the_ways_people_write_it(
    where: actions.Where, content: str
) -> None:
    assert read(where, content) == 3
    assert days() == [(date(2026, 10, day), "break") for day in (12, 13, 14)]


def test_a_break_is_read_from_icalendar_whose_end_is_exclusive(
    where: actions.Where,
) -> None:
    autumn = (
        "SUMMARY:Höstlov\r\nDTSTART;VALUE=DATE:20261012\r\nDTEND;VALUE=DATE:20261015"
    )
    saturday = "SUMMARY:Koululauantai\r\nDTSTART;VALUE=DATE:20261121"
    assert read(where, icalendar(autumn, saturday), "skola.ics") == 4
    assert days()[-1] == (date(2026, 11, 21), "saturday_school")


@pytest.mark.parametrize(
    ("content", "file_name", "says"),
    [
        ("päivä;laji\n12.10.2026;loma\n", "a.csv", "first line must name"),
        ("date;kind\n31.2.2026;break\n", "a.csv", "Line 2: 31.2.2026 is not a date"),
        ("date;kind\n12.10.2026;kokous\n", "a.csv", "no kind of day kokous"),
        ("date;kind\n12.10.2026;saturday_school\n", "a.csv", "is not a Saturday"),
        ("date;kind;lessons\n12.10.2026;short_day;x\n", "a.csv", "not a number"),
        ("date;kind\n12.10.2026;short_day\n", "a.csv", "number of lessons"),
        ("date;kind\n1.10.2026;break\n1.10.2026;trip\n", "a.csv", "stands twice"),
        ("from;to;kind\n1.10.2026;1.10.2027;break\n", "a.csv", "not a span"),
        ("date;kind\n", "a.csv", "has no days"),
        ("", "a.csv", "first line must name"),
        ("date;kind\n", "a.ics", "not an iCalendar file"),
        (
            icalendar("SUMMARY:Kokous\r\nDTSTART;VALUE=DATE:20261012"),
            "a.ics",
            "not clear",
        ),
        (icalendar("SUMMARY:Loma\r\nDTSTART:20261012T080000"), "a.ics", "whole-day"),
        (
            icalendar(
                "SUMMARY:Loma\r\nDTSTART;VALUE=DATE:20261012\r\nRRULE:FREQ=YEARLY"
            ),
            "a.ics",
            "repeats",
        ),
    ],
)
def test_what_is_not_understood_gets_its_sentence_and_writes_nothing(
    where: actions.Where, content: str, file_name: str, says: str
) -> None:
    read(where, "date;kind\n1.12.2026;break\n")
    with pytest.raises(DomainError, match=says):
        read(where, content, file_name)
    assert days() == [(date(2026, 12, 1), "break")]


def test_a_day_written_again_takes_the_place_of_the_first(where: actions.Where) -> None:
    read(where, "date;kind\n2.12.2026;break\n")
    read(where, "date;kind;lessons\n2.12.2026;short_day;3,5\n")
    assert days() == [(date(2026, 12, 2), "short_day")]
    assert CalendarDay.objects.get().lessons == 3.5


def test_clearing_takes_only_that_places_days(where: actions.Where) -> None:
    school = build.a_school(where.municipality)
    at_school = actions.Where(municipality=where.municipality, school=school)
    for place in (where, at_school):
        read(place, "date;kind\n2.12.2026;break\n")
    cleared = actions.clear_calendar_days(
        where=at_school, dates=[date(2026, 12, 2)], by=None, now=build.NOW
    )
    assert cleared == 1
    assert CalendarDay.objects.get().school is None
    assert AccessEvent.objects.filter(action="clear_calendar_days").exists()


def test_a_lesson_total_is_changed_in_its_place(where: actions.Where) -> None:
    year = build.a_school_year(where.municipality)
    for lessons in (25.0, 26.0):
        actions.set_lesson_total(
            school_year=year, grade=5, lessons_per_week=lessons, by=None, now=build.NOW
        )
    assert LessonTotal.objects.get().lessons_per_week == 26.0
    with pytest.raises(ValidationError):
        actions.set_lesson_total(
            school_year=year, grade=5, lessons_per_week=0, by=None, now=build.NOW
        )


def test_partial_timetables_of_one_pupil_do_not_overlap(where: actions.Where) -> None:
    pupil = build.a_pupil(build.a_class(build.a_school(where.municipality)))

    def agree(from_date: date, to_date: date) -> None:
        actions.set_partial_timetable(
            pupil=pupil,
            from_date=from_date,
            to_date=to_date,
            lessons_per_week=10,
            by=None,
            now=build.NOW,
        )

    agree(date(2026, 11, 2), date(2026, 12, 1))
    agree(date(2026, 12, 1), date(2026, 12, 20))
    with pytest.raises(DomainError, match="Another partial timetable"):
        agree(date(2026, 11, 30), date(2026, 12, 2))


def test_making_a_school_year_twice_gives_the_first(db: None) -> None:
    municipality: Municipality = build.a_municipality()
    first = build.a_school_year(municipality)
    count = CalendarDay.objects.count()
    assert build.a_school_year(municipality) == first
    assert CalendarDay.objects.count() == count
