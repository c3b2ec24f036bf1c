"""A block of raw rows with what their words were found to mean."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from koulutie.core.marks import (
    LESSON_MINUTES,
    PRESENCE,
    UNTOLD,
    Hashes,
    Kind,
    Numbers,
    mark_keys,
    text_hashes,
)
from koulutie.core.resolving import sentences
from koulutie.core.resolving.asking import Brought, Lookup
from koulutie.core.resolving.stays import Stays
from koulutie.core.resolving.words import (
    Codes,
    Meanings,
    codes_of,
    counted,
    hashed,
    looked_up,
    numbers_of,
    one_array,
    words_of,
)
from koulutie.core.tables import MARK

Flags = NDArray[np.bool_]

KINDS = tuple(Kind)
_KIND_WORDS = pa.array([str(kind) for kind in KINDS])
_IS_PRESENCE = np.array([kind in PRESENCE for kind in KINDS])
_NO_SCHOOL_NAMED = -1
_UNKNOWN_SCHOOL = -2


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is the same for all rows: every word's meaning, looked up once."""

    lookup: Lookup
    brought: Brought
    stays: Stays
    pupil_words: pa.Array
    type_words: pa.Array
    pupil_ids: Numbers  # by code of pupil_key; -1: not known
    school_ids: Numbers  # by code of school_number
    hashes: dict[str, Hashes]  # by column, then code
    meanings: Meanings

    @classmethod
    def of(cls, raw: pa.Table, *, lookup: Lookup, brought: Brought) -> Known:
        """Look up the words of RAW_MARK whose chunks share their dictionaries."""
        pupils, types = words_of(raw["pupil_key"]), words_of(raw["type_name"])
        stays = Stays.of(lookup.enrolments)
        asked_for = -1 if brought.pupil_id is None else brought.pupil_id
        return cls(
            lookup=lookup,
            brought=brought,
            stays=stays,
            pupil_words=pupils,
            type_words=types,
            pupil_ids=looked_up(
                pupils, lambda key: lookup.pupils.get(key, -1), missing=asked_for
            ),
            school_ids=looked_up(
                words_of(raw["school_number"]),
                lambda number: lookup.schools.get(number, _UNKNOWN_SCHOOL),
                missing=_NO_SCHOOL_NAMED,
            ),
            hashes={
                name: hashed(words_of(raw[name]))
                for name in ("group_code", "teacher_code", "type_name")
            },
            meanings=Meanings(
                lookup=lookup, names=types.to_pylist(), school_ids=stays.schools
            ),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Some rows of RAW_MARK; arrays of shape (rows,)."""

    raw: pa.Table
    known: Known
    pupils: Codes
    types: Codes
    pupil_ids: Numbers  # -1: not known
    days: Numbers  # since 1970
    stay: Numbers  # row of known.stays; -1: none
    is_elsewhere: Flags
    is_for_another: Flags  # names another school than the one that the file is about
    meaning: Numbers  # place in known.meanings.found

    @classmethod
    def of(cls, raw: pa.Table, known: Known) -> Rows:
        """Find out who, where and what for each row."""
        pupils, types = codes_of(raw["pupil_key"]), codes_of(raw["type_name"])
        pupil_ids, days = known.pupil_ids[pupils], numbers_of(raw["date"])
        stay = known.stays.on(pupil_ids, days)
        named = known.school_ids[codes_of(raw["school_number"])]
        return cls(
            raw=raw,
            known=known,
            pupils=pupils,
            types=types,
            pupil_ids=pupil_ids,
            days=days,
            stay=stay,
            is_elsewhere=_differs(named, known.brought.school_id, stay, known.stays),
            is_for_another=_names_another(named, known.brought.school_id),
            meaning=known.meanings.of(known.stays.places[stay], types),
        )

    @property
    def is_placed(self) -> Flags:
        """Say which rows have a pupil who was where they say."""
        return (self.stay >= 0) & ~self.is_elsewhere

    @property
    def is_mapped(self) -> Flags:
        """Say which rows are of a type that has a meaning in their school."""
        told = [one is not None for one in self.known.meanings.found]
        return np.array(told, dtype=np.bool_)[self.meaning]

    def unmapped(self) -> Counter[str]:
        """Count the rows that only lack a meaning, by type name."""
        chosen = self.is_placed & ~self.is_mapped
        return counted(self.types[chosen], self.known.type_words)

    def unknown_pupils(self) -> Counter[str]:
        """Count the rows of pupils whom nobody knows, by their key."""
        unknown = (self.pupil_ids < 0) & ~self.is_for_another
        return counted(self.pupils[unknown], self.known.pupil_words)

    def rejections(self) -> pa.Table:
        """Return a sentence for each row that has no pupil, enrolment or the right school."""
        bad = np.flatnonzero(~self.is_placed)
        return sentences.rejections(
            self.raw.take(pa.array(bad)),
            [self._reason(at) for at in bad.tolist()],
            source_db=self.known.lookup.source_db,
        )

    def _reason(self, at: int) -> str:
        if self.is_for_another[at]:
            return sentences.FOR_ANOTHER_SCHOOL
        if self.pupil_ids[at] < 0:
            return sentences.UNKNOWN_PUPIL
        if self.is_elsewhere[at]:
            return sentences.OTHER_SCHOOL
        return sentences.NOT_ENROLLED

    def marks(self) -> pa.Table:
        """Return the rows that are placed and mapped as MARK."""
        good = self.is_placed & self.is_mapped
        raw = self.raw if good.all() else self.raw.filter(pa.array(good))
        kinds, lessons = self._meant(good)
        days, stay, stays = self.days[good], self.stay[good], self.known.stays
        brought, size = self.known.brought, len(raw)
        columns: dict[str, object] = {
            "mark_key": pa.array(self._keys(raw, good, kinds)),
            "school_year": pa.array(_school_years(days)),
            "month": pa.array(_months(days)),
            "school_id": pa.array(stays.school_ids[stay].astype(np.int32)),
            "class_id": pa.array(stays.class_ids[stay].astype(np.int32)),
            "pupil_id": pa.array(self.pupil_ids[good]),
            "minutes": raw["minutes"].fill_null(LESSON_MINUTES),
            "kind": pa.DictionaryArray.from_arrays(pa.array(kinds), _KIND_WORDS),
            "lessons": pa.array(lessons),
            "version_at": raw["version_at"].fill_null(brought.exported_at),
            "batch_id": _same(brought.batch_id, size, pa.int32()),
            "from_version": _same(0, size, pa.int32()),
        }
        own = {name: raw[name] for name in MARK.names if name not in columns}
        return pa.table(
            {name: (columns | own)[name] for name in MARK.names}, schema=MARK
        )

    def _meant(self, good: Flags) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """Return for each good row the kind's place in `KINDS` and the absent lessons."""
        found = self.known.meanings.found
        kinds = [-1 if one is None else KINDS.index(one.kind) for one in found]
        lessons = [0.0 if one is None else one.lessons for one in found]
        meaning = self.meaning[good]
        return (
            np.array(kinds, dtype=np.int32)[meaning],
            np.array(lessons, dtype=np.float32)[meaning],
        )

    def _keys(self, raw: pa.Table, good: Flags, kinds: NDArray[np.int32]) -> Numbers:
        start, lesson = (
            numbers_of(raw[name], -1) for name in ("start_minute", "lesson_no")
        )
        slots = np.where(start >= 0, start, np.where(lesson >= 0, -2 - lesson, UNTOLD))
        return mark_keys(
            pupil_ids=self.pupil_ids[good],
            dates=self.days[good],
            slots=slots,
            is_presence=_IS_PRESENCE[kinds],
            words=[
                hashes[codes_of(raw[name])]
                for name, hashes in self.known.hashes.items()
            ],
            source_ids=self._source_ids(raw["source_mark_id"]),
        )

    def _source_ids(self, ids: pa.ChunkedArray) -> Hashes:
        if ids.null_count == len(ids):
            return np.zeros(len(ids), dtype=np.uint64)
        return text_hashes(one_array(ids), salt=self.known.lookup.source_db)


def _differs(named: Numbers, only: int | None, stay: Numbers, stays: Stays) -> Flags:
    """Say which rows are about another school than the row or the file names."""
    school_ids = stays.school_ids[stay]
    wrong: Flags = (named != _NO_SCHOOL_NAMED) & (named != school_ids)
    if only is not None:
        wrong |= school_ids != only
    is_known: Flags = stay >= 0
    return wrong & is_known


def _names_another(named: Numbers, only: int | None) -> Flags:
    """Say which rows name another school than the only one that was asked for."""
    if only is None:
        return np.zeros(len(named), dtype=np.bool_)
    another: Flags = (named != _NO_SCHOOL_NAMED) & (named != only)
    return another


def _school_years(days: Numbers) -> NDArray[np.int16]:
    """Return the year in which each day's school year began (1 August)."""
    return ((_months_since_1970(days) - 7) // 12 + 1970).astype(np.int16)


def _months(days: Numbers) -> NDArray[np.int8]:
    return (_months_since_1970(days) % 12 + 1).astype(np.int8)


def _months_since_1970(days: Numbers) -> Numbers:
    return days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)


def _same(value: int, size: int, kind: pa.DataType) -> pa.Array:
    return pa.repeat(pa.scalar(value, kind), size)
