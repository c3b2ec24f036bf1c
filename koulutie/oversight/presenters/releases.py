"""One pupil's log for giving out, and what was given out before."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from koulutie import catalog
from koulutie.oversight.exports import Line, PupilLog
from koulutie.oversight.models import LogRelease
from koulutie.oversight.presenters.events import number_of, who
from koulutie.registry import queries
from koulutie.registry.models import AccessEvent, Grant
from koulutie.ui.words import ACTIONS, KINDS, PURPOSES, called


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseRow:
    """One earlier release."""

    at: datetime
    by: str
    reason: str
    first: date
    last: date
    events: int


def pupil_log(
    pupil_id: int,
    events: Sequence[AccessEvent],
    *,
    first: date,
    last: date,
    names_staff: bool,
) -> PupilLog:
    """Return the events of one pupil as they leave the house.

    Other pupils of a list are no part of it, and no place is told.
    """
    numbers = [one for event in events if (one := number_of(event.actor)) is not None]
    names = queries.person_names(numbers) if names_staff else {}
    grants = Grant.objects.in_bulk(
        {event.grant_id for event in events if event.grant_id is not None}
    )
    return PupilLog(
        pupil=f"#{pupil_id}",
        first=first,
        last=last,
        lines=[
            Line(
                at=event.at,
                who=_who(event, grants, names, names_staff=names_staff),
                how=called(KINDS, event.kind),
                what=called(ACTIONS, event.action),
                purpose=called(PURPOSES, event.purpose),
            )
            for event in events
        ],
    )


def release_rows(releases: Iterable[LogRelease]) -> list[ReleaseRow]:
    """Return earlier releases as lines."""
    found = list(releases)
    names = queries.person_names(one.released_by_id for one in found)
    return [
        ReleaseRow(
            at=one.released_at,
            by=names[one.released_by_id],
            reason=one.reason,
            first=one.first_day,
            last=one.last_day,
            events=one.events,
        )
        for one in found
    ]


def _who(
    event: AccessEvent,
    grants: dict[int, Grant],
    names: dict[int, str],
    *,
    names_staff: bool,
) -> str:
    grant = grants.get(event.grant_id) if event.grant_id is not None else None
    role = role_title(grant.role) if grant else _("staff")
    if number_of(event.actor) is None:
        return who(event.actor, {})
    return f"{who(event.actor, names)}, {role}" if names_staff else role


def role_title(role: str) -> str:
    """Return what a role is called in the page's language."""
    known = catalog.current().roles.by_id.get(role)
    return known.title.in_language(get_language() or "fi") if known else role
