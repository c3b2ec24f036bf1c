"""Rows of the attendance table, and where its columns begin.

The columns begin at every whole hour and at every start and end of the school's lessons;
taking only the hours would give overlapping, wrong times. The head tells how many columns an
hour has, not where they begin: on a real page of 2026 over five thousand grids of
five-minute steps put all its marks on lessons of 45 minutes. So times come from the column
widths where the page keeps them, else from a known lesson grid that gives exactly the page's
columns and on whose lessons every mark falls; else the marks stay without times.
"""

from __future__ import annotations

import datetime as dt
import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lxml import html

from koulutie.core.dialects.reading import Rejections
from koulutie.core.dialects.wilma_page.texts import (
    date_of,
    number_of,
    squeezed,
    text_of,
)
from koulutie.core.errors import gettext_noop

_TYPE_NUMBER = re.compile(r"at-tp(\d+)")
_WIDTH = re.compile(r"(?<![\w-])width\s*:\s*(\d{1,4}(?:\.\d+)?)%")

NO_DATE = gettext_noop(
    "The row has no date that can be read (%(text)s). Save the page again; if it stays, tell "
    "the maintainers."
)
WRONG_COLUMNS = gettext_noop(
    "The row of %(date)s does not fit the hours at the head of the table. Save the page "
    "again; if it stays, tell the maintainers."
)

Lesson = tuple[int, int]  # start and end, minutes after midnight
Hour = tuple[int, int]  # clock hour and how many columns it has


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One mark as the grid shows it."""

    line: int
    date: dt.date
    first: int  # column of the grid, from 0
    after: int  # first column behind it
    title: str
    number: str  # of the mark type in that database; empty for "other"
    teacher_code: str
    label: str  # the shown name of a type without a colour
    is_open: bool  # carries the check-box of an uncleared mark


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """Where each column begins and the last one ends, and how that was found."""

    borders: tuple[int, ...] | None  # minutes after midnight; None: not known
    found_by: str  # column_widths | lesson_grid | nothing
    fitting: int = 1  # known grids that fit and give the marks different times


# --- rows ---------------------------------------------------------------------------------


def read_rows(
    table: html.HtmlElement, rejections: Rejections
) -> tuple[list[Cell], dict[dt.date, float]]:
    """Return the marks of all rows and the day totals that the page prints."""
    width = width_of(table)
    cells: list[Cell] = []
    totals: dict[dt.date, float] = {}
    day: dt.date | None = None
    for line, row in enumerate(table.xpath("./tbody/tr | ./tr"), start=1):
        columns = row.findall("td")
        if not columns:
            continue  # a row of headings
        said = [text_of(column) for column in columns[:2]]
        # An empty date means the day of the row above.
        day = date_of(said[-1]) or (day if not said[-1] else None)
        shown = " ".join(said)  # never the whole row: its last column holds notes
        if day is None or len(columns) < 3:
            rejections.add(line, NO_DATE, shown, text=said[-1])
            continue
        found = list(_row_cells(columns[2:], line, day))
        if any(cell.first >= cell.after or cell.after > width > 0 for cell in found):
            rejections.add(line, WRONG_COLUMNS, shown, date=day.isoformat())
            continue
        cells += found
        totals[day] = totals.get(day, 0.0) + _total(columns)
    return cells, totals


def _row_cells(
    columns: Sequence[html.HtmlElement], line: int, day: dt.date
) -> Iterator[Cell]:
    at = 0
    for column in columns:
        kinds = (column.get("class") or "").split()
        if "total" in kinds:
            return
        after = at + _span(column)
        if "event" in kinds:
            number = _TYPE_NUMBER.search(" ".join(kinds))
            yield Cell(
                line=line,
                date=day,
                first=at,
                after=after,
                title=squeezed(column.get("title") or ""),
                number=number[1] if number else "",
                teacher_code=squeezed("".join(column.xpath("text()"))),
                label=squeezed(" ".join(column.xpath("./small/text()"))),
                is_open=bool(column.xpath(".//input[@type='checkbox']")),
            )
        at = after


def _span(cell: html.HtmlElement) -> int:
    """Return how many columns a cell covers; 0 where it does not say so in digits."""
    told = (cell.get("colspan") or "1").strip()
    return int(told) if re.fullmatch(r"\d{1,4}", told) else 0


def _total(columns: Sequence[html.HtmlElement]) -> float:
    totals = [one for one in columns if "total" in (one.get("class") or "").split()]
    return number_of(text_of(totals[0])) if totals else 0.0


# --- times --------------------------------------------------------------------------------


def _hours(table: html.HtmlElement) -> list[Hour]:
    """Return the head's clock hours; none where one is missing between them."""
    found = [(text_of(head), _span(head)) for head in table.xpath("./thead/tr/th")]
    hours = [
        (int(text), span) for text, span in found if re.fullmatch(r"\d{1,2}", text)
    ]
    follow = all(a[0] + 1 == b[0] < 24 for a, b in itertools.pairwise(hours))
    return hours if follow and all(span for _hour, span in hours) else []


def width_of(table: html.HtmlElement) -> int:
    """Return the number of columns under the hours; 0 where the head does not tell."""
    return sum(span for _hour, span in _hours(table))


def times_of(
    table: html.HtmlElement, cells: Sequence[Cell], grids: Sequence[Sequence[Lesson]]
) -> Times:
    """Return the columns' times by their widths or by the first known grid that fits."""
    hours = _hours(table)
    told = _from_widths(table, hours)
    if told is not None:
        return Times(borders=told, found_by="column_widths")
    fitting = [
        borders
        for grid in grids
        if (borders := borders_of(grid, hours)) and _fall_on(cells, borders, grid)
    ]
    if not fitting:
        return Times(borders=None, found_by="nothing")
    different = {
        tuple(borders[cell.first] for cell in cells)
        + tuple(borders[cell.after] for cell in cells)
        for borders in fitting
    }
    return Times(borders=fitting[0], found_by="lesson_grid", fitting=len(different))


def _fall_on(
    cells: Sequence[Cell], borders: Sequence[int], grid: Sequence[Lesson]
) -> bool:
    lessons = set(grid)
    return all((borders[one.first], borders[one.after]) in lessons for one in cells)


def borders_of(grid: Sequence[Lesson], hours: Sequence[Hour]) -> tuple[int, ...] | None:
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
    table: html.HtmlElement, hours: Sequence[Hour]
) -> tuple[int, ...] | None:
    """Return the columns by their widths: all columns of an hour make 60 minutes."""
    styles = [col.get("style") or "" for col in table.xpath("./colgroup/col")]
    widths = [float(match[1]) for style in styles if (match := _WIDTH.search(style))]
    if not hours or len(widths) != sum(span for _hour, span in hours):
        return None
    borders, at = [60 * hours[0][0]], 0
    for hour, span in hours:
        whole = sum(widths[at : at + span])
        if not whole:
            return None
        reached = 0.0
        for width in widths[at : at + span]:
            reached += width
            borders.append(60 * hour + 5 * round(12 * reached / whole))
        at += span
    return tuple(borders)
