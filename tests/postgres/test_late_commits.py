"""Sealing the access log on a real PostgreSQL, where rows do not appear in the order of ids."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.postgres.server import said_by

pytestmark = [pytest.mark.postgres, pytest.mark.enable_socket]

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    script = Path(__file__).with_name("late_commit.py")
    text = said_by(script, tmp_path_factory.mktemp("home"))
    found: dict[str, Any] = json.loads(text)
    return found


def test_an_event_waits_for_a_lower_one_that_is_not_committed_yet(
    said: dict[str, Any],
) -> None:
    late = said["late"]
    assert late["low"] < late["high"]
    assert late["seen_early"] == [late["high"]]  # what a naive reader would have sealed
    assert late["sealed_early"] == 0
    assert late["seen_late"] == [late["low"], late["high"]]
    assert late["sealed_late"] == 2


def test_a_low_id_that_comes_after_its_neighbours_seal_is_in_the_next(
    said: dict[str, Any],
) -> None:
    gap = said["gap"]
    assert (gap["first"], gap["second"]) == (1, 1)
    assert gap["ranges"] == [[gap["gap"], gap["gap"]]]


def test_two_sealers_at_once_seal_each_event_once(said: dict[str, Any]) -> None:
    assert said["two"]["sealed"] == [0, 50]
    assert said["sound"] is True
    events, waiting, strays, rows = said["counts"]
    assert (events, waiting, strays) == (rows, 0, 0)


def test_sealing_goes_on_after_a_restore_into_a_younger_server(
    said: dict[str, Any],
) -> None:
    assert said["restored"] == {"sealed": 1, "again": 0}
