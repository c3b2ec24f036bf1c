"""Take an accepted batch in: marks and offered lessons to the facts, rosters to the registry."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial

import pyarrow as pa
from django.db import DatabaseError, transaction

from koulutie.core.errors import DomainError, IntakeError, gettext_noop
from koulutie.core.tables import RAW_MARK, RAW_OFFERED
from koulutie.facts import ingest
from koulutie.facts.store import Draft
from koulutie.intake.actions import rosters
from koulutie.intake.actions.claiming import claimed, show_progress
from koulutie.intake.actions.concluding import conclude, fail, send_back
from koulutie.intake.actions.examining import (
    brought_by,
    complete_of,
    mark_counts,
    pages_before,
    resolve_marks,
    unmapped_in,
)
from koulutie.intake.actions.offering import resolve_offered
from koulutie.intake.actions.reading import read, staged
from koulutie.intake.models import Batch
from koulutie.intake.queries import batches, files, mappings
from koulutie.jobs.facts import Change, Touched, commit

State = Batch.State

NO_ROOM = gettext_noop(
    "%(file)s could not be taken in: the disk is full. Nothing was changed. Make room, read "
    "it again and accept it."
)
BROKEN = gettext_noop(
    "Taking in %(file)s met a fault in Koulutie itself. Nothing was changed. The file is "
    "kept; tell whoever runs Koulutie the number of the batch."
)
MEANING_LOST = gettext_noop(
    "%(file)s was not taken in: meanwhile these mark types lost their meaning: %(types)s. "
    "Say what each of them means."
)
FULL = {errno.ENOSPC, errno.EFBIG, errno.EDQUOT}


def take_in(*, batch_id: int, now: datetime) -> Batch:
    """Bring an accepted batch to ``taken_in``, or back to a person with the reason.

    A batch that somebody else is taking in, or that has moved on, is left alone.
    """
    with claimed(batch_id=batch_id, to=State.TAKING_IN, now=now) as batch:
        if batch is not None:
            with _failures_kept(batch, now):
                _take_in(batch, now)
    if batch is not None and batch.contents == Batch.Contents.ROSTER:
        follow_rosters(now=now)
    return Batch.objects.select_related("municipality", "school").get(pk=batch_id)


def _take_in(batch: Batch, now: datetime) -> None:
    match batch.contents:
        case Batch.Contents.MARKS:
            _commit(batch, _Marks(batch, staged(batch, RAW_MARK)), now)
        case Batch.Contents.OFFERED:
            _commit(batch, _Offered(batch, staged(batch, RAW_OFFERED)), now)
        case _:
            _take_in_roster(batch, now)


class _Marks:
    """Writes a batch's marks; resolved anew, because meanings and rosters may have changed."""

    def __init__(self, batch: Batch, raw: pa.Table) -> None:
        self.batch = batch
        self.raw = raw

    def __call__(self, draft: Draft, number: int) -> Touched:
        batch = self.batch
        meanings = mappings.meanings(batch.municipality)
        resolved = resolve_marks(batch, self.raw, meanings)
        batch.unmapped = list(unmapped_in(batch, self.raw, meanings, resolved))
        if batch.unmapped:
            raise _MeaningLost(
                MEANING_LOST, file=batch.file_name, types=", ".join(batch.unmapped)
            )
        comparison = ingest.put_marks(
            draft,
            resolved.marks,
            number=number,
            complete=complete_of(batch, brought_by(batch)),
            pages=pages_before(batch),
        )
        batch.counts = mark_counts(
            batch,
            resolved,
            comparison,
            rows=len(self.raw),
            unread=batch.counts.get("unread", 0),
        )
        return Touched(
            pupil_ids=comparison.pupil_ids,
            school_years=frozenset(year for year, _ in comparison.months),
            is_anything=comparison.changes_anything,
        )


class _MeaningLost(IntakeError):
    """A person has to say what a type means before the batch may come in."""


class _Offered:
    """Writes a batch's offered lessons."""

    def __init__(self, batch: Batch, raw: pa.Table) -> None:
        self.batch = batch
        self.raw = raw

    def __call__(self, draft: Draft, number: int) -> Touched:
        found = resolve_offered(self.batch, self.raw)
        months = ingest.put_offered(draft, found.offered, number=number)
        pupils = found.offered["pupil_id"].to_pylist()
        # What a class is offered touches all of its pupils, whoever they were when.
        everybody = None in pupils
        return Touched(
            pupil_ids=None if everybody else frozenset(pupils),
            school_years=frozenset(year for year, _ in months),
            is_anything=bool(months),
        )


def _commit(batch: Batch, write: _Marks | _Offered, now: datetime) -> None:
    commit(
        Change(
            cause=f"batch:{batch.pk}",
            municipality=batch.municipality,
            write=write,
            record=lambda number: conclude(batch, number=number, now=now),
        ),
        as_of=now.date(),
        now=now,
        tell=lambda percent: show_progress(batch, percent),
    )


def _take_in_roster(batch: Batch, now: datetime) -> None:
    """Bring the registry in line; the facts follow in a version of their own."""
    reading = read(files.source(batch), batch)
    with transaction.atomic():
        report = rosters.take_in(batch, reading, by=batch.accepted_by, now=now)
        rosters.put_report(batch, reading, report)
        conclude(batch, number=None, now=now)


def follow_rosters(*, now: datetime) -> int:
    """Bring the facts in line with rosters that are in; return how many they were.

    After a kill between the two, this is what the next round finds to do.
    """
    waiting = list(batches.rosters_to_follow())
    for batch in waiting:
        follow = Change(
            cause=f"batch:{batch.pk}",
            municipality=batch.municipality,
            write=write_nothing,
            record=partial(_follow, batch),
        )
        commit(follow, as_of=now.date(), now=now)
    return len(waiting)


def _follow(batch: Batch, number: int | None) -> None:
    batch.facts_version = number
    batch.save(update_fields=["facts_version"])


def write_nothing(_draft: Draft, _number: int) -> Touched:
    """Write no rows: only what changed in the registry is brought over."""
    return Touched(pupil_ids=frozenset(), school_years=frozenset(), is_anything=False)


@contextmanager
def _failures_kept(batch: Batch, now: datetime) -> Iterator[None]:
    """Turn what stopped the work into a sentence; a busy database only means "later"."""
    try:
        yield
    except DatabaseError:
        raise
    except _MeaningLost as refusal:
        send_back(batch, refusal, now=now)
    except DomainError as refusal:
        fail(batch, refusal, now=now)
    except Exception as error:
        is_full = _is_full_disk(error)
        sentence = NO_ROOM if is_full else BROKEN
        fail(batch, IntakeError(sentence, file=batch.file_name), now=now)
        if not is_full:
            raise


def _is_full_disk(error: BaseException) -> bool:
    """Say whether a write met a full disk; libraries below wrap the number in words."""
    if isinstance(error, OSError) and error.errno in FULL:
        return True
    words = str(error).lower()
    return "no space left" in words or "file too large" in words
