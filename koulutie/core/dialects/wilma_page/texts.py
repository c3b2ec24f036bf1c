"""Words, numbers and days as pages write them."""

from __future__ import annotations

import datetime as dt
import re

from lxml import html

_DATE = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")


def text_of(element: html.HtmlElement) -> str:
    """Return an element's text on one line."""
    return squeezed(element.text_content())


def squeezed(text: str) -> str:
    """Return the text with single spaces."""
    return " ".join(text.split())


def date_of(text: str) -> dt.date | None:
    """Return a day written as d.m.yyyy."""
    match = _DATE.fullmatch(text.strip())
    try:
        return dt.date(int(match[3]), int(match[2]), int(match[1])) if match else None
    except ValueError:
        return None


def number_of(text: str) -> float:
    """Return the first number in a text, its decimal sign a comma or a point; else 0."""
    match = re.search(r"(?<!\d)\d{1,6}(?!\d)(?:[.,]\d+)?", text)
    return float(match[0].replace(",", ".")) if match else 0.0
