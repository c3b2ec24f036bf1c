"""Rosters: what they would change, and taking them in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import pyarrow as pa
from django.db import transaction

from koulutie.core.dialects.reading import Reading
from koulutie.core.tables import REJECTION, empty
from koulutie.intake.models import Batch
from koulutie.intake.queries import alarms, batches
from koulutie.registry.actions import Notice, RosterReport, take_in_roster
from koulutie.registry.models import Person


def describe_roster(batch: Batch, reading: Reading) -> pa.Table:
    """Put on the batch what the roster would change: it is taken in and rolled back."""
    with rolled_back():
        report = take_in(batch, reading, by=None, now=batch.received_at)
    put_report(batch, reading, report)
    batch.alarms = alarms.alarms_of(
        batch,
        earlier=batches.previous(batch),
        same_file=batches.taken_in_copy(batch),
        known_types=frozenset(),
    )
    return empty(REJECTION)


def take_in(
    batch: Batch, reading: Reading, *, by: Person | None, now: datetime
) -> RosterReport:
    """Bring the registry in line with the roster."""
    true_on = (batch.exported_at or batch.received_at).date()
    return take_in_roster(
        roster=reading.roster,
        municipality=batch.municipality,
        source_db=batch.source_db,
        by=by,
        now=now,
        as_of=true_on,
    )


def put_report(batch: Batch, reading: Reading, report: RosterReport) -> None:
    """Put the counts and sentences of a roster on the batch."""
    new = sum(n for what, n in report.counts.items() if what.startswith("new "))
    changed = sum(report.counts.values()) - new
    schools = {one for one in reading.roster["school_number"].to_pylist() if one}
    batch.counts = {
        "read": len(reading.roster),
        "new": new,
        "changed": changed,
        "rejected": len(reading.rejections),
        "roster": dict(report.counts),
    }
    batch.shape |= {
        "schools": dict.fromkeys(sorted(schools), 1),
        "warnings": [
            *batch.shape.get("warnings", []),
            *_gathered(report),
        ],
    }


def _gathered(report: RosterReport) -> Iterator[dict[str, object]]:
    """Yield each sentence once, with the line where it holds first and how often it does."""
    found: dict[tuple[str, str], list[Notice]] = defaultdict(list)
    for one in report.notices:
        said = {name: value for name, value in one.params.items() if name != "line"}
        found[one.message, repr(sorted(said.items()))].append(one)
    for notices in found.values():
        first = notices[0]
        params = {name: _plain(value) for name, value in first.params.items()}
        yield {"message": first.message, "params": params, "count": len(notices)}


def _plain(value: object) -> object:
    return value if isinstance(value, int | float | str) else str(value)


@contextmanager
def rolled_back() -> Iterator[None]:
    """Do the work in a transaction and undo all of it."""
    with transaction.atomic():
        point = transaction.savepoint()
        try:
            yield
        finally:
            transaction.savepoint_rollback(point)
