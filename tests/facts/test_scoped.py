"""The scoped reader: nothing outside the scope in any table, whatever is granted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from koulutie.core.scope import Purpose, Scope
from koulutie.core.tables import FACTS
from koulutie.facts import ingest, nightly
from koulutie.facts.scoped import Reader, condition, open_scoped
from koulutie.facts.store import Store, Version
from tests.facts.test_nightly import INDICATORS, LADDER
from tests.facts.twin import EVERYTHING
from tests.oracle.world import make

Row = dict[str, Any]
NOBODY = Scope(actor="person:1", purpose=Purpose.ATTENDANCE, reason="test")
PERSONAL = [name for name, schema in FACTS.items() if "pupil_id" in schema.names]
LATER = 2_000_000_000


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> tuple[Store, Version]:
    """A store with rows in every table, history included; nobody writes to it."""
    store = Store(str(tmp_path_factory.mktemp("scoped") / "facts"))
    world = make(32)
    with store.begin(None) as draft:
        for name in world.tables:
            draft.write(name, world.arrow(name))
        corrected = world.arrow("marks").slice(0, 60)
        kinds = ["absence_health" if kind != "absence_health" else "late_short"
                 for kind in corrected["kind"].to_pylist()]  # fmt: skip
        for column, values in (("kind", kinds), ("version_at", [LATER] * 60)):
            at = corrected.column_names.index(column)
            field = corrected.schema.field(column)
            cast = pa.array(values).cast(field.type)
            corrected = corrected.set_column(at, field, cast)
        ingest.put_marks(draft, corrected, number=2)
        nightly.refresh(
            draft, indicators=INDICATORS, ladders={None: LADDER}, as_of=world.as_of
        )
        return store, Version(number=2, tables=dict(draft.tables))


@pytest.fixture(scope="module")
def everything(filled: tuple[Store, Version]) -> dict[str, list[Row]]:
    found = read_all(*filled, EVERYTHING)
    assert all(found.values()), {name for name, rows in found.items() if not rows}
    return found


def read_all(
    store: Store, version: Version, scope: Scope, as_of_number: int | None = None
) -> dict[str, list[Row]]:
    """Every table as the scope sees it."""
    with open_scoped(store, version, scope, as_of_number) as reader:
        return {name: rows_of(reader, name) for name in FACTS}


def rows_of(reader: Reader, name: str) -> list[Row]:
    rows: list[Row] = (
        reader.frame(name).collect(backend="pyarrow").to_native().to_pylist()
    )
    return sorted(rows, key=repr)


def scopes() -> st.SearchStrategy[Scope]:
    """Some schools, classes and pupils of the small world, and some that are hidden."""

    def some(most: int) -> st.SearchStrategy[frozenset[int]]:
        return st.frozensets(st.integers(1, most), max_size=4)

    return st.builds(
        lambda **ids: replace(NOBODY, **ids),
        is_whole_municipality=st.sampled_from([False, False, False, True]),
        school_ids=st.frozensets(st.integers(1, 3), max_size=1),
        class_ids=some(60),
        pupil_ids=some(60),
        hidden_pupil_ids=some(60),
    )


@pytest.fixture(scope="module")
def ids(everything: dict[str, list[Row]]) -> dict[str, list[int]]:
    """The ids that occur, so that scopes hit something."""
    return {
        name: sorted({row[name] for row in everything["marks"]})
        for name in ("school_id", "class_id", "pupil_id")
    }


def of_this_world(scope: Scope, ids: dict[str, list[int]]) -> Scope:
    """The scope with each number turned into an id that occurs, but for a few strangers."""

    def turned(numbers: frozenset[int], known: list[int]) -> frozenset[int]:
        return frozenset(
            known[n % len(known)] if n % 7 else 90_000 + n for n in numbers
        )

    return replace(
        scope,
        class_ids=turned(scope.class_ids, ids["class_id"]),
        pupil_ids=turned(scope.pupil_ids, ids["pupil_id"]),
        hidden_pupil_ids=turned(scope.hidden_pupil_ids, ids["pupil_id"]),
    )


def may_see(scope: Scope, name: str, row: Row) -> bool:
    """Say in plain words whether a row is inside."""
    if scope.is_empty:
        return False
    if "pupil_id" not in FACTS[name].names:
        return True
    if row["pupil_id"] in scope.hidden_pupil_ids:
        return False
    return (
        scope.is_whole_municipality
        or row.get("school_id") in scope.school_ids
        or row.get("class_id") in scope.class_ids
        or row["pupil_id"] in scope.pupil_ids
        or (name == "offered_lessons" and row["pupil_id"] is None)
    )


@given(scope=scopes())
def test_a_scope_sees_its_rows_and_no_others(filled, everything, ids, scope):
    scope = of_this_world(scope, ids)
    for name, rows in read_all(*filled, scope).items():
        assert rows == [row for row in everything[name] if may_see(scope, name, row)]


@given(scope=scopes(), asked=st.frozensets(st.integers(1, 60), max_size=3))
@settings(max_examples=20)
def test_a_scope_about_some_pupils_keeps_their_rows_and_never_widens(
    filled, everything, ids, scope, asked
):
    scope = of_this_world(scope, ids)
    pupils = {ids["pupil_id"][n % len(ids["pupil_id"])] for n in asked}
    for name, rows in read_all(*filled, scope.about(pupils)).items():
        inside = [row for row in everything[name] if may_see(scope, name, row)]
        assert all(row in inside for row in rows)
        if name in PERSONAL:
            theirs = [row for row in rows if row["pupil_id"] in pupils]
            assert theirs == [row for row in inside if row["pupil_id"] in pupils]


def without(scope: Scope) -> Iterator[Scope]:
    """The scope with one grant less, for each of its grants."""
    yield replace(scope, is_whole_municipality=False)
    for name in ("school_ids", "class_ids", "pupil_ids"):
        for one in getattr(scope, name):
            yield replace(scope, **{name: getattr(scope, name) - {one}})


@settings(max_examples=settings().max_examples // 3)
@given(scope=scopes(), which=st.integers(0, 99))
def test_taking_a_grant_away_never_adds_a_row(filled, ids, scope, which):
    scope = of_this_world(scope, ids)
    fewer = list(without(scope))
    before = read_all(*filled, scope)
    for name, rows in read_all(*filled, fewer[which % len(fewer)]).items():
        assert {repr(row) for row in rows} <= {repr(row) for row in before[name]}


def test_no_scope_no_rows_in_any_table(filled):
    hiding = replace(NOBODY, hidden_pupil_ids=frozenset({1}))
    for scope in (NOBODY, hiding):
        assert read_all(*filled, scope) == {name: [] for name in FACTS}


@pytest.mark.parametrize("name", PERSONAL)
def test_one_pupils_scope_names_nobody_else(filled, everything, name):
    wanted = next(row["pupil_id"] for row in everything["crossings"])
    scope = replace(NOBODY, pupil_ids=frozenset({wanted}))
    with open_scoped(*filled, scope) as reader:
        named = {row["pupil_id"] for row in rows_of(reader, name)}
    assert named <= {wanted, None}


@given(scope=scopes())
def test_marks_as_known_earlier_stay_inside_the_scope(filled, everything, ids, scope):
    """History is scoped as the present is: a corrected form tells as much as its mark."""
    scope = of_this_world(scope, ids)
    earlier = read_all(*filled, scope, as_of_number=1)["marks"]
    assert all(may_see(scope, "marks", row) for row in earlier)
    corrected = [row for row in everything["marks"] if row["from_version"] == 2]
    assert corrected
    hidden = {row["mark_key"] for row in corrected if not may_see(scope, "marks", row)}
    assert not hidden & {row["mark_key"] for row in earlier}


def test_frames_for_the_rules_are_scoped_too(filled, everything):
    school = everything["marks"][0]["school_id"]
    scope = replace(NOBODY, school_ids=frozenset({school}))
    with open_scoped(*filled, scope) as reader:
        frames = reader.frames()
        marks = frames.marks.collect(backend="pyarrow").to_native().to_pylist()
    assert {row["school_id"] for row in marks} == {school}


def test_a_name_in_a_scope_is_never_read_as_sql():
    evil = replace(NOBODY, school_ids=frozenset({"1) OR (1=1"}))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="invalid literal"):
        condition(evil, FACTS["marks"].names)


def test_a_reader_opens_no_file_outside_the_store(filled, tmp_path: Path):
    outside = tmp_path / "outside.csv"
    outside.write_text("a\n1\n")
    with (
        open_scoped(*filled, EVERYTHING) as reader,
        pytest.raises(duckdb.PermissionException),
    ):
        reader.engine.cursor.execute(f"SELECT * FROM '{outside}'").fetchall()
