"""What every dialect returns: rows as the source wrote them, and what could not be read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import pyarrow as pa

from koulutie.core.definitions import MappingProfile
from koulutie.core.tables import RAW_MARK, RAW_OFFERED, RAW_ROSTER, REJECTION, empty

# A row's text is kept for the person who mends it; a broken file may hold a "row" of megabytes.
MOST_RAW = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadOptions:
    """What the asker knows about a file and the file itself may not say."""

    file_name: str = ""
    profile: MappingProfile | None = None  # how the columns are laid out
    profiles: tuple[MappingProfile, ...] = ()  # candidates, where none was chosen
    # Known grids of lesson starts and ends, minutes after midnight; for pages without times.
    lesson_grids: tuple[tuple[tuple[int, int], ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Note:
    """A sentence about the file: a message id and what its placeholders stand for."""

    message: str
    params: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.message % self.params if self.params else self.message


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A file as read. Tables that the format does not carry are empty."""

    dialect: str
    marks: pa.Table = field(default_factory=lambda: empty(RAW_MARK))
    offered: pa.Table = field(default_factory=lambda: empty(RAW_OFFERED))
    roster: pa.Table = field(default_factory=lambda: empty(RAW_ROSTER))
    rejections: pa.Table = field(default_factory=lambda: empty(REJECTION))
    rows_read: int  # rows, cells or events looked at, rejected ones included
    shape: Mapping[str, str]  # encoding, separator, header, sheet ... as found
    notes: tuple[Note, ...] = ()
    # A page that is all its source has of one pupil over [from_, to).
    complete_for: tuple[date, date] | None = None
    # Day totals that the page itself prints; compared after the types are mapped.
    page_totals: Mapping[date, float] = field(default_factory=dict)
    legend: tuple[str, ...] = ()  # all type names that the file knows, used or not


@dataclass(slots=True)
class Rejections:
    """Collects rows that could not be read."""

    rows: list[dict[str, object]] = field(default_factory=list)

    def add(self, line: int, message: str, raw: str, **params: object) -> None:
        """Reject one row with a message id, its parameters and the text as it stood."""
        self.rows.append(
            {
                "line": line,
                "reason": message,
                "params": json.dumps(params, ensure_ascii=False, default=str),
                "raw": raw[:MOST_RAW],
            }
        )

    def table(self) -> pa.Table:
        """Return REJECTION in the order of the file."""
        rows = sorted(self.rows, key=lambda row: int(str(row["line"])))
        return pa.Table.from_pylist(rows, schema=REJECTION)
