"""Refreshing: touched pupils anew, everybody else as they were, and what became of crossings."""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet
import pytest

from koulutie import catalog
from koulutie.core.calendar import school_year_of
from koulutie.core.definitions import Ladder
from koulutie.core.indicators import figures
from koulutie.core.ladders import crossings
from koulutie.facts import nightly
from koulutie.facts.nightly import CrossingChange
from koulutie.facts.store import Draft, Store, Version
from tests.oracle.test_ladders import EVERY_TRIGGER
from tests.oracle.world import ENGINES, World, make

INDICATORS = [
    each
    for each in catalog.load(catalog.PRODUCT).indicators.values()
    if each.id in {"absence_lessons", "absence_rate", "feedback_positive"}
]
SEED = 32  # a world whose pupils reach steps in two school years
# The triggers are held to their twins elsewhere; here a few are enough.
LADDER = EVERY_TRIGGER.model_copy(update={"steps": EVERY_TRIGGER.steps[:4]})
EVERYWHERE: Mapping[int | None, Ladder] = {None: LADDER}


class Home:
    """A store with the world's tables in it, and its latest version."""

    def __init__(
        self, folder: Path, world: World, version: Version | None = None
    ) -> None:
        self.store = Store(str(folder))
        self.world = world
        self.version = version

    def fill(self) -> None:
        with self.draft() as draft:
            for name in self.world.tables:
                draft.write(name, self.world.arrow(name))

    @contextmanager
    def draft(self) -> Iterator[Draft]:
        with self.store.begin(self.version) as draft:
            yield draft
            number = self.version.number + 1 if self.version else 1
            self.version = Version(number=number, tables=dict(draft.tables))

    def refresh(
        self,
        *,
        ladders: Mapping[int | None, Ladder] = EVERYWHERE,
        pupil_ids: Collection[int] | None = None,
        school_years: Collection[int] | None = None,
        as_of: date | None = None,
    ) -> CrossingChange:
        with self.draft() as draft:
            return nightly.refresh(
                draft,
                indicators=INDICATORS,
                ladders=ladders,
                as_of=as_of or self.world.as_of,
                pupil_ids=pupil_ids,
                school_years=school_years,
            )

    def rows(self, name: str) -> list[dict[str, object]]:
        with self.store.begin(self.version) as draft:
            return sorted(draft.read(name).to_pylist(), key=repr)

    def without_marks_of(self, pupil: int) -> None:
        kept = [row for row in self.world["marks"] if row["pupil_id"] != pupil]
        world = World(
            tables={**self.world.tables, "marks": kept}, as_of=self.world.as_of
        )
        with self.draft() as draft:
            draft.write("marks", world.arrow("marks"))


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> tuple[Home, CrossingChange]:
    """Return a home that was refreshed once, and what that changed; nobody writes to it."""
    home = Home(tmp_path_factory.mktemp("first") / "facts", make(SEED))
    home.fill()
    return home, home.refresh()


@pytest.fixture
def home(first: tuple[Home, CrossingChange], tmp_path: Path) -> Home:
    source, _ = first
    shutil.copytree(source.store.root, tmp_path / "facts")
    return Home(tmp_path / "facts", source.world, source.version)


def pupils_with(rows: list[dict[str, object]]) -> list[int]:
    return sorted({int(str(row["pupil_id"])) for row in rows})


def test_a_refresh_writes_what_the_rules_say(
    first: tuple[Home, CrossingChange],
) -> None:
    home, change = first
    with ENGINES["duckdb"](home.world) as frames:
        told = figures(
            indicators=INDICATORS, frames=frames, as_of=home.world.as_of
        ).to_pylist()
        reached = crossings(
            ladder=LADDER, frames=frames, as_of=home.world.as_of
        ).to_pylist()
    assert home.rows("figures") == sorted(told, key=repr)
    assert home.rows("crossings") == sorted(reached, key=repr)
    assert change.new.num_rows == len(reached) > 0
    assert (change.changed.num_rows, change.gone.num_rows) == (0, 0)


def test_the_same_refresh_again_changes_nothing(home: Home) -> None:
    before = home.rows("figures"), home.rows("crossings")
    change = home.refresh()
    assert [part.num_rows for part in (change.new, change.changed, change.gone)] == [
        0,
        0,
        0,
    ]
    assert (home.rows("figures"), home.rows("crossings")) == before


def test_touched_pupils_alone_give_the_state_of_everybody_anew(home: Home) -> None:
    pupil = pupils_with(home.rows("crossings"))[0]
    home.without_marks_of(pupil)
    home.refresh(pupil_ids=[pupil])
    touched = home.rows("figures"), home.rows("crossings")
    home.refresh()
    assert (home.rows("figures"), home.rows("crossings")) == touched


def test_the_crossings_of_lost_marks_are_gone_and_come_back(home: Home) -> None:
    before = home.rows("crossings")
    pupil = pupils_with(before)[0]
    mine = [row for row in before if row["pupil_id"] == pupil]
    home.without_marks_of(pupil)
    gone = home.refresh(pupil_ids=[pupil]).gone.to_pylist()
    assert sorted(gone, key=repr) == mine
    with home.draft() as draft:
        draft.write("marks", home.world.arrow("marks"))
    back = home.refresh(pupil_ids=[pupil]).new.to_pylist()
    assert sorted(back, key=repr) == mine


def test_untouched_pupils_keep_even_stale_rows(home: Home) -> None:
    before = home.rows("figures"), home.rows("crossings")
    pupil = pupils_with(home.rows("crossings"))[0]
    home.without_marks_of(pupil)
    home.refresh(pupil_ids=[999])
    assert (home.rows("figures"), home.rows("crossings")) == before


def test_other_years_crossings_stay_as_they_were(home: Home) -> None:
    years = {row["school_year"] for row in home.rows("crossings")}
    current = school_year_of(home.world.as_of)
    assert len(years) == 2
    other = (years - {current}).pop()
    kept = [row for row in home.rows("crossings") if row["school_year"] == other]
    for pupil in pupils_with(kept):
        home.without_marks_of(pupil)
        change = home.refresh(pupil_ids=[pupil], school_years=[])
        assert other not in change.gone["school_year"].to_pylist()
    assert kept == [
        row for row in home.rows("crossings") if row["school_year"] == other
    ]


def test_each_school_follows_its_own_ladder(home: Home) -> None:
    one = LADDER.model_copy(update={"id": "one"})
    home.refresh(ladders={1: one, None: LADDER})
    found = {(row["school_id"], row["ladder"]) for row in home.rows("crossings")}
    assert found == {(1, "one"), (2, LADDER.id)}


def test_a_school_without_a_ladder_has_no_crossings(home: Home) -> None:
    home.refresh(ladders={2: LADDER})
    assert {row["school_id"] for row in home.rows("crossings")} == {2}
    change = home.refresh(ladders={})
    assert home.rows("crossings") == []
    assert set(change.gone["school_id"].to_pylist()) == {2}


def test_an_empty_store_is_refreshed_to_nothing(tmp_path: Path) -> None:
    empty = World(tables={}, as_of=date(2026, 11, 24))
    home = Home(tmp_path / "facts", empty)
    change = home.refresh()
    assert (home.rows("figures"), home.rows("crossings")) == ([], [])
    assert change.new.num_rows == 0


def test_a_crossing_on_other_rows_is_changed_and_its_coverage_alone_is_not() -> None:
    with ENGINES["duckdb"](make(SEED)) as frames:
        found = crossings(ladder=LADDER, frames=frames, as_of=make(SEED).as_of).slice(
            0, 3
        )
    rows = found.to_pylist()
    rows[0]["rows_counted"] += 1
    rows[1]["coverage"] = 0.123
    after = pa.Table.from_pylist(rows, schema=found.schema)
    change = nightly.compare(found, after)
    assert change.changed.to_pylist() == [rows[0]]
    assert (change.new.num_rows, change.gone.num_rows) == (0, 0)


def test_a_pupils_figures_lie_near_each_other(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    with home.store.begin(home.version) as draft:
        stored = draft.read("figures").sort_by(
            [("school_id", "ascending"), ("pupil_id", "ascending")]
        )
    names = set(stored["indicator"].to_pylist())
    parts = [stored.filter(pa.compute.field("indicator") == name) for name in names]
    monkeypatch.setattr(nightly, "BLOCK", 1)
    pupils = [
        pupil
        for batch in nightly._side_by_side(parts)
        for pupil in batch["pupil_id"].to_pylist()
    ]
    runs = [a for a, b in zip(pupils, [*pupils[1:], None], strict=True) if a != b]
    assert len(pupils) == stored.num_rows
    assert len(runs) == len(set(pupils))
