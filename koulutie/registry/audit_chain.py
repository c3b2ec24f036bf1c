"""What a seal over the access log is made of, and whether one still holds.

A seal is ``HMAC(key, previous mac, header, SHA-256 of the rows)``. The key and a second copy
of every mac lie outside the database: who can write to the database alone can neither change
a sealed row, nor add one, nor take the last batches away without it being seen.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models import Q

from koulutie.core.errors import gettext_noop
from koulutie.registry.models import AccessEvent, LogExpiry, LogSeal, OpenedPupil

COLUMNS = (
    *("id", "at", "actor", "grant_id", "kind", "action", "purpose", "target"),
    *("outcome", "reason", "route", "request_id"),
)
ROWS_AT_ONCE = 2_000  # read and hashed together, to keep memory small

Range = tuple[int, int]  # first and last id, both inclusive


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """The rows of a batch in short."""

    events: int
    oldest_at: datetime
    newest_at: datetime
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What is wrong with one seal; a sentence (message id) with its parameters."""

    seal: int
    sentence: str
    params: dict[str, object]

    def __str__(self) -> str:
        return self.sentence % self.params


# --- making -----------------------------------------------------------------------------


def ranges_of(ids: Sequence[int]) -> list[Range]:
    """Return ascending ids as ranges without gaps."""
    ranges: list[Range] = []
    for one in ids:
        if ranges and ranges[-1][1] == one - 1:
            ranges[-1] = (ranges[-1][0], one)
        else:
            ranges.append((one, one))
    return ranges


def summary(ranges: Iterable[Range]) -> Summary | None:
    """Read the rows of the ranges and hash them with whom each opened; None: no rows."""
    digest = hashlib.sha256()
    events, times = 0, list[datetime]()
    for rows in _chunks(ranges):
        opened = _opened([int(row[0]) for row in rows])
        for row in rows:
            values = [_plain(value) for value in row]
            line = json.dumps([*values, opened.get(int(row[0]), [])])
            digest.update(line.encode() + b"\n")
        times += [row[1] for row in rows]
        times = [min(times), max(times)]
        events += len(rows)
    if not events:
        return None
    return Summary(
        events=events,
        oldest_at=min(times),
        newest_at=max(times),
        digest=digest.hexdigest(),
    )


def mac_of(seal: LogSeal, *, ranges: Iterable[Range], previous: str) -> str:
    """Return the seal's mac from everything that it says."""
    header = [
        *(previous, seal.number, seal.events, seal.digest, seal.next_from),
        *(_plain(one) for one in (seal.sealed_at, seal.oldest_at, seal.newest_at)),
        sorted(list(one) for one in ranges),
    ]
    return _hmac("seal", header)


def expiry_mac(expiry: LogExpiry, *, seal_mac: str) -> str:
    """Return the mac that shows that the product let a batch expire."""
    return _hmac("expiry", [seal_mac, _plain(expiry.before), _plain(expiry.at)])


def second_copy() -> Path:
    """Return the file that holds the macs outside the database."""
    return Path(settings.LOG_SEALS or settings.HOME / "log-seals.txt")


def copied_macs() -> dict[int, str]:
    """Return the macs of the second copy by the seals' numbers."""
    path = second_copy()
    lines = path.read_text().splitlines() if path.exists() else []
    parts = [line.split() for line in lines]
    return {int(one[0]): one[1] for one in parts if len(one) >= 2 and one[0].isdigit()}


def _chunks(ranges: Iterable[Range]) -> Iterator[list[tuple[Any, ...]]]:
    wanted = Q(pk__in=())
    for first, last in ranges:
        wanted |= Q(pk__gte=first, pk__lte=last)
    rows = AccessEvent.objects.filter(wanted).order_by("pk").values_list(*COLUMNS)
    after = 0
    while chunk := list(rows.filter(pk__gt=after)[:ROWS_AT_ONCE]):
        yield chunk
        after = chunk[-1][0]


def _opened(ids: Sequence[int]) -> dict[int, list[int]]:
    rows = OpenedPupil.objects.filter(event__gte=ids[0], event__lte=ids[-1])
    opened: dict[int, list[int]] = {}
    for event, pupil in rows.order_by("event", "pupil_id").values_list(
        "event_id", "pupil_id"
    ):
        opened.setdefault(event, []).append(pupil)
    return opened


def _plain(value: object) -> object:
    """Return the same text for a moment whatever the database's time zone."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return value


def _hmac(what: str, values: Sequence[object]) -> str:
    text = json.dumps([what, *values]).encode()
    return hmac.new(settings.LOG_KEY.encode(), text, hashlib.sha256).hexdigest()


# --- checking ---------------------------------------------------------------------------

CHANGED_SEAL = gettext_noop(
    "Batch %(number)d of the access log: the seal itself was changed, or the batch before "
    "it was taken away."
)
CHANGED_ROWS = gettext_noop(
    "Batch %(number)d of the access log: rows were changed, added or taken away after it "
    "was sealed (%(then)d rows then, %(now)d now)."
)
FORGED_EXPIRY = gettext_noop(
    "Batch %(number)d of the access log: its rows were deleted, and not by retention."
)
LEFT_ROWS = gettext_noop(
    "Batch %(number)d of the access log: it was deleted by retention, and %(now)d rows are "
    "there again."
)
OTHER_COPY = gettext_noop(
    "Batch %(number)d of the access log: the second copy of its seal says something else."
)
MISSING_SEAL = gettext_noop(
    "Batch %(number)d of the access log is missing: only the second copy of its seal is left."
)


def check_all() -> Iterator[Problem]:
    """Yield what is wrong, batch by batch in order; nothing where every seal holds."""
    copies, previous, number = copied_macs(), "", 0
    for seal in LogSeal.objects.order_by("number").prefetch_related("ranges"):
        for missing in range(number + 1, seal.number):
            yield _problem(missing, MISSING_SEAL)
        yield from _check(seal, previous=previous, copy=copies.get(seal.number))
        previous, number = seal.mac, seal.number
    for missing in sorted(one for one in copies if one > number):
        yield _problem(missing, MISSING_SEAL)


def _check(seal: LogSeal, *, previous: str, copy: str | None) -> Iterator[Problem]:
    ranges = [(one.first_id, one.last_id) for one in seal.ranges.all()]
    if not _same(mac_of(seal, ranges=ranges, previous=previous), seal.mac):
        yield _problem(seal.number, CHANGED_SEAL)
    if copy is not None and not _same(copy, seal.mac):
        yield _problem(seal.number, OTHER_COPY)
    now = summary(ranges)
    expiry = LogExpiry.objects.filter(seal=seal).first()
    if expiry is not None:
        if not _same(expiry_mac(expiry, seal_mac=seal.mac), expiry.mac):
            yield _problem(seal.number, FORGED_EXPIRY)
        elif now is not None:
            yield _problem(seal.number, LEFT_ROWS, now=now.events)
    elif now is None or now.digest != seal.digest:
        count = now.events if now else 0
        yield _problem(seal.number, CHANGED_ROWS, then=seal.events, now=count)


def _problem(number: int, sentence: str, **params: object) -> Problem:
    return Problem(seal=number, sentence=sentence, params={"number": number, **params})


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())
