"""Delimited text of any shape: separator, letters and header are found, broken rows survive.

PrimusQuery puts values raw into a template, so a comment with the separator or a line break
breaks its row. Such a row is set aside with its line and text; the rest is read. Letters are
tried in an order that is safe for Finnish and Swedish: a byte order mark, strict UTF-8, then
Windows-1252 or CP850, whichever gives more of åäöÅÄÖ (guessing libraries turn å into ĺ).
"""

from __future__ import annotations

import codecs
import io
from collections import Counter
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import csv

from koulutie.core.definitions import MappingProfile
from koulutie.core.definitions.profile import Encoding, FileFormat, Separator
from koulutie.core.dialects.columns import (
    UNKNOWN_COLUMNS,
    TextTable,
    build,
    matching_profile,
)
from koulutie.core.dialects.reading import Reading, ReadOptions, Rejections
from koulutie.core.errors import SourceError, gettext_noop
from koulutie.core.tables import WORD

LineNumbers = NDArray[np.int32]

HEAD = 256 * 1024
_BLOCK = 8 * 1024 * 1024
_SEPARATORS = (";", "\t", "|", ",")
_MOST_JOINED = 5  # lines that one quoted value may run over
_FINNISH = set("åäöÅÄÖ")

EMPTY = gettext_noop("%(file)s is empty. Export it again.")
NOT_TEXT = gettext_noop(
    "%(file)s is not text that can be read as a table. Choose the exported file itself."
)
NOT_ENCODED = gettext_noop(
    "%(file)s is not %(encoding)s as the profile says (byte %(byte)s). Change the encoding "
    "in the profile or export the file again."
)
ONE_COLUMN = gettext_noop(
    "No separator was found in %(file)s: its first line is one value. Export it with "
    "semicolons, commas, tabs or bars between the values."
)
TWICE = gettext_noop(
    "%(file)s has two columns named %(column)s. Give each column a name of its own."
)
WRONG_WIDTH = gettext_noop(
    "The row has %(found)s values where %(expected)s were expected. A comment may hold the "
    "separator or a line break; leave free text out of the export."
)
OPEN_QUOTE = gettext_noop(
    "A quotation mark in the row is opened and not closed. Leave free text out of the export."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """How the bytes are rows."""

    encoding: str
    separator: str


def recognises(head: bytes, file_name: str) -> bool:
    """Say whether the bytes are text with a separator that repeats."""
    try:
        text = head_text(head, find_encoding(head, Encoding.AUTO))
    except (UnicodeDecodeError, SourceError):
        return False
    return "\x00" not in text[:1000] and find_separator(text) is not None


def find_encoding(head: bytes, told: Encoding) -> str:
    """Return the name of the encoding, by the profile or by the bytes."""
    if told is not Encoding.AUTO:
        return {"utf-8": "utf-8-sig", "windows-1252": "cp1252"}.get(told, told)
    for mark, name in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if head.startswith(mark):
            return name
    try:
        # A letter may be cut in two at the end of the sample.
        codecs.getincrementaldecoder("utf-8")("strict").decode(head)
    except UnicodeDecodeError:
        return max(("cp1252", "cp850"), key=lambda name: _finnish_letters(head, name))
    return "utf-8-sig"


def _finnish_letters(head: bytes, encoding: str) -> int:
    return sum(letter in _FINNISH for letter in head.decode(encoding, "replace"))


def head_text(head: bytes, encoding: str) -> str:
    """Decode a sample whose last letter may be cut in two."""
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    return decoder.decode(head)


def find_separator(text: str) -> str | None:
    """Return the separator whose count is the most constant over the first lines."""
    lines = [line for line in text.splitlines()[:50] if line.strip()]
    if len(lines) > 1 and len(text) >= HEAD // 8:
        lines = lines[:-1]  # may be cut
    best: tuple[float, int, str] | None = None
    for separator in _SEPARATORS:
        counts = Counter(_outside_quotes(line).count(separator) for line in lines)
        counts.pop(0, None)
        if counts:
            width, agreeing = counts.most_common(1)[0]
            score = (agreeing / len(lines), width, separator)
            best = max(best or score, score)
    return best[2] if best else None


def _outside_quotes(line: str) -> str:
    return "".join(line.split('"')[::2])


def read(source: BinaryIO, *, options: ReadOptions) -> Reading:
    """Read a file by the profile that is given or whose columns it has.

    Raises
    ------
    SourceError
        When it is no table, its letters are not what the profile says, or no profile fits.
    """
    head = source.read(HEAD)
    source.seek(0)
    if not head.strip():
        raise SourceError(EMPTY, file=options.file_name)
    shape = find_shape(head, options)
    names = header_of(head, shape)
    profile = options.profile or matching_profile(names, delimited(options))
    if profile is None:
        raise SourceError(
            UNKNOWN_COLUMNS, file=options.file_name, columns=", ".join(names)
        )
    if not profile.has_header:
        names = list(profile.header)
    _refuse_twins(names, options.file_name)
    rejections = Rejections()
    lines = Lines(source, shape, rejections, options.file_name)
    text = _parse(lines, names, shape, skip=int(profile.has_header))
    return build(
        text, profile=profile, file_name=options.file_name, rejections=rejections
    )


def first_rows(
    source: BinaryIO, *, options: ReadOptions, count: int
) -> list[list[str]]:
    """Return the first rows as they are written, the line of column names among them.

    For somebody who has to say what the columns are; raises as `read` does.
    """
    head = source.read(HEAD)
    shape = find_shape(head, options)
    lines = head_text(head, shape.encoding).lstrip("\ufeff").splitlines()
    filled = [line for line in lines if line.strip()][:count]
    return [_values(line, shape.separator) for line in filled]


def delimited(options: ReadOptions) -> list[MappingProfile]:
    """Return the candidates that are about delimited files."""
    return [one for one in options.profiles if one.format is FileFormat.DELIMITED]


def find_shape(head: bytes, options: ReadOptions) -> Shape:
    """Return how the bytes are rows, by the profile where it says so."""
    profile = options.profile
    encoding = find_encoding(head, profile.encoding if profile else Encoding.AUTO)
    try:
        text = head_text(head, encoding)
    except UnicodeDecodeError as error:
        raise SourceError(
            NOT_ENCODED, file=options.file_name, encoding=encoding, byte=error.start
        ) from error
    if "\x00" in text[:1000]:
        raise SourceError(NOT_TEXT, file=options.file_name)
    separator = profile.separator if profile else Separator.AUTO
    found = (
        {Separator.TAB: "\t"}.get(separator, separator.value)
        if separator is not Separator.AUTO
        else find_separator(text)
    )
    if found is None:
        raise SourceError(ONE_COLUMN, file=options.file_name)
    return Shape(encoding=encoding, separator=found)


def header_of(head: bytes, shape: Shape) -> list[str]:
    """Return the values of the first line that is not blank."""
    text = head_text(head, shape.encoding).lstrip("\ufeff \r\n")
    first = text.splitlines()[0] if text.strip() else ""
    return _values(first, shape.separator)


def _values(line: str, separator: str) -> list[str]:
    """Return a line's values without blanks and quotation marks around them."""
    return [value.strip().strip('"').strip() for value in _split(line, separator)]


def _split(line: str, separator: str) -> list[str]:
    """Split a line outside quotation marks."""
    values, quoted = [""], False
    for letter in line:
        quoted ^= letter == '"'
        if letter == separator and not quoted:
            values.append("")
        else:
            values[-1] += letter
    return values


def _refuse_twins(names: list[str], file_name: str) -> None:
    twins = [name for name, count in Counter(names).items() if count > 1 and name]
    if twins:
        raise SourceError(TWICE, file=file_name, column=twins[0])


class Lines(io.RawIOBase):
    """The file as UTF-8 lines that a strict parser can read.

    A quoted value that runs over lines is joined, with blank lines after it so that numbers
    stay right; a line whose quotation mark is never closed is set aside.
    """

    def __init__(
        self, source: BinaryIO, shape: Shape, rejections: Rejections, file_name: str
    ) -> None:
        super().__init__()
        self.source = source
        self.encoding = shape.encoding
        self.is_utf8 = shape.encoding == "utf-8-sig"
        self.decoder = codecs.getincrementaldecoder(shape.encoding)("strict")
        self.rejections = rejections
        self.file_name = file_name
        self.line = 0  # lines handed on so far
        self.rest = b""
        self.ready = memoryview(b"")
        self.is_done = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        """Fill the buffer with the next cleaned bytes; 0 at the end."""
        view = memoryview(buffer)  # type: ignore[arg-type]  # what io hands over
        while not self.ready and not self.is_done:
            self.ready = memoryview(self._next_block())
        size = min(len(view), len(self.ready))
        view[:size] = self.ready[:size]
        self.ready = self.ready[size:]
        return size

    def _next_block(self) -> bytes:
        data = self.source.read(_BLOCK)
        self.is_done = not data
        if not self.is_utf8:
            data = self._decoded(data).encode()
        elif not self.line and not self.rest:
            data = data.removeprefix(codecs.BOM_UTF8)
        block = self.rest + data
        if b"\r" in block:
            block = block.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        cut = len(block) if self.is_done else block.rfind(b"\n") + 1
        block, self.rest = block[:cut], block[cut:]
        if self.is_utf8:
            self._check(block)
        if b'"' in block:
            block = self._with_whole_quotes(block.decode()).encode()
        self.line += block.count(b"\n")
        return block

    def _check(self, block: bytes) -> None:
        """Refuse bytes that are no UTF-8. Arrow looks in a fifth of the time of decoding."""
        try:
            pa.array([block], pa.binary()).cast(pa.string())
        except pa.ArrowInvalid:
            self._decoded(block)  # knows which byte it is

    def _decoded(self, data: bytes) -> str:
        try:
            return self.decoder.decode(data, final=self.is_done)
        except UnicodeDecodeError as error:
            raise SourceError(
                NOT_ENCODED,
                file=self.file_name,
                encoding=self.encoding.removesuffix("-sig"),
                byte=error.start,
            ) from error

    def _with_whole_quotes(self, text: str) -> str:
        lines = text.split("\n")
        at = 0
        while at < len(lines):
            if lines[at].count('"') % 2:
                at = self._close(lines, at)
            at += 1
        return "\n".join(lines)

    def _close(self, lines: list[str], at: int) -> int:
        """Join a value over its lines, or set the line aside; return the last line used."""
        for end in range(at + 1, min(at + 1 + _MOST_JOINED, len(lines))):
            if lines[end].count('"') % 2:
                joined = " ".join(lines[at : end + 1])
                lines[at : end + 1] = [joined, *[""] * (end - at)]
                return end
        self.rejections.add(self.line + at + 1, OPEN_QUOTE, lines[at])
        lines[at] = ""
        return at


def _parse(lines: Lines, names: list[str], shape: Shape, *, skip: int) -> TextTable:
    """Parse all lines into coded texts; rows of another width are set aside."""
    broken: list[int] = []

    def set_aside(row: csv.InvalidRow) -> str:
        broken.append(row.number)
        if row.text and row.text.strip():
            lines.rejections.add(
                row.number,
                WRONG_WIDTH,
                row.text,
                found=row.actual_columns,
                expected=row.expected_columns,
            )
        return "skip"

    try:
        reader = csv.open_csv(
            io.BufferedReader(lines, _BLOCK),
            read_options=csv.ReadOptions(
                column_names=names, block_size=_BLOCK, use_threads=False
            ),
            parse_options=csv.ParseOptions(
                delimiter=shape.separator,
                invalid_row_handler=set_aside,
                ignore_empty_lines=False,
            ),
            convert_options=csv.ConvertOptions(
                column_types=dict.fromkeys(names, WORD),
                strings_can_be_null=True,
                null_values=[""],
                quoted_strings_can_be_null=True,
            ),
        )
        table = reader.read_all().unify_dictionaries()
    except pa.ArrowInvalid as error:
        raise SourceError(NOT_TEXT, file=lines.file_name) from error
    table, numbers = _without_blanks(
        table.slice(skip), _line_numbers(len(table), broken)[skip:]
    )
    return TextTable(
        table=table,
        lines=numbers,
        separator=shape.separator,
        shape={
            "encoding": shape.encoding.removesuffix("-sig"),
            "separator": {"\t": "tab"}.get(shape.separator, shape.separator),
            "columns": ", ".join(names),
        },
    )


def _without_blanks(
    table: pa.Table, lines: LineNumbers
) -> tuple[pa.Table, LineNumbers]:
    """Leave out rows without any value: blank lines are nobody's mistake."""
    blank = np.asarray(table.column(0).is_null())
    if not blank.any():
        return table, lines
    for column in table.columns[1:]:
        blank &= np.asarray(column.is_null())
    return table.filter(pa.array(~blank)), lines[~blank]


def _line_numbers(rows: int, broken: list[int]) -> LineNumbers:
    """Return each good row's line: all lines from 1 on but the broken ones."""
    everything = np.arange(1, rows + len(broken) + 1, dtype=np.int32)
    return np.delete(everything, np.array(broken, dtype=np.int64) - 1)
