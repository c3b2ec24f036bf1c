"""A few rows of each mark type of a batch, so that a person sees what a meaning would do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import pyarrow.compute as pc
import pyarrow.parquet as pq

from koulutie.intake.models import Batch
from koulutie.intake.queries import files

SAMPLE = 5  # rows of each type
_COLUMNS = [
    "type_name",
    "date",
    "start_minute",
    "lesson_no",
    "class_code",
    "group_code",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One row, without the pupil."""

    date: date | None
    start_minute: int | None
    lesson_no: int | None
    class_code: str
    group_code: str


def samples(batch: Batch, names: Iterable[str]) -> dict[str, list[Sample]]:
    """Return up to five rows of each named type, spread over the batch.

    A batch whose file has been erased has no samples.
    """
    path = files.folder(batch) / files.STAGED
    if batch.contents != Batch.Contents.MARKS or not path.exists():
        return {}
    table = pq.read_table(path, columns=_COLUMNS)
    found = {}
    for name in names:
        rows = table.filter(pc.equal(table["type_name"], name))
        step = max(1, len(rows) // SAMPLE)
        some = rows.take(list(range(0, len(rows), step))[:SAMPLE])
        found[name] = [
            Sample(
                date=row["date"],
                start_minute=row["start_minute"],
                lesson_no=row["lesson_no"],
                class_code=row["class_code"] or batch.class_code,
                group_code=row["group_code"] or "",
            )
            for row in some.to_pylist()
        ]
    return found
