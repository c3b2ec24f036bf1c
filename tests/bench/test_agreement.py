"""The yardstick of the benchmarks computes the same rows as the product."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bench import bare, check, data, ours

PUPILS = 700
ROOT = Path(bare.__file__).parent.parent


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return data.city(tmp_path_factory.mktemp("city"), PUPILS)


def test_a_year_then_a_day_agree_row_by_row(city: Path, tmp_path: Path) -> None:
    mine, yardstick = tmp_path / "ours", tmp_path / "bare"
    mine.mkdir()
    yardstick.mkdir()
    for what in ("before", "day"):
        ours.main(what, str(city), str(mine))
        bare.main(what, str(city), str(yardstick))
        assert check.differing(str(mine), str(yardstick)) == []
    rows = {name: count for name, *_, count in check.compare(str(mine), str(yardstick))}
    assert rows["absence_rate school_year"] > PUPILS / 2
    assert rows["s30"] > 10


def test_a_differing_row_is_told(city: Path, tmp_path: Path) -> None:
    mine, yardstick = tmp_path / "ours", tmp_path / "bare"
    mine.mkdir()
    yardstick.mkdir()
    ours.main("before", str(city), str(mine))
    bare.main("year", str(city), str(yardstick))
    assert any(
        "absence_lessons" in line for line in check.differing(str(mine), str(yardstick))
    )


def test_a_page_is_the_same_without_its_guards(city: Path, tmp_path: Path) -> None:
    """The measure itself holds page against page, and counts the events of the log."""
    facts, home = tmp_path / "facts", tmp_path / "home"
    ours.main("before", str(city), str(facts))
    done = subprocess.run(
        [sys.executable, "-m", "bench.web", str(city), str(facts), "3"],
        env=os.environ | {"KOULUTIE_HOME": str(home)},
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["principal"]["pupils"] > found["class_teacher"]["pupils"] > 1
    assert found["class_teacher"]["with"] > 0
