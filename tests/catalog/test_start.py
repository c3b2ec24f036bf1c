"""A bad definition stops the start, with its sentence and not a traceback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

COMMAND = [
    sys.executable,
    "-c",
    "import sys; from koulutie.cli import main; sys.exit(main())",
]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """An empty home and a municipality's folder with one wrong file."""
    ladders = tmp_path / "town" / "ladders"
    ladders.mkdir(parents=True)
    (ladders / "town.yaml").write_text("id: town\nversion: none\n", encoding="utf-8")
    return os.environ | {
        "KOULUTIE_HOME": str(tmp_path / "home"),
        "KOULUTIE_DEFINITIONS": str(tmp_path / "town"),
    }


def run(environment: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *words],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_serving_stops_before_it_listens(environment: dict[str, str]) -> None:
    done = run(environment, "serve", "--port", "0")
    assert done.returncode != 0
    assert "town.yaml, line 2, version: found “none”. Expected a whole number." in (
        done.stderr
    )
    assert "Traceback" not in done.stderr
    assert "Koulutie is at" not in done.stdout + done.stderr


def test_the_check_lists_every_problem(environment: dict[str, str]) -> None:
    done = run(environment, "check", "--json")
    assert done.returncode == 1
    problems = json.loads(done.stdout)["problems"]
    assert len(problems) == 10  # nine keys are missing
    assert sum("is missing" in problem for problem in problems) == 9
