"""Put marks and offered lessons into the facts: new, changed, unchanged, stale, duplicate.

A mark is known by its `mark_key`, which does not tell its type. An incoming form replaces the
standing one when it says something else and is not older (`version_at`); the old form goes to
`mark_history`. So the same files in any order end in the same marks, as long as each has a
time of its own. Only the months that change are rewritten, and only rows of the incoming
schools can change, because a key holds the pupil.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import duckdb
import pyarrow as pa

from koulutie.core.tables import FACTS, MARK, OFFERED, conform
from koulutie.facts.store import Draft, Month, Store, Version

# What makes two forms of one mark differ. Not: who brought it, when, under which version.
_CONTENT = tuple(
    name
    for name in MARK.names
    if name not in {"mark_key", "version_at", "batch_id", "from_version"}
)
_COLUMNS = ", ".join(f'"{name}"' for name in MARK.names)


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Complete:
    """The incoming marks are all that the source has of a pupil over [from_, to).

    What stands there and does not come again was deleted at the source and is withdrawn.
    """

    pupil_id: int
    from_: date
    to: date
    version_at: int


def compare(
    store: Store,
    version: Version | None,
    marks: pa.Table,
    *,
    complete: Complete | None = None,
) -> Comparison:
    """Say what `put_marks` would do; writes nothing."""
    draft = Draft(store=store, base=version)
    try:
        return _Merge(draft, marks, complete).comparison()
    finally:
        draft.engine.close()


def put_marks(
    draft: Draft, marks: pa.Table, *, number: int, complete: Complete | None = None
) -> Comparison:
    """Merge marks into the draft that becomes facts version `number`."""
    merge = _Merge(draft, marks, complete)
    comparison = merge.comparison()
    if merge.months:
        draft.write("mark_history", merge.history(number), merge.months_with_history())
        draft.write("marks", merge.standing(number), merge.months)
    return comparison


class _Merge:
    """One merge of incoming marks, as temporary tables of the draft's engine."""

    def __init__(
        self, draft: Draft, marks: pa.Table, complete: Complete | None
    ) -> None:
        self.draft = draft
        self.run = draft.engine.cursor.execute
        self.complete = complete
        self.total = len(marks)
        self._take(conform(marks, MARK))
        self._judge()

    def _take(self, marks: pa.Table) -> None:
        """Keep one row of each mark: the newest, then the one that sorts last."""
        cursor = self.draft.engine.cursor
        cursor.register("arriving", marks)
        # Grouping 64-bit keys is cheap; a window over all rows would not be.
        self.run(
            "CREATE OR REPLACE TEMP TABLE twice AS SELECT mark_key FROM arriving "
            "GROUP BY mark_key HAVING count(*) > 1"
        )
        ((some,),) = self.run("SELECT count(*) FROM twice").fetchall()
        if not some:
            self.run("CREATE OR REPLACE TEMP VIEW incoming AS SELECT * FROM arriving")
            self.incoming = self.total
            return
        order = ", ".join(f'"{name}" DESC NULLS LAST' for name in _CONTENT)
        self.run(
            "CREATE OR REPLACE TEMP TABLE incoming AS "
            "SELECT * FROM arriving WHERE mark_key NOT IN (FROM twice) UNION ALL "
            "SELECT * FROM arriving WHERE mark_key IN (FROM twice) "
            "QUALIFY row_number() OVER (PARTITION BY mark_key "
            f"ORDER BY version_at DESC, {order}) = 1"
        )
        ((self.incoming,),) = self.run("SELECT count(*) FROM incoming").fetchall()

    def _judge(self) -> None:
        """Compare with what stands in the months that come in."""
        cursor = self.draft.engine.cursor
        months = self._incoming_months()
        standing = self.draft.relation("marks").filter(_in_months(months))
        cursor.register("stored", standing)
        differs = " OR ".join(
            f'i."{name}" IS DISTINCT FROM s."{name}"' for name in _CONTENT
        )
        self.run(
            "CREATE OR REPLACE TEMP TABLE judged AS "
            "SELECT i.mark_key, i.school_year, i.month, i.pupil_id, CASE "
            f"WHEN NOT ({differs}) AND i.version_at <= s.version_at THEN 'unchanged' "
            f"WHEN NOT ({differs}) THEN 'confirmed' "
            "WHEN i.version_at < s.version_at THEN 'stale' ELSE 'changed' END AS verdict "
            "FROM incoming i JOIN stored s USING (mark_key)"
        )
        self._find_withdrawn()
        self.counts: dict[str, int] = dict(
            self.run("SELECT verdict, count(*) FROM judged GROUP BY ALL").fetchall()
        )
        known = sum(
            count for verdict, count in self.counts.items() if verdict != "withdrawn"
        )
        self.new = self.incoming - known
        self.months = self._months_that_change()

    def _find_withdrawn(self) -> None:
        if self.complete is None:
            return
        self.run(
            "INSERT INTO judged SELECT mark_key, school_year, month, pupil_id, "
            "'withdrawn' FROM stored WHERE pupil_id = ? AND date >= ? AND date < ? "
            "AND version_at <= ? AND mark_key NOT IN (SELECT mark_key FROM incoming)",
            [
                self.complete.pupil_id,
                self.complete.from_,
                self.complete.to,
                self.complete.version_at,
            ],
        )

    def _incoming_months(self) -> set[Month]:
        months: set[Month] = set(
            self.run("SELECT DISTINCT school_year, month FROM incoming").fetchall()
        )
        if self.complete is not None:
            months |= set(_months_between(self.complete.from_, self.complete.to))
        return months

    def _months_that_change(self) -> set[Month]:
        return set(
            self.run(
                "SELECT DISTINCT school_year, month FROM judged WHERE verdict IN "
                "('changed', 'confirmed', 'withdrawn') UNION "
                "SELECT DISTINCT school_year, month FROM incoming "
                "ANTI JOIN judged USING (mark_key)"
            ).fetchall()
        )

    def months_with_history(self) -> set[Month]:
        """Return the months in which some form is replaced or withdrawn."""
        return set(
            self.run(
                "SELECT DISTINCT school_year, month FROM judged "
                "WHERE verdict IN ('changed', 'withdrawn')"
            ).fetchall()
        )

    def comparison(self) -> Comparison:
        """Return the counts; a confirmed form only gets a newer time and counts as unchanged."""
        touched = self.run(
            "SELECT DISTINCT pupil_id FROM judged WHERE verdict IN "
            "('changed', 'withdrawn') UNION SELECT DISTINCT pupil_id FROM incoming "
            "ANTI JOIN judged USING (mark_key)"
        ).fetchall()
        count = self.counts.get
        return Comparison(
            new=self.new,
            changed=count("changed", 0),
            unchanged=count("unchanged", 0) + count("confirmed", 0),
            stale=count("stale", 0),
            duplicate=self.total - self.incoming,
            withdrawn=count("withdrawn", 0),
            months=frozenset(self.months),
            pupil_ids=frozenset(pupil for (pupil,) in touched),
        )

    def standing(self, number: int) -> duckdb.DuckDBPyRelation:
        """Return all rows of the changing months as they stand from now on."""
        fresh = ", ".join(
            f"{int(number)}::INTEGER AS from_version"
            if name == "from_version"
            else f'"{name}"'
            for name in MARK.names
        )
        confirmed = ", ".join(
            f'i."{name}"' if name == "version_at" else f's."{name}"'
            for name in MARK.names
        )
        inside = _in_months(self.months)
        return self.draft.engine.cursor.sql(
            f"SELECT {_COLUMNS} FROM stored WHERE {inside} AND mark_key NOT IN (SELECT "
            "mark_key FROM judged WHERE verdict IN ('changed', 'confirmed', 'withdrawn')) "
            f"UNION ALL SELECT {fresh} FROM incoming WHERE {inside} AND mark_key NOT IN "
            "(SELECT mark_key FROM judged WHERE verdict <> 'changed') "
            f"UNION ALL SELECT {confirmed} FROM stored s JOIN incoming i USING (mark_key) "
            "WHERE mark_key IN (SELECT mark_key FROM judged WHERE verdict = 'confirmed')"
        )

    def history(self, number: int) -> duckdb.DuckDBPyRelation:
        """Return the history of the months in which forms are replaced, old and new rows."""
        past = self.draft.relation("mark_history").filter(
            _in_months(self.months_with_history())
        )
        replaced = self.draft.engine.cursor.sql(
            f"SELECT {_COLUMNS}, {int(number)}::INTEGER AS to_version FROM stored "
            "WHERE mark_key IN (SELECT mark_key FROM judged WHERE verdict IN "
            "('changed', 'withdrawn'))"
        )
        return past.union(replaced)


def put_offered(draft: Draft, offered: pa.Table, *, number: int) -> frozenset[Month]:
    """Replace the offered lessons of the same class or pupil and day; return what changed."""
    cursor = draft.engine.cursor
    cursor.register("offering", conform(offered, OFFERED))
    months: set[Month] = set(
        cursor.execute("SELECT DISTINCT school_year, month FROM offering").fetchall()
    )
    cursor.register(
        "offered", draft.relation("offered_lessons").filter(_in_months(months))
    )
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
    draft.write("offered_lessons", rows, changing)
    return frozenset(changing)


def replace(draft: Draft, name: str, rows: pa.Table) -> bool:
    """Put a whole small table in place of the standing one; False when it is the same."""
    rows = conform(rows, FACTS[name])
    cursor = draft.engine.cursor
    cursor.register("wanted", rows)
    cursor.register("present", draft.relation(name))
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
    """Return a condition that lets DuckDB skip the files of other months."""
    if not months:
        return "false"
    return (
        "("
        + " OR ".join(
            f"(school_year = {year} AND month = {month})"
            for year, month in sorted(months)
        )
        + ")"
    )


def _months_between(from_: date, to: date) -> list[Month]:
    """Return every month of [from_, to) with its school year (August to July)."""
    months = []
    year, month = from_.year, from_.month
    while date(year, month, 1) < to:
        months.append((year if month >= 8 else year - 1, month))
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)
    return months
