"""Vega-Lite dicts rendered to SVG, and the figure that a page shows around one."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, Literal

import vl_convert
from django.utils.safestring import SafeString, mark_safe

from koulutie.core.errors import Fault
from koulutie.ui import formats, tokens

VERSION: Final = "5.21"
FONT: Final = "Atkinson Hyperlegible Next, Segoe UI, Liberation Sans, sans-serif"
LOCALES: Final[dict[str, Literal["fi-FI", "sv-SE", "en-US"]]] = {
    "fi": "fi-FI",
    "sv": "sv-SE",
    "en": "en-US",
}

Spec = dict[str, Any]  # a Vega-Lite specification is JSON
Cells = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """What `ui/_figure.html` shows: a chart, what it says, and the table it draws."""

    id: str
    title: str
    finding: str
    wide: SafeString
    columns: tuple[tuple[str, bool], ...]  # (text, is a number)
    rows: tuple[Cells, ...]
    narrow: SafeString | None = None
    note: str = ""
    kinds: tuple[str, ...] = ()  # for the legend


def svg(spec: Spec, language: str) -> SafeString:
    """Return the chart for a page: colours are tokens, text is in the language's formats."""
    return mark_safe(_with_tokens(svg_for_paper(spec, language)))  # noqa: S308  # ours, rendered from numbers and escaped texts


def svg_for_paper(spec: Spec, language: str) -> str:
    """Return the chart for documents, in the light theme's colours."""
    text = json.dumps(spec, sort_keys=True)
    if '"url": ' in text:  # quotes inside values are escaped, so this is a key
        raise Fault("a chart's data stand in its specification; nothing is fetched")
    return _render(text, language)


@lru_cache(maxsize=512)
def _render(spec: str, language: str) -> str:
    """Render once per specification and language. Data are inside; no address is read."""
    text = vl_convert.vegalite_to_svg(
        spec,
        vl_version=VERSION,
        config=theme(),
        allowed_base_urls=[],
        format_locale=number_locale(language),
        time_format_locale=time_locale(language),
    )
    return _only_shapes(text, prefix=f"c{hash((spec, language)) & 0xFFFFFFFF:x}")


def _only_shapes(text: str, *, prefix: str) -> str:
    """Drop Vega's own roles and classes, and make ids unique among a page's charts."""
    text = re.sub(r' (?:role|aria-[a-z]+|class|pointer-events)="[^"]*"', "", text)
    return re.sub(r'((?:id="|url\(#))([a-z]+\d+)', rf"\1{prefix}-\2", text)


def _with_tokens(text: str) -> str:
    """Name each colour by its token, the light one remaining for readers without CSS."""
    names = {
        colour: name
        for name, colour in tokens.light().items()
        if name.startswith("chart")
    }

    def named(match: re.Match[str]) -> str:
        name = names.get(match[1].lower())
        return f'="var(--{name}, {match[1]})"' if name else match[0]

    return re.sub(r'="(#[0-9a-fA-F]{6})"', named, text)


def theme() -> Spec:
    """Return what all charts share: our type, quiet axes, no frame, no texts of Vega's own."""
    colour = tokens.light()
    return {
        "aria": False,  # Vega's words are English; the figure has ours
        "background": None,
        "font": FONT,
        "padding": 2,
        "view": {"stroke": None},
        "axis": {
            "labelColor": colour["chart-text"],
            "labelFontSize": 12,
            "titleColor": colour["chart-text"],
            "titleFontSize": 12,
            "titleFontWeight": 400,
            "gridColor": colour["chart-grid"],
            "domain": False,
            "ticks": False,
            "labelPadding": 6,
        },
        "text": {"color": colour["chart-text"], "fontSize": 12},
    }


def number_locale(language: str) -> Spec:
    """Return d3's number format with our separators."""
    base = dict(vl_convert.get_format_locale(LOCALES[language]))
    if language != "en":
        base |= {"decimal": ",", "thousands": formats.NARROW_SPACE}
    return base


def time_locale(language: str) -> Spec:
    """Return d3's time format with months as `formats` writes them."""
    base = dict(vl_convert.get_time_format_locale(LOCALES[language]))
    return base | {"shortMonths": list(formats.SHORT_MONTHS[language])}
