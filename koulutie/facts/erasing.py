"""Erase pupils, or what is too old, from the facts: months are rewritten without the rows.

The rows are still in the files of older versions until `facts.garbage.collect` clears those
away: whoever erases also names which versions are kept.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import duckdb

from koulutie.core.tables import FACTS
from koulutie.facts.engine import is_partitioned
from koulutie.facts.store import Draft, Month, Store, Version

WITH_BATCH = ("marks", "mark_history", "offered_lessons")


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """What was taken out of a draft."""

    rows: dict[str, int]  # by table; tables that lost nothing are left out
    school_years: frozenset[int]


def erase_pupils(draft: Draft, pupil_ids: Collection[int]) -> Erased:
    """Take every row of the pupils out of every table of the draft."""
    rows: dict[str, int] = {}
    years: set[int] = set()
    for name, schema in FACTS.items():
        if "pupil_id" not in schema.names or not pupil_ids:
            continue
        found = draft.relation(name).filter(_of(pupil_ids))
        number = _count(found)
        if not number:
            continue
        rows[name] = number
        if is_partitioned(name):
            months = _months(found)
            years |= {year for year, _ in months}
            draft.write(name, draft.read(name, months, without=pupil_ids), months)
        else:
            draft.write(name, draft.read(name, without=pupil_ids))
    return Erased(rows=rows, school_years=frozenset(years))


def batches_of(
    store: Store, version: Version | None, pupil_ids: Collection[int]
) -> frozenset[int]:
    """Return the batches from which standing or replaced rows of the pupils came."""
    if version is None or not pupil_ids:
        return frozenset()
    draft = Draft(store=store, base=version)
    try:
        return frozenset(
            batch
            for name in WITH_BATCH
            for (batch,) in draft.relation(name)
            .filter(_of(pupil_ids))
            .project("batch_id")
            .distinct()
            .fetchall()
            if batch is not None
        )
    finally:
        draft.engine.close()


def history_before(draft: Draft, month: Month) -> dict[Month, int]:
    """Return how many replaced marks each month before the given one has."""
    year, number = month
    # August begins a school year: July is its last month, not its seventh.
    place = "school_year * 12 + (month + 4) % 12"
    limit = year * 12 + (number + 4) % 12
    found = draft.relation("mark_history").filter(f"{place} < {limit}")
    counted = found.aggregate("school_year, month, count(*)").fetchall()
    return {(int(one), int(two)): int(n) for one, two, n in counted}


def erase_history(draft: Draft, months: Collection[Month]) -> None:
    """Take all replaced marks of the months out; the standing marks stay."""
    draft.write("mark_history", FACTS["mark_history"].empty_table(), months)


def _of(pupil_ids: Collection[int]) -> str:
    return f"pupil_id IN ({', '.join(str(int(one)) for one in sorted(pupil_ids))})"


def _count(found: duckdb.DuckDBPyRelation) -> int:
    ((number,),) = found.aggregate("count(*)").fetchall()
    return int(number)


def _months(found: duckdb.DuckDBPyRelation) -> set[Month]:
    rows = found.project("school_year, month").distinct().fetchall()
    return {(int(year), int(month)) for year, month in rows}
