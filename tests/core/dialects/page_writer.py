"""Writes attendance pages as Wilma shows them, from marks that a test made up.

Independent of the reader: it only shares the format's description. One row of the table
holds one mark of a lesson; what comes on top goes to a row with an empty date below.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape

Lesson = tuple[int, int]  # start and end, minutes after midnight
_DAYS = ("Ma", "Ti", "Ke", "To", "Pe", "La", "Su")


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """One mark to be written."""

    date: dt.date
    lesson: Lesson
    type_name: str
    type_number: int | None = None  # None: a type without a colour of its own
    title_name: str = ""  # where the title words it differently
    group: str = ""
    note: str = ""
    teacher_code: str = "Ope"
    teacher_name: str = "Oona Opettaja"
    cleared: str = ""  # such as "5.10. /Reijo Rehtori"
    is_open: bool = False

    @property
    def title(self) -> str:
        parts = [self.group, self.title_name or self.type_name, self.note]
        said = "; ".join(part for part in parts if part)
        return f"{said} /{self.teacher_name}" + (
            f" - {self.cleared}" if self.cleared else ""
        )


def borders_of(lessons: Sequence[Lesson]) -> list[int]:
    """Return where the columns begin and end: whole hours, lesson starts and ends."""
    edges = set(itertools.chain(*lessons))
    first, end = min(edges) // 60, -(-max(edges) // 60)
    return sorted(edges | {60 * hour for hour in range(first, end + 1)})


def write_page(
    marks: Sequence[Written],
    *,
    lessons: Sequence[Lesson],
    legend: Mapping[int, str],
    totals: Mapping[dt.date, int] | None = None,
    with_widths: bool = True,
    menu: str = "",
) -> bytes:
    """Return a saved page. `menu` is the form in which the time span was chosen."""
    borders = borders_of(lessons)
    totals = totals or {}
    rows = "".join(
        _row(row, borders, totals.get(date, 0) if is_first else 0, is_first=is_first)
        for date, is_first, row in _rows(marks)
    )
    explained = "".join(
        f'<tr><td class="at-tp{number} text-center">{escape(name)[:3]}</td>'
        f"<td>{escape(name)}</td></tr>"
        for number, name in legend.items()
    )
    return (
        '<!DOCTYPE html><html lang="fi"><head><meta charset="UTF-8">'
        f"<title>Tuntimerkinnät - Wilma</title></head><body>{menu}"
        '<table class="datatable first attendance-single table">'
        f"{_columns(borders) if with_widths else ''}<thead>{_head(borders)}</thead>"
        f'<tbody>{rows}</tbody><tfoot class="summary"><tr class="total semi-bold">'
        f'<td colspan="{len(borders) + 1}">Yhteensä </td><td>{sum(totals.values())}</td>'
        "<td>&nbsp;<br></td></tr></tfoot></table>"
        f'<div class="legend"><table><tbody>{explained}</tbody></table></div>'
        "</body></html>"
    ).encode()


def span_menu(
    shown: str, first: dt.date, last: dt.date, names: Sequence[str] = ("Syksy", "Kevät")
) -> str:
    """Return the menu of time spans with `shown` on its button, and the form of two days."""
    items = "".join(
        f'<li><a role="menuitem" href="/attendance/view?range=-{number}">{name}</a></li>'
        for number, name in enumerate(names, start=1)
    )
    days = "".join(
        f'<input type="text" name="{name}" value="{day.day}.{day.month}.{day.year}">'
        for name, day in (("first", first), ("last", last))
    )
    return (
        '<div class="dropdown"><button class="btn dropdown-toggle" type="button">'
        f'{shown}<span class="caret"></span></button><ul class="dropdown-menu">{items}</ul>'
        '</div><form method="get" action="/attendance/view">'
        f'<input type="hidden" name="range" value="-3">{days}</form>'
    )


def _rows(marks: Sequence[Written]) -> Iterator[tuple[dt.date, bool, list[Written]]]:
    """Yield the newest day first; marks of one lesson never share a row."""
    by_day: dict[dt.date, list[Written]] = {}
    for mark in marks:
        by_day.setdefault(mark.date, []).append(mark)
    for date in sorted(by_day, reverse=True):
        left, is_first = sorted(by_day[date], key=lambda mark: mark.lesson), True
        while left:
            row: list[Written] = []
            for mark in left:
                if not row or mark.lesson[0] >= row[-1].lesson[1]:
                    row.append(mark)
            left = [mark for mark in left if not any(mark is one for one in row)]
            yield date, is_first, row
            is_first = False


def _row(
    marks: Sequence[Written], borders: Sequence[int], total: int, *, is_first: bool
) -> str:
    cells, at = [], 0
    for mark in marks:
        first, after = (borders.index(edge) for edge in mark.lesson)
        cells.append(_gap(first - at))
        cells.append(_cell(mark, after - first))
        at = after
    cells.append(_gap(len(borders) - 1 - at))
    date = marks[0].date
    day = f"{_DAYS[date.weekday()]} ", f"{date.day}.{date.month}.{date.year} "
    weekday, text = day if is_first else ("&nbsp;", "&nbsp;")
    notes = "".join(
        f'{number}: {escape(mark.note)} <span class="lem">/{mark.teacher_code}</span><br>'
        for number, mark in enumerate(marks, start=1)
        if mark.note
    )
    return (
        f"<tr><td>{weekday}</td><td>{text}</td>{''.join(cells)}"
        f'<td class="total{"" if total else " zero"}">{total} </td>'
        f"<td><small>{notes}</small>&nbsp;<br></td></tr>"
    )


def _gap(columns: int) -> str:
    return f'<td colspan="{columns}">&nbsp;</td>' if columns else ""


def _cell(mark: Written, span: int) -> str:
    title = escape(mark.title, quote=True)
    if mark.type_number is None:
        kind, text = "at-tp-other", f"<small>{escape(mark.type_name)}</small>"
    else:
        kind, text = f"at-tp{mark.type_number}", escape(mark.teacher_code)
    open_ = '<input type="checkbox" name="item17">' if mark.is_open else ""
    note = "<sup>1</sup>" if mark.note else ""
    covers = f' colspan="{span}"' if span > 1 else ""
    return f'<td class="event at-bl {kind}"{covers} title="{title}">{open_}{text}{note}</td>'


def _head(borders: Sequence[int]) -> str:
    hours = range(borders[0] // 60, borders[-1] // 60)
    cells = "".join(
        f'<th colspan="{sum(60 * hour <= edge < 60 * hour + 60 for edge in borders[:-1])}" '
        f'class="center">{hour}</th>'
        for hour in hours
    )
    return (
        f'<tr><th colspan="2">Päivämäärä </th>{cells}'
        '<th class="center">Yhteensä </th><th>Huomioita<br></th></tr>'
    )


def _columns(borders: Sequence[int]) -> str:
    """Return the columns' widths; the whole grid has three quarters of the page."""
    minute = 75 / (borders[-1] - borders[0])
    widths = "".join(
        f'<col width="2%" style="width :{minute * (b - a):.2f}%">'
        for a, b in itertools.pairwise(borders)
    )
    return f'<colgroup><col width="4%"><col width="11%">{widths}<col width="10%"></colgroup>'
