"""What a file's words are asked of, and what resolving them gives back."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

import pyarrow as pa

from koulutie.core.marks import Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """What a mark type's name means in a school."""

    kind: Kind
    lessons: float  # absent lessons that one mark counts for


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookup:
    """Who and what the words of one source database mean."""

    source_db: str
    pupils: Mapping[str, int]  # pupil key -> pupil id
    schools: Mapping[str, int]  # school number -> school id
    enrolments: pa.Table  # ENROLMENT
    meanings: Mapping[
        tuple[int | None, str], Meaning
    ]  # (school id, None: all) and name
    school_days: Mapping[int, Collection[date]]  # school id -> its school days

    def meaning(self, school_id: int, type_name: str) -> Meaning | None:
        """Return the school's own meaning of a name, else the municipality's."""
        own = self.meanings.get((school_id, type_name))
        return own or self.meanings.get((None, type_name))


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """What the batch says about all of its rows."""

    batch_id: int
    exported_at: int  # seconds since 1970 UTC; the time of rows that tell none
    pupil_id: int | None = None  # whose page it is, where rows name no pupil
    school_id: int | None = None  # the file is about this school only


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """Marks as facts, and what could not become one."""

    marks: pa.Table  # MARK; only rows of mapped types
    rejections: pa.Table  # REJECTION
    unmapped: Mapping[
        str, int
    ]  # type name -> rows; not in `marks`, they block acceptance
    unknown_pupils: Mapping[str, int]  # pupil key -> rows
    free_days: Mapping[
        date, int
    ]  # day without school in the calendar -> rows, counted all the same
    period: tuple[date, date] | None  # first and last day of `marks`
