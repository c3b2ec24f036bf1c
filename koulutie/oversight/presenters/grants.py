"""Grants as a list."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils.translation import gettext as _

from koulutie.oversight.presenters.readers import municipality_name
from koulutie.oversight.queries.grants import State
from koulutie.registry.models import Grant
from koulutie.ui.http import Request
from koulutie.ui.words import PURPOSES, listed

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantRow:
    """One grant."""

    pk: int
    who: str
    role: str
    over: str
    purposes: str  # empty: all that the role is for
    valid_from: date
    last_day: date | None
    ends_at: datetime | None
    reason: str
    given_by: str
    is_mine: bool


def state_of(text: str | None) -> State:
    """Return the state that an address names; those that hold where it names none."""
    return State(text) if text in set(State) else State.VALID


def row(grant: Grant, request: Request) -> GrantRow:
    """Return one grant as a line; a pupil is told by number, here nobody is named."""
    return GrantRow(
        pk=grant.pk,
        who=grant.person.full_name,
        role=grant.role,
        over=over(grant),
        purposes=listed(PURPOSES, grant.purposes),
        valid_from=grant.valid_from,
        last_day=last_day(grant),
        ends_at=grant.ends_at,
        reason=grant.reason,
        given_by=grant.granted_by.full_name if grant.granted_by else _("the roster"),
        is_mine=grant.person_id == request.user.pk,
    )


def last_day(grant: Grant) -> date | None:
    """Return the last day on which a grant holds; its first one where it never held."""
    if grant.valid_to is None:
        return None
    return max(grant.valid_to - ONE_DAY, grant.valid_from)


def over(grant: Grant) -> str:
    """Return over what a grant reaches."""
    if grant.school_class is not None:
        return f"{grant.school_class.code}, {grant.school_class.school.name}"
    if grant.school is not None:
        return grant.school.name
    if grant.municipality is not None:
        return municipality_name(grant.municipality)
    return _("pupil #%(number)d") % {"number": grant.pupil_id}
