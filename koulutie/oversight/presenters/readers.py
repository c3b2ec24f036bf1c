"""Who can see one pupil, in which role, why, for what, and when they last did."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from koulutie import catalog
from koulutie.core.definitions.roles import Action, FieldGroup, ScopeKind
from koulutie.oversight.presenters.events import number_of
from koulutie.registry import queries
from koulutie.registry.access import scope_of
from koulutie.registry.finding import role_of
from koulutie.registry.models import Grant, Municipality
from koulutie.ui.words import FIELDS, PURPOSES, listed

# What a grant must show of a pupil for its holder to count as a reader.
ABOUT_PUPIL = frozenset({FieldGroup.NAMES, FieldGroup.ROWS})


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """One grant that shows something about the pupil."""

    person_id: int
    name: str
    role: str
    reach: str
    purposes: str
    fields: str
    reason: str
    until: date | None
    ends_at: datetime | None  # opened with a reason
    last_opened: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Former:
    """Somebody who opened the pupil and may not any more."""

    name: str
    last_opened: datetime


def readers(
    grants: Iterable[Grant], *, is_protected: bool, opened: Mapping[str, datetime]
) -> list[Reader]:
    """Return the grants that show the pupil, the nearest first."""
    found = [
        reader(grant, shown, opened.get(f"person:{grant.person_id}"))
        for grant in grants
        if (shown := shows(grant, is_protected=is_protected))
    ]
    return found


def shows(
    grant: Grant, *, is_protected: bool
) -> tuple[frozenset[str], frozenset[str]] | None:
    """Return for what purposes and which fields a grant shows a pupil; None: nothing.

    A grant over a municipality names nobody on a page, but shows rows of imported files; one
    over a school does not name a pupil under protected identity (`registry.access`).
    """
    kind, _pk = scope_of(grant)
    role = role_of(grant)
    purposes: set[str] = set()
    fields: set[str] = set()
    for permission in role.permissions if role else ():
        reaches = not permission.scopes or kind in permission.scopes
        about = ABOUT_PUPIL & set(permission.fields)
        if kind is ScopeKind.MUNICIPALITY or (
            is_protected and kind is ScopeKind.SCHOOL
        ):
            about &= {FieldGroup.ROWS}
        served = set(permission.purposes) & set(grant.purposes or permission.purposes)
        # The log and the list of readers show that a pupil exists, nothing about it.
        of_content = permission.action not in _NO_CONTENT
        if reaches and about and served and of_content:
            purposes |= served
            fields |= set(permission.fields)
    return (frozenset(purposes), frozenset(fields)) if purposes else None


def reader(
    grant: Grant,
    shown: tuple[frozenset[str], frozenset[str]],
    last_opened: datetime | None,
) -> Reader:
    """Return one grant as a line."""
    purposes, fields = shown
    return Reader(
        person_id=grant.person_id,
        name=grant.person.full_name,
        role=grant.role,
        reach=reach_in_words(grant),
        purposes=listed(PURPOSES, purposes),
        fields=listed(FIELDS, fields),
        reason=grant.reason,
        until=grant.valid_to if grant.ends_at is None else None,
        ends_at=grant.ends_at,
        last_opened=last_opened,
    )


def reach_in_words(grant: Grant) -> str:
    """Return over what a grant reaches, by name; a pupil is told by what it is."""
    if grant.school_class is not None:
        return _("class %(code)s") % {"code": grant.school_class.code}
    if grant.school is not None:
        return grant.school.name
    if grant.municipality is not None:
        return municipality_name(grant.municipality)
    if grant.ends_at is not None:
        return _("this pupil, for three hours")
    return _("this pupil")


def municipality_name(municipality: Municipality) -> str:
    """Return the municipality's name in the page's language; Finnish besides Swedish."""
    is_swedish = get_language() == "sv"
    return municipality.name_sv if is_swedish else municipality.name_fi


def former(
    opened: Mapping[str, datetime], now_readers: Iterable[Reader]
) -> list[Former]:
    """Return who opened the pupil and is not among the readers now, the latest first."""
    current = {one.person_id for one in now_readers}
    past = {
        number: at
        for actor, at in opened.items()
        if (number := number_of(actor)) is not None and number not in current
    }
    names = queries.person_names(past)
    return sorted(
        (
            Former(
                name=names.get(number)
                or _("Former account %(number)d") % {"number": number},
                last_opened=at,
            )
            for number, at in past.items()
        ),
        key=lambda one: one.last_opened,
        reverse=True,
    )


_NO_CONTENT = frozenset(
    {Action.VIEW_ACCESS_LOG, Action.RELEASE_LOG, Action.VIEW_READERS}
)


def roles_that_may_open(*, is_protected: bool) -> list[str]:
    """Return the roles that may open the pupil with a reason; protected: none."""
    if is_protected:
        return []
    return [
        role.id
        for role in catalog.current().roles.roles
        if any(one.action is Action.BREAK_GLASS for one in role.permissions)
    ]
