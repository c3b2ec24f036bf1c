"""Take a roster in: schools, classes, pupils, their places, guardians, staff.

What a roster does not tell stays as it was: a file of one school touches no other, and who
is missing from it is counted, not thrown out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime

import pyarrow as pa
from django.db import transaction

from koulutie.core.errors import gettext_noop
from koulutie.core.scope import Purpose
from koulutie.registry import audit, queries
from koulutie.registry.actions.enrolling import Course, Span, Stay, Told
from koulutie.registry.actions.matching import Book, open_book
from koulutie.registry.actions.places import end_of
from koulutie.registry.actions.roster_people import take_in_guardians, take_in_staff
from koulutie.registry.actions.roster_places import Places
from koulutie.registry.actions.roster_rows import BATCH, RosterReport, Row, rows_of
from koulutie.registry.models import (
    Enrolment,
    Municipality,
    Person,
    Pupil,
    SchoolClass,
    SchoolYear,
)

Placed = tuple[Row, Pupil, SchoolClass]
Courses = dict[tuple[int, int], Course]  # by pupil id and school year id


def take_in_roster(
    *,
    roster: pa.Table,
    municipality: Municipality,
    source_db: str,
    by: Person | None,
    now: datetime,
    as_of: date | None = None,
) -> RosterReport:
    """Bring the registry in line with a roster, in one transaction.

    Parameters
    ----------
    roster
        RAW_ROSTER.
    source_db
        The database that the keys come from; keys are unique only inside it.
    as_of
        The day on which the roster was true; default: the day of `now`.
    """
    report = RosterReport()
    true_on = as_of or now.date()
    with transaction.atomic():
        book = open_book(municipality=municipality, source_db=source_db, today=true_on)
        places = Places(municipality=municipality, as_of=true_on, by=by, now=now)
        places.load()
        _take_in(rows_of(roster), book, places, report)
        audit.record(
            actor=audit.actor_of(by),
            action="take_in_roster",
            purpose=Purpose.INTAKE,
            target=f"municipality:{municipality.pk}",
            reason=", ".join(
                f"{n} {what}" for what, n in sorted(report.counts.items())
            ),
            at=now,
        )
    return report


def _take_in(
    rows: Iterable[Row], book: Book, places: Places, report: RosterReport
) -> None:
    """Take in the pupils with their places, then guardians, then staff."""
    by_role: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_role[row.person_role or "pupil"].append(row)
    placed = _place(by_role["pupil"], book, places, report)
    book.save()
    places.save_classes()
    _enrol(placed, places, report)
    _count_missing(placed, places.as_of, report)
    take_in_guardians(
        rows=by_role["guardian"],
        municipality=book.municipality,
        source_db=book.source_db,
        pupils=book.by_key,
        report=report,
    )
    take_in_staff(rows=by_role["staff"], source_db=book.source_db, report=report)


def _place(
    rows: Iterable[Row], book: Book, places: Places, report: RosterReport
) -> list[Placed]:
    """Return each row with its pupil and class, where it has both."""
    placed = []
    for row in rows:
        pupil = book.find_or_make(row, report)
        school_class = places.class_of(row, report) if pupil else None
        if pupil is not None and school_class is not None:
            placed.append((row, pupil, school_class))
    return placed


def _enrol(placed: Iterable[Placed], places: Places, report: RosterReport) -> None:
    """Open, correct and close stays so that they say what the roster says."""
    told: dict[tuple[int, int], list[Told]] = defaultdict(list)
    for row, pupil, school_class in placed:
        key = (pupil.pk, school_class.school_year_id)
        told[key].append(places.told(row, school_class))
    years = {year.pk: year for year in places.years.values()}
    courses = _courses(told.keys(), years, places.as_of)
    for key, rows in told.items():
        courses[key].tell(rows)
    _save(courses, report)


def _courses(
    keys: Iterable[tuple[int, int]], years: dict[int, SchoolYear], as_of: date
) -> Courses:
    """Return what is known of these pupils' years so far."""
    wanted = set(keys)
    courses = {
        (pupil, year): Course(
            span=Span(
                starts_on=years[year].starts_on,
                ends_before=end_of(years[year]),
                as_of=as_of,
            )
        )
        for pupil, year in wanted
    }
    rows = Enrolment.objects.unscoped("the registry's own writing").filter(
        school_class__school_year__in={year for _, year in wanted}
    )
    for pk, pupil, year, class_id, from_, to in rows.values_list(
        "pk",
        "pupil",
        "school_class__school_year",
        "school_class",
        "from_date",
        "to_date",
    ):
        if (pupil, year) in courses:
            stay = Stay(pk=pk, class_id=class_id, from_=from_, to=to)
            courses[pupil, year].stays.append(stay)
    return courses


def _save(courses: Courses, report: RosterReport) -> None:
    """Write the stays that are new or changed."""
    new: list[Enrolment] = []
    changed: list[Enrolment] = []
    for (pupil, _year), course in courses.items():
        for stay in course.stays:
            if stay.is_changed:
                (changed if stay.pk else new).append(_enrolment(pupil, stay))
    # Changed first: a closed stay makes room for the new one.
    Enrolment.objects.bulk_update(
        changed, ["school_class", "from_date", "to_date"], batch_size=300
    )
    Enrolment.objects.bulk_create(new, batch_size=BATCH)
    report.counts["new enrolments"] += len(new)
    report.counts["changed enrolments"] += len(changed)
    report.counts["moves"] += sum(course.moves for course in courses.values())


def _enrolment(pupil_id: int, stay: Stay) -> Enrolment:
    return Enrolment(
        pk=stay.pk,
        pupil_id=pupil_id,
        school_class_id=stay.class_id,
        from_date=stay.from_,
        to_date=stay.to,
    )


def _count_missing(placed: Iterable[Placed], as_of: date, report: RosterReport) -> None:
    """Tell how many pupils of the roster's schools are not in it."""
    schools = {school_class.school_id for _, _, school_class in placed}
    here = {
        place.pupil_id
        for place in queries.enrolled_on(on=as_of, school_ids=schools, class_ids=())
    }
    missing = here - {pupil.pk for _, pupil, _ in placed}
    if missing:
        report.tell(
            0,
            gettext_noop(
                "%(count)d pupils of the schools in this roster are not in it. "
                "If they have left, give their last day in the roster."
            ),
            count=len(missing),
        )
