"""Sealing the access log, checking the seals, and deleting what was kept long enough."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, QuerySet, Sum

from koulutie.core.scope import Purpose
from koulutie.registry import audit, audit_chain
from koulutie.registry.models import (
    AccessEvent,
    LogExpiry,
    LogSeal,
    LogSealRange,
)

ROWS_A_BATCH = (
    20_000  # a tampered batch is named; a smaller one says more exactly where
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What re-reading every seal found."""

    seals: int
    events: int  # in sealed batches that are still kept
    waiting: int  # events that no seal holds yet
    strays: int  # events that came in behind a seal
    problems: tuple[audit_chain.Problem, ...]

    @property
    def is_sound(self) -> bool:
        """Say whether nothing was touched."""
        return not self.problems and not self.strays


def seal_log(*, now: datetime) -> int:
    """Seal what is finished and not sealed yet; return how many events.

    On PostgreSQL an event waits while a transaction older than its own still runs: that
    one may yet commit a row with a lower id. Two sealers at once do it one after the other.
    """
    sealed = 0
    while made := _seal_one(now=now):
        sealed += made
    copy_macs()
    return sealed


def verify_log() -> Verification:
    """Re-read every sealed row; name each batch that does not fit its seal."""
    problems = tuple(audit_chain.check_all())
    kept = LogSeal.objects.filter(expiry=None)
    sealed = kept.aggregate(n=Sum("events"))["n"] or 0
    waiting, outside = _waiting().count(), _outside().count()
    return Verification(
        seals=LogSeal.objects.count(),
        events=sealed,
        waiting=waiting,
        strays=outside - waiting,
        problems=problems,
    )


def delete_sealed_before(before: datetime, now: datetime) -> int:
    """Delete the sealed batches whose newest event is older than `before`; return the rows.

    Whole batches only, oldest first; the seals stay, so that the chain can still be checked.
    Each batch goes in a transaction of its own and leaves an event that says so.
    """
    deleted = 0
    for seal in LogSeal.objects.filter(expiry=None, newest_at__lt=before).order_by(
        "pk"
    ):
        with transaction.atomic():
            deleted += _expire(seal, before=before, now=now)
    return deleted


def copy_macs() -> None:
    """Bring the copy of the macs outside the database up to date; it only ever grows."""
    last = max(audit_chain.copied_macs(), default=0)
    later = LogSeal.objects.filter(number__gt=last).order_by("number")
    lines = [f"{one.number} {one.mac} {one.sealed_at.isoformat()}\n" for one in later]
    if lines:
        path = audit_chain.second_copy()
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        with path.open("a") as file:
            file.writelines(lines)


# --- sealing ----------------------------------------------------------------------------


def _seal_one(*, now: datetime) -> int:
    """Seal one batch; return how many events it holds, 0 where nothing waits."""
    with transaction.atomic(), _one_sealer():
        last = LogSeal.objects.order_by("-number").first()
        horizon = _horizon()
        ids = list(_finished(horizon).values_list("pk", flat=True)[:ROWS_A_BATCH])
        if not ids:
            return 0
        is_all = len(ids) < ROWS_A_BATCH
        start = last.next_from if last else 0
        _write(ids, last=last, next_from=horizon if is_all else start, now=now)
        return len(ids)


def _write(
    ids: list[int], *, last: LogSeal | None, next_from: int, now: datetime
) -> None:
    ranges = audit_chain.ranges_of(ids)
    rows = audit_chain.summary(ranges)
    assert rows is not None  # they were there a moment ago, in this transaction
    seal = LogSeal(
        number=last.number + 1 if last else 1,
        sealed_at=now,
        oldest_at=rows.oldest_at,
        newest_at=rows.newest_at,
        events=rows.events,
        digest=rows.digest,
        next_from=next_from,
    )
    previous = last.mac if last else ""
    seal.mac = audit_chain.mac_of(seal, ranges=ranges, previous=previous)
    seal.save(force_insert=True)
    LogSealRange.objects.bulk_create(
        LogSealRange(seal=seal, first_id=first, last_id=end) for first, end in ranges
    )


def _outside() -> QuerySet[AccessEvent]:
    """Return the events that no seal holds, by id."""
    sealed = LogSealRange.objects.filter(
        first_id__lte=OuterRef("pk"), last_id__gte=OuterRef("pk")
    )
    return AccessEvent.objects.filter(~Exists(sealed)).order_by("pk")


def _waiting() -> QuerySet[AccessEvent]:
    """Return the events that no seal holds and that a coming one will take."""
    last = LogSeal.objects.order_by("-number").first()
    start = last.next_from if last else 0
    if connection.vendor == "sqlite":
        return _outside().filter(pk__gte=start)
    if (
        start > _horizon()
    ):  # restored into a server that counts transactions from lower on
        return _outside()
    return _outside().extra(where=["xid >= %s::text::xid8"], params=[str(start)])


def _finished(horizon: int) -> QuerySet[AccessEvent]:
    """Return those of the waiting events before which none can appear any more."""
    waiting = _waiting()
    if connection.vendor == "sqlite":
        return waiting.filter(pk__lt=horizon)
    last = LogSeal.objects.order_by("-number").first()
    if last is not None and last.next_from > horizon:
        return waiting
    return waiting.extra(where=["xid < %s::text::xid8"], params=[str(horizon)])


def _horizon() -> int:
    """Return from where on rows may still appear: the next id, or the oldest transaction."""
    if connection.vendor == "sqlite":  # one writer: ids appear in their order
        last = AccessEvent.objects.order_by("-pk").values_list("pk", flat=True).first()
        return (last or 0) + 1
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text")
        return int(cursor.fetchone()[0])


@contextmanager
def _one_sealer() -> Iterator[None]:
    """Wait for another sealer; SQLite has one writer anyway."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_advisory_xact_lock(hashtext('koulutie.log.seal'))"
            )
    yield


# --- retention --------------------------------------------------------------------------


def _expire(seal: LogSeal, *, before: datetime, now: datetime) -> int:
    expiry = LogExpiry(seal=seal, before=before, at=now)
    expiry.mac = audit_chain.expiry_mac(expiry, seal_mac=seal.mac)
    expiry.save(force_insert=True)
    deleted = 0
    with connection.cursor() as cursor:
        for first, last in seal.ranges.values_list("first_id", "last_id"):
            ids = [first, last]
            cursor.execute(_DELETE_PUPILS, ids)
            cursor.execute(_DELETE_EVENTS, ids)
            deleted += cursor.rowcount
    audit.record(
        actor=audit.actor_of(None),
        action="delete_log",
        purpose=Purpose.OVERSIGHT,
        target=f"log_seal:{seal.number}",
        reason=f"{deleted} events, all older than {before.isoformat()}",
        at=now,
    )
    return deleted


_DELETE_PUPILS = "DELETE FROM registry_openedpupil WHERE event_id BETWEEN %s AND %s"
_DELETE_EVENTS = "DELETE FROM registry_accessevent WHERE id BETWEEN %s AND %s"
