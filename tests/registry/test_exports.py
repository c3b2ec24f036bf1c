"""What the registry gives to the facts store: ids and days, never a name."""

from __future__ import annotations

from datetime import date

import pyarrow.compute as pc
import pytest

from koulutie.core import tables
from koulutie.registry import actions, exports
from koulutie.registry.models import CalendarDay
from tests import builders as build
from tests.people import People

pytestmark = pytest.mark.django_db

Kinds = CalendarDay.DayKind


def school_days(people: People, school_id: int) -> set[date]:
    table = exports.calendar(municipality=people.home.municipality)
    here = pc.and_(pc.equal(table["school_id"], school_id), table["is_school_day"])
    return set(table.filter(here)["date"].to_pylist())


def test_enrolments_say_class_grade_level_and_language(people: People) -> None:
    table = exports.enrolments(municipality=people.home.municipality)
    assert table.schema == tables.ENROLMENT
    rows = {row["pupil_id"]: row for row in table.to_pylist()}
    assert len(rows) == 7
    small = rows[people.home.pupils["3A"][0].pk]
    assert (small["grade"], small["level"], small["language"]) == (3, "primary", "sv")
    assert rows[people.protected.pk]["level"] == "lower_secondary"
    assert (small["school_year"], small["to"]) == (2026, date(2027, 8, 1))


def test_all_tables_hold_every_municipality_in_the_shape_of_the_store(
    people: People,
) -> None:
    made = exports.all_tables()
    for name, table in made.items():
        assert table.schema == tables.FACTS[name]
    assert made["enrolments"].num_rows == 9
    names = str([table.to_pylist() for table in made.values()])
    assert "Esimerkki" not in names


def test_an_empty_deployment_exports_empty_tables(db: None) -> None:
    assert {table.num_rows for table in exports.all_tables().values()} == {0}


@pytest.mark.parametrize("year", range(2023, 2034))
def test_a_default_year_has_the_school_days_of_the_law(db: None, year: int) -> None:
    municipality = build.a_municipality()
    build.a_school(municipality)
    made = build.a_school_year(municipality, year)
    table = exports.calendar(municipality=municipality)
    assert 187 <= pc.sum(table["is_school_day"]).as_py() <= 190
    assert date(year, 8, 3) <= made.starts_on <= date(year, 8, 16)
    assert made.starts_on.isoweekday() < 6
    last = max(table.filter(table["is_school_day"])["date"].to_pylist())
    assert (last.isocalendar().week, last.isoweekday()) == (22, 6)


def test_the_narrower_place_wins_in_the_calendar(people: People) -> None:
    day = date(2026, 11, 25)
    finnish, swedish = people.home.schools["fi"], people.home.schools["sv"]
    everywhere = actions.Where(municipality=people.home.municipality)
    at_school = actions.Where(municipality=people.home.municipality, school=swedish)
    for where, kind in ((everywhere, Kinds.EXTRA_FREE), (at_school, Kinds.OPEN)):
        actions.set_calendar_days(
            where=where, days=[actions.Day(date=day, kind=kind)], by=None, now=build.NOW
        )
    assert day not in school_days(people, finnish.pk)
    assert day in school_days(people, swedish.pk)


def test_a_public_holiday_is_no_school_day(people: People) -> None:
    assert date(2027, 3, 26) not in school_days(people, people.home.schools["fi"].pk)


def test_a_classs_own_day_is_exported_for_the_class(people: People) -> None:
    seventh = people.home.classes["7B"]
    actions.set_calendar_days(
        where=actions.Where(
            municipality=people.home.municipality, school_class=seventh
        ),
        days=[actions.Day(date=date(2026, 12, 1), kind=Kinds.TRIP, name="Retki")],
        by=None,
        now=build.NOW,
    )
    (row,) = exports.class_days(municipality=people.home.municipality).to_pylist()
    assert (row["class_id"], row["lessons"]) == (seventh.pk, 0.0)


def test_a_schools_own_lesson_total_comes_first_and_unknown_stays_unknown(
    people: People,
) -> None:
    year = build.a_school_year(people.home.municipality)
    for school, lessons in ((None, 29.0), (people.home.schools["fi"], 30.0)):
        actions.set_lesson_total(
            school_year=year,
            grade=7,
            lessons_per_week=lessons,
            school=school,
            by=None,
            now=build.NOW,
        )
    plans = exports.lesson_plans(municipality=people.home.municipality).to_pylist()
    assert {row["class_id"]: row["lessons_per_week"] for row in plans} == {
        people.home.classes["7A"].pk: 30.0,
        people.home.classes["7B"].pk: 30.0,
    }


def test_an_agreed_partial_timetable_is_exported(people: People) -> None:
    pupil = people.home.pupils["7B"][0]
    actions.set_partial_timetable(
        pupil=pupil,
        from_date=date(2026, 11, 2),
        to_date=date(2026, 12, 22),
        lessons_per_week=12,
        by=None,
        now=build.NOW,
    )
    (row,) = exports.partial_timetables(
        municipality=people.home.municipality
    ).to_pylist()
    assert (row["pupil_id"], row["lessons_per_week"]) == (pupil.pk, 12.0)
