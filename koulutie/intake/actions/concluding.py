"""How work on a batch ends: it is in, it waits for a person again, or it failed."""

from __future__ import annotations

import json
from datetime import datetime

import pyarrow as pa
from django.db import transaction

from koulutie.core.errors import DomainError
from koulutie.intake.actions.receiving import log
from koulutie.intake.models import Batch, RejectedRow

State = Batch.State
# So many rejected rows are kept one by one; a file with more is wrong as a whole.
MOST_REJECTED = 10_000


def conclude(batch: Batch, *, number: int | None, now: datetime) -> None:
    """Record that the batch is in, as of the facts version; part of its transaction."""
    batch.taken_in_at = now
    batch.facts_version = number
    batch.failure = {}
    move(batch, State.TAKEN_IN, now=now)
    counts = ", ".join(
        f"{batch.counts.get(name, 0)} {name}" for name in ("new", "changed", "rejected")
    )
    log(batch, "take_in_batch", by=batch.accepted_by, now=now, reason=counts)


def send_back(batch: Batch, refusal: DomainError, *, now: datetime) -> None:
    """Let a person look at the batch again, and say why."""
    with transaction.atomic():
        batch.failure = failure_of(refusal)
        batch.accepted_at = None
        batch.accepted_by = None
        move(batch, State.PREVIEWED, now=now)


def fail(batch: Batch, refusal: DomainError, *, now: datetime) -> None:
    """Record that the batch could not go on, and why."""
    with transaction.atomic():
        batch.failure = failure_of(refusal)
        move(batch, State.FAILED, now=now)


def failure_of(refusal: DomainError) -> dict[str, object]:
    """Return a refusal as plain values, to be told in any language."""
    params = {
        name: value if isinstance(value, int | float | str) else str(value)
        for name, value in refusal.params.items()
    }
    return {"message": refusal.message, "params": params}


def move(batch: Batch, state: str, *, now: datetime) -> None:
    """Save the batch in a new state."""
    batch.state = state
    batch.state_at = now
    batch.progress = 0 if state == State.FAILED else 100
    batch.full_clean()
    batch.save()


def keep_rejections(batch: Batch, rejections: pa.Table) -> None:
    """Keep the rejected rows in place of those of an earlier reading."""
    RejectedRow.objects.unscoped("rows on their way in").filter(batch=batch).delete()
    rows = rejected_rows(batch, rejections.slice(0, MOST_REJECTED))
    RejectedRow.objects.bulk_create(rows, batch_size=1000)


def rejected_rows(batch: Batch, rejections: pa.Table) -> list[RejectedRow]:
    """Return REJECTION as rows of the batch, not saved."""
    return [
        RejectedRow(
            batch=batch,
            line=row["line"] or 0,
            reason=row["reason"],
            params=json.loads(row["params"] or "{}"),
            # A null character is text to a file and an error to a database.
            raw=(row["raw"] or "").replace("\x00", "\N{REPLACEMENT CHARACTER}"),
        )
        for row in rejections.to_pylist()
    ]
