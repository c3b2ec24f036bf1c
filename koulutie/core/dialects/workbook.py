"""Workbooks (xlsx, xls, ods): the values of one sheet, never formulas, links or macros.

Zip-based workbooks pass the guard of `archive` before the parser sees them.
"""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Sequence
from typing import BinaryIO

import numpy as np
import pyarrow as pa
import python_calamine as calamine

from koulutie.core.definitions import MappingProfile
from koulutie.core.definitions.profile import FileFormat
from koulutie.core.dialects.archive import open_zip
from koulutie.core.dialects.columns import (
    UNKNOWN_COLUMNS,
    TextTable,
    build,
    matching_profile,
)
from koulutie.core.dialects.reading import Reading, ReadOptions, Rejections
from koulutie.core.errors import SourceError, gettext_noop
from koulutie.core.tables import WORD

_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_TITLE_ROWS = 20  # so many rows of titles may stand above the column names
MOST_CELLS = 60_000_000
MOST_COLUMNS = 500

NOT_A_WORKBOOK = gettext_noop(
    "%(file)s cannot be opened as a workbook: it is broken, protected with a password or "
    "something else by another name. Save it again as xlsx and retry."
)
NO_SHEET = gettext_noop(
    "%(file)s has no sheet named %(sheet)s. Its sheets are: %(sheets)s. Correct the name in "
    "the profile."
)
EMPTY_SHEET = gettext_noop(
    "The sheet %(sheet)s of %(file)s is empty. Save the workbook with the rows on it."
)
TOO_WIDE = gettext_noop(
    "The sheet %(sheet)s of %(file)s is larger than any export (%(rows)s x %(columns)s). "
    "Delete the empty rows and columns around the table and save it again."
)
ERROR_CELL = gettext_noop(
    "A cell of the row holds an error instead of a value. Correct the formula and save again."
)


def recognises(head: bytes, file_name: str) -> bool:
    """Say whether the bytes begin like a workbook; OneRoster's zip has been ruled out."""
    return head.startswith((_ZIP, _OLE))


def read(source: BinaryIO, *, options: ReadOptions) -> Reading:
    """Read one sheet by the profile that is given or whose columns it has.

    Raises
    ------
    SourceError
        When it is no workbook, is a bomb, lacks the sheet, or no profile fits.
    """
    name = options.file_name
    if source.read(4) == _ZIP:
        source.seek(0)
        open_zip(source, file_name=name)
    source.seek(0)
    title, rows = _sheet(source, options)
    at, profile = _find_header(rows, options)
    names = [_text(cell) or f"#{number}" for number, cell in enumerate(rows[at], 1)]
    first = at + int(profile.has_header)
    if not profile.has_header:
        names = list(profile.header)
    rejections = Rejections()
    text = _texts(rows[first:], names, first + 1, rejections)
    text = TextTable(
        table=text.table,
        lines=text.lines,
        shape={"sheet": title, "columns": ", ".join(names), "header row": str(at + 1)},
    )
    return build(text, profile=profile, file_name=name, rejections=rejections)


Row = Sequence[object]


def first_rows(
    source: BinaryIO, *, options: ReadOptions, count: int
) -> list[list[str]]:
    """Return the row that looks like the column names and those after it, as texts.

    For somebody who has to say what the columns are; raises as `read` does.
    """
    if source.read(4) == _ZIP:
        source.seek(0)
        open_zip(source, file_name=options.file_name)
    source.seek(0)
    _, rows = _sheet(source, options)
    top = rows[:_TITLE_ROWS]
    header = max(range(len(top)), key=lambda at: _filled(top[at]))
    return [[_text(cell) for cell in row] for row in rows[header : header + count]]


def _sheet(source: BinaryIO, options: ReadOptions) -> tuple[str, list[Row]]:
    name, wanted = options.file_name, options.profile.sheet if options.profile else None
    try:
        book = calamine.CalamineWorkbook.from_filelike(io.BytesIO(source.read()))
        titles = book.sheet_names
        if wanted is not None and wanted not in titles:
            raise SourceError(
                NO_SHEET, file=name, sheet=wanted, sheets=", ".join(titles)
            )
        title = wanted if wanted is not None else titles[0]
        sheet = book.get_sheet_by_name(title)
        if sheet.total_width > MOST_COLUMNS or (
            sheet.total_width * sheet.total_height > MOST_CELLS
        ):
            raise SourceError(
                TOO_WIDE,
                file=name,
                sheet=title,
                rows=sheet.total_height,
                columns=sheet.total_width,
            )
        rows: list[Row] = list(sheet.to_python(skip_empty_area=False))
    except SourceError:
        raise
    except Exception as error:
        # calamine raises many kinds, and panics of its parser as well; all mean the same.
        raise SourceError(NOT_A_WORKBOOK, file=name) from error
    if not any(_text(cell) for row in rows for cell in row):
        raise SourceError(EMPTY_SHEET, file=name, sheet=title)
    return title, rows


def _find_header(rows: list[Row], options: ReadOptions) -> tuple[int, MappingProfile]:
    """Return the first row that names a profile's columns, and the profile."""
    chosen = options.profile
    if chosen is not None and not chosen.has_header:
        return 0, chosen
    candidates = [chosen] if chosen else _workbooks(options)
    for at, row in enumerate(rows[:_TITLE_ROWS]):
        profile = matching_profile([_text(cell) for cell in row], candidates)
        if profile is not None:
            return at, profile
    widest = max(range(min(len(rows), _TITLE_ROWS)), key=lambda at: _filled(rows[at]))
    if chosen is not None:
        return widest, chosen
    columns = ", ".join(filter(None, map(_text, rows[widest])))
    raise SourceError(UNKNOWN_COLUMNS, file=options.file_name, columns=columns)


def _workbooks(options: ReadOptions) -> list[MappingProfile]:
    """Return the candidates; a delimited export's columns are the same in a workbook."""
    own = [one for one in options.profiles if one.format is FileFormat.WORKBOOK]
    return own + [one for one in options.profiles if one not in own]


def _filled(row: Row) -> int:
    return sum(bool(_text(cell)) for cell in row)


def _texts(
    rows: list[Row], names: list[str], first_line: int, rejections: Rejections
) -> TextTable:
    """Turn cells into texts; blank rows vanish, rows with an error are set aside."""
    kept, lines = [], []
    for line, row in enumerate(rows, start=first_line):
        cells = [_text(cell) for cell in row[: len(names)]]
        if any(
            cell.startswith("#") and cell.rstrip("!?").isupper()
            for cell in cells
            if cell
        ):
            rejections.add(line, ERROR_CELL, "; ".join(cells))
        elif any(cells):
            kept.append(cells + [""] * (len(names) - len(cells)))
            lines.append(line)
    columns = list(zip(*kept, strict=True)) or [()] * len(names)
    arrays = [
        pa.array([cell or None for cell in column], pa.string())
        .dictionary_encode()
        .cast(WORD)
        for column in columns
    ]
    return TextTable(
        table=pa.Table.from_arrays(arrays, names=names),
        lines=np.array(lines, dtype=np.int32),
    )


def _text(cell: object) -> str:
    """Return a cell as an export would write it."""
    match cell:
        case None:
            return ""
        case bool():
            return "true" if cell else "false"
        case float():
            return str(int(cell)) if cell.is_integer() else str(cell)
        case dt.datetime():
            if cell.time() == dt.time():
                return cell.date().isoformat()
            return cell.isoformat(sep=" ", timespec="minutes")
        case dt.time():
            return cell.isoformat(timespec="minutes")
        case _:
            return str(cell).strip()
