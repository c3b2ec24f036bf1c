"""The product's own path from CSV to figures and crossings, without the web around it.

``python -m bench.ours year FOLDER ROOT`` brings the year into a new store at ROOT;
``before`` that without its last day; ``day`` brings `day.csv` into the store of ``before``.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pyarrow.parquet as pq

from bench.bare import WORDS
from bench.data import AS_OF, numbers
from koulutie import catalog
from koulutie.core.dialects import delimited
from koulutie.core.dialects.reading import ReadOptions
from koulutie.core.marks import Kind
from koulutie.core.resolving import Brought, Lookup, Meaning, resolve
from koulutie.facts import ingest, nightly
from koulutie.facts.store import Draft, Store, Version


def lookup(folder: Path) -> Lookup:
    """Return what resolving asks the registry for."""
    roster, schools = numbers(folder)
    keys = roster["pupil_key"].to_pylist()
    return Lookup(
        source_db="primus",
        pupils={key: at for at, key in enumerate(keys, start=1)},
        schools=schools,
        enrolments=pq.read_table(folder / "registry/enrolments.parquet"),
        meanings={
            (None, word): Meaning(
                kind=Kind(kind), lessons=float(kind.startswith("absence"))
            )
            for kind, words in WORDS.items()
            for word in words
        },
        school_days={},
    )


def bring(folder: Path, draft: Draft, number: int, marks_file: str) -> None:
    """Read, resolve and put one file of marks; refresh figures and crossings."""
    known = catalog.load()
    options = ReadOptions(file_name=marks_file, profile=known.profiles["own-csv"])
    with (folder / marks_file).open("rb") as file:
        reading = delimited.read(file, options=options)
    brought = Brought(batch_id=number, exported_at=number)
    found = resolve(reading.marks, lookup=lookup(folder), brought=brought)
    assert not found.unmapped
    del reading
    for name in ("enrolments", "calendar", "lesson_plans"):
        table = pq.read_table(folder / f"registry/{name}.parquet")
        ingest.replace(draft, name, table)
    change = ingest.put_marks(draft, found.marks, number=number)
    del found
    nightly.refresh(
        draft,
        indicators=known.indicators.values(),
        ladders={None: known.ladders["koulutie-demo"]},
        as_of=AS_OF,
        pupil_ids=None if number == 1 else change.pupil_ids,
    )


def fresh(folder: Path, root: str, marks_file: str) -> None:
    """Make a store of one file, and note its version beside it."""
    with Store(root).begin(None) as draft:
        bring(folder, draft, 1, marks_file)
        note(root, draft)


def note(root: str, draft: Draft) -> None:
    """Write down which version is the newest, as the database would."""
    Path(root, "version.json").write_text(json.dumps(dict(draft.tables)))


def latest(root: str) -> Version:
    """Return the newest version of the store."""
    return Version(number=1, tables=json.loads(Path(root, "version.json").read_text()))


def day(folder: Path, root: str) -> None:
    """Bring one day into the store."""
    with Store(root).begin(latest(root)) as draft:
        bring(folder, draft, 2, "day.csv")
        note(root, draft)


def main(what: str, folder: str, root: str) -> None:
    match what:
        case "year":
            fresh(Path(folder), root, "lesson_mark.csv")
        case "before":
            fresh(Path(folder), root, "before.csv")
        case "day":
            day(Path(folder), root)
        case _:
            raise SystemExit(f"{what}: say year, before or day")


if __name__ == "__main__":
    main(*sys.argv[1:])
