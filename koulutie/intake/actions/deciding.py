"""A person decides on a batch: take it in, leave it out, or read it again."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from koulutie.core.errors import IntakeError, gettext_noop
from koulutie.intake.actions.receiving import log
from koulutie.intake.models import Batch
from koulutie.intake.queries.alarms import must_be_seen
from koulutie.registry.models import Person

State = Batch.State


def accept(
    *,
    batch: Batch,
    by: Person | None,
    now: datetime,
    seen_alarms: Collection[str] = (),
) -> Batch:
    """Say that the batch may be taken in; the queue does the rest.

    Raises
    ------
    IntakeError
        The batch does not wait for a decision, a mark type has no meaning yet, or an alarm
        that has to be looked at was not.
    """
    with transaction.atomic():
        fresh = _locked(batch, {State.PREVIEWED})
        _refuse_unmapped(fresh)
        _refuse_unseen(fresh, seen_alarms)
        fresh.accepted_at = now
        fresh.accepted_by = by
        _move(fresh, State.ACCEPTED, now=now)
        seen = ", ".join(sorted(seen_alarms))
        log(fresh, "accept_batch", by=by, now=now, reason=f"alarms seen: {seen or '-'}")
    return fresh


def reject(*, batch: Batch, by: Person | None, now: datetime) -> Batch:
    """Leave the batch out. Its file is kept until it is erased with the others."""
    with transaction.atomic():
        fresh = _locked(batch, {State.PREVIEWED, State.FAILED, State.RECEIVED})
        _move(fresh, State.REJECTED, now=now)
        log(fresh, "reject_batch", by=by, now=now, reason="")
    return fresh


def read_again(
    *, batch: Batch, by: Person | None, now: datetime, profile: str | None = None
) -> Batch:
    """Put the batch back in the queue for reading, perhaps with another layout."""
    with transaction.atomic():
        fresh = _locked(batch, {State.PREVIEWED, State.FAILED})
        if profile is not None:
            fresh.profile = profile
        fresh.failure = {}
        _move(fresh, State.RECEIVED, now=now)
        log(fresh, "read_batch_again", by=by, now=now, reason=profile or "")
    return fresh


def _locked(batch: Batch, states: Collection[str]) -> Batch:
    """Return the batch as it is now, held for this transaction."""
    fresh = Batch.objects.select_for_update().get(pk=batch.pk)
    if fresh.state not in states:
        raise IntakeError(
            gettext_noop(
                "%(file)s has moved on meanwhile. Look at it again before you decide."
            ),
            file=fresh.file_name,
        )
    return fresh


def _move(batch: Batch, state: str, *, now: datetime) -> None:
    batch.state = state
    batch.state_at = now
    batch.progress = 0
    batch.full_clean()
    batch.save()


def _refuse_unmapped(batch: Batch) -> None:
    if batch.unmapped:
        raise IntakeError(
            gettext_noop(
                "%(file)s cannot be taken in: these mark types have no meaning yet: "
                "%(types)s. Say what each of them means."
            ),
            file=batch.file_name,
            types=", ".join(batch.unmapped),
        )


def _refuse_unseen(batch: Batch, seen: Collection[str]) -> None:
    unseen = [one for one in must_be_seen(batch) if one not in seen]
    if unseen:
        raise IntakeError(
            gettext_noop(
                "%(file)s cannot be taken in before a person has looked at what is odd in "
                "it (%(count)s). Say for each that you have looked at it."
            ),
            file=batch.file_name,
            count=len(unseen),
        )
