"""SIGKILL at random moments: a reader sees the old state or the new one, never a third."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
COMMAND = (sys.executable, "-m", "tests.jobs.kill_target")


def start(what: str, home: Path) -> subprocess.Popen[str]:
    environment = os.environ | {"KOULUTIE_HOME": str(home), "PYTHONPATH": str(ROOT)}
    environment.pop("KOULUTIE_DATABASE", None)
    return subprocess.Popen(
        (*COMMAND, what),
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def answers(process: subprocess.Popen[str]) -> list[str]:
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    return out.splitlines()


@pytest.fixture(scope="module")
def states(tmp_path_factory):
    """The home before, what a reader sees before and after the work, and its seconds."""
    home = tmp_path_factory.mktemp("home")
    (old,) = answers(start("prepare", home))
    clean = tmp_path_factory.mktemp("clean")
    shutil.copytree(home, clean, dirs_exist_ok=True)
    process = start("work", clean)
    assert json.loads(process.stdout.readline()) == json.loads(old)
    assert process.stdout.readline() == "working\n"
    began = time.monotonic()
    (new,) = answers(process)
    return home, json.loads(old), json.loads(new), time.monotonic() - began


def kill_until(count: int, states, tmp_path: Path) -> dict[str, int]:
    """Kill so many times, each time looking first at what the last death left behind."""
    home, old, new, seconds = states
    random_ = random.Random(20261124)
    seen = {"old": 0, "new": 0, "finished": 0}
    where, kills = tmp_path / "0", 0
    shutil.copytree(home, where)
    while kills < count:
        process = start("work", where)
        found = json.loads(process.stdout.readline())
        assert found in (old, new), "neither the old nor the new state"
        seen["old" if found == old else "new"] += 1
        assert process.stdout.readline() == "working\n"
        time.sleep(random_.uniform(0, seconds))
        process.send_signal(signal.SIGKILL)
        rest, _ = process.communicate(timeout=60)
        kills += 1
        if found == new or rest.strip():
            # It had finished before the signal came: begin with a fresh home.
            assert not rest.strip() or json.loads(rest) == new
            seen["finished"] += 1
            shutil.rmtree(where)
            where = tmp_path / str(kills)
            shutil.copytree(home, where)
    *_, last = answers(start("work", where))
    assert json.loads(last) == new, "a rerun does not complete what was cut off"
    return seen


def test_ten_kills_leave_the_old_or_the_new_state(states, tmp_path):
    seen = kill_until(10, states, tmp_path)
    assert seen["old"] > 1, seen


@pytest.mark.slow
def test_fifty_kills_leave_the_old_or_the_new_state(states, tmp_path):
    seen = kill_until(50, states, tmp_path)
    assert seen["old"] > 10, seen
    assert seen["finished"] < 40, seen
