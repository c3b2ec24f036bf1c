"""Read a file from outside in a child process with limits, so that it cannot take us along.

The child (`actions.reader`) is started once, reads some files, and is replaced. A file that
needs too much memory or time, or that brings the parser down, costs the child its life and
its sender a sentence.
"""

from __future__ import annotations

import atexit
import io
import json
import os
import pickle
import subprocess
import sys
import threading
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import IO, Any

import pyarrow as pa
from django.conf import settings

import koulutie
from koulutie.core.dialects.reading import Note, Reading, ReadOptions
from koulutie.core.errors import (
    DefinitionError,
    DomainError,
    Fault,
    IntakeError,
    SourceError,
    gettext_noop,
)
from koulutie.intake.actions.reader import TABLES, Asked, Tell

# A child reads so many files; then a fresh one takes its place, whatever they left behind.
FILES_OF_A_CHILD = 50

TOO_LARGE = gettext_noop(
    "%(file)s could not be read within %(megabytes)s megabytes of memory, and reading was "
    "stopped. Nothing was kept. Export a shorter time or fewer schools, or choose the "
    "exported file itself."
)
TOO_SLOW = gettext_noop(
    "%(file)s could not be read in %(seconds)s seconds, and reading was stopped. Nothing "
    "was kept. Export a shorter time or fewer schools, or choose the exported file itself."
)
BROKE_OFF = gettext_noop(
    "%(file)s brought its reader down, and reading was stopped. Nothing was kept. Export "
    "it again from its own system."
)
_REFUSALS: Mapping[str, type[DomainError]] = {
    kind.__name__: kind for kind in (SourceError, IntakeError, DefinitionError)
}


class Child:
    """One reading process."""

    def __init__(self, megabytes: int) -> None:
        self.megabytes = megabytes
        self.files_read = 0
        self.process = subprocess.Popen(  # noqa: S603  # our own module by our own Python
            [sys.executable, "-m", "koulutie.intake.actions.reader", str(megabytes)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # a parser's last words may quote the file
            env=bare_environment(),
        )

    @property
    def is_usable(self) -> bool:
        """Say whether it lives and has not read its share."""
        is_alive = self.process.poll() is None
        return is_alive and self.files_read < FILES_OF_A_CHILD

    def read(self, asked: Asked, *, tell: Tell, seconds: float) -> Reading:
        """Ask for one file and wait for what is in it."""
        self.files_read += 1
        is_late = threading.Event()
        watch = threading.Timer(seconds, self._stop_late, (is_late,))
        watch.daemon = True
        watch.start()
        name = asked.options.file_name
        try:
            return self._answer(asked, tell)
        except (EOFError, OSError, ValueError, pa.ArrowException) as error:
            self.close()
            if is_late.is_set():
                raise SourceError(
                    TOO_SLOW, file=name, seconds=f"{seconds:g}"
                ) from error
            raise SourceError(BROKE_OFF, file=name) from error
        except BaseException:
            self.close()  # what is still in its pipe belongs to nobody
            raise
        finally:
            watch.cancel()

    def close(self) -> None:
        """End the process and let go of its pipes."""
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe:
                try:
                    pipe.close()
                except OSError:
                    pass  # it died with a question unread

    def _stop_late(self, is_late: threading.Event) -> None:
        is_late.set()
        self.process.kill()

    def _answer(self, asked: Asked, tell: Tell) -> Reading:
        questions, answers = self.process.stdin, self.process.stdout
        if questions is None or answers is None:
            raise Fault("the reader has no pipes")
        pickle.dump(asked, questions)
        questions.flush()
        while True:
            line = _line(answers)
            if "percent" in line:
                tell(float(line["percent"]))
            elif "read" in line:
                return _reading(line["read"], answers)
            else:
                raise self._refusal(line, asked.options.file_name)

    def _refusal(self, line: Mapping[str, Any], name: str) -> Exception:
        if "refused" in line:
            told = line["refused"]
            kind = _REFUSALS.get(told["kind"], SourceError)
            return kind(told["message"], **told["params"])
        if line.get("fault") == "MemoryError":
            return SourceError(TOO_LARGE, file=name, megabytes=self.megabytes)
        return Fault(f"the reader met a {line['fault']} at {line['where']}")


def bare_environment() -> dict[str, str]:
    """Return the child's environment: no secret, no address, no setting."""
    root = str(Path(koulutie.__file__).resolve().parent.parent)
    kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    return kept | {
        "PYTHONPATH": root,
        "PYTHONDONTWRITEBYTECODE": "1",  # it may write no file
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }


def _line(answers: IO[bytes]) -> dict[str, Any]:
    text = answers.readline()
    if not text:
        raise EOFError
    line: dict[str, Any] = json.loads(text)
    return line


def _reading(told: Mapping[str, Any], answers: IO[bytes]) -> Reading:
    """Put a reading together again."""
    tables = {name: pa.ipc.open_stream(_Plain(answers)).read_all() for name in TABLES}
    days = tuple(map(date.fromisoformat, told["complete_for"]))
    return Reading(
        dialect=told["dialect"],
        rows_read=told["rows_read"],
        shape=told["shape"],
        notes=tuple(Note(message, params) for message, params in told["notes"]),
        complete_for=(days[0], days[1]) if days else None,
        page_totals={
            date.fromisoformat(day): total for day, total in told["page_totals"].items()
        },
        legend=tuple(told["legend"]),
        **tables,
    )


class _Plain(io.RawIOBase):
    """The pipe without its `close`: Arrow closes what it has read to the end."""

    def __init__(self, pipe: IO[bytes]) -> None:
        self.pipe = pipe

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        return self.pipe.read(size)


_lock = threading.Lock()
_children: list[Child] = []  # at most one, usable or not


def read_confined(
    path: Path, *, size: int, options: ReadOptions, tell: Tell
) -> Reading:
    """Return what the file holds, read by the child within the settings' limits.

    Raises
    ------
    SourceError
        The file is of no known kind or not what it claims to be; it needs more memory or
        time than a file may; or it brought the reader down.
    """
    with _lock:
        if not (_children and _children[0].is_usable):
            stop()
            _children.append(Child(settings.READ_MEGABYTES))
        asked = Asked(path=path, size=size, options=options)
        return _children[0].read(asked, tell=tell, seconds=settings.READ_SECONDS)


def stop() -> None:
    """End the child, if there is one."""
    while _children:
        _children.pop().close()


atexit.register(stop)
