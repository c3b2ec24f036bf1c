"""Grants as a list: those that hold, those to come, and the ended as history."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils.translation import gettext as _

from koulutie.oversight.presenters.readers import municipality_name
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


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantsPage:
    """The grants by whether they hold."""

    valid: list[GrantRow]
    coming: list[GrantRow]
    ended: list[GrantRow]


def grants_page(grants: Iterable[Grant], request: Request) -> GrantsPage:
    """Sort the grants by whether they hold now; the latest ended first."""
    valid, coming, ended = [], [], []
    for grant in grants:
        line = row(grant, request)
        if _has_ended(grant, request):
            ended.append(line)
        elif grant.valid_from > request.today:
            coming.append(line)
        else:
            valid.append(line)
    ended.sort(key=lambda one: one.last_day or one.valid_from, reverse=True)
    return GrantsPage(valid=valid, coming=coming, ended=ended)


def row(grant: Grant, request: Request) -> GrantRow:
    """Return one grant as a line; a pupil is told by number, here nobody is named."""
    return GrantRow(
        pk=grant.pk,
        who=grant.person.full_name,
        role=grant.role,
        over=over(grant),
        purposes=listed(PURPOSES, grant.purposes),
        valid_from=grant.valid_from,
        last_day=grant.valid_to - ONE_DAY if grant.valid_to else None,
        ends_at=grant.ends_at,
        reason=grant.reason,
        given_by=grant.granted_by.full_name if grant.granted_by else _("the roster"),
        is_mine=grant.person_id == request.user.pk,
    )


def over(grant: Grant) -> str:
    """Return over what a grant reaches."""
    if grant.school_class is not None:
        return f"{grant.school_class.code}, {grant.school_class.school.name}"
    if grant.school is not None:
        return grant.school.name
    if grant.municipality is not None:
        return municipality_name(grant.municipality)
    return _("pupil #%(number)d") % {"number": grant.pupil_id}


def _has_ended(grant: Grant, request: Request) -> bool:
    by_day = grant.valid_to is not None and grant.valid_to <= request.today
    by_hour = grant.ends_at is not None and grant.ends_at <= request.now
    return by_day or by_hour
