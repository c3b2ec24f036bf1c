"""Charts: Vega-Lite dicts rendered to SVG on the server, with the finding and the table.

The same SVG goes to the page and to paper. On the page each colour is the token it came
from, so that a chart follows light, dark and forced colours; on paper it is the light one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Any, Final, Literal, Protocol

import vl_convert
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, ngettext

from koulutie.core.errors import Fault
from koulutie.ui import formats, tokens
from koulutie.ui.glyphs import COLOURS, UNRESOLVED_EDGE
from koulutie.ui.templatetags.koulutie import kind_name

VERSION: Final = "5.21"
FONT: Final = "Atkinson Hyperlegible Next, Segoe UI, Liberation Sans, sans-serif"
LOCALES: Final[dict[str, Literal["fi-FI", "sv-SE", "en-US"]]] = {
    "fi": "fi-FI",
    "sv": "sv-SE",
    "en": "en-US",
}
WIDE: Final = (780, 230)  # pixels at 1:1
NARROW: Final = (336, 190)

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


class Week(Protocol):
    """A week as `weekly_absence` draws it."""

    @property
    def monday(self) -> date: ...
    @property
    def lessons(self) -> Mapping[str, float]:
        """Absent lessons by kind, or by ``absence`` where causes are not shown."""

    @property
    def school_days(self) -> int: ...


# --- rendering ------------------------------------------------------------------------------


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


# --- a pupil's weeks ------------------------------------------------------------------------


def weekly_absence(
    weeks: Sequence[Week], *, language: str, note: str = ""
) -> Figure | None:
    """Draw absent lessons by week and class; weeks without school are shaded.

    Nothing is drawn, and None returned, before the first school day.
    """
    if not any(week.school_days for week in weeks):
        return None
    kinds = tuple(
        kind for kind in COLOURS if any(week.lessons.get(kind) for week in weeks)
    )
    return Figure(
        id="weekly-absence",
        title=gettext("Absent lessons by week"),
        finding=_weekly_finding(weeks, language),
        wide=svg(_weekly_spec(weeks, WIDE), language),
        narrow=svg(_weekly_spec(weeks, NARROW), language),
        columns=(
            (gettext("Week"), False),
            *((kind_name(kind), True) for kind in kinds),
            (gettext("Total"), True),
        ),
        rows=tuple(_weekly_row(week, kinds, language) for week in weeks),
        note=" ".join(
            text for text in (gettext("Shaded weeks had no school."), note) if text
        ),
        kinds=kinds,
    )


def _total(week: Week) -> float:
    return sum(week.lessons.values())


def _weekly_finding(weeks: Sequence[Week], language: str) -> str:
    """Say first how many weeks were without absence, then how much and when most."""
    school = [week for week in weeks if week.school_days or _total(week)]
    calm = sum(1 for week in school if not _total(week))
    total = sum(_total(week) for week in school)
    if not total:
        text = ngettext(
            "No absence in %(weeks)s school week.",
            "No absence in %(weeks)s school weeks.",
            len(school),
        )
        return text % {"weeks": len(school)}
    top = max(school, key=_total)
    text = ngettext(
        "%(calm)s of %(weeks)s school weeks without absence. %(total)s absent lesson, in "
        "the week of %(day)s.",
        "%(calm)s of %(weeks)s school weeks without absence. %(total)s absent lessons, "
        "most of them (%(most)s) in the week of %(day)s.",
        round(total),
    )
    return text % {
        "calm": calm,
        "weeks": len(school),
        "total": formats.number(total, language),
        "most": formats.number(_total(top), language),
        "day": formats.short_day(top.monday, language),
    }


def _weekly_row(week: Week, kinds: tuple[str, ...], language: str) -> Cells:
    friday = week.monday + timedelta(days=4)
    if not week.school_days and not _total(week):
        cells = ["", *[""] * len(kinds)]
        cells[-1] = gettext("no school")
    else:
        values = [*(week.lessons.get(kind, 0) for kind in kinds), _total(week)]
        cells = [formats.number(value, language) for value in values]
    return (formats.span(week.monday, friday, language), *cells)


def _weekly_spec(weeks: Sequence[Week], size: tuple[int, int]) -> Spec:
    width, height = size
    parts = [part for week in weeks for part in _stack(week)]
    top = max((_total(week) for week in weeks), default=0)
    time: Spec = {
        "type": "temporal",
        "scale": {
            "type": "utc",
            "domain": [
                weeks[0].monday.isoformat(),
                (weeks[-1].monday + timedelta(days=7)).isoformat(),
            ],
        },
    }
    layers = [
        _free_weeks(weeks, time, height),
        _bars(parts, time, top),
    ]
    if top:
        layers.append(_peak(weeks, time))
    return {"width": width, "height": height, "layer": layers}


def _stack(week: Week) -> list[Spec]:
    """Return the week's bar as pieces from the bottom up."""
    colour = tokens.light()
    pieces, foot = [], 0.0
    for kind, name in COLOURS.items():
        lessons = week.lessons.get(kind, 0)
        if not lessons:
            continue
        is_hollow = name == "chart-unresolved"
        pieces.append(
            {
                "from": f"{week.monday.isoformat()}T14:00:00Z",
                "to": f"{(week.monday + timedelta(days=6)).isoformat()}T10:00:00Z",
                "y": foot,
                "y2": foot + lessons,
                "fill": colour[name],
                "edge": colour[UNRESOLVED_EDGE] if is_hollow else colour[name],
            }
        )
        foot += lessons
    return pieces


def _bars(parts: list[Spec], time: Spec, top: float) -> Spec:
    months = {"format": "%b", "tickCount": "month", "grid": False, "labelAlign": "left"}
    return {
        "data": {"values": parts},
        "mark": {"type": "rect", "strokeWidth": 1.25},
        "encoding": {
            "x": {"field": "from", **time, "axis": months | {"title": None}},
            "x2": {"field": "to"},
            "y": {
                "field": "y",
                "type": "quantitative",
                "scale": {"domain": [0, max(top, 5)], "nice": True},
                "axis": {"tickCount": 4, "tickMinStep": 1, "title": None},
            },
            "y2": {"field": "y2"},
            "fill": {"field": "fill", "type": "nominal", "scale": None},
            "stroke": {"field": "edge", "type": "nominal", "scale": None},
        },
    }


def _free_weeks(weeks: Sequence[Week], time: Spec, height: int) -> Spec:
    values = [
        {
            "from": week.monday.isoformat(),
            "to": (week.monday + timedelta(days=7)).isoformat(),
        }
        for week in weeks
        if not week.school_days
    ]
    return {
        "data": {"values": values},
        "mark": {"type": "rect", "fill": tokens.light()["chart-ground"]},
        "encoding": {
            "x": {"field": "from", **time},
            "x2": {"field": "to"},
            "y": {"value": 0},
            "y2": {"value": height},
        },
    }


def _peak(weeks: Sequence[Week], time: Spec) -> Spec:
    """Write the number above the week with most absence."""
    top = max(weeks, key=_total)
    value = {"at": f"{(top.monday + timedelta(days=3)).isoformat()}", "y": _total(top)}
    return {
        "data": {"values": [value]},
        "mark": {"type": "text", "dy": -7, "fontWeight": 700},
        "encoding": {
            "x": {"field": "at", **time},
            "y": {"field": "y", "type": "quantitative"},
            "text": {"field": "y", "type": "quantitative", "format": "~f"},
        },
    }


# --- weekdays -------------------------------------------------------------------------------


def weekday_pattern(lessons: Sequence[float], *, language: str) -> Figure | None:
    """Draw absent lessons Monday to Friday; None where there are none.

    It says on which day most fell, not that this is a pattern: whether it is one, with
    its minimum count, is decided by the ladder and the indicators.
    """
    total = sum(lessons)
    if not total:
        return None
    top = max(range(len(lessons)), key=lambda index: lessons[index])
    names = [formats.long_weekday(index, language) for index in range(len(lessons))]
    spec = _columns(list(zip(names, lessons, strict=True)), top=names[top])
    finding = gettext("Most on %(weekday)s: %(n)s of %(total)s absent lessons.") % {
        "weekday": formats.on_weekday(top, language),
        "n": formats.number(lessons[top], language),
        "total": formats.number(total, language),
    }
    return Figure(
        id="weekday-pattern",
        title=gettext("Absent lessons by weekday"),
        finding=finding,
        wide=svg(spec, language),
        columns=(
            (gettext("Weekday"), False),
            (gettext("Absent lessons"), True),
            (gettext("Share"), True),
        ),
        rows=tuple(
            (
                name,
                formats.number(value, language),
                formats.percent(value / total, language, decimals=0),
            )
            for name, value in zip(names, lessons, strict=True)
        ),
    )


def _columns(bars: list[tuple[str, float]], *, top: str) -> Spec:
    colour = tokens.light()
    values = [
        {
            "name": name,
            "value": value,
            "fill": colour["chart-series" if name == top else "chart-faded"],
        }
        for name, value in bars
    ]
    names = [name for name, _ in bars]
    x: Spec = {
        "field": "name",
        "type": "nominal",
        "sort": names,
        "axis": {"labelAngle": 0, "title": None, "grid": False},
        "scale": {"paddingInner": 0.3, "paddingOuter": 0.1},
    }
    y: Spec = {"field": "value", "type": "quantitative", "axis": None}
    return {
        "width": 336,
        "height": 130,
        "data": {"values": values},
        "encoding": {"x": x, "y": y},
        "layer": [
            {
                "mark": {"type": "bar", "cornerRadiusEnd": 3},
                "encoding": {
                    "fill": {"field": "fill", "type": "nominal", "scale": None}
                },
            },
            {
                "mark": {"type": "text", "dy": -7, "fontWeight": 600},
                "encoding": {
                    "text": {"field": "value", "type": "quantitative", "format": "~f"}
                },
            },
        ],
    }


# --- classes --------------------------------------------------------------------------------


def coverage_by_class(
    shares: Sequence[tuple[str, float | None]], *, language: str
) -> Figure | None:
    """Draw which share of the registers each class has kept, in the order given.

    `shares` are pairs of (class, share 0-1 or None where it is not known).
    """
    known = [share for _, share in shares if share is not None]
    if not known:
        return None
    full = sum(1 for share in known if share >= 1)
    text = ngettext(
        "Registers are complete in %(full)s of %(n)s class.",
        "Registers are complete in %(full)s of %(n)s classes.",
        len(shares),
    )
    return Figure(
        id="coverage-by-class",
        title=gettext("Registers kept, by class"),
        finding=text % {"full": full, "n": len(shares)},
        wide=svg(_shares(shares, language), language),
        columns=((gettext("Class"), False), (gettext("Registers kept"), True)),
        rows=tuple(
            (name, formats.percent(share, language, decimals=0))
            for name, share in shares
        ),
        note=gettext("A lesson whose register was not kept looks like presence."),
    )


def _shares(shares: Sequence[tuple[str, float | None]], language: str) -> Spec:
    colour = tokens.light()
    values = [
        {
            "name": name,
            "share": share or 0,
            "full": 1,
            "text": formats.percent(share, language, decimals=0),
        }
        for name, share in shares
    ]
    y: Spec = {
        "field": "name",
        "type": "nominal",
        "sort": None,
        "axis": {"title": None, "labelFontSize": 13},
        "scale": {"paddingInner": 0.45},
    }
    ground = {"type": "bar", "fill": colour["chart-ground"], "cornerRadius": 3}
    kept = {"type": "bar", "fill": colour["chart-series"], "cornerRadius": 3}
    text = {"type": "text", "align": "left", "dx": 8, "fontWeight": 600}
    label: Spec = {"field": "text", "type": "nominal"}
    return {
        "width": 400,
        "height": {"step": 26},
        "data": {"values": values},
        "encoding": {"y": y},
        "layer": [
            {"mark": ground, "encoding": {"x": _from_0_to_1("full")}},
            {"mark": kept, "encoding": {"x": _from_0_to_1("share")}},
            {"mark": text, "encoding": {"x": _from_0_to_1("full"), "text": label}},
        ],
    }


def _from_0_to_1(field: str) -> Spec:
    return {
        "field": field,
        "type": "quantitative",
        "scale": {"domain": [0, 1]},
        "axis": None,
    }
