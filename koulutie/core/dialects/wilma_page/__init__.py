"""The saved attendance page of Wilma (``/attendance/view``): one pupil's marks in a grid.

`opening` refuses what is another page, `grid` reads rows and times, `title` what a mark says.
Persons' names and notes stand only in titles and footnotes and never leave this package;
teachers keep their code.

Format and counting rule: OpenWilma (Apache-2.0) and wilmai (MIT), read as documentation;
checked on pages of 2018 and 2026.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from typing import BinaryIO

import pyarrow as pa
from lxml import html

from koulutie.core.dialects.reading import Note, Reading, ReadOptions, Rejections
from koulutie.core.dialects.wilma_page.grid import (
    Cell,
    Times,
    read_rows,
    times_of,
    width_of,
)
from koulutie.core.dialects.wilma_page.opening import (
    is_page,
    open_page,
    refuse_other_pages,
)
from koulutie.core.dialects.wilma_page.texts import date_of, number_of, text_of
from koulutie.core.dialects.wilma_page.title import read_legend, read_title
from koulutie.core.errors import gettext_noop
from koulutie.core.tables import RAW_MARK

NO_TIMES = gettext_noop(
    "The page does not tell the lessons' times, and no known lesson grid fits it. The marks "
    "were read without times. Add the school's lesson times to lesson_grids.yaml."
)
SEVERAL_GRIDS = gettext_noop(
    "The page does not tell the lessons' times, and %(count)s known lesson grids fit it. The "
    "first was used. Put the school's own lesson times first in lesson_grids.yaml."
)
SUM_DIFFERS = gettext_noop(
    "The page's total is %(total)s, but its days add up to %(days)s. Save the page again."
)


def recognises(head: bytes, file_name: str) -> bool:
    """Say whether the bytes begin a web page, Wilma's or another."""
    return is_page(head)


def read(source: BinaryIO, *, options: ReadOptions) -> Reading:
    """Return the marks of one page.

    Raises
    ------
    SourceError
        When it is another page, cut, too large or not UTF-8.
    """
    page = open_page(source, options.file_name)
    tables = page.xpath("//table[contains(@class, 'attendance-single')]")
    if not tables:
        refuse_other_pages(page, options.file_name)
        return Reading(
            dialect="wilma_page",
            rows_read=0,
            shape={"encoding": "utf-8"},
            complete_for=_chosen_days(page),
        )
    return _read_table(page, tables[0], options)


def _read_table(
    page: html.HtmlElement, table: html.HtmlElement, options: ReadOptions
) -> Reading:
    rejections = Rejections()
    cells, totals = read_rows(table, rejections)
    times = times_of(table, cells, options.lesson_grids)
    legend = read_legend(page)
    return Reading(
        dialect="wilma_page",
        marks=_marks(cells, legend, times.borders),
        rejections=rejections.table(),
        rows_read=len(cells) + len(rejections.rows),
        shape={
            "encoding": "utf-8",
            "columns": str(width_of(table)),
            "times": times.found_by,
        },
        notes=(*_times_notes(times, cells), *_sum_notes(table, totals)),
        # A page with a row that was not understood is not all there is.
        complete_for=None if rejections.rows else _chosen_days(page),
        page_totals={day: total for day, total in totals.items() if total},
        legend=tuple(name for _short, name in legend.values()),
    )


def _marks(
    cells: Sequence[Cell],
    legend: Mapping[str, tuple[str, str]],
    borders: Sequence[int] | None,
) -> pa.Table:
    known = frozenset(word.casefold() for words in legend.values() for word in words)
    rows = []
    for cell in cells:
        name = legend[cell.number][1] if cell.number in legend else cell.label
        said = read_title(cell.title, name=name, known=known)
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
                "teacher_code": cell.teacher_code or None,
                "type_key": cell.number or None,
                "type_name": said.type_name,
                "is_cleared": False if cell.is_open else said.is_cleared or None,
            }
        )
    return pa.Table.from_pylist(rows, schema=RAW_MARK)


def _times_notes(times: Times, cells: Sequence[Cell]) -> list[Note]:
    if cells and times.borders is None:
        return [Note(NO_TIMES)]
    if cells and times.fitting > 1:
        return [Note(SEVERAL_GRIDS, {"count": times.fitting})]
    return []


def _sum_notes(table: html.HtmlElement, totals: Mapping[dt.date, float]) -> list[Note]:
    foot = [text_of(cell) for cell in table.xpath("./tfoot//td")]
    numbers = [number_of(text) for text in foot if re.fullmatch(r"\d+([.,]\d+)?", text)]
    days = sum(totals.values())
    if not numbers or numbers[0] == days:
        return []
    return [Note(SUM_DIFFERS, {"total": numbers[0], "days": days})]


def _chosen_days(page: html.HtmlElement) -> tuple[dt.date, dt.date] | None:
    """Return the days shown, where a person chose them; a named span tells no days.

    The button of the menu of spans shows the chosen one. Where it shows none of the menu's
    ("Jokin muu", whatever the language), the form's two days were asked for.
    """
    spans = page.xpath(
        "//a[contains(@href, 'attendance/view') and contains(@href, 'range=')]"
    )
    named = {text_of(one) for one in spans}
    shown = page.xpath(
        "//div[.//a[contains(@href, 'range=')]]/button[contains(@class, 'dropdown-toggle')]"
    )
    if not named or not shown or any(text_of(one) in named for one in shown):
        return None
    days = [date_of(value) for value in page.xpath("//input[@name='first']/@value")]
    days += [date_of(value) for value in page.xpath("//input[@name='last']/@value")]
    if len(days) != 2 or days[0] is None or days[1] is None or days[0] > days[1]:
        return None
    return days[0], days[1] + dt.timedelta(days=1)
