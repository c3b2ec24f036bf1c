"""What a mark says: its legend name, and the grammar of its title."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from lxml import html

from koulutie.core.dialects.wilma_page.texts import text_of

# " - 5.10. /Clearer"; the year is not seen on real pages, but would hide the teacher's name.
_CLEARER = re.compile(r" - \d{1,2}\.(?:\d{1,2}\.)?(?:\d{4})? ?/[^/]+$")
_GROUP = re.compile(r"[\wåäöÅÄÖ.\-/]*[\d_][\wåäöÅÄÖ.\-/]*")
_TYPE_NUMBER = re.compile(r"at-tp(\d+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a mark's title says, without persons and free text."""

    group: str | None
    type_name: str
    is_cleared: bool


def read_legend(page: html.HtmlElement) -> Mapping[str, tuple[str, str]]:
    """Return the types' short and full names by their number on this page."""
    names = {}
    for row in page.xpath("//div[contains(@class, 'legend')]//tr"):
        cells = row.findall("td")
        if len(cells) < 2:
            continue
        number = _TYPE_NUMBER.search(cells[0].get("class") or "")
        short, name = text_of(cells[0]), text_of(cells[1])
        if number and (name or short):
            names[number[1]] = (short, name or short)
    return names


def read_title(title: str, *, name: str, known: frozenset[str]) -> Said:
    """Read ``[GROUP; ]TYPE[; NOTE] /TEACHER[ - d.m. /CLEARER]``.

    Parameters
    ----------
    name
        The type's name in the legend, or as the cell shows it, whose wording may differ from
        the title's; empty where the page has neither.
    known
        All names and short names of the legend, case-folded, by which a group is told from a
        type.

    Notes
    -----
    Notes may hold a slash, so the teacher begins at the last one.
    """
    cleared = _CLEARER.search(title)
    rest = title[: cleared.start()] if cleared else title
    rest = rest.rpartition(" /")[0] or rest.partition("/")[0]
    parts = [part.strip() for part in rest.split("; ")]
    has_group = _has_group(parts, known | {name.casefold()})
    said = parts[1] if has_group else parts[0]
    return Said(
        group=parts[0] if has_group else None,
        type_name=name or said,
        is_cleared=cleared is not None,
    )


def _has_group(parts: list[str], known: frozenset[str]) -> bool:
    if len(parts) < 2 or _is_type(parts[0], known):
        return False
    return _is_type(parts[1], known) or bool(_GROUP.fullmatch(parts[0]))


def _is_type(text: str, known: frozenset[str]) -> bool:
    """Say whether a text is a known type, maybe with further labels behind a comma."""
    text = text.casefold()
    return text in known or text.partition(", ")[0] in known
