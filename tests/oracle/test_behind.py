"""A page's number equals what the rows it opens to come to; every row stands once."""

from __future__ import annotations

import random

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from koulutie import catalog
from koulutie.core.indicators import figures, rows_behind
from tests.oracle.indicator_twin import school_year
from tests.oracle.world import ENGINES, EXAMPLES, make

INDICATORS = list(catalog.load(catalog.PRODUCT).indicators.values())


@given(seed=st.integers(0, 2**32))
@settings(max_examples=EXAMPLES)
def test_the_rows_come_to_the_figure(seed: int) -> None:
    world = make(seed)
    windows = ("school_year", "term", "rolling:30")
    chosen = [
        each.model_copy(update={"windows": windows})
        for each in random.Random(seed).sample(INDICATORS, 6)
    ]
    with ENGINES["duckdb"](world) as frames:
        table = figures(indicators=chosen, frames=frames, as_of=world.as_of).to_pylist()
        by_id = {each.id: each for each in chosen}
        for row in table[:: max(1, len(table) // 12)]:
            pupil = row["pupil_id"]
            behind = rows_behind(
                indicator=by_id[row["indicator"]],
                window=row["window"],
                pupil_id=pupil,
                frames=frames,
                as_of=world.as_of,
            )
            assert behind.amount == pytest.approx(row["numerator"], abs=1e-6), row
            rows = [*behind.counted, *(left for left, _ in behind.left_out)]
            keys = sorted(each["mark_key"] for each in rows)
            assert keys == sorted(
                mark["mark_key"]
                for mark in world["marks"]
                if mark["pupil_id"] == pupil
                and mark["school_year"] == school_year(world.as_of)
            )
