"""After an erasure no byte of the home tells of the pupil; before it many do."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import zipfile
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.retention.erase_target import KEY, NAME, WORDS

ROOT = Path(__file__).resolve().parents[2]
CANARIES = (NAME, KEY, WORDS)


def run(home: Path, what: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "tests.retention.erase_target", what],
        env=os.environ | {"KOULUTIE_HOME": str(home), "KOULUTIE_DATABASE": ""},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def holders(home: Path) -> set[str]:
    """Return the files that hold a canary, looked at inside Parquet and ZIP too."""
    found = set()
    for path in sorted(home.rglob("*")):
        if path.is_file() and any(_holds(path, word) for word in CANARIES):
            found.add(str(path.relative_to(home)))
    return found


def _holds(path: Path, word: str) -> bool:
    raw = path.read_bytes()
    texts = [raw]
    if path.suffix == ".parquet":
        texts.append(str(pq.read_table(path).to_pydict()).encode())
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            texts += [archive.read(name) for name in archive.namelist()]
    return (
        any(
            word.encode(encoding) in text
            for text in texts
            for encoding in ("utf-8", "cp1252", "utf-16-le")
        )
        or word in path.name
    )


@pytest.fixture(scope="module")
def homes(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, set[str], int]:
    home = tmp_path_factory.mktemp("home")
    pupil_id = int(run(home, "fill"))
    before = holders(home)
    assert run(home, "erase") == "1"
    return home, before, pupil_id


def test_the_canaries_were_everywhere(homes: tuple[Path, set[str], int]) -> None:
    _, before, _ = homes
    for place in ("koulutie.sqlite3", "batches/1/source", "inbox/done/packed.zip"):
        assert any(one.startswith(place) for one in before), (place, before)


def test_no_file_of_the_home_holds_them_any_more(
    homes: tuple[Path, set[str], int],
) -> None:
    home, _, _ = homes
    assert holders(home) == set()


def test_no_row_of_the_facts_holds_the_number(
    homes: tuple[Path, set[str], int],
) -> None:
    home, _, pupil_id = homes
    files = list((home / "facts").rglob("*.parquet"))
    assert files
    for path in files:
        table = pq.ParquetFile(path).read()
        if "pupil_id" in table.column_names:
            assert pupil_id not in table["pupil_id"].to_pylist(), path


def test_what_is_left_are_numbers_in_the_log_and_the_others(
    homes: tuple[Path, set[str], int],
) -> None:
    home, _, pupil_id = homes
    with sqlite3.connect(home / "koulutie.sqlite3") as database:
        named = database.execute(
            "SELECT count(*) FROM registry_openedpupil WHERE pupil_id = ?", [pupil_id]
        ).fetchone()
        others = database.execute("SELECT count(*) FROM registry_pupil").fetchone()
        kept = database.execute(
            "SELECT count(*) FROM intake_batch WHERE NOT is_purged"
        ).fetchone()
    assert named[0] == 5  # written about, opened, prepared, confirmed, erased
    assert others[0] > 6
    assert kept[0] == 1
    assert (home / "batches/4/source").exists()
