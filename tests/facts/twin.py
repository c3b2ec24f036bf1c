"""The rule of replacement in plain Python, and random files for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta

import pyarrow as pa
from hypothesis import strategies as st

from koulutie.core.scope import Purpose, Scope
from koulutie.facts import ingest
from koulutie.facts.scoped import open_scoped
from koulutie.facts.store import Store, Version
from tests.builders import marks

Row = Mapping[str, object]
State = dict[int, Row]

# What says that two forms of a mark are the same.
SAID = (
    *("school_id", "class_id", "pupil_id", "date", "start_minute", "minutes", "kind"),
    *(
        "lessons",
        "type_name",
        "group_code",
        "subject_code",
        "teacher_code",
        "is_cleared",
    ),
)
EVERYTHING = Scope(
    actor="test",
    purpose=Purpose.INTAKE,
    reason="test",
    is_whole_municipality=True,
)
FIRST_DAY = date(2026, 8, 12)


def a_mark(pupil: int, day: int, slot: int, **said: object) -> Row:
    """A form of the mark whose identity is pupil, day and slot."""
    on = FIRST_DAY + timedelta(days=day)
    kind = said.pop("kind", "absence_unresolved")
    return {
        "mark_key": (pupil * 1000 + day) * 10 + slot,
        "school_year": on.year if on.month >= 8 else on.year - 1,
        "month": on.month,
        "school_id": 1 + pupil % 2,
        "class_id": 10 + pupil % 4,
        "pupil_id": pupil,
        "date": on,
        "start_minute": 480 + 60 * slot,
        "kind": kind,
        "type_name": kind,
        "is_cleared": kind != "absence_unresolved",
        **said,
    }


def forms() -> st.SearchStrategy[Row]:
    """A few marks that come again and again in other forms, over three months."""
    return st.builds(
        a_mark,
        pupil=st.integers(1, 3),
        day=st.sampled_from([0, 1, 25, 60]),
        slot=st.integers(1, 2),
        kind=st.sampled_from(["absence_unresolved", "absence_health", "late_short"]),
        teacher_code=st.sampled_from([None, "T1", "T2"]),
        minutes=st.sampled_from([45, None]),
    )


def files(most: int = 5) -> st.SearchStrategy[list[list[Row]]]:
    """Files as they are exported one after another, each with a time of its own."""
    one = st.lists(forms(), max_size=8)
    return st.lists(one, min_size=1, max_size=most).map(
        lambda made: [
            [{**row, "version_at": number} for row in rows]
            for number, rows in enumerate(made, start=1)
        ]
    )


def a_table(rows: Iterable[Row]) -> pa.Table:
    return marks(*rows)


def sorts_last(row: Row) -> tuple[object, ...]:
    """Of two forms of one mark in one file the one that sorts last is kept."""
    values = [row.get(name) for name in ingest_order()]
    return tuple(
        (value is not None, value if value is not None else 0) for value in values
    )


def ingest_order() -> tuple[str, ...]:
    from koulutie.facts.judging import CONTENT

    return CONTENT


def imported(state: State, rows: Iterable[Row]) -> State:
    """The state after one file, worked out a row at a time."""
    arriving: State = {}
    for row in marks(*rows).to_pylist():
        other = arriving.get(row["mark_key"])
        if other is None or sorts_last(row) > sorts_last(other):
            arriving[row["mark_key"]] = row
    after = dict(state)
    for key, row in arriving.items():
        standing = after.get(key)
        if standing is None or row["version_at"] >= standing["version_at"]:
            after[key] = row
    return after


def said(state: State) -> dict[int, tuple[object, ...]]:
    return {key: tuple(row.get(name) for name in SAID) for key, row in state.items()}


def stored(store: Store, version: Version, as_of_number: int | None = None) -> State:
    """What a reader of the whole municipality sees."""
    with open_scoped(store, version, EVERYTHING, as_of_number) as reader:
        rows = reader.frame("marks").collect(backend="pyarrow").to_native().to_pylist()
    assert len({row["mark_key"] for row in rows}) == len(rows), "a mark stands twice"
    return {row["mark_key"]: row for row in rows}


def put(store: Store, version: Version | None, rows: Iterable[Row]) -> Version:
    """Import one file and give the new state a name."""
    number = version.number + 1 if version else 1
    with store.begin(version) as draft:
        ingest.put_marks(draft, a_table(rows), number=number)
        return Version(number=number, tables=draft.tables)
