"""Every ladder that a machine can run equals its slow twin on random worlds."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from koulutie import catalog
from koulutie.core.definitions import Ladder, parse_ladder
from koulutie.core.definitions.ladder_parts import RunChoices
from koulutie.core.definitions.triggers import (
    Amount,
    Check,
    Event,
    Pattern,
    Range,
    Unresolved,
)
from koulutie.core.ladders import crossings
from koulutie.core.tables import CROSSING
from tests.oracle.ladder_twin import LadderTwin
from tests.oracle.world import ENGINES, EXAMPLES, make

LADDERS = catalog.load(catalog.PRODUCT).ladders
FILE = Path(__file__).with_name("every_trigger.yaml")
EVERY_TRIGGER = parse_ladder(FILE.read_text(), where=FILE.name)
SAME = (
    *("school_year", "school_id", "class_id", "crossed_on"),
    *("threshold", "rows_counted"),
)


def runnable(ladder: Ladder) -> Ladder:
    """Let a municipality choose what the published ladder leaves open."""
    chosen = RunChoices(
        window=ladder.run.window if ladder.run else "term",
        kinds=ladder.run.kinds if ladder.run else ("absences",),  # type: ignore[arg-type]
        minimum_offered_lessons=20,
        chosen_by="Tests",
        chosen_on=date(2026, 8, 1),
    )
    return ladder.model_copy(update={"run": chosen})


def assert_equal(seed: int, engine: str, ladder: Ladder) -> int:
    world = make(seed)
    expected = LadderTwin(world, ladder).crossings()
    with ENGINES[engine](world) as frames:
        table = crossings(ladder=ladder, frames=frames, as_of=world.as_of)
    assert table.schema == CROSSING
    found = {}
    for row in table.to_pylist():
        key = (row["pupil_id"], row["step"], row["window_key"])
        assert key not in found
        found[key] = row
    assert found.keys() == expected.keys()
    for key, wanted in expected.items():
        row = found[key]
        where = f"{key}: {row} is not {wanted}"
        assert [row[name] for name in SAME] == [wanted[name] for name in SAME], where
        for name in ("value", "coverage"):
            assert row[name] == pytest.approx(wanted[name], abs=1e-6), where
    return len(found)


@given(seed=st.integers(0, 2**32))
@settings(max_examples=EXAMPLES)
def test_every_trigger_equals_its_twin(seed: int) -> None:
    assert_equal(seed, "duckdb", EVERY_TRIGGER)


@given(seed=st.integers(0, 2**32))
@settings(max_examples=EXAMPLES)
def test_a_second_engine_says_the_same(seed: int) -> None:
    assert_equal(seed, "polars", EVERY_TRIGGER)


@pytest.mark.parametrize("name", sorted(LADDERS))
def test_a_shipped_ladder_equals_its_twin(name: str) -> None:
    for seed in range(2):
        assert_equal(seed, "duckdb", LADDERS[name])
        assert_equal(seed, "duckdb", runnable(LADDERS[name]))


def test_the_worlds_reach_every_step_of_the_ladder() -> None:
    reached = set()
    for seed in range(12):
        world = make(seed)
        reached |= {step for _, step, _ in LadderTwin(world, EVERY_TRIGGER).crossings()}
    assert reached == {step.id for step in EVERY_TRIGGER.steps}


def test_the_ladder_of_every_trigger_has_them_all() -> None:
    kinds = {type(step.trigger) for step in EVERY_TRIGGER.runnable_steps}
    assert kinds == {Amount, Range, Event, Unresolved, Pattern, Check}
    assert len(EVERY_TRIGGER.runnable_steps) == len(EVERY_TRIGGER.steps)
