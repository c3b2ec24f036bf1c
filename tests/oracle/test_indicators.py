"""Every shipped indicator equals its slow twin on random worlds, on both engines."""

from __future__ import annotations

from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from koulutie import catalog
from koulutie.core.indicators import figures
from koulutie.core.tables import FIGURE
from tests.oracle.indicator_twin import Twin
from tests.oracle.world import ENGINES, EXAMPLES, make

INDICATORS = list(catalog.load(catalog.PRODUCT).indicators.values())
SAME = ("window_key", "school_id", "class_id", "withheld")
NUMBERS = ("numerator", "denominator", "value", "coverage")


def extra_windows() -> list[Any]:
    """Give every indicator all kinds of windows, not only the ones it ships with."""
    windows = ("school_year", "term", "study_period", "rolling:5", "check_date:11-02")
    return [each.model_copy(update={"windows": windows}) for each in INDICATORS]


def assert_equal(seed: int, engine: str, indicators: list[Any]) -> None:
    world = make(seed)
    twin = Twin(world)
    with ENGINES[engine](world) as frames:
        table = figures(indicators=indicators, frames=frames, as_of=world.as_of)
    assert table.schema == FIGURE
    found: dict[str, dict[Any, Any]] = {each.id: {} for each in indicators}
    for row in table.to_pylist():
        key = (row["window"], row["pupil_id"])
        assert key not in found[row["indicator"]]
        found[row["indicator"]][key] = row
    for indicator in indicators:
        expected = twin.figures(indicator)
        rows = found[indicator.id]
        assert rows.keys() == expected.keys(), indicator.id
        for key, wanted in expected.items():
            row = rows[key]
            where = f"{indicator.id} {key}: {row} is not {wanted}"
            assert [row[name] for name in SAME] == [wanted[name] for name in SAME], (
                where
            )
            for name in NUMBERS:
                assert row[name] == pytest.approx(wanted[name], abs=1e-6), where


@given(seed=st.integers(0, 2**32))
@settings(max_examples=EXAMPLES)
def test_indicators_equal_their_twins(seed: int) -> None:
    assert_equal(seed, "duckdb", INDICATORS)


@given(seed=st.integers(0, 2**32))
@settings(max_examples=EXAMPLES)
def test_every_window_equals_its_twin(seed: int) -> None:
    assert_equal(seed, "duckdb", extra_windows())


@given(seed=st.integers(0, 2**32))
@settings(max_examples=EXAMPLES)
def test_a_second_engine_says_the_same(seed: int) -> None:
    assert_equal(seed, "polars", extra_windows())
