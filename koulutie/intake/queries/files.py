"""Where a batch's files lie: ``KOULUTIE_HOME/batches/<id>/``."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings

from koulutie.core.errors import IntakeError, gettext_noop
from koulutie.intake.models import Batch

SOURCE = "source"  # the file as it came
STAGED = "staged.parquet"  # its rows, word for word, in the canonical schema
REJECTED = "rejected.parquet"  # what the reader could not make a row of


def root() -> Path:
    """Return the folder of all batches."""
    return Path(settings.HOME) / "batches"


def folder(batch: Batch) -> Path:
    """Return the folder of one batch."""
    return root() / str(batch.pk)


def source(batch: Batch) -> Path:
    """Return the file as it was received; refuse when it has been erased."""
    return _present(batch, SOURCE)


def staged(batch: Batch) -> Path:
    """Return the rows that the preview read."""
    return _present(batch, STAGED)


def rejected(batch: Batch) -> Path:
    """Return the rejections of the reader."""
    return _present(batch, REJECTED)


def _present(batch: Batch, name: str) -> Path:
    path = folder(batch) / name
    if not path.exists():
        raise IntakeError(
            gettext_noop(
                "The file %(file)s is no longer kept. Send it again to read it again."
            ),
            file=batch.file_name,
        )
    return path
