"""Days that differ, lesson totals, agreed partial timetables: what the denominators rest on."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db import models, transaction

from koulutie.core.errors import DomainError, gettext_noop
from koulutie.core.scope import Purpose
from koulutie.registry import audit
from koulutie.registry.models import (
    CalendarDay,
    LessonTotal,
    Municipality,
    PartialTimetable,
    Person,
    Pupil,
    School,
    SchoolClass,
    SchoolYear,
)

SATURDAY = 6  # ISO weekday


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """For whom a day differs; the narrower wins. All empty: the whole municipality."""

    municipality: Municipality
    language: str = ""
    school: School | None = None
    school_class: SchoolClass | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """One day that differs."""

    date: date
    kind: str  # CalendarDay.DayKind
    name: str = ""
    lessons: float | None = None  # of a short day


def set_calendar_days(
    *, where: Where, days: Iterable[Day], by: Person | None, now: datetime
) -> int:
    """Write the days over what the place had; return how many."""
    wanted = list(days)
    rows = [_checked(where, day) for day in wanted]
    with transaction.atomic():
        _days_at(where).filter(date__in=[day.date for day in wanted]).delete()
        CalendarDay.objects.bulk_create(rows)
        _log(by, now, "set_calendar_days", where, f"{len(rows)} days")
    return len(rows)


def clear_calendar_days(
    *, where: Where, dates: Collection[date], by: Person | None, now: datetime
) -> int:
    """Take the place's own days away, so that the wider rule holds; return how many."""
    with transaction.atomic():
        count, _ = _days_at(where).filter(date__in=dates).delete()
        _log(by, now, "clear_calendar_days", where, f"{count} days")
    return count


def set_school_year_dates(
    *, school_year: SchoolYear, by: Person | None, now: datetime
) -> None:
    """Keep the changed dates of a school year: start, spring, end, study periods."""
    where = Where(municipality=school_year.municipality)
    with transaction.atomic():
        school_year.full_clean()
        school_year.save()
        _log(by, now, "set_school_year", where, f"school year {school_year}")


def set_lesson_total(
    *,
    school_year: SchoolYear,
    grade: int,
    lessons_per_week: float,
    by: Person | None,
    now: datetime,
    school: School | None = None,
) -> LessonTotal:
    """Say how many lessons a week a grade has, in the municipality or in one school."""
    total = LessonTotal.objects.filter(
        school_year=school_year, grade=grade, school=school
    ).first() or LessonTotal(school_year=school_year, grade=grade, school=school)
    total.lessons_per_week = lessons_per_week
    where = Where(municipality=school_year.municipality, school=school)
    with transaction.atomic():
        total.full_clean()
        total.save()
        _log(by, now, "set_lesson_total", where, f"grade {grade}: {lessons_per_week}")
    return total


def set_partial_timetable(
    *,
    pupil: Pupil,
    from_date: date,
    to_date: date,
    lessons_per_week: float,
    by: Person | None,
    now: datetime,
) -> PartialTimetable:
    """Record an agreed partial timetable over [from_date, to_date)."""
    overlapping = PartialTimetable.objects.unscoped(
        "the registry's own writing"
    ).filter(pupil=pupil, from_date__lt=to_date, to_date__gt=from_date)
    if overlapping.exists():
        raise DomainError(
            gettext_noop(
                "Another partial timetable is agreed for these days. End it first."
            )
        )
    made = PartialTimetable(
        pupil=pupil,
        from_date=from_date,
        to_date=to_date,
        lessons_per_week=lessons_per_week,
    )
    with transaction.atomic():
        made.full_clean()
        made.save()
        audit.record(
            actor=audit.actor_of(by),
            action="set_partial_timetable",
            purpose=Purpose.SUPPORT,
            target=f"pupil:{pupil.pk}",
            pupil_ids=[pupil.pk],
            reason=f"{lessons_per_week} lessons a week from {from_date}",
            at=now,
        )
    return made


def _days_at(where: Where) -> models.QuerySet[CalendarDay]:
    return CalendarDay.objects.filter(
        municipality=where.municipality,
        language=where.language,
        school=where.school,
        school_class=where.school_class,
    )


def _checked(where: Where, day: Day) -> CalendarDay:
    """Return the row of a day, or say what is wrong with it."""
    kinds = CalendarDay.DayKind
    if day.kind not in kinds.values:
        raise DomainError(
            gettext_noop(
                "%(date)s: there is no kind of day %(kind)s. Choose one of: %(kinds)s."
            ),
            date=day.date.isoformat(),
            kind=day.kind,
            kinds=", ".join(kinds.values),
        )
    if day.kind == kinds.SATURDAY and day.date.isoweekday() != SATURDAY:
        raise DomainError(
            gettext_noop(
                "%(date)s is not a Saturday. Give the Saturday that is a school day."
            ),
            date=day.date.isoformat(),
        )
    if (day.kind == kinds.SHORT) != (day.lessons is not None):
        raise DomainError(
            gettext_noop(
                "%(date)s: give the number of lessons for a short day, and only for one."
            ),
            date=day.date.isoformat(),
        )
    row = CalendarDay(
        municipality=where.municipality,
        language=where.language,
        school=where.school,
        school_class=where.school_class,
        date=day.date,
        kind=day.kind,
        name=day.name[:120],
        lessons=day.lessons,
    )
    row.clean_fields()
    return row


def _log(
    by: Person | None, now: datetime, action: str, where: Where, reason: str
) -> None:
    target = f"municipality:{where.municipality.pk}"
    if where.school_class is not None:
        target = f"class:{where.school_class.pk}"
    elif where.school is not None:
        target = f"school:{where.school.pk}"
    audit.record(
        actor=audit.actor_of(by),
        action=action,
        purpose=Purpose.INTAKE,
        target=target,
        reason=reason,
        at=now,
    )
