"""The rows of a roster and what taking them in changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

import pyarrow as pa

from koulutie.core.tables import RAW_ROSTER, conform

BATCH = 2000  # rows in one statement


class Row(NamedTuple):
    """One row of RAW_ROSTER; no text is an empty string, whatever the source had."""

    line: int
    pupil_key: str  # of whoever the row is about: pupil, guardian or staff
    learner_oid: str
    hetu: str
    first_name: str
    last_name: str
    school_number: str
    school_name: str
    class_code: str
    grade: int | None
    language: str
    from_: date | None
    to: date | None
    is_protected: bool | None
    person_role: str
    staff_role: str
    related_keys: str


class Notice(NamedTuple):
    """A sentence for who took the roster in; line 0 is about the whole of it."""

    line: int
    message: str  # message id with named placeholders
    params: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterReport:
    """What a roster changed: a number for each kind of change, and what to look at."""

    counts: Counter[str] = field(default_factory=Counter)
    notices: list[Notice] = field(default_factory=list)

    def tell(self, line: int, message: str, **params: object) -> None:
        """Add a sentence about a row."""
        self.notices.append(Notice(line, message, params))


def rows_of(roster: pa.Table) -> Iterator[Row]:
    """Yield the rows of a RAW_ROSTER table."""
    columns = conform(roster, RAW_ROSTER).to_pydict()
    for name, kind in zip(RAW_ROSTER.names, RAW_ROSTER.types, strict=True):
        if pa.types.is_string(kind):
            columns[name] = [(value or "").strip() for value in columns[name]]
    for values in zip(*columns.values(), strict=True):
        yield Row(*values)
