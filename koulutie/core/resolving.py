"""From the words of a source file to facts: who, where, what a mark means, which mark it is.

Every distinct word is looked up once, whatever the number of rows, so that a city's year of
six million marks takes a second or two.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from koulutie.core.errors import gettext_noop
from koulutie.core.marks import (
    LESSON_MINUTES,
    PRESENCE,
    UNTOLD,
    Kind,
    Numbers,
    mark_keys,
    word_hash,
)
from koulutie.core.tables import MARK, REJECTION

EPOCH = date(1970, 1, 1)
_FOREVER = 2**23  # days since 1970: an enrolment without an end


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


UNKNOWN_PUPIL = gettext_noop(
    "No pupil is known by the key %(pupil)s in %(source)s. Import the roster first, or "
    "check that the file comes from the right database."
)
NOT_ENROLLED = gettext_noop(
    "The pupil %(pupil)s was not enrolled on %(date)s. Check the dates in the roster."
)
OTHER_SCHOOL = gettext_noop(
    "On %(date)s the pupil %(pupil)s was enrolled in another school than the file names. "
    "Check the school, or import the mover's new enrolment first."
)


def resolve(raw: pa.Table, *, lookup: Lookup, brought: Brought) -> Resolved:
    """Turn RAW_MARK into MARK.

    Every distinct word is looked up once, whatever the number of rows. A row whose pupil is
    not known or not enrolled that day is rejected. A row of an unmapped type is neither
    counted nor dropped: its type is named in `unmapped`. A mark on a day without school
    stays and is told in `free_days`, because as often the calendar is what is wrong.
    """
    rows = _Rows.of(raw, lookup=lookup, brought=brought)
    unmapped = rows.counted_names(rows.is_placed & ~rows.is_mapped)
    good = rows.is_placed & rows.is_mapped
    marks = rows.marks(good)
    return Resolved(
        marks=marks,
        rejections=rows.rejections(),
        unmapped=unmapped,
        unknown_pupils=rows.unknown_pupils(),
        free_days=_free_days(marks, lookup.school_days),
        period=_period(marks),
    )


class _Codes:
    """A dictionary-coded column as numpy codes (-1: null) and its words."""

    def __init__(self, column: pa.ChunkedArray) -> None:
        coded = column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)
        if isinstance(coded, pa.ChunkedArray):
            coded = coded.chunk(0) if coded.num_chunks else pa.array([], column.type)
        self.array = coded
        self.words: list[str | None] = coded.dictionary.to_pylist()
        self.codes: Numbers = (
            coded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
        )

    def look_up(self, found: Callable[[str], int | None], missing: int) -> Numbers:
        """Return a number for each row, asking once per word."""
        asked = [missing if word is None else found(word) for word in self.words]
        numbers = [missing if one is None else one for one in asked]
        table: Numbers = np.array([*numbers, missing], dtype=np.int64)
        return table[self.codes]

    def hashes(self) -> NDArray[np.uint64]:
        """Return the word's hash for each row; 0 where there is none."""
        words = [*map(word_hash, self.words), 0]
        table: NDArray[np.uint64] = np.array(words, dtype=np.uint64)
        return table[self.codes]


@dataclass(kw_only=True)
class _Rows:
    """The rows of one raw table with what their words were found to mean."""

    raw: pa.Table
    lookup: Lookup
    brought: Brought
    pupils: _Codes
    names: _Codes
    pupil_ids: Numbers  # -1: not known
    days: Numbers  # since 1970
    enrolment: Numbers  # row of lookup.enrolments; -1: none
    school_ids: Numbers
    is_elsewhere: NDArray[np.bool_]
    meanings: list[Meaning | None]
    meaning: Numbers  # index into meanings

    @classmethod
    def of(cls, raw: pa.Table, *, lookup: Lookup, brought: Brought) -> _Rows:
        raw = raw.unify_dictionaries()
        pupils, names = _Codes(raw["pupil_key"]), _Codes(raw["type_name"])
        default = -1 if brought.pupil_id is None else brought.pupil_id
        pupil_ids = pupils.look_up(lambda key: lookup.pupils.get(key, -1), default)
        days = _ints(raw["date"].cast(pa.int32()))
        enrolment = _enrolled(pupil_ids, days, lookup.enrolments)
        school_ids = _taken(lookup.enrolments, "school_id", enrolment)
        named = _Codes(raw["school_number"]).look_up(
            lambda number: lookup.schools.get(number, -2), brought.school_id or -1
        )
        meanings, meaning = _meanings(names, school_ids, lookup)
        return cls(
            raw=raw,
            lookup=lookup,
            brought=brought,
            pupils=pupils,
            names=names,
            pupil_ids=pupil_ids,
            days=days,
            enrolment=enrolment,
            school_ids=school_ids,
            is_elsewhere=_differs(named, brought.school_id, school_ids, enrolment),
            meanings=meanings,
            meaning=meaning,
        )

    @property
    def is_placed(self) -> NDArray[np.bool_]:
        return (self.enrolment >= 0) & ~self.is_elsewhere

    @property
    def is_mapped(self) -> NDArray[np.bool_]:
        known = np.array([one is not None for one in self.meanings] or [False])
        return known[self.meaning]

    def counted_names(self, chosen: NDArray[np.bool_]) -> dict[str, int]:
        """Count the chosen rows by type name."""
        return _counts(self.names, chosen)

    def unknown_pupils(self) -> dict[str, int]:
        return _counts(self.pupils, self.pupil_ids < 0)

    def marks(self, good: NDArray[np.bool_]) -> pa.Table:
        """Return the good rows as MARK."""
        mask = pa.array(good)
        raw = self.raw.filter(mask)
        kinds = _by_code(self.meanings, lambda one: str(one.kind), pa.string())
        weights = _by_code(self.meanings, lambda one: one.lessons, pa.float32())
        meaning = pa.array(self.meaning[good].astype(np.int32))
        days = self.days[good]
        columns: dict[str, object] = {
            "mark_key": pa.array(self._keys(raw, good)),
            "school_year": pa.array(_school_years(days)),
            "month": pa.array(_months(days)),
            "school_id": pa.array(self.school_ids[good].astype(np.int32)),
            "class_id": pa.array(
                _taken(self.lookup.enrolments, "class_id", self.enrolment[good]).astype(
                    np.int32
                )
            ),
            "pupil_id": pa.array(self.pupil_ids[good]),
            "kind": pa.DictionaryArray.from_arrays(meaning, kinds),
            "lessons": weights.take(meaning),
            "version_at": raw["version_at"].fill_null(self.brought.exported_at),
            "batch_id": _same(self.brought.batch_id, len(raw), pa.int32()),
            "from_version": _same(0, len(raw), pa.int32()),
            "minutes": raw["minutes"].fill_null(LESSON_MINUTES),
        }
        return pa.table(
            {name: columns.get(name, _own(raw, name)) for name in MARK.names},
            schema=MARK,
        )

    def _keys(self, raw: pa.Table, good: NDArray[np.bool_]) -> Numbers:
        start, lesson = _ints(raw["start_minute"], -1), _ints(raw["lesson_no"], -1)
        slots = np.where(start >= 0, start, np.where(lesson >= 0, -2 - lesson, UNTOLD))
        presence = np.array(
            [one is not None and one.kind in PRESENCE for one in self.meanings]
            or [False]
        )
        words = [_Codes(raw[name]).hashes() for name in ("group_code", "teacher_code")]
        return mark_keys(
            pupil_ids=self.pupil_ids[good],
            dates=self.days[good],
            slots=slots,
            is_presence=presence[self.meaning[good]],
            words=[*words, _Codes(raw["type_name"]).hashes()],
            source_ids=_source_hashes(self.lookup.source_db, raw["source_mark_id"]),
        )

    def rejections(self) -> pa.Table:
        """Return a sentence for each row that has no pupil, enrolment or the right school."""
        bad = np.flatnonzero(~self.is_placed)
        rows = []
        for at in bad.tolist():
            code = self.pupils.codes[at]
            pupil = self.pupils.words[code] if code >= 0 else None
            day = (EPOCH + timedelta(days=int(self.days[at]))).isoformat()
            params = {
                "pupil": pupil or "?",
                "date": day,
                "source": self.lookup.source_db,
            }
            rows.append(
                {
                    "line": self.raw["line"][at].as_py(),
                    "reason": self._reason(at),
                    "params": json.dumps(params, ensure_ascii=False),
                    "raw": "; ".join(
                        (pupil or "", day, self.names.words[self.names.codes[at]] or "")
                    ),
                }
            )
        return pa.Table.from_pylist(rows, schema=REJECTION)

    def _reason(self, at: int) -> str:
        if self.pupil_ids[at] < 0:
            return UNKNOWN_PUPIL
        return OTHER_SCHOOL if self.is_elsewhere[at] else NOT_ENROLLED


def _enrolled(pupils: Numbers, days: Numbers, enrolments: pa.Table) -> Numbers:
    """Return for each row the enrolment that holds the day: the latest begun; -1: none."""
    size = len(enrolments)
    if not size:
        return np.full(len(pupils), -1, dtype=np.int64)
    owner = _ints(enrolments["pupil_id"])
    begins = _ints(enrolments["from_"].cast(pa.int32()))
    ends = _ints(enrolments["to"].cast(pa.int32()), _FOREVER)
    order = np.lexsort((begins, owner))
    packed = (owner[order] << 24) | begins[order]
    at = np.searchsorted(packed, (pupils << 24) | days, side="right") - 1
    found = np.full(len(pupils), -1, dtype=np.int64)
    # A short stay inside a longer one hides it after its end: look further back, a few times.
    for _ in range(6):
        open_ = (found < 0) & (at >= 0)
        if not open_.any():
            break
        row = order[np.where(open_, at, 0)]
        fits = open_ & (owner[row] == pupils) & (ends[row] > days)
        found[fits] = row[fits]
        at = np.where(open_ & (owner[row] == pupils), at - 1, -1)
    return found


def _differs(
    named: Numbers, only: int | None, school_ids: Numbers, enrolment: Numbers
) -> NDArray[np.bool_]:
    """Say which rows are about another school than the row or the file names."""
    wrong: NDArray[np.bool_] = (named != -1) & (named != school_ids)
    if only is not None:
        wrong |= school_ids != only
    is_known: NDArray[np.bool_] = enrolment >= 0
    return wrong & is_known


def _meanings(
    names: _Codes, school_ids: Numbers, lookup: Lookup
) -> tuple[list[Meaning | None], Numbers]:
    """Return the distinct meanings, and for each row the index of its own."""
    pairs = (school_ids + 1) * (len(names.words) + 1) + names.codes + 1
    distinct, index = np.unique(pairs, return_inverse=True)
    found: list[Meaning | None] = []
    for pair in distinct.tolist():
        school, code = divmod(pair, len(names.words) + 1)
        word = names.words[code - 1] if code else None
        found.append(lookup.meaning(school - 1, word) if word else None)
    return found, index.astype(np.int64)


def _by_code(
    meanings: list[Meaning | None], told: Callable[[Meaning], object], kind: pa.DataType
) -> pa.Array:
    return pa.array([None if one is None else told(one) for one in meanings], kind)


def _counts(codes: _Codes, chosen: NDArray[np.bool_]) -> dict[str, int]:
    counts = np.bincount(codes.codes[chosen] + 1, minlength=len(codes.words) + 1)
    named = {
        word or "": int(n) for word, n in zip(codes.words, counts[1:], strict=True) if n
    }
    return named | ({"": int(counts[0])} if counts[0] else {})


def _source_hashes(source_db: str, ids: pa.ChunkedArray) -> NDArray[np.uint64]:
    """Hash the source's own ids; 0 where there is none, which is the usual case."""
    hashes = np.zeros(len(ids), dtype=np.uint64)
    if ids.null_count < len(ids):
        for at, told in enumerate(ids.to_pylist()):
            if told:
                hashes[at] = word_hash(f"{source_db}\n{told}")
    return hashes


def _ints(column: pa.ChunkedArray, missing: int = 0) -> Numbers:
    filled = column.cast(pa.int64()).fill_null(missing)
    return np.asarray(filled.to_numpy(), dtype=np.int64)


def _taken(table: pa.Table, name: str, rows: Numbers) -> Numbers:
    """Return a column's numbers at the rows; -1 where the row is -1."""
    values = np.append(_ints(table[name], -1), -1)
    return values[np.where(rows < 0, len(values) - 1, rows)]


def _school_years(days: Numbers) -> NDArray[np.int16]:
    """Return the year in which each day's school year began (1 August)."""
    months = days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    return ((months - 7) // 12 + 1970).astype(np.int16)


def _months(days: Numbers) -> NDArray[np.int8]:
    months = days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    return (months % 12 + 1).astype(np.int8)


def _same(value: int, size: int, kind: pa.DataType) -> pa.Array:
    return pa.repeat(pa.scalar(value, kind), size)


def _own(raw: pa.Table, name: str) -> pa.ChunkedArray | None:
    """Return a column that facts take over from the source as it is."""
    return raw[name] if name in raw.column_names else None


def _free_days(
    marks: pa.Table, school_days: Mapping[int, Collection[date]]
) -> dict[date, int]:
    """Count marks on days that the school's calendar does not know as school days."""
    counts: dict[date, int] = {}
    grouped = marks.group_by(["school_id", "date"]).aggregate([([], "count_all")])
    for row in grouped.to_pylist():
        known = school_days.get(row["school_id"])
        if known is not None and row["date"] not in known:
            counts[row["date"]] = counts.get(row["date"], 0) + row["count_all"]
    return dict(sorted(counts.items()))


def _period(marks: pa.Table) -> tuple[date, date] | None:
    if not len(marks):
        return None
    ends = pc.min_max(marks["date"]).as_py()
    return ends["min"], ends["max"]
