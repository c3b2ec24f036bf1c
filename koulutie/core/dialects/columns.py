"""From a table of texts to canonical rows, by a mapping profile.

Delimited files and workbooks end here: every column is text coded by a dictionary, so a
date, a time or a yes is parsed once per distinct word, however many rows have it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from koulutie.core.definitions import MappingProfile
from koulutie.core.definitions.profile import NEEDED, DecimalMark, Rows
from koulutie.core.dialects.reading import MOST_RAW, Note, Reading, Rejections
from koulutie.core.errors import SourceError, gettext_noop
from koulutie.core.tables import RAW_MARK, RAW_OFFERED, RAW_ROSTER, WORD

SCHEMAS = {Rows.MARKS: RAW_MARK, Rows.OFFERED: RAW_OFFERED, Rows.ROSTER: RAW_ROSTER}
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
LOCAL_TIME = "Europe/Helsinki"
_ABSENT = pa.scalar(None, pa.string())

UNKNOWN_COLUMNS = gettext_noop(
    "%(file)s has columns that no profile knows: %(columns)s. Choose a profile, or make "
    "one that tells which column holds the pupil, the date and the mark type."
)
MISSING_COLUMNS = gettext_noop(
    "%(file)s lacks columns that the profile %(profile)s needs: %(missing)s. The file has: "
    "%(columns)s. Export it with those columns or choose another profile."
)
NO_VALUE = gettext_noop(
    "The row has no %(field)s. Fill it in the source and export again."
)
BAD_VALUE = gettext_noop(
    "“%(value)s” in the column %(column)s cannot be read as %(field)s. Correct it in the "
    "source, or the profile's format."
)
CONTROL_CHARACTERS = gettext_noop(
    "The row holds characters that are no text (control characters). It was probably cut "
    "or damaged on the way; export it again."
)
LEFT_OUT = gettext_noop(
    "Columns left out, because the profile does not name them: %(columns)s."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TextTable:
    """Rows as texts: columns of WORD by their name in the file, and each row's line."""

    table: pa.Table
    lines: NDArray[np.int32]
    separator: str = ";"  # joins the values where a rejected row is shown
    shape: Mapping[str, str] = field(default_factory=dict)


def matching_profile(
    names: Collection[str], profiles: Iterable[MappingProfile]
) -> MappingProfile | None:
    """Return the profile whose needed columns the file has and that names most of the rest."""
    best, most = None, 0
    for profile in profiles:
        known = {told for name, told in profile.columns.items() if name in names}
        known |= set(profile.constants)
        fits = all(known & set(some) for some in NEEDED[profile.rows])
        score = sum(name in names for name in profile.columns)
        if fits and profile.has_header and score > most:
            best, most = profile, score
    return best


def build(
    text: TextTable, *, profile: MappingProfile, file_name: str, rejections: Rejections
) -> Reading:
    """Return the rows that can be read, and the rest as rejections."""
    builder = _Builder(text=text, profile=profile, rejections=rejections)
    builder.check_columns(file_name)
    refused = len(rejections.rows)
    rows = builder.rows()
    left_out = sorted(
        set(text.table.column_names) - set(profile.columns) - set(profile.ignored)
    )
    notes = [Note(LEFT_OUT, {"columns": ", ".join(left_out)})] if left_out else []
    return Reading(
        dialect=profile.format.value,
        rejections=rejections.table(),
        rows_read=len(text.lines) + refused,
        shape={**text.shape, "profile": profile.id},
        notes=tuple(notes),
        **{profile.rows.value: rows},
    )


@dataclass(kw_only=True)
class _Builder:
    """Builds the columns of one table; rows with a value that cannot be read fall out."""

    text: TextTable
    profile: MappingProfile
    rejections: Rejections

    def __post_init__(self) -> None:
        self.schema = SCHEMAS[self.profile.rows]
        self.sources = {told: name for name, told in self.profile.columns.items()}
        self.bad = np.zeros(len(self.text.lines), dtype=np.bool_)

    def check_columns(self, file_name: str) -> None:
        names = self.text.table.column_names
        given = {told for name, told in self.profile.columns.items() if name in names}
        given |= set(self.profile.constants)
        missing = [
            " / ".join(some)
            for some in NEEDED[self.profile.rows]
            if not given & set(some)
        ]
        if missing:
            raise SourceError(
                MISSING_COLUMNS,
                file=file_name,
                profile=self.profile.id,
                missing=", ".join(missing),
                columns=", ".join(names),
            )

    def rows(self) -> pa.Table:
        self._refuse_control_characters()
        columns = {name: self._column(name) for name in self.schema.names}
        good = pa.array(~self.bad)
        table = pa.table(
            {
                name: column.cast(self.schema.field(name).type)
                for name, column in columns.items()
            }
        )
        return table.cast(self.schema).filter(good)

    def _column(self, name: str) -> pa.ChunkedArray:
        if name == "line":
            return pa.chunked_array([pa.array(self.text.lines)])
        words = self._words(name)
        if words is None:
            kind = self.schema.field(name).type
            return pa.chunked_array([pa.nulls(len(self.text.lines), kind)])
        parsed = self._parsed(name, words)
        if name in {some[0] for some in NEEDED[self.profile.rows] if len(some) == 1}:
            self._refuse(np.asarray(parsed.is_null()), NO_VALUE, field=name)
        return parsed

    def _words(self, name: str) -> pa.ChunkedArray | None:
        """Return the field's texts: a constant, a column of the file, or nothing."""
        if name in self.profile.constants:
            constant = pa.scalar(self.profile.constants[name])
            repeated = pa.repeat(constant, len(self.text.lines)).dictionary_encode()
            return pa.chunked_array([repeated.cast(WORD)])
        source = self.sources.get(name)
        if source is None or source not in self.text.table.column_names:
            return None
        return self.text.table[source]

    def _parsed(self, name: str, words: pa.ChunkedArray) -> pa.ChunkedArray:
        kind = self.schema.field(name).type
        if pa.types.is_dictionary(kind) or pa.types.is_string(kind):
            return words if pa.types.is_dictionary(kind) else words.cast(pa.string())
        coded = _one_chunk(words)
        values = self._values(name, coded.dictionary)
        parsed = values.take(coded.indices)
        unread = np.asarray(parsed.is_null()) & np.asarray(coded.indices.is_valid())
        self._refuse_values(name, unread, coded)
        return pa.chunked_array([parsed])

    def _values(self, name: str, words: pa.Array) -> pa.Array:
        """Parse each distinct word; null where it cannot be read."""
        kind = self.schema.field(name).type
        if pa.types.is_date(kind):
            return _moments(words, self.profile.date_formats).cast(pa.date32())
        if name == "version_at":
            return self._seconds(words)
        if name.endswith("_minute"):
            return _each(words, self._minute, kind)
        if pa.types.is_boolean(kind):
            return _each(words, self._boolean, kind)
        return _each(words, self._number, pa.float64()).cast(kind, safe=False)

    def _seconds(self, words: pa.Array) -> pa.Array:
        """Parse moments in Finnish time; of an hour that came twice, the first is meant."""
        formats = [
            f"{day}{sep}{time}"
            for day in self.profile.date_formats
            for sep in (" ", "T")
            for time in self.profile.time_formats
        ]
        moments = _moments(words, (*formats, *self.profile.date_formats))
        told = pc.assume_timezone(
            moments, LOCAL_TIME, ambiguous="earliest", nonexistent="earliest"
        )
        return told.cast(pa.timestamp("s", "UTC")).cast(pa.int64())

    def _minute(self, word: str) -> int | None:
        match = re.fullmatch(r"([01]?\d|2[0-3])[:.]([0-5]\d)(?:[:.][0-5]\d)?", word)
        return 60 * int(match[1]) + int(match[2]) if match else None

    def _boolean(self, word: str) -> bool | None:
        lowered = word.casefold()
        if lowered in self.profile.booleans.yes:
            return True
        return False if lowered in self.profile.booleans.no else None

    def _number(self, word: str) -> float | None:
        if self.profile.decimal_mark is DecimalMark.COMMA:
            word = word.replace(",", ".")
        match = re.fullmatch(r"-?\d{1,6}(\.\d{1,6})?", word)
        return float(word) if match else None

    def _refuse_control_characters(self) -> None:
        for name in self.text.table.column_names:
            coded = _one_chunk(self.text.table[name])
            dirty = [
                bool(_CONTROL.search(word or ""))
                for word in coded.dictionary.to_pylist()
            ]
            if any(dirty):
                codes = coded.indices.fill_null(len(dirty)).to_numpy()
                self._refuse(np.array([*dirty, False])[codes], CONTROL_CHARACTERS)

    def _refuse_values(
        self, name: str, unread: NDArray[np.bool_], coded: pa.DictionaryArray
    ) -> None:
        for at in np.flatnonzero(unread & ~self.bad).tolist():
            value = coded[at].as_py()
            self._reject(
                at, BAD_VALUE, value=value[:80], column=self.sources[name], field=name
            )
        self.bad |= unread

    def _refuse(self, wrong: NDArray[np.bool_], message: str, **params: object) -> None:
        for at in np.flatnonzero(wrong & ~self.bad).tolist():
            self._reject(at, message, **params)
        self.bad |= wrong

    def _reject(self, at: int, message: str, **params: object) -> None:
        row = self.text.table.slice(at, 1).to_pylist()[0]
        raw = self.text.separator.join(str(value or "") for value in row.values())
        self.rejections.add(int(self.text.lines[at]), message, raw[:MOST_RAW], **params)


def _one_chunk(words: pa.ChunkedArray) -> pa.DictionaryArray:
    combined = words.combine_chunks()
    if isinstance(combined, pa.ChunkedArray):
        combined = combined.chunk(0) if combined.num_chunks else pa.array([], WORD)
    return combined


def _moments(words: pa.Array, formats: Iterable[str]) -> pa.Array:
    """Parse words by the first format that fits, vectorised; null where none does."""
    found = pa.nulls(len(words), pa.timestamp("s"))
    for form in formats:
        if not found.null_count:
            break
        parsed = pc.strptime(words, format=form, unit="s", error_is_null=True)
        # 2026-02-31 and 31.2.2026 are rolled over by the C library: say no instead.
        honest = pc.equal(pc.day(parsed), _day_told(words, form))
        parsed = pc.if_else(
            pc.fill_null(honest, True), parsed, pa.scalar(None, parsed.type)
        )
        found = pc.coalesce(found, parsed)
    return found


def _day_told(words: pa.Array, form: str) -> pa.Array:
    """Return the day of the month as it is written, for forms that begin with a date."""
    if form.startswith("%d."):
        pattern = r"^(?P<day>\d{1,2})\."
    elif form.startswith("%Y-%m-%d"):
        pattern = r"^\d{4}-\d{1,2}-(?P<day>\d{1,2})"
    else:
        return pa.nulls(len(words), pa.int64())
    return pc.struct_field(pc.extract_regex(words, pattern), "day").cast(pa.int64())


def _each(
    words: pa.Array, parse: Callable[[str], object | None], kind: pa.DataType
) -> pa.Array:
    return pa.array(
        [None if word is None else parse(word.strip()) for word in words.to_pylist()],
        kind,
    )
