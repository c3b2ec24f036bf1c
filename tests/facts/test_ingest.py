"""The same files in any order, again and again, are one clean import."""

from __future__ import annotations

import random
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from koulutie.core.tables import ENROLMENT, OFFERED
from koulutie.facts import ingest
from koulutie.facts.store import Store, Version
from tests.builders import table
from tests.facts import twin
from tests.facts.twin import a_mark, a_table, put, said, stored


@pytest.fixture
def store(tmp_path) -> Store:
    return Store(str(tmp_path / "facts"))


def fresh(tmp_path_factory) -> Store:
    return Store(str(tmp_path_factory.mktemp("facts")))


def delta_files(store: Store) -> set[Path]:
    return set(Path(store.root).rglob("*.parquet"))


def test_it_works(store):
    version = put(store, None, [a_mark(1, 0, 1), a_mark(2, 0, 1)])
    assert {row["pupil_id"] for row in stored(store, version).values()} == {1, 2}
    assert {row["from_version"] for row in stored(store, version).values()} == {1}


def test_a_comparison_counts_and_writes_nothing(store):
    version = put(
        store, None, [a_mark(1, 0, slot, version_at=5) for slot in (1, 2, 3, 4)]
    )
    before = delta_files(store)
    incoming = [
        a_mark(1, 0, 1, version_at=9, kind="absence_health"),
        a_mark(1, 0, 2, version_at=1, kind="absence_health"),
        a_mark(1, 0, 3, version_at=5),
        a_mark(1, 0, 4, version_at=9),
        a_mark(2, 25, 1, version_at=1),
        a_mark(2, 25, 1, version_at=1),
    ]
    found = ingest.compare(store, version, a_table(incoming))
    assert found == ingest.Comparison(
        new=1,
        changed=1,
        unchanged=2,
        stale=1,
        duplicate=1,
        withdrawn=0,
        months=frozenset({(2026, 8), (2026, 9)}),
        pupil_ids=frozenset({1, 2}),
    )
    assert delta_files(store) == before


def test_a_cleared_absence_replaces_the_unresolved_one_and_both_stay_known(store):
    first = put(store, None, [a_mark(1, 0, 1, version_at=1)])
    cleared = a_mark(1, 0, 1, version_at=2, kind="absence_health")
    second = put(store, first, [cleared])
    (now,) = stored(store, second).values()
    assert (now["kind"], now["from_version"]) == ("absence_health", 2)
    (then,) = stored(store, second, as_of_number=1).values()
    assert (then["kind"], then["from_version"]) == ("absence_unresolved", 1)


def test_the_same_file_twice_changes_and_writes_nothing(store):
    rows = [a_mark(1, day, 1, version_at=3) for day in (0, 25, 60)]
    version = put(store, None, rows)
    before = delta_files(store)
    with store.begin(version) as draft:
        found = ingest.put_marks(draft, a_table(rows), number=2)
        assert not found.changes_anything
        assert not found.pupil_ids
        assert draft.tables == version.tables
    assert delta_files(store) == before


def test_only_touched_months_are_rewritten(store):
    version = put(store, None, [a_mark(1, day, 1) for day in (0, 25, 60)])
    before = delta_files(store)
    after = put(store, version, [a_mark(1, 25, 2)])
    written = {path.parent.name for path in delta_files(store) - before}
    assert written == {"month=9"}
    old, new = (set(store.files(one, "marks")) for one in (version, after))
    assert len(old & new) == 2, "untouched months keep their files"


def test_a_file_of_one_school_leaves_the_rows_of_another_alone(store):
    version = put(store, None, [a_mark(pupil, 0, 1) for pupil in (1, 2, 3, 4)])
    before = {
        key: row for key, row in stored(store, version).items() if row["school_id"] == 1
    }
    rows = [
        a_mark(pupil, 0, 1, version_at=9, kind="absence_health") for pupil in (1, 3)
    ]
    assert {row["school_id"] for row in rows} == {2}
    after = stored(store, put(store, version, rows))
    assert {k: row for k, row in after.items() if row["school_id"] == 1} == before
    assert len(after) == 4


@given(files=twin.files(), seed=st.integers(0, 2**16))
def test_any_order_of_files_is_one_clean_import(tmp_path_factory, files, seed):
    """Re-imported, corrected, in random order: the newest form of each mark stands."""
    clean: twin.State = {}
    for rows in files:
        clean = twin.imported(clean, rows)
    rng = random.Random(seed)
    order = [*files, rng.choice(files)]
    rng.shuffle(order)
    store, version = fresh(tmp_path_factory), None
    for rows in order:
        version = put(store, version, rng.sample(rows, len(rows)))
    assert said(stored(store, version)) == said(clean)


@given(files=twin.files())
def test_counts_are_those_of_the_slow_twin(tmp_path_factory, files):
    store, version, state = fresh(tmp_path_factory), None, {}
    for number, rows in enumerate(files, start=1):
        with store.begin(version) as draft:
            found = ingest.put_marks(draft, a_table(rows), number=number)
            version = Version(number=number, tables=draft.tables)
        keys = {row["mark_key"] for row in rows}
        after = twin.imported(state, rows)
        differing = [
            key for key in keys & set(state) if said(after)[key] != said(state)[key]
        ]
        assert found.new == len(keys - set(state))
        assert found.changed == len(differing)
        assert found.duplicate == len(rows) - len(keys)
        assert found.new + found.changed + found.unchanged + found.stale == len(keys)
        assert found.pupil_ids == {
            after[key]["pupil_id"] for key in {*differing, *(keys - set(state))}
        }
        state = after


@given(files=twin.files())
def test_every_version_can_be_read_as_it_was(tmp_path_factory, files):
    store, version, seen = fresh(tmp_path_factory), None, {}
    for rows in files:
        version = put(store, version, rows)
        seen[version.number] = said(stored(store, version))
    for number, then in seen.items():
        assert said(stored(store, version, as_of_number=number)) == then
    assert stored(store, version, as_of_number=0) == {}


# --- a page that is complete for one pupil ----------------------------------------------------


def a_page(rows, *, version_at, pupil_id=1, to=date(2026, 9, 1)):
    complete = ingest.Complete(
        pupil_id=pupil_id, from_=date(2026, 8, 1), to=to, version_at=version_at
    )
    dated = [{**row, "version_at": version_at} for row in rows]
    return a_table(dated), complete


def put_page(store, version, rows, **told):
    page, complete = a_page(rows, **told)
    number = version.number + 1
    with store.begin(version) as draft:
        found = ingest.put_marks(draft, page, number=number, complete=complete)
        return found, Version(number=number, tables=draft.tables)


def test_a_complete_page_withdraws_what_it_no_longer_has(store):
    rows = [
        a_mark(1, 0, 1, version_at=1),
        a_mark(1, 1, 1, version_at=1),
        a_mark(1, 25, 1, version_at=1),  # outside the page's days
        a_mark(2, 0, 1, version_at=1),  # another pupil
    ]
    version = put(store, None, rows)
    found, after = put_page(store, version, [rows[0]], version_at=5)
    assert (found.withdrawn, found.unchanged, found.pupil_ids) == (1, 1, {1})
    expected = {row["mark_key"] for row in rows} - {rows[1]["mark_key"]}
    assert set(stored(store, after)) == expected
    assert len(stored(store, after, as_of_number=1)) == 4


def test_a_page_without_any_mark_withdraws_all_of_its_days(store):
    version = put(store, None, [a_mark(1, 0, 1, version_at=1), a_mark(1, 25, 1)])
    found, after = put_page(store, version, [], version_at=5)
    assert found.withdrawn == 1
    assert [row["month"] for row in stored(store, after).values()] == [9]


def test_an_old_page_does_not_withdraw_what_came_later(store):
    version = put(store, None, [a_mark(1, 0, 1, version_at=9)])
    found, _ = put_page(store, version, [], version_at=5)
    assert found.withdrawn == 0


def test_a_withdrawn_mark_stays_out_when_its_old_file_comes_again(store):
    rows = [a_mark(1, 0, 1, version_at=1)]
    _, version = put_page(store, put(store, None, rows), [], version_at=5)
    with store.begin(version) as draft:
        found = ingest.put_marks(draft, a_table(rows), number=3)
    assert (found.stale, found.new) == (1, 0)
    assert not found.changes_anything
    newer = put(store, version, [a_mark(1, 0, 1, version_at=6)])
    assert len(stored(store, newer)) == 1


# --- offered lessons and small tables -------------------------------------------------------


def offered(*rows):
    base = {
        "school_year": 2026,
        "month": 9,
        "school_id": 1,
        "class_id": 10,
        "date": date(2026, 9, 1),
        "lessons": 5.0,
        "lessons_kept": 5.0,
        "batch_id": 1,
        "from_version": 0,
    }
    return table(OFFERED, *rows, **base)


def put_offered(store, version, rows):
    number = version.number + 1 if version else 1
    with store.begin(version) as draft:
        months = ingest.put_offered(draft, rows, number=number)
        return months, Version(number=number, tables=draft.tables)


def read(store, version, name):
    with store.begin(version) as draft:
        return draft.read(name)


def test_offered_lessons_of_a_class_and_day_are_replaced_and_others_stay(store):
    october = {"date": date(2026, 10, 1), "month": 10}
    one_pupils = {"class_id": None, "pupil_id": 7}
    _, version = put_offered(
        store, None, offered({}, {"class_id": 11}, october, one_pupils)
    )
    months, after = put_offered(store, version, offered({"lessons": 4.0}))
    assert months == {(2026, 9)}
    rows = read(store, after, "offered_lessons").to_pylist()
    kept = {(row["class_id"], row["pupil_id"], row["month"]): row for row in rows}
    assert len(rows) == len(kept) == 4
    assert (kept[10, None, 9]["lessons"], kept[10, None, 9]["from_version"]) == (4.0, 2)
    assert kept[11, None, 9]["from_version"] == 1


def test_the_same_offered_lessons_twice_write_nothing(store):
    _, version = put_offered(
        store, None, offered({}, {"lessons_kept": None, "class_id": 11})
    )
    months, after = put_offered(
        store, version, offered({}, {"lessons_kept": None, "class_id": 11})
    )
    assert not months
    assert after.tables == version.tables


def enrolment(**said):
    base = {
        "pupil_id": 1,
        "school_id": 1,
        "class_id": 10,
        "school_year": 2026,
        "grade": 7,
        "from_": date(2026, 8, 1),
    }
    return table(ENROLMENT, base | said)


def test_a_small_table_is_replaced_only_when_it_differs(store):
    with store.begin(None) as draft:
        assert ingest.replace(draft, "enrolments", enrolment())
        assert not ingest.replace(draft, "enrolments", enrolment())
        assert ingest.replace(draft, "enrolments", enrolment(class_id=11))
        assert ingest.replace(draft, "enrolments", ENROLMENT.empty_table())
        assert not ingest.replace(draft, "enrolments", ENROLMENT.empty_table())


def test_a_table_that_is_empty_from_the_first_is_there_nevertheless(store):
    with store.begin(None) as draft:
        assert ingest.replace(draft, "enrolments", ENROLMENT.empty_table())
        assert draft.read("enrolments").schema == ENROLMENT
        assert "enrolments" in draft.tables
