"""Kept versions stay readable to the last row; everything else goes from the disk."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Collection
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from koulutie.core.errors import StaleVersion
from koulutie.core.tables import FACTS
from koulutie.facts import garbage
from koulutie.facts.store import Store, Version, forget_files
from tests.facts import twin
from tests.facts.twin import a_mark, put, said, stored

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def store(tmp_path) -> Store:
    return Store(str(tmp_path / "facts"))


def parquet_files(store: Store) -> set[Path]:
    return set(Path(store.root).rglob("*.parquet"))


def collect(store: Store, latest: Version, keep: Collection[Version]) -> int:
    with store.begin(latest):
        return garbage.collect(store, keep)


@settings(max_examples=settings().max_examples // 2)
@given(files=twin.files(), chosen=st.sets(st.integers(0, 4)))
def test_kept_versions_are_read_as_they_were_and_the_rest_is_gone(
    tmp_path_factory, files, chosen
):
    store = Store(str(tmp_path_factory.mktemp("facts")))
    versions: list[Version] = []
    for rows in files:
        versions.append(put(store, versions[-1] if versions else None, rows))
    states = {one.number: stored(store, one) for one in versions}
    latest = versions[-1]
    keep = [versions[at] for at in chosen if at < len(versions)] + [latest]
    wanted = {
        Path(file) for one in keep for name in FACTS for file in store.files(one, name)
    }
    before = parquet_files(store)
    deleted = collect(store, latest, keep)
    assert parquet_files(store) == wanted
    assert deleted >= len(before - wanted)
    for one in keep:
        assert stored(store, one) == states[one.number]
    # What was known then is in the rows, whichever files are gone.
    for one in versions:
        then = said(stored(store, latest, as_of_number=one.number))
        assert then == said(states[one.number])


def test_a_version_that_was_cleared_away_says_so_and_is_not_read_in_part(store):
    first = put(store, None, [a_mark(1, 0, 1), a_mark(1, 25, 1)])
    second = put(store, first, [a_mark(1, 0, 1, version_at=9, kind="absence_health")])
    assert collect(store, second, [second]) == 1
    with pytest.raises(StaleVersion, match="cleared away"):
        stored(store, first)
    assert len(stored(store, second)) == 2


def test_nothing_is_deleted_where_nothing_is_kept(store):
    """A slip of the caller must not empty the store."""
    version = put(store, None, [a_mark(1, 0, 1)])
    assert collect(store, version, []) == 0
    assert len(stored(store, version)) == 1


def test_writing_goes_on_after_clearing(store):
    version = put(store, None, [a_mark(1, 0, 1)])
    for at in range(1, 4):
        version = put(store, version, [a_mark(1, 0, 1, version_at=at, minutes=at)])
        collect(store, version, [version])
    (row,) = stored(store, version).values()
    assert row["minutes"] == 3
    assert {
        row["minutes"] for row in stored(store, version, as_of_number=2).values()
    } == {1}


# --- drafts that die ------------------------------------------------------------------------

DYING = """
import sys
import django
django.setup()
from koulutie.facts import ingest
from koulutie.facts.store import Store, Version
from tests.facts.test_garbage import CORRECTED
from tests.facts.twin import a_table
store = Store(sys.argv[1])
base = Version(number=1, tables={"marks": int(sys.argv[2])})
print("ready", flush=True)
with store.begin(base) as draft:
    ingest.put_marks(draft, a_table(CORRECTED), number=2)
print("done", flush=True)
"""
ROWS = [a_mark(pupil, day, 1) for pupil in range(1, 40) for day in (0, 25, 60, 90)]
CORRECTED = [{**row, "version_at": 9, "kind": "absence_health"} for row in ROWS]


def draft_elsewhere(store: Store, base: Version) -> subprocess.Popen[str]:
    """Begin a draft in a process of its own; nobody ever names what it writes."""
    return subprocess.Popen(
        (sys.executable, "-c", DYING, store.root, str(base.tables["marks"])),
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )


def seconds_of_a_draft(store: Store, base: Version) -> float:
    process = draft_elsewhere(store, base)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    began = time.monotonic()
    assert process.communicate()[0] == "done\n"
    return time.monotonic() - began


def kill_drafts(store: Store, base: Version, *, count: int) -> None:
    seconds = seconds_of_a_draft(store, base)
    rng = random.Random(20261124)
    for _ in range(count):
        process = draft_elsewhere(store, base)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        time.sleep(rng.uniform(0, seconds))
        process.send_signal(signal.SIGKILL)
        process.communicate()


def check_after_deaths(store: Store, *, count: int) -> None:
    base = put(store, None, ROWS)
    before = stored(store, base)
    kill_drafts(store, base, count=count)
    forget_files()  # as another process would begin
    assert stored(store, base) == before, "a reader sees what no one named"
    after = put(store, base, CORRECTED)
    assert len(stored(store, after)) == len(ROWS)
    assert {row["kind"] for row in stored(store, after).values()} == {"absence_health"}
    assert said(stored(store, after, as_of_number=1)) == said(before)
    collect(store, after, [base, after])
    wanted = {
        Path(file)
        for one in (base, after)
        for name in FACTS
        for file in store.files(one, name)
    }
    assert parquet_files(store) == wanted, "files of the dead stay behind"
    assert stored(store, base) == before


def test_drafts_that_are_killed_leave_nothing_behind(store):
    check_after_deaths(store, count=5)


@pytest.mark.slow
def test_fifty_drafts_that_are_killed_leave_nothing_behind(store):
    check_after_deaths(store, count=50)
