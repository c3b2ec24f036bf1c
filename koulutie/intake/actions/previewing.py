"""The preview of a batch: read, look, remember what was found. No marks come in by it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import pyarrow as pa
from django.db import transaction

from koulutie.core.dialects.reading import Reading
from koulutie.core.errors import DomainError, IntakeError, gettext_noop
from koulutie.intake.actions.claiming import claimed, show_progress
from koulutie.intake.actions.concluding import fail, keep_rejections, move
from koulutie.intake.actions.examining import describe_marks, examine_marks
from koulutie.intake.actions.offering import describe_offered
from koulutie.intake.actions.reader import Tell
from koulutie.intake.actions.reading import read, stage
from koulutie.intake.actions.rosters import describe_roster
from koulutie.intake.models import Batch
from koulutie.intake.queries import files, mappings

State = Batch.State
READING = 0.6  # of the whole bar

BROKEN = gettext_noop(
    "Reading %(file)s met a fault in Koulutie itself. Nothing was changed. The file is "
    "kept; tell whoever runs Koulutie the number of the batch."
)


def preview(*, batch_id: int, now: datetime) -> Batch:
    """Read a received batch and bring it to ``previewed``, or to ``failed`` with the reason.

    A batch that somebody else is reading, or that has moved on, is left alone.
    """
    with claimed(batch_id=batch_id, to=State.READING, now=now) as batch:
        if batch is not None:
            with _failures_kept(batch, now):
                _preview(batch, now)
    return Batch.objects.select_related("municipality", "school").get(pk=batch_id)


def _preview(batch: Batch, now: datetime) -> None:
    reading = look(
        batch, files.source(batch), tell=lambda percent: show_progress(batch, percent)
    )
    table = (
        reading.offered if batch.contents == Batch.Contents.OFFERED else reading.marks
    )
    if batch.contents != Batch.Contents.ROSTER:
        stage(batch, table)
    rejections = describe(batch, reading)
    with transaction.atomic():
        keep_rejections(batch, rejections)
        move(batch, State.PREVIEWED, now=now)


def look(batch: Batch, path: Path, *, tell: Tell) -> Reading:
    """Read the file; refuse a page about one pupil when nobody said whose it is."""
    reading = read(path, batch, tell=lambda percent: tell(READING * percent))
    names_nobody = len(reading.marks) and (
        reading.marks["pupil_key"].null_count == len(reading.marks)
    )
    if names_nobody and not batch.pupil_key:
        raise IntakeError(
            gettext_noop(
                "%(file)s is a page about one pupil and does not say whose. Send it "
                "again and name the pupil."
            ),
            file=batch.file_name,
        )
    return reading


def describe(batch: Batch, reading: Reading) -> pa.Table:
    """Put what was found on the batch, unsaved; return every rejection."""
    match batch.contents:
        case Batch.Contents.MARKS:
            examined = examine_marks(
                batch, reading.marks, mappings.meanings(batch.municipality)
            )
            describe_marks(batch, reading, examined)
            more = examined.resolved.rejections
        case Batch.Contents.OFFERED:
            more = describe_offered(batch, reading)
        case _:
            more = describe_roster(batch, reading)
    return pa.concat_tables([reading.rejections, more])


@contextmanager
def _failures_kept(batch: Batch, now: datetime) -> Iterator[None]:
    """Turn what stopped the reading into a sentence on the batch."""
    try:
        yield
    except DomainError as refusal:
        fail(batch, refusal, now=now)
    except Exception:
        fail(batch, IntakeError(BROKEN, file=batch.file_name), now=now)
        raise
