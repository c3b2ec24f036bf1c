"""Events of the log as a reader may see them: names only where the reader's scope has them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from koulutie.core.scope import Scope
from koulutie.oversight.presenters import unusual
from koulutie.registry import queries
from koulutie.registry.models import AccessEvent, Grant
from koulutie.ui.words import ACTIONS, KINDS, PURPOSES, called

SHOWN_PUPILS = 3  # of a list; the rest is told by their number


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRow:
    """One line of the log."""

    at: datetime
    who: str
    role: str  # id, for the filter role_name; empty where there was none
    how: str
    what: str
    purpose: str
    pupils: str  # names, or numbers where the reader has no names
    is_denied: bool
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """The words behind the ids of a page of events, looked up at once."""

    people: dict[int, str]
    grants: dict[int, Grant]
    pupils: dict[int, str]
    hidden: frozenset[int]
    shown: set[int] = field(default_factory=set)  # whose names came onto the page


def names_for(events: Sequence[AccessEvent], scope: Scope) -> Names:
    """Look up the people, grants and pupils that a page of events names."""
    actors = {number_of(event.actor) for event in events}
    grants = {event.grant_id for event in events if event.grant_id is not None}
    pupils = {one for event in events for one in (*event.pupil_ids, *_asked_for(event))}
    return Names(
        people=queries.person_names(one for one in actors if one is not None),
        grants=Grant.objects.in_bulk(grants),
        pupils=queries.pupil_names(scope, pupils),
        hidden=scope.hidden_pupil_ids,
    )


def rows(events: Sequence[AccessEvent], scope: Scope) -> tuple[list[EventRow], Names]:
    """Return the events as lines, and whose names stand on them."""
    names = names_for(events, scope)
    return [row(event, names) for event in events], names


def row(event: AccessEvent, names: Names) -> EventRow:
    """Return one event as a line."""
    grant = names.grants.get(event.grant_id) if event.grant_id is not None else None
    flags = unusual.reasons(
        kind=event.kind,
        at=event.at,
        is_opened_with_reason=grant is not None and grant.ends_at is not None,
    )
    return EventRow(
        at=event.at,
        who=who(event.actor, names.people),
        role=grant.role if grant else "",
        how=called(KINDS, event.kind),
        what=called(ACTIONS, event.action),
        purpose=called(PURPOSES, event.purpose),
        pupils=whom(_asked_for(event) or event.pupil_ids, names),
        is_denied=event.outcome == "denied",
        flags=tuple(str(flag) for flag in flags),
    )


def who(actor: str, people: dict[int, str]) -> str:
    """Return who acted; an account that is gone is told by its number."""
    number = number_of(actor)
    if number is None:
        return _("Koulutie itself")
    return people.get(number) or _("Former account %(number)d") % {"number": number}


def whom(pupil_ids: Iterable[int], names: Names) -> str:
    """Return whose data it was: names where the reader has them, else numbers.

    Of pupils under protected identity whom no grant of the reader names, only that they
    are some is told, never the number: the other words of the line may tell the place.
    """
    open_ids = [one for one in pupil_ids if one not in names.hidden]
    hidden = any(one in names.hidden for one in pupil_ids)
    first, more = open_ids[:SHOWN_PUPILS], len(open_ids) - SHOWN_PUPILS
    names.shown.update(one for one in first if one in names.pupils)
    parts = [names.pupils.get(one) or f"#{one}" for one in first]
    if more > 0:
        parts.append(ngettext("%(n)d more", "%(n)d more", more) % {"n": more})
    if hidden and not open_ids:
        parts.append(_("protected identity"))
    return ", ".join(parts)


def _asked_for(event: AccessEvent) -> list[int]:
    """Return the pupil whose page was refused; such an event opened nobody."""
    kind, _sep, number = event.target.partition(":")
    is_pupil = event.outcome == "denied" and kind == "pupil" and number.isdigit()
    return [int(number)] if is_pupil else []


def number_of(actor: str) -> int | None:
    """Return the person's number of ``person:17``; None for the system."""
    kind, _sep, number = actor.partition(":")
    return int(number) if kind == "person" and number.isdigit() else None
