"""Read a file with the dialect that knows it, and keep its rows for what follows."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from koulutie import catalog
from koulutie.core.definitions import MappingProfile
from koulutie.core.dialects.reading import Reading, ReadOptions
from koulutie.core.errors import SourceError, gettext_noop
from koulutie.intake.actions.confining import read_confined
from koulutie.intake.actions.reader import Tell
from koulutie.intake.models import Batch
from koulutie.intake.queries import files
from koulutie.intake.queries.profiles import get_profile, profiles


def silent(_percent: float) -> None:
    """Tell nobody how far the reading is."""


def read(path: Path, batch: Batch, *, tell: Tell = silent) -> Reading:
    """Return what the file holds; puts on the batch what it turned out to be.

    Raises
    ------
    SourceError
        The file is of no known kind, or not what it claims to be.
    """
    known = profiles(batch.municipality)
    options = ReadOptions(
        file_name=batch.file_name,
        profile=get_profile(batch.municipality, batch.profile)
        if batch.profile
        else None,
        profiles=tuple(known.values()),
        lesson_grids=tuple(grid.times for grid in catalog.current().lesson_grids.grids),
    )
    reading = read_confined(path, size=batch.size, options=options, tell=tell)
    _describe(batch, reading, known.get(reading.shape.get("profile", "")))
    return reading


def _describe(batch: Batch, reading: Reading, profile: MappingProfile | None) -> None:
    batch.dialect = reading.dialect
    batch.profile = profile.id if profile else ""
    batch.source_db = profile.source_db if profile else reading.dialect
    batch.contents = contents_of(reading, profile)
    batch.shape = {
        "reader": dict(reading.shape),
        "warnings": [
            {"message": note.message, "params": _plain(note.params)}
            for note in reading.notes
        ],
        "legend": list(reading.legend),
    }
    if reading.complete_for:
        batch.shape["complete"] = [day.isoformat() for day in reading.complete_for]


def _plain(params: Mapping[str, object]) -> dict[str, object]:
    """Return values that JSON can hold."""
    return {
        name: value if isinstance(value, int | float) else str(value)
        for name, value in params.items()
    }


def contents_of(reading: Reading, profile: MappingProfile | None) -> str:
    """Return which of the three tables the file is about."""
    if profile is not None:
        return Batch.Contents(profile.rows.value)
    if len(reading.roster):
        return Batch.Contents.ROSTER
    if len(reading.offered) and not len(reading.marks):
        return Batch.Contents.OFFERED
    return Batch.Contents.MARKS


def stage(batch: Batch, table: pa.Table) -> None:
    """Keep the rows beside the file; a kill leaves the old ones or the new ones."""
    target = files.folder(batch) / files.STAGED
    unfinished = target.with_suffix(".part")
    try:
        pq.write_table(table, unfinished, compression="zstd")
        unfinished.replace(target)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        raise SourceError(
            gettext_noop(
                "%(file)s could not be read to its end, nothing was kept: %(problem)s. "
                "Make room on the disk and read it again."
            ),
            file=batch.file_name,
            problem=error.strerror or str(error),
        ) from error


def staged(batch: Batch, schema: pa.Schema) -> pa.Table:
    """Return the rows that the preview kept."""
    return pq.read_table(files.staged(batch), schema=schema)
