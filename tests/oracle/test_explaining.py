"""What a crossing opens to is exactly what it counted."""

from __future__ import annotations

import random

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from koulutie.core.definitions.triggers import Pattern
from koulutie.core.ladders import crossings, explain, simulate
from tests.oracle.test_ladders import EVERY_TRIGGER
from tests.oracle.world import ENGINES, EXAMPLES, make


@given(seed=st.integers(0, 2**32))
@settings(max_examples=EXAMPLES)
def test_the_rows_come_to_the_crossing(seed: int) -> None:
    world = make(seed)
    with ENGINES["duckdb"](world) as frames:
        found = crossings(ladder=EVERY_TRIGGER, frames=frames, as_of=world.as_of)
        rows = found.to_pylist()
        for row in random.Random(seed).sample(rows, min(len(rows), 10)):
            told = explain(
                ladder=EVERY_TRIGGER,
                step=row["step"],
                pupil_id=row["pupil_id"],
                window_key=row["window_key"],
                frames=frames,
                as_of=world.as_of,
            )
            assert told is not None, row
            for name in ("crossed_on", "school_id", "class_id", "threshold"):
                assert getattr(told, name) == row[name]
            assert told.value == pytest.approx(row["value"], abs=1e-6)
            assert told.coverage == pytest.approx(row["coverage"], abs=1e-6)
            assert len(told.rows) == row["rows_counted"], row
            assert all(one.date <= told.crossed_on for one in told.rows)
            step = EVERY_TRIGGER.step(row["step"])
            if told.offered is not None:
                share = 100 * told.amount / told.offered
                assert share == pytest.approx(told.value, abs=1e-6)
            elif isinstance(step.trigger, Pattern) or told.step != "unresolved_days":
                expected = row["value"]
                if told.step.startswith("unresolved"):
                    expected = len(told.rows)
                assert told.amount == pytest.approx(expected, abs=1e-6), row
            assert str(told.sentence)


def test_a_crossing_that_is_not_there_is_not_explained() -> None:
    world = make(1)
    with ENGINES["duckdb"](world) as frames:
        assert (
            explain(
                ladder=EVERY_TRIGGER,
                step="lessons",
                pupil_id=999,
                window_key="2026",
                frames=frames,
                as_of=world.as_of,
            )
            is None
        )


def test_a_simulation_counts_each_crossing_once() -> None:
    world = make(8)
    with ENGINES["duckdb"](world) as frames:
        found = crossings(ladder=EVERY_TRIGGER, frames=frames, as_of=world.as_of)
        counted = simulate(ladder=EVERY_TRIGGER, frames=frames, as_of=world.as_of)
    expected: dict[tuple[str, str], set[int]] = {}
    for row in found.to_pylist():
        key = (f"{row['crossed_on']:%Y-%m}", row["step"])
        expected.setdefault(key, set()).add(row["pupil_id"])
    assert {(f"{one.month:%Y-%m}", one.step): one.pupils for one in counted} == {
        key: len(pupils) for key, pupils in expected.items()
    }
    assert len(counted) > 10
