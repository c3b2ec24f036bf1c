"""Make what is missing: a municipality, a school, its year, a class, a pupil.

In an empty home, one saved page names a school, a class and a pupil that nobody has told
us about; these functions find them or make them with sensible Finnish defaults.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from datetime import date, datetime, timedelta

from django.db import transaction

from koulutie.core.scope import Purpose
from koulutie.registry import audit
from koulutie.registry.exports import public_holidays
from koulutie.registry.models import (
    CalendarDay,
    Enrolment,
    Language,
    Municipality,
    Person,
    Pupil,
    PupilKey,
    School,
    SchoolClass,
    SchoolYear,
)

MONDAY, SATURDAY = 1, 6  # ISO weekdays


def ensure_municipality(
    *,
    by: Person | None,
    now: datetime,
    code: str = "000",
    name_fi: str = "Kunta",
    name_sv: str = "Kommun",
) -> Municipality:
    """Return the municipality of the code; make it if it is missing."""
    found = Municipality.objects.filter(code=code).first()
    if found is not None:
        return found
    made = Municipality(code=code, name_fi=name_fi, name_sv=name_sv)
    with transaction.atomic():
        made.full_clean()
        made.save()
        _log(by, now, "create_municipality", f"municipality:{made.pk}")
    return made


def ensure_school(
    *,
    municipality: Municipality,
    number: str,
    by: Person | None,
    now: datetime,
    name: str = "",
    language: str = Language.FINNISH,
) -> School:
    """Return the school of the number; make it if it is missing."""
    found = School.objects.filter(municipality=municipality, number=number).first()
    if found is not None:
        return found
    made = School(
        municipality=municipality, number=number, name=name or number, language=language
    )
    with transaction.atomic():
        made.full_clean()
        made.save()
        _log(by, now, "create_school", f"school:{made.pk}")
    return made


def ensure_school_year(
    *, municipality: Municipality, year: int, by: Person | None, now: datetime
) -> SchoolYear:
    """Return the school year that starts in `year`; make it with Finnish defaults.

    It ends on the Saturday of week 22, a school day, and starts early enough to have the
    school days that the law asks for (Basic Education Act 23 §, Decree 7 §). Breaks: week
    42, 23 December to Epiphany, week 9. A municipality writes its own days over them.
    """
    found = SchoolYear.objects.filter(municipality=municipality, year=year).first()
    if found is not None:
        return found
    last_day = date.fromisocalendar(year + 1, 22, SATURDAY)
    breaks = dict(_default_breaks(year))
    made = SchoolYear(
        municipality=municipality,
        year=year,
        starts_on=_first_day(year, last_day, breaks),
        spring_starts_on=date(year + 1, 1, 7),
        ends_before=last_day + timedelta(days=1),
    )
    with transaction.atomic():
        made.full_clean()
        made.save()
        _write_default_days(municipality, breaks, last_day)
        _log(by, now, "create_school_year", f"school_year:{made.pk}")
    return made


def ensure_class(
    *,
    school: School,
    school_year: SchoolYear,
    code: str,
    by: Person | None,
    now: datetime,
    grade: int | None = None,
) -> SchoolClass:
    """Return the class of the code in that year; make it if it is missing.

    An unknown grade is read from the code's first number ("7B" is grade 7), else 0.
    """
    found = SchoolClass.objects.filter(
        school=school, school_year=school_year, code=code
    ).first()
    if found is not None:
        return found
    made = SchoolClass(
        school=school,
        school_year=school_year,
        code=code,
        grade=grade_of(code) if grade is None else grade,
    )
    with transaction.atomic():
        made.full_clean()
        made.save()
        _log(by, now, "create_class", f"class:{made.pk}")
    return made


def ensure_pupil(
    *,
    municipality: Municipality,
    source_db: str,
    key: str,
    by: Person | None,
    now: datetime,
    school_class: SchoolClass | None = None,
) -> Pupil:
    """Return the pupil whom the source calls `key`; make one without a name if missing.

    With a class, a pupil who is in no class of that school year is enrolled in it for the
    whole year; one who is elsewhere stays there.
    """
    known = (
        PupilKey.objects.unscoped("the registry's own writing")
        .filter(municipality=municipality, source_db=source_db, key=key)
        .select_related("pupil")
    )
    with transaction.atomic():
        found = known.first()
        pupil = found.pupil if found else _new_pupil(municipality, source_db, key)
        if found is None:
            _log(by, now, "create_pupil", f"pupil:{pupil.pk}", pupil)
        if school_class is not None:
            _enrol_for_the_year(pupil, school_class)
    return pupil


def grade_of(code: str) -> int:
    """Return the grade that a class code begins with; 0 where it does not."""
    match = re.search(r"\d+", code)
    grade = int(match.group()) if match else 0
    return grade if grade <= 10 else 0


def end_of(school_year: SchoolYear) -> date:
    """Return the day before which enrolments of the year end: 1 August."""
    return date(school_year.year + 1, 8, 1)


def _new_pupil(municipality: Municipality, source_db: str, key: str) -> Pupil:
    pupil = Pupil(municipality=municipality)
    pupil.full_clean()
    pupil.save()
    new_key = PupilKey(
        municipality=municipality, pupil=pupil, source_db=source_db, key=key
    )
    new_key.full_clean()
    new_key.save()
    return pupil


def _enrol_for_the_year(pupil: Pupil, school_class: SchoolClass) -> None:
    year = school_class.school_year
    if (
        Enrolment.objects.unscoped("the registry's own writing")
        .filter(pupil=pupil, school_class__school_year=year)
        .exists()
    ):
        return
    enrolment = Enrolment(
        pupil=pupil,
        school_class=school_class,
        # From 1 August, so that no mark falls out where teaching began before the default.
        from_date=date(year.year, 8, 1),
        to_date=end_of(year),
    )
    enrolment.full_clean()
    enrolment.save()


def _default_breaks(year: int) -> Iterator[tuple[date, str]]:
    """Yield the weekdays of the breaks of an ordinary Finnish school year."""
    autumn = date.fromisocalendar(year, 42, MONDAY)
    winter = date.fromisocalendar(year + 1, 9, MONDAY)
    for first, end, name in (
        (autumn, autumn + timedelta(days=5), "Syysloma / Höstlov"),
        (date(year, 12, 23), date(year + 1, 1, 7), "Joululoma / Jullov"),
        (winter, winter + timedelta(days=5), "Talviloma / Sportlov"),
    ):
        for offset in range((end - first).days):
            day = first + timedelta(days=offset)
            if day.isoweekday() < SATURDAY:
                yield day, name


def _first_day(year: int, last_day: date, breaks: Collection[date]) -> date:
    """Count school days back from the last one until the year has what the law asks.

    190 days, less one for each of Independence Day, Epiphany and May Day that falls on
    Monday to Friday.
    """
    lost = (date(year, 12, 6), date(year + 1, 1, 6), date(year + 1, 5, 1))
    days_left = 190 - sum(day.isoweekday() < SATURDAY for day in lost) - 1
    free = {*public_holidays(year), *public_holidays(year + 1), *breaks}
    day = last_day
    while days_left:
        day -= timedelta(days=1)
        days_left -= day.isoweekday() < SATURDAY and day not in free
    return day


def _write_default_days(
    municipality: Municipality, breaks: Mapping[date, str], last_day: date
) -> None:
    kinds = CalendarDay.DayKind
    days = [(day, kinds.BREAK, name) for day, name in breaks.items()]
    days.append((last_day, kinds.SATURDAY, "Kevätjuhla / Vårfest"))
    CalendarDay.objects.bulk_create(
        [
            CalendarDay(municipality=municipality, date=day, kind=kind, name=name)
            for day, kind, name in days
        ],
        ignore_conflicts=True,
    )


def _log(
    by: Person | None,
    now: datetime,
    action: str,
    target: str,
    pupil: Pupil | None = None,
) -> None:
    audit.record(
        actor=audit.actor_of(by),
        action=action,
        purpose=Purpose.INTAKE,
        target=target,
        pupil_ids=[pupil.pk] if pupil else (),
        reason="made because a source names it",
        at=now,
    )
