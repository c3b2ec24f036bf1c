"""Saved attendance pages of Wilma, as a browser keeps them, for some of the demo's pupils."""

from __future__ import annotations

import datetime as dt
import itertools
from html import escape
from pathlib import Path

from koulutie.core.marks import ABSENCES, Kind
from koulutie.demo.marks import KINDS
from koulutie.demo.world import STARTS, SUBJECTS
from koulutie.demo.writers import WORDS, Sheet

_HOURS = range(8, 15)
_DAYS = ("Ma", "Ti", "Ke", "To", "Pe", "La", "Su")


def borders() -> list[int]:
    """Return where the grid's columns begin: whole hours, lesson starts and ends."""
    edges = {60 * hour for hour in _HOURS} | {int(start) for start in STARTS}
    return sorted(edges | {int(start) + 45 for start in STARTS} | {60 * 15})


def write_page(path: Path, sheet: Sheet) -> int:
    """Write one pupil's page; the sheet holds only that pupil's marks."""
    words = WORDS["fi"]
    kinds = sheet.kinds_then()
    rows: dict[dt.date, list[tuple[int, Kind, int]]] = {}
    for at in range(len(sheet.marks)):
        day = sheet.cohort.year.days[sheet.marks.day[at]]
        slot = int(sheet.marks.slot[at])
        subject = int(sheet.cohort.class_index[sheet.marks.pupil[at]] + slot) % len(
            SUBJECTS
        )
        rows.setdefault(day, []).append((int(STARTS[slot]), KINDS[kinds[at]], subject))
    total = sum(kind in ABSENCES for marks in rows.values() for _, kind, _ in marks)
    body = "".join(
        _row(day, sorted(rows[day]), words) for day in sorted(rows, reverse=True)
    )
    legend = "".join(
        f'<tr><td class="at-tp{83 + KINDS.index(kind)}">{escape(word)}</td>'
        f"<td>{escape(word)}</td></tr>"
        for kind, word in words.items()
    )
    path.write_text(_PAGE.format(head=_head(), body=body, total=total, legend=legend))
    return len(sheet.marks)


def _head() -> str:
    edges = borders()
    spans = [
        sum(60 * hour <= edge < 60 * hour + 60 for edge in edges) for hour in _HOURS
    ]
    heads = zip(_HOURS, spans, strict=True)
    return "".join(
        f'<th colspan="{span}" class="center">{hour}</th>' for hour, span in heads
    )


def _cols() -> str:
    edges = borders()
    widths = [100 * (b - a) / 1066 for a, b in itertools.pairwise(edges)]
    return "".join(f'<col style="width: {width:.2f}%">' for width in widths)


def _row(
    day: dt.date, marks: list[tuple[int, Kind, int]], words: dict[Kind, str]
) -> str:
    edges, at, cells = borders(), 0, []
    for start, kind, subject in marks:
        first, after = edges.index(start), edges.index(start + 45)
        if first < at:
            continue  # the page shows one mark of a lesson; the rest is in its notes
        cells.append("<td>&nbsp;</td>" * (first - at))
        open_ = (
            '<input type="checkbox" name="item1">' if kind is Kind.UNRESOLVED else ""
        )
        cells.append(
            f'<td class="event at-bl at-tp{83 + KINDS.index(kind)}" '
            f'colspan="{after - first}" title="{SUBJECTS[subject]}_7A; '
            f'{escape(words[kind])} /Opettaja Oma">Oma{open_}</td>'
        )
        at = after
    cells.append("<td>&nbsp;</td>" * (len(edges) - 1 - at))
    total = sum(kind in ABSENCES for _, kind, _ in marks)
    return (
        f"<tr><td>{_DAYS[day.weekday()]} </td><td>{day.day}.{day.month}.{day.year} </td>"
        f'{"".join(cells)}<td class="total{"" if total else " zero"}">{total} </td>'
        "<td>&nbsp;<br></td></tr>"
    )


_PAGE = (
    '<!DOCTYPE html><html lang="fi"><head><meta charset="utf-8">'
    "<title>Tuntimerkinnät - Wilma</title></head><body>"
    '<table class="datatable attendance-single table"><colgroup><col><col>'
    + _cols()
    + '</colgroup><thead><tr><th colspan="2">Päivämäärä </th>{head}'
    "<th>Yhteensä </th><th>Huomioita</th></tr></thead><tbody>{body}</tbody>"
    '<tfoot class="summary"><tr><td colspan="20">Yhteensä </td><td>{total}</td><td></td></tr>'
    '</tfoot></table><div class="legend"><table><tbody>{legend}</tbody></table></div>'
    "</body></html>"
)
