"""Put marks and offered lessons into the facts: new, changed, unchanged, stale, duplicate.

A mark is known by its `mark_key`, which does not tell its type. An incoming form replaces the
standing one when it says something else and is not older (`version_at`); the old form goes to
`mark_history`. So the same files in any order end in the same marks, as long as each has a
time of its own. Only the months that change are rewritten, and only rows of the incoming
pupils can change, because a key holds the pupil.

A complete page takes out what it no longer has. A withdrawn form's `version_at` in the history
is the time of the page, and only a form that is newer than the page brings the mark back. The
pages that are in (`pages`) are held against what comes after them for the first time too.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from koulutie.core.marks import Numbers
from koulutie.core.tables import FACTS, MARK, MARK_HISTORY, OFFERED, conform
from koulutie.facts.judging import Complete, Judged, Verdict, judge
from koulutie.facts.store import Draft, Month, Store, Version, by_place

__all__ = [
    "Comparison",
    "Complete",
    "compare",
    "put_marks",
    "put_offered",
    "replace",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What an incoming table of marks does, or would do, to the standing marks."""

    new: int
    changed: int
    unchanged: int
    stale: int  # an older form than the standing one; left alone
    duplicate: int  # further rows of the same mark in the same table
    withdrawn: int
    months: frozenset[Month]  # months that change
    pupil_ids: frozenset[int]  # pupils whose marks change

    @property
    def changes_anything(self) -> bool:
        return bool(self.months)


def compare(
    store: Store,
    version: Version | None,
    marks: pa.Table,
    *,
    complete: Complete | None = None,
    pages: Collection[Complete] = (),
) -> Comparison:
    """Say what `put_marks` would do; writes nothing."""
    draft = Draft(store=store, base=version)
    try:
        return _Merge.of(draft, marks, complete, pages).comparison()
    finally:
        draft.engine.close()


def put_marks(
    draft: Draft,
    marks: pa.Table,
    *,
    number: int,
    complete: Complete | None = None,
    pages: Collection[Complete] = (),
    may_return: bool = False,
) -> Comparison:
    """Merge marks into the draft that becomes facts version `number`.

    `complete` says over which days the marks are all of one pupil; `pages` are earlier ones
    of that sort. A mark that was withdrawn comes back only by a newer form, unless it
    `may_return`.
    """
    merge = _Merge.of(draft, marks, complete, pages, may_return=may_return)
    _write_months(
        draft, "mark_history", merge.months_with_history, merge.history(number)
    )
    _write_months(draft, "marks", merge.months, merge.standing(number))
    return merge.comparison()


def _write_months(
    draft: Draft, name: str, months: list[Month], rows: Callable[[Month], pa.Table]
) -> None:
    """Write months one after another, so that only one is in memory at a time."""

    def batches() -> Iterator[pa.RecordBatch]:
        for month in months:
            yield from by_place(rows(month)).to_batches()

    if months:
        # Lists of files are remembered: Delta cannot be asked while it writes.
        for needed in ("marks", "mark_history"):
            draft.files(needed)
        reader = pa.RecordBatchReader.from_batches(FACTS[name], batches())
        draft.write(name, reader, months)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Merge:
    """Incoming marks by month, and the verdicts over them."""

    draft: Draft
    marks: pa.Table  # MARK
    rows: dict[Month, np.ndarray[tuple[int], np.dtype[np.int64]]]  # of `marks`
    judged: dict[Month, Judged]
    complete: Complete | None
    withdrawn_pupils: frozenset[int]

    @classmethod
    def of(
        cls,
        draft: Draft,
        marks: pa.Table,
        complete: Complete | None,
        pages: Collection[Complete],
        *,
        may_return: bool = False,
    ) -> _Merge:
        marks = conform(marks, MARK)
        rows = _by_month(marks)
        if complete is not None:
            nothing = np.zeros(0, dtype=np.int64)
            for month in _months_between(complete.from_, complete.to):
                rows.setdefault(month, nothing)
        judged = {
            month: judge(
                marks.take(pa.array(at)),
                draft.read("marks", [month]),
                None if may_return else draft.read("mark_history", [month]),
                complete,
                () if may_return else pages,
            )
            for month, at in rows.items()
        }
        is_any = any(len(one.withdrawn) for one in judged.values())
        gone = frozenset({complete.pupil_id} if complete and is_any else ())
        return cls(
            draft=draft,
            marks=marks,
            rows=rows,
            judged=judged,
            complete=complete,
            withdrawn_pupils=gone,
        )

    @property
    def months(self) -> list[Month]:
        """Return the months that have to be written anew."""
        return [month for month, one in self.judged.items() if one.changes_anything]

    @property
    def months_with_history(self) -> list[Month]:
        """Return the months in which some form is replaced or withdrawn."""
        return [month for month, one in self.judged.items() if len(one.replaced)]

    def comparison(self) -> Comparison:
        """Return the counts; a confirmed form only gets a newer time and is unchanged."""

        def count(verdict: Verdict) -> int:
            return sum(one.count(verdict) for one in self.judged.values())

        return Comparison(
            new=count(Verdict.NEW),
            changed=count(Verdict.CHANGED),
            unchanged=count(Verdict.UNCHANGED) + count(Verdict.CONFIRMED),
            stale=count(Verdict.STALE),
            duplicate=count(Verdict.DUPLICATE),
            withdrawn=sum(len(one.withdrawn) for one in self.judged.values()),
            months=frozenset(self.months),
            pupil_ids=self._pupil_ids(),
        )

    def _pupil_ids(self) -> frozenset[int]:
        changing = [at[self.judged[month].writes] for month, at in self.rows.items()]
        rows = np.concatenate([np.zeros(0, dtype=np.int64), *changing])
        pupils = pc.unique(self.marks["pupil_id"].take(pa.array(rows)))
        return self.withdrawn_pupils | frozenset(pupils.to_pylist())

    def standing(self, number: int) -> Callable[[Month], pa.Table]:
        """Return how to get all marks of a month as they stand from now on."""

        def rows(month: Month) -> pa.Table:
            judged = self.judged[month]
            fresh = self.marks.take(pa.array(self.rows[month][judged.writes]))
            fresh = _with(fresh, "from_version", number)
            return pa.concat_tables(
                [_kept(self.draft.read("marks", [month]), judged), fresh]
            )

        return rows

    def history(self, number: int) -> Callable[[Month], pa.Table]:
        """Return how to get a month's history, with the forms that end with `number`."""

        def rows(month: Month) -> pa.Table:
            judged = self.judged[month]
            standing = self.draft.read("marks", [month])
            if self.complete is not None:
                told = np.full(len(judged.withdrawn), self.complete.version_at)
                standing = _retimed(standing, judged.withdrawn, told)
            ended = standing.take(pa.array(judged.replaced))
            ended = ended.append_column(
                MARK_HISTORY.field("to_version"), _same(number, len(ended))
            )
            return pa.concat_tables([self.draft.read("mark_history", [month]), ended])

        return rows


def _by_month(
    marks: pa.Table,
) -> dict[Month, np.ndarray[tuple[int], np.dtype[np.int64]]]:
    """Return the rows of each month."""
    years = marks["school_year"].to_numpy().astype(np.int64)
    codes = years * 12 + marks["month"].to_numpy() - 1
    return {
        (int(code) // 12, int(code) % 12 + 1): np.flatnonzero(codes == code)
        for code in np.unique(codes)
    }


def _kept(standing: pa.Table, judged: Judged) -> pa.Table:
    """Return the standing marks that stay, confirmed ones with their newer time."""
    standing = _retimed(standing, *judged.confirmed)
    stays = np.ones(len(standing), dtype=np.bool_)
    stays[judged.replaced] = False
    return standing.filter(pa.array(stays))


def _retimed(marks: pa.Table, rows: Numbers, times: Numbers) -> pa.Table:
    """Return the marks, some rows of them with another time of telling."""
    if not len(rows):
        return marks
    told = marks["version_at"].to_numpy().copy()
    told[rows] = times
    at = marks.column_names.index("version_at")
    return marks.set_column(at, MARK.field("version_at"), pa.array(told))


def _with(table: pa.Table, name: str, number: int) -> pa.Table:
    """Return the table with one number in all rows of a column."""
    at = table.column_names.index(name)
    return table.set_column(at, table.schema.field(name), _same(number, len(table)))


def _same(number: int, size: int) -> pa.Array:
    return pa.repeat(pa.scalar(number, pa.int32()), size)


def put_offered(draft: Draft, offered: pa.Table, *, number: int) -> frozenset[Month]:
    """Replace the offered lessons of the same class or pupil and day; return what changed."""
    cursor = draft.engine.cursor
    offered = conform(offered, OFFERED)
    cursor.register("offering", offered)
    months = list(_by_month(offered))
    cursor.register("offered", draft.read("offered_lessons", months))
    same = (
        "o.date = n.date AND o.school_id = n.school_id AND "
        "o.class_id IS NOT DISTINCT FROM n.class_id AND "
        "o.pupil_id IS NOT DISTINCT FROM n.pupil_id"
    )
    equal = (
        f"{same} AND o.lessons = n.lessons AND "
        "o.lessons_kept IS NOT DISTINCT FROM n.lessons_kept"
    )
    changing: set[Month] = set(
        cursor.execute(
            "SELECT DISTINCT school_year, month FROM offering n WHERE NOT EXISTS "
            f"(SELECT 1 FROM offered o WHERE {equal})"
        ).fetchall()
    )
    if not changing:
        return frozenset()
    columns = ", ".join(f'"{name}"' for name in OFFERED.names)
    fresh = columns.replace('"from_version"', f"{int(number)}::INTEGER AS from_version")
    inside = _in_months(changing)
    rows = cursor.sql(
        f"SELECT {columns} FROM offered o WHERE {inside} AND NOT EXISTS "
        f"(SELECT 1 FROM offering n WHERE {same}) "
        f"UNION ALL SELECT {fresh} FROM offering WHERE {inside}"
    )
    draft.write("offered_lessons", rows.to_arrow_table(), changing)
    return frozenset(changing)


def replace(draft: Draft, name: str, rows: pa.Table) -> bool:
    """Put a whole small table in place of the standing one; False when it is the same."""
    rows = conform(rows, FACTS[name])
    cursor = draft.engine.cursor
    cursor.register("wanted", rows)
    cursor.register("present", draft.read(name))
    # A result that is not read to its end keeps the cursor busy.
    ((differing,),) = cursor.execute(
        "SELECT count(*) FROM ((FROM wanted EXCEPT ALL FROM present) UNION ALL "
        "(FROM present EXCEPT ALL FROM wanted))"
    ).fetchall()
    if name in draft.tables and not differing:
        return False
    draft.write(name, rows)
    return True


def _in_months(months: set[Month]) -> str:
    """Return the condition of being in one of the months."""
    return " OR ".join(
        f"(school_year = {year} AND month = {month})" for year, month in sorted(months)
    )


def _months_between(from_: date, to: date) -> list[Month]:
    """Return every month of [from_, to) with its school year (August to July)."""
    months = []
    year, month = from_.year, from_.month
    while date(year, month, 1) < to:
        months.append((year if month >= 8 else year - 1, month))
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)
    return months
