"""Marks that are in, under what their types mean now; the earlier form becomes history."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from koulutie.core.marks import PRESENCE, Kind
from koulutie.core.resolving import Meaning
from koulutie.core.tables import MARK, conform
from koulutie.facts import ingest
from koulutie.facts.store import Draft

MeaningOf = Callable[[int, str], Meaning | None]  # by school id and type name
Keys = Mapping[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Remeant:
    """Marks whose type means something else now."""

    before: pa.Table  # MARK, as they stand
    after: pa.Table  # MARK, row by row the same marks under the new meaning

    @property
    def changed_identity(self) -> pa.Table:
        """Return those of `before` that answer another question now, so are known otherwise.

        Where a pupil was in a lesson has one answer a lesson; praise may stand beside it.
        """
        turned = [
            (Kind(old) in PRESENCE) != (Kind(new) in PRESENCE)
            for old, new in zip(
                self.before["kind"].to_pylist(),
                self.after["kind"].to_pylist(),
                strict=True,
            )
        ]
        return self.before.filter(pa.array(turned, pa.bool_()))


def remeant(
    draft: Draft,
    *,
    type_names: Collection[str],
    school_ids: Collection[int],
    meaning_of: MeaningOf,
) -> Remeant:
    """Return the standing marks of these types whose meaning has changed."""
    rows = _standing(draft, type_names, school_ids)
    pairs = rows.select(["school_id", "type_name", "kind", "lessons"]).to_pylist()
    wanted = [
        meaning_of(pair["school_id"], pair["type_name"])
        or Meaning(kind=Kind(pair["kind"]), lessons=pair["lessons"])
        for pair in pairs
    ]
    differs = [
        (str(new.kind), new.lessons) != (pair["kind"], pair["lessons"])
        for new, pair in zip(wanted, pairs, strict=True)
    ]
    after = rows.set_column(
        rows.column_names.index("kind"),
        "kind",
        pa.array([str(one.kind) for one in wanted], pa.string()),
    )
    after = after.set_column(
        rows.column_names.index("lessons"),
        "lessons",
        pa.array([one.lessons for one in wanted], pa.float32()),
    )
    mask = pa.array(differs, pa.bool_())
    return Remeant(
        before=conform(rows.filter(mask), MARK), after=conform(after.filter(mask), MARK)
    )


def put_remeant(
    draft: Draft, marks: Remeant, *, keys: Keys, number: int
) -> ingest.Comparison:
    """Write the marks under their new meaning; `keys` names the new key of some old ones."""
    old = marks.before["mark_key"].to_pylist()
    new = [keys.get(key, key) for key in old]
    moved = pa.array([a != b for a, b in zip(old, new, strict=True)], pa.bool_())
    withdraw(draft, marks.before.filter(moved), number=number)
    after = marks.after.set_column(0, "mark_key", pa.array(new, pa.int64()))
    return ingest.put_marks(draft, after, number=number, may_return=True)


def withdraw(draft: Draft, rows: pa.Table, *, number: int) -> None:
    """Take standing marks out; they become history that ends at version `number`."""
    months = {
        (row["school_year"], row["month"])
        for row in rows.select(["school_year", "month"]).to_pylist()
    }
    if not months:
        return
    keys = rows["mark_key"]
    past = rows.append_column(
        "to_version", pa.repeat(pa.scalar(number, pa.int32()), len(rows))
    )
    history = draft.read("mark_history", months)
    draft.write(
        "mark_history", pa.concat_tables([history, past.cast(history.schema)]), months
    )
    standing = draft.read("marks", months)
    gone = pc.is_in(standing["mark_key"], value_set=keys.combine_chunks())
    draft.write("marks", standing.filter(pc.invert(gone)), months)


def _standing(
    draft: Draft, type_names: Collection[str], school_ids: Collection[int]
) -> pa.Table:
    names = ", ".join("'" + name.replace("'", "''") + "'" for name in type_names)
    schools = ", ".join(str(int(one)) for one in school_ids)
    if not names or not schools:
        return MARK.empty_table()
    rows = draft.relation("marks").filter(
        f"type_name IN ({names}) AND school_id IN ({schools})"
    )
    return conform(rows.to_arrow_table(), MARK)
