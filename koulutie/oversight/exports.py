"""One pupil's log as a file: a page to read, or a table that no spreadsheet runs."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from koulutie.ui import formats

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One opening as it is given out."""

    at: datetime
    who: str  # a role, and the name where it was decided to tell it
    how: str
    what: str
    purpose: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PupilLog:
    """What is given out."""

    pupil: str  # "#17": the reader knows whose it is, the file need not say it
    first: date
    last: date
    lines: Sequence[Line]


def csv_file(log: PupilLog) -> bytes:
    """Return a CSV with a byte order mark and semicolons, as Finnish Excel wants it."""
    text = io.StringIO()
    text.write("\ufeff")
    writer = csv.writer(text, delimiter=";", quoting=csv.QUOTE_ALL)
    writer.writerow([plain(one) for one in titles()])
    for line in log.lines:
        writer.writerow([plain(one) for one in cells(line)])
    return text.getvalue().encode()


def html_file(log: PupilLog) -> bytes:
    """Return a page that stands alone: no style sheet, no script, nothing fetched."""
    language = get_language() or "fi"
    head = format_html_join("", '<th scope="col">{}</th>', ((one,) for one in titles()))
    rows = format_html_join(
        "\n",
        "<tr>{}</tr>",
        (
            (format_html_join("", "<td>{}</td>", ((one,) for one in cells(line))),)
            for line in log.lines
        ),
    )
    title = _("Who opened the data of pupil %(pupil)s") % {"pupil": log.pupil}
    page = format_html(
        '<!doctype html>\n<html lang="{}">\n<head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width"><title>{}</title></head>\n'
        '<body>\n<h1>{}</h1>\n<p>{}</p>\n<table border="1" cellpadding="6">\n'
        "<thead><tr>{}</tr></thead>\n<tbody>\n{}\n</tbody>\n</table>\n</body>\n</html>\n",
        *(language, title, title, formats.span(log.first, log.last, language)),
        *(head, rows),
    )
    return page.encode()


def titles() -> list[str]:
    """Return the columns' names."""
    return [_("When"), _("Who"), _("How"), _("What"), _("For what")]


def cells(line: Line) -> list[str]:
    """Return one opening as texts; the time to the minute, local."""
    when = timezone.localtime(line.at).strftime("%Y-%m-%d %H:%M")
    return [when, line.who, line.how, line.what, line.purpose]


def plain(cell: str) -> str:
    """Return the cell so that no spreadsheet takes it for a formula."""
    return f"'{cell}" if cell.startswith(FORMULA) else cell
