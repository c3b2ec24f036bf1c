"""The saved attendance page of Wilma (``/attendance/view``): one pupil's marks in a grid.

The grid's columns begin at every whole hour and at every start and end of the school's
lessons; taking only the hours would give overlapping, wrong times. Times come from the column
widths where the page keeps them, else from a known lesson grid that gives exactly the page's
columns. A page that neither fits keeps its marks apart by their column, without times.

Format and counting rule: OpenWilma (Apache-2.0) and wilmai (MIT), read as documentation;
checked on pages of 2018 and 2026.
"""

from __future__ import annotations

import datetime as dt
import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO

import pyarrow as pa
from lxml import etree, html

from koulutie.core.dialects.reading import Note, Reading, ReadOptions, Rejections
from koulutie.core.errors import SourceError, gettext_noop
from koulutie.core.tables import RAW_MARK

MOST_BYTES = 20 * 1024 * 1024  # a school year of one pupil is under half a megabyte
_DATE = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")
_CLEARER = re.compile(r" - \d{1,2}\.(\d{1,2}\.)? ?/[^/]+$")
_GROUP = re.compile(r"[\wåäöÅÄÖ.\-/]*[\d_][\wåäöÅÄÖ.\-/]*")
_NUMBER = re.compile(r"at-tp(\d+)")
_WIDTH = re.compile(r"width\s*:\s*([\d.]+)%")

NOT_ATTENDANCE = gettext_noop(
    "%(file)s is a page of Wilma, but not the attendance page. Open the lesson marks of the "
    "pupil (Tuntimerkinnät), choose the time span and save that page."
)
SIGN_IN = gettext_noop(
    "%(file)s is Wilma's sign-in page: the session had ended. Sign in, open the pupil's lesson "
    "marks and save the page again."
)
CUT = gettext_noop(
    "%(file)s ends in the middle of the table: it was cut on the way. Save the page again."
)
TOO_LARGE = gettext_noop(
    "%(file)s is far larger than an attendance page. Save only the pupil's lesson marks."
)
NOT_UTF8 = gettext_noop(
    "%(file)s is not UTF-8 text as Wilma's pages are. Save the page in the browser as "
    "“web page, HTML only” and retry."
)
NO_DATE = gettext_noop(
    "The row has no date that can be read (%(text)s). Save the page again; if it stays, tell "
    "the maintainers."
)
NO_TIMES = gettext_noop(
    "The page does not tell the lessons' times, and no known lesson grid fits it. The marks "
    "were read without times. Add the school's lesson times to lesson_grids.yaml."
)
SUM_DIFFERS = gettext_noop(
    "The page's total is %(total)s, but its days add up to %(days)s. Save the page again."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One mark as the grid shows it."""

    line: int
    date: dt.date
    first: int  # column of the grid, from 0
    after: int  # first column behind it
    title: str
    number: str  # of the mark type in that database; empty for "other"
    text: str  # teacher code, or the label of a type without a colour
    is_open: bool  # carries the check-box of an uncleared mark


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a mark's title says, without persons and free text."""

    group: str | None
    type_name: str
    is_cleared: bool


def recognises(head: bytes, file_name: str) -> bool:
    """Say whether the bytes look like a page of Wilma."""
    text = head.decode("utf-8", "replace").casefold()
    return "<" in text and any(
        sign in text
        for sign in ("attendance-single", "wilma", "<!doctype html", "<html")
    )


def read(source: BinaryIO, *, options: ReadOptions) -> Reading:
    """Return the marks of one page.

    Teachers' names and notes never leave this function; teachers keep their code.

    Raises
    ------
    SourceError
        When the page is another page, cut, too large or not UTF-8.
    """
    name = options.file_name
    page = _parse(source, name)
    tables = page.xpath("//table[contains(@class, 'attendance-single')]")
    if not tables:
        return _empty(page, name)
    table = tables[0]
    if not table.xpath("./tbody/tr/td[contains(@class, 'total')]"):
        raise SourceError(CUT, file=name)
    legend = _legend(page)
    rejections = Rejections()
    cells, totals = _cells(table, rejections)
    borders = _borders(table, cells, options.lesson_grids)
    notes = [] if borders or not cells else [Note(NO_TIMES)]
    notes += _sum_check(table, totals)
    return Reading(
        dialect="wilma_page",
        marks=_marks(cells, legend, borders),
        rejections=rejections.table(),
        rows_read=len(cells) + len(rejections.rows),
        shape={"encoding": "utf-8", "columns": str(_width(table))},
        notes=tuple(notes),
        complete_for=_span(page),
        page_totals={day: total for day, total in totals.items() if total},
        legend=tuple(legend.values()),
    )


def _parse(source: BinaryIO, name: str) -> html.HtmlElement:
    data = source.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise SourceError(TOO_LARGE, file=name)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SourceError(NOT_UTF8, file=name) from error
    # The parser mends what is cut, so the cut is looked for in the text itself.
    at = text.find("attendance-single")
    if at >= 0 and "</table" not in text[at:].lower():
        raise SourceError(CUT, file=name)
    parser = html.HTMLParser(no_network=True, huge_tree=False, encoding="utf-8")
    try:
        page = html.document_fromstring(text.encode(), parser=parser)
    except (etree.LxmlError, ValueError) as error:
        raise SourceError(CUT, file=name) from error
    if page.xpath("//input[@type='password']"):
        raise SourceError(SIGN_IN, file=name)
    return page


def _empty(page: html.HtmlElement, name: str) -> Reading:
    """Return no marks for the page that says so; refuse all other pages."""
    if not page.xpath("//form[contains(@action, '/attendance/view')]"):
        raise SourceError(NOT_ATTENDANCE, file=name)
    return Reading(
        dialect="wilma_page",
        rows_read=0,
        shape={"encoding": "utf-8"},
        complete_for=_span(page),
    )


def _legend(page: html.HtmlElement) -> dict[str, str]:
    """Return the types' full names by their number on this page."""
    names = {}
    for row in page.xpath("//div[contains(@class, 'legend')]//tr"):
        cells = row.findall("td")
        number = _NUMBER.search(cells[0].get("class") or "") if len(cells) > 1 else None
        if number:
            names[number[1]] = _text(cells[1])
    return names


def _cells(
    table: html.HtmlElement, rejections: Rejections
) -> tuple[list[Cell], dict[dt.date, float]]:
    """Return the marks of all rows and the day totals that the page prints."""
    cells: list[Cell] = []
    totals: dict[dt.date, float] = {}
    day: dt.date | None = None
    for line, row in enumerate(table.xpath("./tbody/tr"), start=1):
        columns = row.findall("td")
        said = _text(columns[1]) if len(columns) > 2 else ""
        day = _date(said) or (day if not said else None)
        if day is None:
            rejections.add(line, NO_DATE, _text(row), text=said)
            continue
        cells += _row_cells(columns[2:], line, day)
        total = [_text(one) for one in columns if "total" in (one.get("class") or "")]
        totals[day] = totals.get(day, 0.0) + (_number(total[0]) if total else 0.0)
    return cells, totals


def _row_cells(
    columns: Sequence[html.HtmlElement], line: int, day: dt.date
) -> Iterator[Cell]:
    at = 0
    for cell in columns:
        kind = cell.get("class") or ""
        if "total" in kind.split():
            return
        span = int(cell.get("colspan") or 1)
        if "event" in kind.split():
            number = _NUMBER.search(kind)
            yield Cell(
                line=line,
                date=day,
                first=at,
                after=at + span,
                title=" ".join((cell.get("title") or "").split()),
                number=number[1] if number else "",
                text=(cell.text or "").strip(),
                is_open=bool(cell.xpath(".//input[@type='checkbox']")),
            )
        at += span


def _marks(
    cells: Sequence[Cell], legend: Mapping[str, str], borders: Sequence[int] | None
) -> pa.Table:
    rows = []
    for cell in cells:
        said = read_title(
            cell.title, legend_name=legend.get(cell.number), legend=legend
        )
        start, end = (
            (borders[cell.first], borders[cell.after]) if borders else (None, None)
        )
        rows.append(
            {
                "line": cell.line,
                # Not the check-box's number: it is gone once the mark is cleared.
                "source_mark_id": None,
                "date": cell.date,
                "start_minute": start,
                "end_minute": end,
                "lesson_no": None if borders else cell.first + 1,
                "minutes": end - start
                if start is not None and end is not None
                else None,
                "group_code": said.group,
                "teacher_code": cell.text or None,
                "type_key": cell.number or None,
                "type_name": said.type_name,
                "is_cleared": False if cell.is_open else said.is_cleared or None,
            }
        )
    return pa.Table.from_pylist(rows, schema=RAW_MARK)


def read_title(
    title: str, *, legend_name: str | None, legend: Mapping[str, str]
) -> Said:
    """Read ``[GROUP; ]TYPE[; NOTE] /TEACHER[ - d.m. /CLEARER]``.

    The type's number leads to its name in the legend, whose wording may differ from the
    title's. Notes may hold a slash, so the teacher begins at the last one.
    """
    cleared = _CLEARER.search(title)
    rest = title[: cleared.start()] if cleared else title
    rest = rest.rpartition(" /")[0] or rest.partition("/")[0]
    parts = [part.strip() for part in rest.split("; ")]
    names = {name.casefold() for name in legend.values()}
    has_group = len(parts) > 1 and parts[0].casefold() not in names
    if has_group and parts[1].casefold() not in names:
        has_group = bool(_GROUP.fullmatch(parts[0]))
    said = parts[1] if has_group else parts[0]
    return Said(
        group=parts[0] if has_group else None,
        type_name=legend_name or said,
        is_cleared=cleared is not None,
    )


# --- times --------------------------------------------------------------------------------


def _hours(table: html.HtmlElement) -> list[tuple[int, int]]:
    """Return the head's clock hours with the columns of each."""
    heads = table.xpath("./thead/tr/th")
    found = [(_text(head), int(head.get("colspan") or 1)) for head in heads]
    return [(int(text), span) for text, span in found if re.fullmatch(r"\d{1,2}", text)]


def _width(table: html.HtmlElement) -> int:
    return sum(span for _hour, span in _hours(table))


def _borders(
    table: html.HtmlElement,
    cells: Sequence[Cell],
    grids: Sequence[Sequence[tuple[int, int]]],
) -> tuple[int, ...] | None:
    """Return where each column begins and the last one ends, minutes after midnight."""
    hours = _hours(table)
    told = _from_widths(table, hours)
    if told is not None:
        return told
    for grid in grids:
        borders = borders_of(grid, hours)
        lessons = set(grid)
        if borders and all(
            (borders[c.first], borders[c.after]) in lessons for c in cells
        ):
            return borders
    return None


def borders_of(
    grid: Sequence[tuple[int, int]], hours: Sequence[tuple[int, int]]
) -> tuple[int, ...] | None:
    """Return the columns that a lesson grid gives, where they are the page's."""
    if not hours:
        return None
    first, end = 60 * hours[0][0], 60 * (hours[-1][0] + 1)
    edges = {60 * hour for hour, _span in hours} | {end}
    edges |= {edge for edge in itertools.chain(*grid) if first < edge < end}
    borders = tuple(sorted(edges))
    widths = [
        sum(60 * h <= b < 60 * h + 60 for b in borders[:-1]) for h, _span in hours
    ]
    return borders if widths == [span for _hour, span in hours] else None


def _from_widths(
    table: html.HtmlElement, hours: Sequence[tuple[int, int]]
) -> tuple[int, ...] | None:
    """Return the columns by their widths: all columns of an hour make 60 minutes."""
    found = [
        _WIDTH.search(col.get("style") or "") for col in table.xpath("./colgroup/col")
    ]
    widths = [float(match[1]) for match in found if match]
    if not hours or len(widths) != _width(table):
        return None
    borders, at = [60 * hours[0][0]], 0
    for hour, span in hours:
        whole = sum(widths[at : at + span])
        reached = 0.0
        for width in widths[at : at + span]:
            reached += width
            borders.append(60 * hour + 5 * round(12 * reached / whole))
        at += span
    return tuple(borders)


# --- small things -----------------------------------------------------------------------------


def _sum_check(table: html.HtmlElement, totals: Mapping[dt.date, float]) -> list[Note]:
    foot = [_text(cell) for cell in table.xpath("./tfoot//td")]
    numbers = [_number(text) for text in foot if re.fullmatch(r"[\d.,]+", text)]
    days = sum(totals.values())
    if not numbers or numbers[0] == days:
        return []
    return [Note(SUM_DIFFERS, {"total": numbers[0], "days": days})]


def _span(page: html.HtmlElement) -> tuple[dt.date, dt.date] | None:
    """Return the chosen days, where the page says that days were chosen ("Jokin muu")."""
    chosen = [
        _text(one)
        for one in page.xpath("//button[contains(@class, 'dropdown-toggle')]")
    ]
    if "Jokin muu" not in chosen:
        return None
    days = [
        _date(one)
        for one in page.xpath("//input[@name='first' or @name='last']/@value")
    ]
    if len(days) != 2 or days[0] is None or days[1] is None or days[0] > days[1]:
        return None
    return days[0], days[1] + dt.timedelta(days=1)


def _date(text: str) -> dt.date | None:
    match = _DATE.search(text)
    try:
        return dt.date(int(match[3]), int(match[2]), int(match[1])) if match else None
    except ValueError:
        return None


def _number(text: str) -> float:
    match = re.search(r"\d+(?:[.,]\d+)?", text)
    return float(match[0].replace(",", ".")) if match else 0.0


def _text(element: html.HtmlElement) -> str:
    return " ".join(element.text_content().replace("\xa0", " ").split())
