"""Erase pupils everywhere: files, facts with their history, the database, freed space.

The order makes a kill harmless: files first, while it is still known what to look for;
then facts and rows at one commit point; then the old versions and the freed pages. Each
part finds nothing to do when it is repeated.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction

from koulutie.facts import erasing as facts
from koulutie.facts.store import Draft, Store, Version
from koulutie.intake.actions import erasing as intake
from koulutie.jobs.facts import Change, Touched, clear_versions, commit
from koulutie.jobs.watch import DONE, REJECTED
from koulutie.registry.models import Municipality
from koulutie.registry.queries import latest_version
from koulutie.retention.actions import erasing as rows
from koulutie.retention.models import Erasure

Counts = dict[str, dict[str, int]]  # {"rules": {...}, "facts": {...}, "files": {...}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Whom:
    """Who is to be erased, and how the facts version will name its cause."""

    pupil_ids: frozenset[int]
    municipality: Municipality
    cause: str  # "erasure:7", "retention:12"
    # A file that has the last name goes too. Not at the end of the retention time: files of
    # the pupil's own years went long before, and newer ones name others who are called so.
    is_by_name: bool = True


def erase_confirmed(*, now: datetime) -> int:
    """Erase every pupil whom two persons agreed on; return how many were finished.

    A file that names the pupil and still waits for a decision would bring them back: the
    erasure waits for it and says so.
    """
    waiting = Erasure.objects.filter(state=Erasure.State.CONFIRMED).order_by("pk")
    done = [_erase_one(erasure, now=now) for erasure in waiting]
    return sum(done)


def _erase_one(erasure: Erasure, *, now: datetime) -> bool:
    whom = Whom(
        pupil_ids=frozenset({erasure.pupil_id}),
        municipality=erasure.municipality,
        cause=f"erasure:{erasure.pk}",
    )
    erasure.waiting_for = undecided(whom)
    erasure.save(update_fields=["waiting_for"])
    if erasure.waiting_for:
        return False

    def tell(counts: Counts) -> None:
        if not erasure.erased:  # a repetition after a kill finds nothing
            erasure.erased = counts
            erasure.save(update_fields=["erased"])

    erase(whom, as_of=now.date(), now=now, tell=tell)
    clear_traces()
    rows.finish(erasure=erasure, now=now)
    return True


def undecided(whom: Whom) -> list[int]:
    """Return the batches that name one of them and are not finished."""
    return intake.undecided_naming(_traces(whom))


def erase(
    whom: Whom, *, as_of: date, now: datetime, tell: Callable[[Counts], None]
) -> None:
    """Erase files, facts and rows; `tell` hears what went inside the last transaction."""
    traces = _traces(whom)
    files = intake.erase_naming(traces, now=now) + _erase_looked_at(traces.words)
    taken: dict[str, int] = {}

    def write(draft: Draft, _number: int) -> Touched:
        erased = facts.erase_pupils(draft, whom.pupil_ids)
        taken.update(erased.rows)
        return Touched(
            pupil_ids=whom.pupil_ids,
            school_years=erased.school_years,
            is_anything=bool(erased.rows),
        )

    def record(_number: int | None) -> None:
        gone = rows.erase_rows(whom.pupil_ids)
        tell({"rules": gone, "facts": taken, "files": {"files": files}})

    if latest_version() is None:
        with transaction.atomic():
            record(None)
        return
    change = Change(
        cause=whom.cause,
        municipality=whom.municipality,
        write=write,
        record=record,
    )
    commit(change, as_of=as_of, now=now)


def clear_traces() -> None:
    """Clear away what deleted rows leave: older facts versions, free pages, the journal."""
    clear_versions(keep=1)
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        return  # PostgreSQL's autovacuum does it by itself
    with connection.cursor() as cursor:
        cursor.execute("VACUUM")
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _traces(whom: Whom) -> intake.Traces:
    latest = latest_version()
    version = Version(number=latest.number, tables=latest.tables) if latest else None
    store = Store(settings.FACTS_ROOT)
    known = rows.known_by(whom.pupil_ids)
    return intake.Traces(
        municipality_ids=known.municipality_ids,
        keys=known.keys,
        names=known.names if whom.is_by_name else frozenset(),
        batch_ids=facts.batches_of(store, version, whom.pupil_ids),
    )


def looked_at() -> Iterator[Path]:
    """Yield the files of the watched folder that were dealt with."""
    inbox = Path(settings.WATCHED_FOLDER)
    for path in sorted(inbox.rglob("*")) if inbox.is_dir() else ():
        if path.is_file() and path.parent.name in {DONE, REJECTED}:
            yield path


def _erase_looked_at(words: Collection[str]) -> int:
    erased = 0
    for path in list(looked_at()):
        is_named = any(word.lower() in path.name.lower() for word in words)
        if is_named or intake.holds(path, words):
            path.unlink(missing_ok=True)
            erased += 1
    return erased
