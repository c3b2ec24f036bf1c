"""Grants that a main user or officer may see, and what a main user may give over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from django.db.models import F, Q, QuerySet

from koulutie.core.definitions.roles import ScopeKind
from koulutie.oversight.queries.log import in_municipalities, readers_for
from koulutie.registry import finding
from koulutie.registry import queries as registry
from koulutie.registry.access import Verdict
from koulutie.registry.actions.grants import Place
from koulutie.registry.models import (
    Grant,
    Municipality,
    Person,
    School,
    SchoolClass,
)


class State(StrEnum):
    """Whether a grant holds."""

    VALID = "valid"
    COMING = "coming"
    ENDED = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantReach:
    """To whom and over what a main user may give roles."""

    people: list[Person]
    municipalities: list[Municipality]
    schools: list[School]
    classes: list[SchoolClass]


def grants_in(verdict: Verdict) -> QuerySet[Grant]:
    """Return the grants over the scope or anything in it, by person."""
    around = finding.overseen_municipalities(verdict)
    scope = verdict.scope
    here = (
        in_municipalities(around)
        | Q(school__in=scope.school_ids)
        | Q(school_class__school__in=scope.school_ids)
    )
    rows = Grant.objects.filter(here).select_related(
        "person", "school", "school_class__school", "municipality", "granted_by"
    )
    return rows.order_by("person__last_name", "person__first_name", "valid_from", "pk")


def filtered(grants: QuerySet[Grant], *, role: str) -> QuerySet[Grant]:
    """Return the grants of the role; of all where none is named."""
    return grants.filter(role=role) if role else grants


def in_state(
    grants: QuerySet[Grant], state: State, *, on: date, now: datetime
) -> QuerySet[Grant]:
    """Return the grants that hold, begin later or have ended; the latest ended first."""
    empty = Q(valid_to__lte=F("valid_from"))
    over = Q(valid_to__lte=on) | Q(ends_at__lte=now) | empty
    if state is State.ENDED:
        return grants.filter(over).order_by("-valid_to", "-pk")
    later = Q(valid_from__gt=on)
    return grants.exclude(over).filter(later if state is State.COMING else ~later)


def reach_of(verdict: Verdict, *, on: date) -> GrantReach:
    """Return the choices of the form that gives a role.

    People without any role yet belong to no municipality and can be chosen everywhere.
    """
    around = finding.overseen_municipalities(verdict)
    people = {one.pk: one for one in readers_for(verdict)}
    newcomers = Person.objects.filter(grants=None, is_active=True)
    people |= {one.pk: one for one in newcomers}
    return GrantReach(
        people=[one for one in people.values() if one.is_active],
        municipalities=list(Municipality.objects.filter(pk__in=around)),
        schools=list(registry.schools_in(verdict.scope).order_by("name")),
        classes=list(registry.classes_now(verdict.scope, on=on)),
    )


def place_of(
    verdict: Verdict, chosen: str, pupil_id: int | None, *, on: date
) -> Place | None:
    """Return the place of ``class:3`` inside the scope, or the pupil of the number."""
    kind, _sep, number = chosen.partition(":")
    if kind == ScopeKind.PUPIL:
        return finding.pupil_of(verdict, pupil_id, on=on) if pupil_id else None
    pk = int(number)
    if kind == ScopeKind.MUNICIPALITY:
        around = finding.overseen_municipalities(verdict)
        return Municipality.objects.filter(pk__in=around, pk=pk).first()
    if kind == ScopeKind.SCHOOL:
        return registry.schools_in(verdict.scope).filter(pk=pk).first()
    return registry.classes_in(verdict.scope).filter(pk=pk).first()
