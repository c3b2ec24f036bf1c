"""Columns of words as numbers, and what the words were found to mean: each asked once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from koulutie.core.marks import Hashes, Numbers, text_hashes
from koulutie.core.resolving.asking import Lookup, Meaning

Codes = NDArray[np.int32]


def codes_of(column: pa.ChunkedArray) -> Codes:
    """Return a dictionary-coded column's codes; -1 where it is null."""
    codes: Codes = one_array(column).indices.fill_null(-1).to_numpy()
    return codes


def words_of(column: pa.ChunkedArray) -> pa.Array:
    """Return the words of a dictionary-coded column; all its chunks share them."""
    return one_array(column.slice(0, 1)).dictionary


def one_array(column: pa.ChunkedArray) -> pa.Array:
    """Return a column's values in one piece."""
    whole = column.combine_chunks()
    if isinstance(whole, pa.ChunkedArray):
        return whole.chunk(0) if whole.num_chunks else pa.array([], column.type)
    return whole


def numbers_of(column: pa.ChunkedArray, missing: int = 0) -> Numbers:
    """Return a column of whole numbers or days, with a number for null."""
    whole = one_array(column)
    if pa.types.is_date32(whole.type):
        whole = whole.cast(pa.int32())
    numbers: Numbers = whole.fill_null(missing).to_numpy().astype(np.int64)
    return numbers


def looked_up(words: pa.Array, found: Callable[[str], int], *, missing: int) -> Numbers:
    """Return a number for each word, and last one for rows without a word: code -1."""
    asked = [missing if word is None else found(word) for word in words.to_pylist()]
    return np.array([*asked, missing], dtype=np.int64)


def hashed(words: pa.Array) -> Hashes:
    """Return a hash for each word, and last 0 for rows without a word."""
    return np.append(text_hashes(words), np.uint64(0))


def counted(codes: Codes, words: pa.Array) -> Counter[str]:
    """Count rows by word; rows without a word under the empty word."""
    counts = np.bincount(codes + 1, minlength=len(words) + 1)
    found = Counter({"": int(counts[0])}) if counts[0] else Counter()
    for code in np.flatnonzero(counts[1:]).tolist():
        found[words[code].as_py() or ""] += int(counts[code + 1])
    return found


@dataclass(slots=True, kw_only=True)
class Meanings:
    """The meanings of type names in schools, numbered in the order they were asked for."""

    lookup: Lookup
    names: list[str | None]  # by code
    school_ids: list[int]  # by the school's place
    found: list[Meaning | None] = field(default_factory=list)
    numbers: Numbers = field(init=False)  # of school place and code; -1: not asked

    def __post_init__(self) -> None:
        size = (len(self.school_ids) + 1) * (len(self.names) + 1)
        self.numbers = np.full(size, -1, dtype=np.int64)

    def of(self, places: Numbers, names: Codes) -> Numbers:
        """Return the number of each row's meaning; place -1: no school is known."""
        pairs = (places + 1) * (len(self.names) + 1) + names + 1
        for pair in np.unique(pairs[self.numbers[pairs] < 0]).tolist():
            self.numbers[pair] = len(self.found)
            self.found.append(self._meaning(pair))
        numbers: Numbers = self.numbers[pairs]
        return numbers

    def _meaning(self, pair: int) -> Meaning | None:
        place, code = divmod(pair, len(self.names) + 1)
        name = self.names[code - 1] if code else None
        school_id = self.school_ids[place - 1] if place else -1
        return self.lookup.meaning(school_id, name) if name else None
