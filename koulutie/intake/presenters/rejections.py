"""Rejected rows: as the page shows them, and as a file that a spreadsheet may open."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _

from koulutie.intake.models import RejectedRow
from koulutie.intake.presenters.sentences import sentence

# A cell that begins with one of these is a formula to a spreadsheet (OWASP, "CSV
# Injection"); an apostrophe before it makes it text.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """One rejected row."""

    line: int
    reason: str
    raw: str


def rejection_rows(rows: Iterable[RejectedRow]) -> list[Rejection]:
    """Return the rows with their reasons in the reader's language."""
    return [
        Rejection(line=row.line, reason=sentence(row.reason, row.params), raw=row.raw)
        for row in rows
    ]


def csv_lines(rows: Iterable[RejectedRow]) -> Iterator[str]:
    """Yield a CSV with a byte order mark and semicolons, as Finnish Excel wants it."""
    yield "\ufeff"
    yield _line([_("Line"), _("Reason"), _("Row")])
    for row in rejection_rows(rows):
        yield _line([str(row.line), plain(row.reason), plain(row.raw)])


def _line(cells: list[str]) -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=";", quoting=csv.QUOTE_ALL).writerow(cells)
    return text.getvalue()


def plain(cell: str) -> str:
    """Return the cell so that no spreadsheet takes it for a formula."""
    return f"'{cell}" if cell.startswith(FORMULA) else cell
