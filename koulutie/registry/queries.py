"""Reads: the facts version in force, grants, who is where, names for ids."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce

from koulutie.core.calendar import school_year_of
from koulutie.core.scope import Scope
from koulutie.registry import walls
from koulutie.registry.models import (
    Enrolment,
    FactsVersion,
    Grant,
    Municipality,
    Person,
    Pupil,
    PupilKey,
    School,
    SchoolClass,
    SchoolYear,
)

# --- the facts version ------------------------------------------------------------------


def latest_version() -> FactsVersion | None:
    """Return the facts version that every reader uses now; None before the first import."""
    return FactsVersion.objects.order_by("-number").first()


def kept_versions() -> QuerySet[FactsVersion]:
    """Return the versions whose files are still there, newest first."""
    return FactsVersion.objects.filter(is_kept=True).order_by("-number")


# --- places -----------------------------------------------------------------------------


def only_municipality() -> Municipality | None:
    """Return the municipality of a deployment that has one; None when none or several."""
    found = Municipality.objects.all()[:2]
    return found[0] if len(found) == 1 else None


def is_everything(municipality_ids: Collection[int]) -> bool:
    """Say whether these municipalities are all that the deployment holds."""
    if not municipality_ids:
        return False
    return not Municipality.objects.exclude(pk__in=municipality_ids).exists()


def schools_of(municipality_ids: Collection[int]) -> frozenset[int]:
    """Return the ids of the municipalities' schools."""
    if not municipality_ids:
        return frozenset()
    schools = School.objects.filter(municipality__in=municipality_ids)
    return frozenset(schools.values_list("pk", flat=True))


def school_year_on(municipality: Municipality, *, on: date) -> SchoolYear | None:
    """Return the school year that holds the day, or the latest that began before it."""
    years = SchoolYear.objects.filter(municipality=municipality, starts_on__lte=on)
    return years.order_by("-year").first()


def classes_of_school(school_id: int, *, year: int) -> QuerySet[SchoolClass]:
    """Return a school's classes of one school year, by grade and code."""
    classes = SchoolClass.objects.filter(school=school_id, school_year__year=year)
    return classes.order_by("grade", "code")


def classes_now(scope: Scope, *, on: date) -> QuerySet[SchoolClass]:
    """Return the scope's classes of the day's school year, by school, grade and code."""
    classes = classes_in(scope).filter(school_year__year=school_year_of(on))
    return classes.select_related("school").order_by("school__name", "grade", "code")


# --- who is where -------------------------------------------------------------------------


def running_on(day: date) -> Q:
    """Match enrolments whose half-open interval holds the day."""
    return Q(from_date__lte=day, to_date__gt=day)


def enrolled_in_classes(class_ids: Collection[int], *, on: date) -> frozenset[int]:
    """Return the pupils enrolled in any of the classes on the day."""
    if not class_ids:
        return frozenset()
    rows = Enrolment.objects.unscoped(
        "resolved into ids or filtered by its caller's scope"
    ).filter(running_on(on), school_class__in=class_ids)
    return frozenset(rows.values_list("pupil", flat=True))


class Place(NamedTuple):
    """Where one pupil is on a day."""

    pupil_id: int
    class_id: int
    school_id: int


def enrolled_on(
    *, on: date, school_ids: Collection[int], class_ids: Collection[int]
) -> list[Place]:
    """Return where the pupils of the schools and classes are on the day."""
    if not school_ids and not class_ids:
        return []
    rows = Enrolment.objects.unscoped(
        "resolved into ids or filtered by its caller's scope"
    ).filter(
        running_on(on),
        Q(school_class__in=class_ids) | Q(school_class__school__in=school_ids),
    )
    columns = rows.values_list("pupil", "school_class", "school_class__school")
    return [Place(*row) for row in columns]


def protected_pupils(school_ids: Collection[int]) -> frozenset[int]:
    """Return the pupils under protected identity who are or were in the schools."""
    if not school_ids:
        return frozenset()
    rows = Pupil.objects.unscoped(
        "resolved into ids or filtered by its caller's scope"
    ).filter(is_protected=True, enrolments__school_class__school__in=school_ids)
    return frozenset(rows.values_list("pk", flat=True))


def enrolment_on(pupil_id: int, *, on: date) -> Enrolment | None:
    """Return where a pupil is on the day, with class and school."""
    rows = Enrolment.objects.unscoped(
        "resolved into ids or filtered by its caller's scope"
    ).filter(running_on(on), pupil=pupil_id)
    return rows.select_related("school_class__school").order_by("-from_date").first()


def pupils_of_class(scope: Scope, class_id: int, *, on: date) -> QuerySet[Pupil]:
    """Return the class's pupils on the day whom the scope may name, by name."""
    enrolled = enrolled_in_classes({class_id}, on=on)
    return pupils_in(scope).filter(pk__in=enrolled).order_by("last_name", "first_name")


# --- words of a source file --------------------------------------------------------------


def pupil_keys(municipality: Municipality, *, source_db: str) -> dict[str, int]:
    """Return the pupil's id by what the source database calls the pupil."""
    rows = PupilKey.objects.unscoped(
        "resolved into ids or filtered by its caller's scope"
    ).filter(municipality=municipality, source_db=source_db)
    return dict(rows.values_list("key", "pupil"))


def pupil_called(told: str) -> Pupil | None:
    """Return the pupil whom a source calls so, else the one of that number; for operators."""
    key = (
        PupilKey.objects.unscoped("resolved into ids or filtered by its caller's scope")
        .filter(key=told)
        .select_related("pupil")
        .first()
    )
    if key is not None:
        return key.pupil
    return (
        Pupil.objects.unscoped("resolved into ids or filtered by its caller's scope")
        .filter(pk=int(told))
        .first()
        if told.isdecimal()
        else None
    )


def source_keys() -> dict[int, str]:
    """Return what a source calls each pupil, by id; for operators."""
    return dict(
        PupilKey.objects.unscoped(
            "resolved into ids or filtered by its caller's scope"
        ).values_list("pupil", "key")
    )


def school_numbers(municipality: Municipality) -> dict[str, int]:
    """Return the school's id by its number."""
    rows = School.objects.filter(municipality=municipality)
    return dict(rows.values_list("number", "pk"))


# --- inside a scope -----------------------------------------------------------------------


def schools_in(scope: Scope) -> QuerySet[School]:
    """Return the schools whose rows the scope holds as a whole."""
    if scope.is_whole_municipality:
        return School.objects.all()
    return School.objects.filter(pk__in=scope.school_ids)


def classes_in(scope: Scope) -> QuerySet[SchoolClass]:
    """Return the classes of the scope, of all school years."""
    if scope.is_whole_municipality:
        return SchoolClass.objects.all()
    return SchoolClass.objects.filter(
        Q(pk__in=scope.class_ids) | Q(school__in=scope.school_ids)
    )


def pupils_in(scope: Scope) -> QuerySet[Pupil]:
    """Return the pupils whom the scope may name.

    A person's scope lists every one of them; a school or municipality in it only counts.
    """
    return Pupil.objects.in_scope(scope)


# --- names for ids --------------------------------------------------------------------------


def pupil_names(scope: Scope, ids: Iterable[int]) -> dict[int, str]:
    """Return "Last First" by id, of those pupils whom the scope may name."""
    rows = pupils_in(scope).filter(pk__in=set(ids))
    return {pupil.pk: pupil.sorting_name for pupil in rows}


def class_codes(ids: Iterable[int]) -> dict[int, str]:
    """Return the class code, such as "7B", by id."""
    rows = SchoolClass.objects.filter(pk__in=set(ids))
    return dict(rows.values_list("pk", "code"))


def school_names(ids: Iterable[int]) -> dict[int, str]:
    """Return the school's name by id."""
    return dict(School.objects.filter(pk__in=set(ids)).values_list("pk", "name"))


def person_names(ids: Iterable[int]) -> dict[int, str]:
    """Return "First Last" by id, of staff."""
    rows = Person.objects.filter(pk__in=set(ids))
    return {person.pk: person.full_name for person in rows}


# --- grants ---------------------------------------------------------------------------------


def valid_grants(*, on: date, now: datetime | None = None) -> QuerySet[Grant]:
    """Return the grants whose half-open interval holds the day, oldest first.

    One that was taken for hours counts only where `now` is told and before its end.
    """
    still = Q(valid_to__isnull=True) | Q(valid_to__gt=on)
    lasting = Q(ends_at=None) if now is None else Q(ends_at=None) | Q(ends_at__gt=now)
    found = Grant.objects.filter(still, lasting, valid_from__lte=on)
    return found.order_by("valid_from", "pk")


def municipalities_of(person: Person, *, on: date) -> frozenset[int]:
    """Return the municipalities in which the person has a grant on the day.

    It is what the database's wall is opened to, so it is read past the wall.
    """
    where = Coalesce(
        "municipality",
        "school__municipality",
        "school_class__school__municipality",
        "pupil__municipality",
    )
    with walls.everything("the grants say what the wall is opened to"):
        still = Q(valid_to__isnull=True) | Q(valid_to__gt=on)
        rows = Grant.objects.filter(still, person=person, valid_from__lte=on)
        return frozenset(rows.values_list(where, flat=True))


def grants_on(person: Person, *, on: date, now: datetime | None = None) -> list[Grant]:
    """Return a person's grants that are valid on the day, narrowed to what they act with.

    A choice of the session (`Person.acting`) only takes away. What was opened with a reason
    stays open for its hours.
    """
    found = valid_grants(on=on, now=now).filter(person=person)
    if person.acting is not None:
        found = found.filter(Q(pk__in=person.acting) | Q(ends_at__isnull=False))
    return list(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Responsibles:
    """Who answers in which role for whom, loaded once for many questions.

    Lists of person ids by (role, kind of scope, id of it), the longest-standing first.
    """

    holders: Mapping[tuple[str, str, int], list[int]]

    def person_for(
        self,
        *,
        roles: Iterable[str],
        school_id: int,
        class_id: int,
        pupil_id: int | None = None,
    ) -> int | None:
        """Return the nearest holder of the first role that has one; else the principal.

        A class has either a class teacher or a homeroom teacher; a ladder that names the
        one means the other too. None where not even a principal is known.
        """
        asked = list(roles)
        both = [_SAME_ROLE[role] for role in asked if role in _SAME_ROLE]
        places = [("pupil", pupil_id), ("class", class_id), ("school", school_id)]
        for role in (*asked, *both, "principal"):
            for kind, pk in places:
                if pk is not None and (found := self.holders.get((role, kind, pk))):
                    return found[0]
        return None


_SAME_ROLE = {
    "homeroom_teacher": "class_teacher",
    "class_teacher": "homeroom_teacher",
}


def responsibles(*, on: date) -> Responsibles:
    """Load the active holders of all grants that are valid on the day."""
    holders: dict[tuple[str, str, int], list[int]] = defaultdict(list)
    rows = valid_grants(on=on).filter(person__is_active=True, municipality__isnull=True)
    for role, person, school, school_class, pupil in rows.values_list(
        "role", "person", "school", "school_class", "pupil"
    ):
        for kind, pk in (("school", school), ("class", school_class), ("pupil", pupil)):
            if pk is not None:
                holders[role, kind, pk].append(person)
    return Responsibles(holders=dict(holders))


def responsible_person(
    *,
    roles: Iterable[str],
    school_class: SchoolClass,
    on: date,
    pupil_id: int | None = None,
) -> Person | None:
    """Return who answers in the first of the roles for a class or pupil on the day."""
    pk = responsibles(on=on).person_for(
        roles=roles,
        school_id=school_class.school_id,
        class_id=school_class.pk,
        pupil_id=pupil_id,
    )
    return None if pk is None else Person.objects.get(pk=pk)
