"""A pupil's weeks: absent lessons by week and class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Final, Protocol

from django.utils.translation import gettext, ngettext

from koulutie.ui import formats, tokens
from koulutie.ui.charts.rendering import Cells, Figure, Spec, svg
from koulutie.ui.glyphs import COLOURS, UNRESOLVED_EDGE
from koulutie.ui.templatetags.koulutie import kind_name

WIDE: Final = (780, 230)  # pixels at 1:1
NARROW: Final = (336, 190)


class Week(Protocol):
    """A week as `weekly_absence` draws it."""

    @property
    def monday(self) -> date: ...
    @property
    def lessons(self) -> Mapping[str, float]:
        """Absent lessons by kind, or by ``absence`` where causes are not shown."""

    @property
    def school_days(self) -> int: ...


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
