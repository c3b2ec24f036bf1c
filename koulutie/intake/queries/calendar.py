"""The calendar of a municipality's school year as its screen shows it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import QuerySet

from koulutie.core.calendar import (
    FEWEST_SCHOOL_DAYS,
    MOST_SCHOOL_DAYS,
    CalendarWarning,
    school_days_check,
)
from koulutie.intake.queries.desks import Desk
from koulutie.registry import exports
from koulutie.registry.access import OutsideScope
from koulutie.registry.models import CalendarDay, LessonTotal, School, SchoolYear
from koulutie.registry.queries import school_year_on


@dataclass(frozen=True, slots=True, kw_only=True)
class SchoolDays:
    """How many school days a school has in the year."""

    school: School
    days: int

    @property
    def is_lawful(self) -> bool:
        return FEWEST_SCHOOL_DAYS <= self.days <= MOST_SCHOOL_DAYS


def year_for(desk: Desk, year: str, *, today: date) -> SchoolYear | None:
    """Return the named school year, else the one that runs or comes; None: there is none."""
    years = SchoolYear.objects.filter(municipality=desk.municipality)
    if year:
        found = years.filter(year=int(year)).first() if year.isdigit() else None
        if found is None:
            raise OutsideScope(f"school_year:{year[:10]}")
        return found
    running = school_year_on(desk.municipality, on=today)
    return running or years.order_by("year").first()


def years_of(desk: Desk) -> list[SchoolYear]:
    """Return the municipality's school years, newest first."""
    return list(
        SchoolYear.objects.filter(municipality=desk.municipality).order_by("-year")
    )


def days_in(year: SchoolYear, desk: Desk) -> QuerySet[CalendarDay]:
    """Return the days that differ in the year, of the whole municipality and this desk."""
    days = CalendarDay.objects.filter(
        municipality=year.municipality,
        date__gte=year.starts_on,
        date__lt=year.ends_before,
    ).select_related("school", "school_class__school")
    if not desk.is_whole:
        days = days.filter(school=None) | days.filter(school__in=desk.schools)
    return days.order_by("date", "language", "school", "school_class")


def holds_in(day: CalendarDay, school: School) -> bool:
    """Say whether the day differs for the whole of this school."""
    return (
        day.school_class is None
        and day.school in {None, school}
        and day.language in {"", school.language}
    )


def totals_of(year: SchoolYear, school: School | None) -> dict[int, float]:
    """Return the lessons a week by grade, of the municipality or one school's own."""
    rows = LessonTotal.objects.filter(school_year=year, school=school)
    return dict(rows.values_list("grade", "lessons_per_week"))


def checked(
    year: SchoolYear, desk: Desk
) -> tuple[list[SchoolDays], list[CalendarWarning]]:
    """Return the number of school days of each school, and what the law says of them."""
    calendar = exports.calendar(municipality=year.municipality)
    this_year = calendar.filter(
        [value == year.year for value in calendar["school_year"].to_pylist()]
    )
    counts = {
        row["school_id"]: row["ordinal_max"]
        for row in this_year.group_by("school_id")
        .aggregate([("ordinal", "max")])
        .to_pylist()
    }
    schools = [
        SchoolDays(school=school, days=counts.get(school.pk, 0))
        for school in desk.schools
    ]
    mine = {one.school.pk for one in schools}
    warnings = [one for one in school_days_check(this_year) if one.school_id in mine]
    return schools, warnings
