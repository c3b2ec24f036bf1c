"""Plain bars: absence by weekday, registers kept by class."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext, ngettext

from koulutie.ui import formats, tokens
from koulutie.ui.charts.rendering import Figure, Spec, svg


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
    bars = list(zip(names, lessons, strict=True))
    finding = gettext("Most on %(weekday)s: %(n)s of %(total)s absent lessons.") % {
        "weekday": formats.on_weekday(top, language),
        "n": formats.number(lessons[top], language),
        "total": formats.number(total, language),
    }
    return Figure(
        id="weekday-pattern",
        title=gettext("Absent lessons by weekday"),
        finding=finding,
        wide=svg(_columns(bars, top=names[top], width=440), language),
        narrow=svg(_columns(bars, top=names[top], width=300), language),
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
            for name, value in bars
        ),
    )


def _columns(bars: list[tuple[str, float]], *, top: str, width: int) -> Spec:
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
        "width": width,
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
        wide=svg(_shares(shares, language, width=370), language),
        narrow=svg(_shares(shares, language, width=230), language),
        columns=((gettext("Class"), False), (gettext("Registers kept"), True)),
        rows=tuple(
            (name, formats.percent(share, language, decimals=0))
            for name, share in shares
        ),
        note=gettext("A lesson whose register was not kept looks like presence."),
    )


def _shares(
    shares: Sequence[tuple[str, float | None]], language: str, *, width: int
) -> Spec:
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
        "width": width,
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
