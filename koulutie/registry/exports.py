"""The registry's part of the facts: who was where, which days were school days."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import holidays
import pyarrow as pa

from koulutie.core.calendar import (
    CalendarException,
    CalendarSchool,
    DayKind,
    SchoolYearDates,
    build_calendar,
    build_class_days,
)
from koulutie.core.tables import (
    CALENDAR,
    CLASS_DAY,
    ENROLMENT,
    LESSON_PLAN,
    PARTIAL_TIMETABLE,
    empty,
)
from koulutie.registry.models import (
    CalendarDay,
    Enrolment,
    LessonTotal,
    Municipality,
    PartialTimetable,
    School,
    SchoolClass,
    SchoolYear,
)

PRIMARY_ENDS = 6  # grades 7-9 are lower secondary (yläkoulu)


def public_holidays(year: int) -> dict[date, str]:
    """Return the public holidays of Finland in a calendar year, with their names."""
    return dict(holidays.country_holidays("FI", years=year))


def all_tables() -> dict[str, pa.Table]:
    """Return every table that the facts store takes from the registry, by its name there.

    One store serves the whole deployment, so the tables hold all its municipalities.
    """
    municipalities = list(Municipality.objects.order_by("pk"))
    tables = {
        "enrolments": (enrolments, ENROLMENT),
        "calendar": (calendar, CALENDAR),
        "class_days": (class_days, CLASS_DAY),
        "lesson_plans": (lesson_plans, LESSON_PLAN),
        "partial_timetables": (partial_timetables, PARTIAL_TIMETABLE),
    }
    return {
        name: pa.concat_tables(
            [empty(schema), *(export(municipality=one) for one in municipalities)]
        )
        for name, (export, schema) in tables.items()
    }


def enrolments(*, municipality: Municipality) -> pa.Table:
    """Return ENROLMENT: every stay of every pupil, sorted by school, class, pupil."""
    rows = (
        Enrolment.objects.unscoped("the facts store holds everybody")
        .filter(pupil__municipality=municipality)
        .order_by("school_class__school", "school_class", "pupil", "from_date")
    )
    columns = (
        "pupil",
        "school_class__school",
        "school_class",
        "school_class__school_year__year",
        "school_class__grade",
        "school_class__grade",
        "school_class__school__language",
        "from_date",
        "to_date",
    )
    return _table(
        ENROLMENT,
        (
            (*row[:5], level_of(row[5]), *row[6:])
            for row in rows.values_list(*columns).iterator()
        ),
    )


def level_of(grade: int) -> str:
    """Return the level of a grade: primary (1-6) or lower_secondary (7-9)."""
    return "primary" if grade <= PRIMARY_ENDS else "lower_secondary"


def calendar(*, municipality: Municipality) -> pa.Table:
    """Return CALENDAR: every day of every school year, for every school."""
    years = [
        dates_of(year) for year in SchoolYear.objects.filter(municipality=municipality)
    ]
    schools = School.objects.filter(municipality=municipality)
    return build_calendar(
        years=years,
        holidays={
            day
            for year in years
            for number in (year.year, year.year + 1)
            for day in public_holidays(number)
        },
        exceptions=calendar_exceptions(municipality=municipality),
        schools=[
            CalendarSchool(school_id=school.pk, language=school.language)
            for school in schools
        ],
    )


def class_days(*, municipality: Municipality) -> pa.Table:
    """Return CLASS_DAY: the days on which one class differs from its school."""
    return build_class_days(exceptions=calendar_exceptions(municipality=municipality))


def dates_of(year: SchoolYear) -> SchoolYearDates:
    """Return a school year's dates as the core takes them."""
    return SchoolYearDates(
        year=year.year,
        starts_on=year.starts_on,
        spring_starts_on=year.spring_starts_on,
        ends_before=year.ends_before,
        period_starts=tuple(
            sorted(date.fromisoformat(day) for day in year.period_starts)
        ),
    )


def calendar_exceptions(*, municipality: Municipality) -> list[CalendarException]:
    """Return the days that differ, as the core takes them."""
    return [
        CalendarException(
            date=day.date,
            kind=DayKind(day.kind),
            language=day.language,
            school_id=day.school_id,
            class_id=day.school_class_id,
            lessons=day.lessons,
        )
        for day in CalendarDay.objects.filter(municipality=municipality)
    ]


def lesson_plans(*, municipality: Municipality) -> pa.Table:
    """Return LESSON_PLAN: lessons a week of each class whose grade has a total.

    A school's own total comes before the municipality's. A class without either has no row:
    its denominator is not known, and is not guessed.
    """
    totals: dict[tuple[int, int | None, int], float] = {
        (year, school, grade): lessons
        for year, school, grade, lessons in LessonTotal.objects.filter(
            school_year__municipality=municipality
        ).values_list("school_year", "school", "grade", "lessons_per_week")
    }
    rows = []
    for pk, year_id, year, school, grade in SchoolClass.objects.filter(
        school__municipality=municipality
    ).values_list("pk", "school_year", "school_year__year", "school", "grade"):
        everywhere = totals.get((year_id, None, grade))
        lessons = totals.get((year_id, school, grade), everywhere)
        if lessons is not None:
            rows.append((year, school, pk, lessons))
    return _table(LESSON_PLAN, rows)


def partial_timetables(*, municipality: Municipality) -> pa.Table:
    """Return PARTIAL_TIMETABLE: every agreed one."""
    rows = PartialTimetable.objects.unscoped("the facts store holds everybody").filter(
        pupil__municipality=municipality
    )
    return _table(
        PARTIAL_TIMETABLE,
        rows.values_list(
            "pupil", "from_date", "to_date", "lessons_per_week"
        ).iterator(),
    )


def _table(schema: pa.Schema, rows: Iterable[tuple[object, ...]]) -> pa.Table:
    """Build a table of the schema from rows in its columns' order."""
    columns = list(zip(*rows, strict=True)) or [()] * len(schema)
    arrays = [
        pa.array(column, field.type)
        for column, field in zip(columns, schema, strict=True)
    ]
    return pa.Table.from_arrays(arrays, schema=schema)
