"""From the words of a source file to facts: who, where, what a mark means, which mark it is.

Every distinct word is looked up once, and rows are worked through in blocks, so that a
city's year of six million marks takes a few seconds and little more memory than its result.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from koulutie.core.resolving.asking import Brought, Lookup, Meaning, Resolved
from koulutie.core.resolving.rows import Known, Rows
from koulutie.core.resolving.sentences import (
    FOR_ANOTHER_SCHOOL,
    NOT_ENROLLED,
    OTHER_SCHOOL,
    UNKNOWN_PUPIL,
)
from koulutie.core.tables import MARK, REJECTION

__all__ = [
    "FOR_ANOTHER_SCHOOL",
    "NOT_ENROLLED",
    "OTHER_SCHOOL",
    "UNKNOWN_PUPIL",
    "Brought",
    "Lookup",
    "Meaning",
    "Resolved",
    "resolve",
]

BLOCK = 500_000  # rows worked through at a time


def resolve(
    raw: pa.Table, *, lookup: Lookup, brought: Brought, block: int = BLOCK
) -> Resolved:
    """Turn RAW_MARK into MARK.

    A row whose pupil is not known, or not enrolled that day, or enrolled in another school
    than the row or the file names, is rejected. A row of an unmapped type is neither counted
    nor dropped: its type is named in `unmapped`. A mark on a day without school stays and is
    told in `free_days`, because as often the calendar is what is wrong. Rows that say one
    mark twice all stay; `facts.ingest` counts them as duplicates and keeps the newest.
    """
    raw = raw.unify_dictionaries()
    known = Known.of(raw, lookup=lookup, brought=brought)
    marks, rejections = [], []
    unmapped: Counter[str] = Counter()
    unknown: Counter[str] = Counter()
    for at in range(0, len(raw), block):
        rows = Rows.of(raw.slice(at, block), known)
        marks.append(rows.marks())
        rejections.append(rows.rejections())
        unmapped += rows.unmapped()
        unknown += rows.unknown_pupils()
    found = pa.concat_tables([MARK.empty_table(), *marks])
    return Resolved(
        marks=found,
        rejections=pa.concat_tables([REJECTION.empty_table(), *rejections]),
        unmapped=dict(unmapped),
        unknown_pupils=dict(unknown),
        free_days=_free_days(found, lookup.school_days),
        period=_period(found),
    )


def _free_days(
    marks: pa.Table, school_days: Mapping[int, Collection[date]]
) -> dict[date, int]:
    """Count marks on days that the school's calendar does not know as school days."""
    counts: Counter[date] = Counter()
    grouped = marks.group_by(["school_id", "date"]).aggregate([([], "count_all")])
    for row in grouped.to_pylist():
        known = school_days.get(row["school_id"])
        if known is not None and row["date"] not in known:
            counts[row["date"]] += row["count_all"]
    return dict(sorted(counts.items()))


def _period(marks: pa.Table) -> tuple[date, date] | None:
    if not len(marks):
        return None
    ends = pc.min_max(marks["date"]).as_py()
    return ends["min"], ends["max"]
