"""Guessing through three worker processes at once: the limit is one for all."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from koulutie.registry.actions.sign_in import TRIES_OF_PAIR

ROOT = Path(__file__).resolve().parent.parent.parent
WORKERS, GUESSES = 3, 6
PREPARE = """
import django; django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
call_command("createcachetable", verbosity=0)
from koulutie.registry import actions
from koulutie.ui import clock
actions.create_person(username="aino", first_name="A", last_name="O",
    password="kevät-tulee-hiljaa", by=None, now=clock.now())
"""
GUESS = """
import sys
import django; django.setup()
from django.test import Client
client = Client()
print("ready", flush=True)
sys.stdin.readline()
for number in range(int(sys.argv[1])):
    page = client.post("/sign-in/", {"username": "aino", "password": f"guess-{number}"},
        headers={"accept-language": "en"}).content.decode()
    print("locked" if "too many tries" in page else "looked at"
        if "is not right" in page else page, flush=True)
"""


def worker(home: Path, code: str, *arguments: str) -> subprocess.Popen[str]:
    """Start a process that has nothing in common with the others but the database."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        env=kept
        | {
            "PYTHONPATH": str(ROOT),
            "DJANGO_SETTINGS_MODULE": "koulutie.config.settings",
            "KOULUTIE_HOME": str(home),
            "KOULUTIE_HOSTS": "testserver",
        },
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_three_workers_together_look_at_five_guesses(tmp_path: Path) -> None:
    prepared = worker(tmp_path, PREPARE)
    _, errors = prepared.communicate(timeout=120)
    assert prepared.returncode == 0, errors
    workers = [worker(tmp_path, GUESS, str(GUESSES)) for _ in range(WORKERS)]
    for one in workers:
        assert one.stdout is not None
        assert one.stdout.readline() == "ready\n"
    said: list[str] = []
    for one in workers:
        assert one.stdin is not None
        one.stdin.write("go\n")
        one.stdin.flush()
    for one in workers:
        out, errors = one.communicate(timeout=120)
        assert one.returncode == 0, errors
        said += out.splitlines()
    assert len(said) == WORKERS * GUESSES, said
    assert set(said) == {"looked at", "locked"}
    assert 1 <= said.count("looked at") <= TRIES_OF_PAIR
