"""Who is where beyond a scope: pupils found by name, who oversees, who reaches a pupil.

Nothing here opens a pupil's data. What is found outside the scope has a name and a school;
a pupil under protected identity is not found at all unless a grant names it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Q, QuerySet

from koulutie import catalog
from koulutie.core.definitions.roles import Action, Role
from koulutie.core.scope import Purpose, Scope
from koulutie.registry import queries
from koulutie.registry.access import OutsideScope, Verdict, scope_of
from koulutie.registry.models import (
    Enrolment,
    Grant,
    Municipality,
    Notice,
    Person,
    Pupil,
)

MOST_FOUND = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A pupil found by name; nothing but name and school is told of one outside."""

    pupil_id: int
    name: str
    school: str  # empty: in no school on the day
    is_open: bool  # the asker's own roles open this pupil's page


# --- pupils by name -----------------------------------------------------------------------


def by_name(
    *, scope: Scope, opened: Scope, words: str, on: date
) -> tuple[list[Found], bool]:
    """Return pupils of the scope's municipalities whose name has all words; and if more.

    `opened` is the scope of the pupils' own pages: what it names is found too, protected
    or not.
    """
    named = Q()
    for word in words.split():
        named &= Q(first_name__icontains=word) | Q(last_name__icontains=word)
    rows = findable(scope, opened).filter(named).order_by("last_name", "first_name")
    pupils = list(rows[: MOST_FOUND + 1])
    schools = _schools_of([one.pk for one in pupils], on=on)
    found = [
        Found(
            pupil_id=one.pk,
            name=one.sorting_name,
            school=schools.get(one.pk, ""),
            is_open=one.pk in opened.pupil_ids,
        )
        for one in pupils[:MOST_FOUND]
    ]
    return found, len(pupils) > MOST_FOUND


def findable(scope: Scope, opened: Scope) -> QuerySet[Pupil]:
    """Return the pupils that may be found by name at all."""
    around = Municipality.objects.filter(schools_of(scope)).values("pk")
    everybody = Q(municipality__in=around, is_protected=False)
    return Pupil.objects.unscoped("finding opens nothing").filter(
        everybody | Q(pk__in=opened.pupil_ids)
    )


def get_findable(scope: Scope, opened: Scope, pk: int) -> Pupil:
    """Return one pupil that may be found, or `OutsideScope`."""
    pupil = findable(scope, opened).filter(pk=pk).first()
    if pupil is None:
        raise OutsideScope(f"pupil:{pk}")
    return pupil


def schools_of(scope: Scope) -> Q:
    """Match the municipalities that the scope has a school in."""
    if scope.is_whole_municipality:
        return Q()
    return Q(school__in=scope.school_ids)


def school_name_of(pupil_id: int, *, on: date) -> str:
    """Return where a pupil is on the day; empty where nowhere."""
    return _schools_of([pupil_id], on=on).get(pupil_id, "")


def _schools_of(pupil_ids: Iterable[int], *, on: date) -> dict[int, str]:
    rows = Enrolment.objects.unscoped("finding opens nothing").filter(
        queries.running_on(on), pupil__in=list(pupil_ids)
    )
    return dict(rows.values_list("pupil", "school_class__school__name"))


# --- municipalities of an overseer -----------------------------------------------------------


def overseen_municipalities(verdict: Verdict) -> frozenset[int]:
    """Return the municipalities over which the verdict's own grants reach as a whole."""
    grants = Grant.objects.filter(
        pk__in=verdict.grant_ids, municipality__isnull=False
    ).values_list("municipality", flat=True)
    return frozenset(grants)


def pupils_of(municipality_ids: Collection[int]) -> QuerySet[Pupil]:
    """Return the pupils of municipalities, to match events with; nobody is shown by it."""
    return Pupil.objects.unscoped("finding opens nothing").filter(
        municipality__in=municipality_ids
    )


def get_overseen_pupil(verdict: Verdict, pk: int) -> Pupil:
    """Return a pupil whom the scope names, or one whom an overseer knows by number only.

    Under protected identity a number alone opens nothing.
    """
    scope = verdict.scope
    numbered = Q(
        municipality__in=overseen_municipalities(verdict), is_protected=False
    ) & ~Q(pk__in=scope.hidden_pupil_ids)
    pupil = (
        Pupil.objects.unscoped("finding opens nothing")
        .filter(Q(pk__in=scope.pupil_ids) | numbered, pk=pk)
        .first()
    )
    if pupil is None:
        raise OutsideScope(f"pupil:{pk}")
    return pupil


# --- grants that reach a pupil ------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """Where a pupil is on a day: what grants are matched with."""

    pupil_id: int
    municipality_id: int
    school_ids: frozenset[int]
    class_ids: frozenset[int]


def where_is(pupil: Pupil, *, on: date) -> Where:
    """Return the classes and schools of a pupil on the day."""
    rows = Enrolment.objects.unscoped("finding opens nothing").filter(
        queries.running_on(on), pupil=pupil
    )
    places = list(rows.values_list("school_class", "school_class__school"))
    return Where(
        pupil_id=pupil.pk,
        municipality_id=pupil.municipality_id,
        school_ids=frozenset(school for _, school in places),
        class_ids=frozenset(one for one, _ in places),
    )


def grants_over(where: Where, *, on: date, now: datetime) -> QuerySet[Grant]:
    """Return the valid grants of active people whose scope holds the pupil."""
    reaching = (
        Q(municipality=where.municipality_id)
        | Q(school__in=where.school_ids)
        | Q(school_class__in=where.class_ids)
        | Q(pupil=where.pupil_id)
    )
    found = queries.valid_grants(on=on, now=now).filter(reaching)
    return found.filter(person__is_active=True).select_related(
        "person", "school", "school_class", "municipality"
    )


def overseers_of(where: Where, *, on: date, now: datetime) -> list[Person]:
    """Return who reads the log of a pupil's school and municipality, each once."""
    people: dict[int, Person] = {}
    for grant in grants_over(where, on=on, now=now):
        if role_may(grant, Action.VIEW_ACCESS_LOG, Purpose.OVERSIGHT):
            people.setdefault(grant.person_id, grant.person)
    return list(people.values())


def role_may(grant: Grant, action: Action, purpose: Purpose) -> bool:
    """Say whether a grant's role does it for the purpose, through the grant's reach."""
    if grant.purposes and purpose not in grant.purposes:
        return False
    kind, _ = scope_of(grant)
    roles = catalog.current().roles
    fields = roles.fields(role=grant.role, action=action, purpose=purpose, scope=kind)
    return fields is not None


def role_of(grant: Grant) -> Role | None:
    """Return a grant's role; None where the municipality's table no longer has it."""
    return catalog.current().roles.by_id.get(grant.role)


def unread_notices(person: Person) -> int:
    """Return how many notices of openings with a reason a person has not read."""
    return Notice.objects.filter(person=person, seen_at=None).count()


def open_now(person: Person, *, now: datetime) -> QuerySet[Grant]:
    """Return what a person opened with a reason and what has not ended, the next end first."""
    rows = Grant.objects.filter(person=person, ends_at__gt=now)
    return rows.select_related("pupil").order_by("ends_at")


def pupil_of(verdict: Verdict, number: int, *, on: date) -> Pupil | None:
    """Return the pupil of a number to whom a main user may give a role, protected or not.

    A number says nothing: who gives the role knows it from somebody who may see the pupil.
    """
    around = overseen_municipalities(verdict)
    in_school = Enrolment.objects.unscoped("finding opens nothing").filter(
        queries.running_on(on), school_class__school__in=verdict.scope.school_ids
    )
    here = Q(municipality__in=around) | Q(pk__in=in_school.values("pupil"))
    return (
        Pupil.objects.unscoped("finding opens nothing").filter(here, pk=number).first()
    )
