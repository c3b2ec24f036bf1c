"""Offered lessons and figures on worlds so small that a person can count along.

The rules are held to slow twins on random worlds in tests/oracle; here each rule stands alone.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from koulutie import catalog
from koulutie.core.definitions import Indicator
from koulutie.core.indicators import figures
from tests.oracle.world import ENGINES, Row, World

INDICATORS = catalog.load(catalog.PRODUCT).indicators
MONDAY = date(2026, 8, 10)
FRIDAY_3 = MONDAY + timedelta(days=18)  # of the third week
THREE_WEEKS = [MONDAY + timedelta(days=n) for n in range(21)]
DAYS = [on for on in THREE_WEEKS if on.isoweekday() < 6]
EVERY_LESSON = {"lessons_per_week": 30.0}


def a_world(as_of: date = FRIDAY_3, **tables: list[Row]) -> World:
    """One school, one class with thirty lessons a week, one pupil, three weeks of school."""
    standard: dict[str, list[Row]] = {
        "calendar": a_calendar(),
        "class_days": [],
        "enrolments": [an_enrolment()],
        "lesson_plans": [
            {"school_year": 2026, "school_id": 1, "class_id": 10} | EVERY_LESSON
        ],
        "offered_lessons": [],
        "partial_timetables": [],
        "marks": [],
    }
    return World(tables=standard | tables, as_of=as_of)


def a_calendar(differing: dict[date, Row] | None = None) -> list[Row]:
    """Every day of three weeks; some of them differ."""
    rows: list[Row] = []
    for on in THREE_WEEKS:
        day = {
            "school_id": 1,
            "date": on,
            "school_year": 2026,
            "is_school_day": on in DAYS,
            "term": "autumn",
            "study_period": None,
            "lessons": None,
        } | (differing or {}).get(on, {})
        day["ordinal"] = sum(row["is_school_day"] for row in [*rows, day])
        rows.append(day)
    return rows


def an_enrolment(**said: Any) -> Row:
    return {
        "pupil_id": 1,
        "school_id": 1,
        "class_id": 10,
        "school_year": 2026,
        "grade": 7,
        "level": "lower_secondary",
        "language": "fi",
        "from_": date(2026, 8, 1),
        "to": date(2027, 8, 1),
    } | said


def a_mark(on: date, lesson: int, **said: Any) -> Row:
    return {
        "mark_key": on.toordinal() * 100 + lesson,
        "school_year": 2026,
        "month": on.month,
        "school_id": 1,
        "class_id": 10,
        "pupil_id": 1,
        "date": on,
        "start_minute": 480 + 60 * lesson,
        "minutes": 45,
        "kind": "absence_health",
        "lessons": 1.0,
        "type_name": "Terveydellinen syy",
        "version_at": 0,
        "batch_id": 1,
        "from_version": 1,
    } | said


def offered(on: date, lessons: float, kept: float | None = None, **said: Any) -> Row:
    """Timetable rows of a class and day, summed."""
    return {
        "school_year": 2026,
        "month": on.month,
        "school_id": 1,
        "class_id": 10,
        "pupil_id": None,
        "date": on,
        "lessons": lessons,
        "lessons_kept": kept,
        "batch_id": 1,
        "from_version": 1,
    } | said


@pytest.fixture(params=sorted(ENGINES))
def rate(request):
    """How a world's absence rate over the school year comes out, on either engine."""

    def rate(world: World, indicator: str = "absence_rate", **changed: Any) -> Row:
        one: Indicator = INDICATORS[indicator].model_copy(
            update={"windows": ("school_year",), **changed}
        )
        with ENGINES[request.param](world) as frames:
            found = figures(indicators=[one], frames=frames, as_of=world.as_of)
        (row,) = found.to_pylist()
        return row

    return rate


# --- how a day's lessons are known -----------------------------------------------------------


def test_yearly_totals_are_spread_evenly_over_school_days(rate):
    assert rate(a_world())["denominator"] == 90
    assert rate(a_world(as_of=MONDAY))["denominator"] == 6
    assert rate(a_world(as_of=MONDAY + timedelta(days=6)))["denominator"] == 30


def test_timetable_rows_of_a_week_are_all_there_is_of_it(rate):
    """A week that has rows is known by them: Tuesday without a row is a free Tuesday."""
    rows = [offered(DAYS[0], 7), offered(DAYS[2], 4), offered(DAYS[3], 4)]
    assert rate(a_world(offered_lessons=rows))["denominator"] == 15 + 60


def test_a_pupils_own_rows_go_before_the_class(rate):
    own = offered(DAYS[0], 2, class_id=None, pupil_id=1)
    assert rate(a_world(offered_lessons=[own]))["denominator"] == 90 - 6 + 2
    others = offered(DAYS[0], 2, class_id=None, pupil_id=2)
    assert rate(a_world(offered_lessons=[others]))["denominator"] == 90


def test_an_agreed_partial_timetable_is_all_that_is_offered(rate):
    """Ten lessons a week for the second week; what the class has besides is not missed."""
    agreed = {
        "pupil_id": 1,
        "from_": DAYS[5],
        "to": DAYS[10],
        "lessons_per_week": 10.0,
    }
    assert rate(a_world(partial_timetables=[agreed]))["denominator"] == 30 + 10 + 30


def test_a_trip_or_short_day_offers_what_was_held(rate):
    trip = {"class_id": 10, "date": DAYS[1], "is_school_day": True, "lessons": 2.0}
    short = a_calendar({DAYS[2]: {"lessons": 3.0}})
    assert rate(a_world(class_days=[trip]))["denominator"] == 90 - 6 + 2
    assert rate(a_world(class_days=[trip], calendar=short))["denominator"] == 86 - 3


def test_another_class_trip_changes_nothing(rate):
    trip = {"class_id": 11, "date": DAYS[1], "is_school_day": True, "lessons": 2.0}
    assert rate(a_world(class_days=[trip]))["denominator"] == 90


def test_a_day_off_offers_nothing(rate):
    off = a_calendar({DAYS[2]: {"is_school_day": False}})
    assert rate(a_world(calendar=off))["denominator"] == 84


def test_lessons_are_offered_from_enrolment_to_leaving(rate):
    came = an_enrolment(from_=DAYS[5])
    left = an_enrolment(to=DAYS[5])
    both = an_enrolment(from_=DAYS[5], to=DAYS[6])
    for stay, lessons in ((came, 60), (left, 30), (both, 6)):
        assert rate(a_world(enrolments=[stay]))["denominator"] == lessons


def test_where_nobody_knows_the_lessons_there_is_no_rate(rate):
    row = rate(a_world(lesson_plans=[], marks=[a_mark(DAYS[0], 1)]))
    assert (row["denominator"], row["value"]) == (None, None)
    assert (row["numerator"], row["withheld"]) == (1, "no_denominator")


def test_one_unknown_day_makes_the_window_unknown(rate):
    """A known week and two unknown ones are not a small denominator."""
    rows = [offered(on, 6) for on in DAYS[:5]]
    row = rate(a_world(lesson_plans=[], offered_lessons=rows))
    assert (row["denominator"], row["withheld"]) == (None, "no_denominator")
    assert rate(a_world(lesson_plans=[], offered_lessons=rows, as_of=DAYS[4]))[
        "denominator"
    ] == 30  # fmt: skip


# --- the register: kept, not kept, unknown -----------------------------------------------------


def test_coverage_is_kept_among_what_is_known(rate):
    rows = [
        offered(on, 6, kept) for on, kept in zip(DAYS[:5], (6, 6, 3, 0, 0), strict=True)
    ]
    row = rate(a_world(offered_lessons=rows, as_of=DAYS[4]))
    assert row["coverage"] == pytest.approx(0.5)
    assert row["denominator"] == 30, (
        "a lesson without a register was offered all the same"
    )


def test_a_register_of_which_nothing_is_known_has_no_coverage(rate):
    assert rate(a_world())["coverage"] is None
    rows = [offered(DAYS[0], 6, 6), offered(DAYS[1], 6, None)]
    assert rate(a_world(offered_lessons=rows))["coverage"] == 1


# --- when a figure is withheld -------------------------------------------------------------------


def test_a_rate_is_absent_lessons_of_offered_ones(rate):
    marks = [a_mark(DAYS[10], lesson) for lesson in range(6)]
    late = a_mark(DAYS[0], 1, kind="late_short", lessons=0.0)
    row = rate(a_world(marks=[*marks, late]))
    assert (row["numerator"], row["denominator"]) == (6, 90)
    assert row["value"] == pytest.approx(100 * 6 / 90)
    assert row["withheld"] is None


def test_no_rate_under_the_minimum_exposure(rate):
    marks = [a_mark(DAYS[0], lesson) for lesson in range(3)]
    day_9, day_10 = DAYS[8], DAYS[9]
    under = rate(a_world(marks=marks, as_of=day_9))
    assert (under["denominator"], under["withheld"]) == (54, "minimum_exposure")
    assert (under["value"], under["numerator"]) == (None, 3)
    enough = rate(a_world(marks=marks, as_of=day_10))
    assert (enough["denominator"], enough["withheld"]) == (60, None)
    assert enough["value"] == 5


def test_a_count_needs_no_denominator(rate):
    marks = [a_mark(DAYS[0], 1)]
    row = rate(a_world(lesson_plans=[], marks=marks), "absence_lessons")
    assert (row["value"], row["denominator"], row["withheld"]) == (1, None, None)


def test_a_pattern_needs_enough_days(rate):
    """Three Mondays are chance; the label comes with the minimum count."""
    marks = [a_mark(on, 1) for on in (DAYS[0], DAYS[5], DAYS[10])]
    few = rate(a_world(marks=marks), "weekday_concentration", minimum_count=4)
    assert (few["value"], few["withheld"]) == (None, "minimum_count")
    enough = rate(a_world(marks=marks), "weekday_concentration", minimum_count=3)
    assert (enough["value"], enough["withheld"]) == (100, None)


def test_what_comes_after_the_day_is_not_counted(rate):
    marks = [a_mark(DAYS[0], 1), a_mark(DAYS[14], 1)]
    assert rate(a_world(marks=marks, as_of=DAYS[13]))["numerator"] == 1
