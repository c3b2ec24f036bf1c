"""Whom the pages of accounts may name."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import Q, QuerySet
from django.utils.translation import get_language

from koulutie.accounts.models import GuardianLink
from koulutie.core.scope import Scope
from koulutie.registry import walls
from koulutie.registry.models import Grant, Municipality, Person, Pupil
from koulutie.registry.queries import enrolment_on, valid_grants


def staff(scope: Scope) -> QuerySet[Person]:
    """Return the open accounts of staff in the scope's schools, and of who has no grant yet."""
    municipalities = Municipality.objects.filter(school__in=scope.school_ids)
    within = (
        Q(grants=None)
        | Q(grants__municipality__in=municipalities)
        | Q(grants__school__in=scope.school_ids)
        | Q(grants__school_class__school__in=scope.school_ids)
    )
    return Person.objects.filter(within, is_active=True, pupil_account=None).distinct()


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """A role in a place: what a session can act in."""

    role: str
    place: str  # the school's or the municipality's name; empty: pupils given by name
    school_number: str  # empty: no school
    grant_ids: tuple[int, ...]

    @property
    def key(self) -> str:
        """Name the context in a form."""
        return "-".join(str(pk) for pk in self.grant_ids)


def contexts_of(person: Person, *, on: date) -> list[Context]:
    """Return the roles that hold on the day, each in its school or municipality.

    Pupils given by name belong to every context of the same role.
    """
    with walls.everything("a person's own roles say what the wall is opened to"):
        grants = list(
            valid_grants(on=on)
            .filter(person=person)
            .select_related("municipality", "school", "school_class__school")
        )
    groups: dict[tuple[str, str, str], list[int]] = {}
    named: dict[str, list[int]] = {}
    for grant in grants:
        if grant.pupil_id is not None:
            named.setdefault(grant.role, []).append(grant.pk)
        else:
            groups.setdefault((grant.role, *_place(grant)), []).append(grant.pk)
    for role in named.keys() - {role for role, *_ in groups}:
        groups[role, "", ""] = []
    return [
        Context(
            role=role,
            place=place,
            school_number=number,
            grant_ids=tuple(sorted([*ids, *named.get(role, [])])),
        )
        for (role, place, number), ids in groups.items()
    ]


def _place(grant: Grant) -> tuple[str, str]:
    """Return the name of where a grant holds, and the school's number."""
    school = grant.school_class.school if grant.school_class else grant.school
    if school is not None:
        return school.name, school.number
    assert grant.municipality is not None
    is_swedish = get_language() == "sv"
    home = grant.municipality
    return (home.name_sv if is_swedish else home.name_fi), ""


def links_about(pupil: Pupil, scope: Scope) -> QuerySet[GuardianLink]:
    """Return the links about a pupil of the scope, the newest first."""
    found = GuardianLink.objects.in_scope(scope).filter(pupil=pupil)
    return found.select_related("guardian").order_by("-made_at", "-pk")


def school_of(pupil: Pupil, *, on: date) -> str:
    """Return the name of the school that a pupil goes to; empty where none is known."""
    with walls.everything("a guardian has a link and no account"):
        enrolment = enrolment_on(pupil.pk, on=on)
        return enrolment.school_class.school.name if enrolment else ""
