"""The child process that reads files from outside: little memory, little time, no rights.

It knows neither Django nor a secret, writes no file, and is killed without harm: a hostile
file can stop it and nothing else. It is started and asked by `actions.confining`.

One request is one pickled `Asked` on the standard input (it comes from us). The answer is
lines of JSON on the standard output, never a pickle, because it comes from whoever made the
file: ``{"percent": 12}`` any number of times, then ``{"refused": ...}``, ``{"fault": ...}``
or ``{"read": ...}``, which the four tables follow as Arrow streams.
"""

from __future__ import annotations

import io
import json
import os
import pickle
import resource
import signal
import sys
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa

from koulutie.core import dialects
from koulutie.core.dialects.reading import Reading, ReadOptions
from koulutie.core.errors import DomainError

MOST_SIGNS = 400  # of a value in a sentence
PIECE = 256 * 1024  # bytes read at a time
TABLES = ("marks", "offered", "roster", "rejections")
Tell = Callable[[float], None]  # percent


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One file to be read."""

    path: Path
    size: int  # bytes, for the percents
    options: ReadOptions


class Counted(io.RawIOBase):
    """A file that tells how much of it has been read, at most a hundred times."""

    def __init__(self, file: BinaryIO, size: int, tell: Tell) -> None:
        self.file = file
        self.size = max(size, 1)
        self.tell_percent = tell
        self.told = -1

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        return self.file.seek(offset, whence)

    def tell(self) -> int:
        return self.file.tell()

    def readinto(self, buffer: object, /) -> int:
        view = memoryview(buffer)  # type: ignore[arg-type]  # what io hands over
        piece = self.file.read(len(view))
        view[: len(piece)] = piece
        percent = 100 * self.file.tell() // self.size
        if percent > self.told:
            self.told = percent
            self.tell_percent(percent)
        return len(piece)


def confine(megabytes: int) -> None:
    """Give up memory beyond so much, all writing to disks, and traces of a crash."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is for the parent to act on
    # Address space, of which a process with Arrow and its threads holds much and uses little.
    memory = megabytes * 1024 * 1024
    if sys.platform == "linux":  # elsewhere it cannot be lowered, and time alone bounds
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    for limit in (resource.RLIMIT_FSIZE, resource.RLIMIT_CORE):
        resource.setrlimit(limit, (0, 0))


def main() -> None:
    """Read what is asked until the parent hangs up."""
    confine(int(sys.argv[1]))
    # What a library prints must not get between the answers.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    while True:
        try:
            asked: Asked = pickle.load(sys.stdin.buffer)  # noqa: S301  # from our parent
        except EOFError:
            return
        answer(asked, answers)


def answer(asked: Asked, answers: BinaryIO) -> None:
    """Answer one request."""

    def say(**line: object) -> None:
        answers.write(json.dumps(line, default=str).encode() + b"\n")
        answers.flush()

    try:
        with asked.path.open("rb") as file:
            counted = Counted(file, asked.size, lambda percent: say(percent=percent))
            source = io.BufferedReader(counted, PIECE)
            reading = dialects.read(source, options=asked.options)
        say(read=described(reading))
        for name in TABLES:
            send(getattr(reading, name), answers)
    except DomainError as refusal:
        kind = type(refusal).__name__
        params = shortened(refusal.params)
        say(refused={"kind": kind, "message": refusal.message, "params": params})
    except MemoryError:
        say(fault="MemoryError", where=[])
    except Exception as error:  # noqa: BLE001  # of any kind; the parent raises it anew
        # Its message may quote the file; where it happened does not.
        frames = traceback.extract_tb(error.__traceback__)
        say(
            fault=type(error).__name__,
            where=[f"{one.filename}:{one.lineno}" for one in frames],
        )


def send(table: pa.Table, answers: BinaryIO) -> None:
    """Write one table as an Arrow stream."""
    with pa.ipc.new_stream(answers, table.schema) as stream:
        stream.write_table(table)
    answers.flush()


def shortened(params: Mapping[str, object]) -> dict[str, object]:
    """Return a sentence's values, none longer than a person reads."""
    return {
        name: value if isinstance(value, int | float) else str(value)[:MOST_SIGNS]
        for name, value in params.items()
    }


def described(reading: Reading) -> dict[str, object]:
    """Return all of a reading but its tables, as JSON values."""
    return {
        "dialect": reading.dialect,
        "rows_read": reading.rows_read,
        "shape": dict(reading.shape),
        "notes": [[note.message, shortened(note.params)] for note in reading.notes],
        "complete_for": [day.isoformat() for day in reading.complete_for or ()],
        "page_totals": {
            day.isoformat(): total for day, total in reading.page_totals.items()
        },
        "legend": list(reading.legend),
    }


if __name__ == "__main__":
    main()
