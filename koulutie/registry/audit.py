"""The access log: who opened whose data, when, for what, and whether it was allowed.

An event holds ids only, never what was shown. It is committed before the answer leaves; a
log that cannot be written fails the page (Act 906/2019, 17 §).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db import transaction

from koulutie.core.scope import Purpose
from koulutie.registry.models import AccessEvent, OpenedPupil, Person


class Outcome(StrEnum):
    ALLOWED = "allowed"
    DENIED = "denied"


class Kind(StrEnum):
    """How somebody came to see, or that they did something."""

    VIEW = "view"  # one pupil's data, or a page about nobody
    LIST = "list"  # several pupils' data on one page
    SEARCH = "search"
    EXPORT = "export"  # it left as a file
    PRINT = "print"
    API = "api"
    ACT = "act"  # something was written
    DENIED = "denied"


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """What a page shows: its subject, and every pupil whose data is on it.

    Without a `kind` it is a view of one or a list of several; a file that is downloaded is
    an export whatever the view said.
    """

    target: str  # "pupil:17", "class:3", "today"
    pupil_ids: frozenset[int] = frozenset()
    kind: Kind | None = None

    @property
    def how(self) -> Kind:
        """Return the kind that was told, or the one that follows from how many are shown."""
        return self.kind or (Kind.LIST if len(self.pupil_ids) > 1 else Kind.VIEW)


def actor_of(person: Person | None) -> str:
    """Name who acts, for logs and scopes; nobody is the command line or the night."""
    return "system" if person is None else f"person:{person.pk}"


def record(  # noqa: PLR0913  # an event is one row: every column is said at the call
    *,
    actor: str,
    action: str,
    purpose: Purpose,
    target: str,
    at: datetime,
    reason: str,
    pupil_ids: Iterable[int] = (),
    kind: Kind = Kind.ACT,
    outcome: Outcome = Outcome.ALLOWED,
    grant_id: int | None = None,
    route: str = "",
    request_id: str = "",
) -> AccessEvent:
    """Add one event.

    An action writes it inside its own transaction: the work and its event stand or fall
    together. For a page the middleware writes it when the view's transactions are over, so
    that what was shown stays logged.
    """
    with transaction.atomic():  # the event and whom it is about, or neither
        event = AccessEvent.objects.create(
            at=at,
            actor=actor,
            grant_id=grant_id,
            kind=Kind.DENIED if outcome is Outcome.DENIED else kind,
            action=action,
            purpose=purpose,
            target=target[:120],
            outcome=outcome,
            reason=reason[:300],
            route=route[:120],
            request_id=request_id,
        )
        OpenedPupil.objects.bulk_create(
            OpenedPupil(event=event, pupil_id=one) for one in sorted(set(pupil_ids))
        )
    return event
