"""Tiny drawings inside text and tables: too small for a chart, drawn directly as SVG.

They are decoration: each stands beside the number or the words that it draws, so it is
hidden from screen readers. Colours are the tokens' own, so they follow light and dark.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from koulutie.core.marks import Kind
from koulutie.ui import formats

ABSENCE: Final = "absence"  # any class, for readers to whom causes are not open
UNRESOLVED_EDGE: Final = "chart-unresolved-edge"

# From the calmest to the least known; the same order everywhere.
COLOURS: Final[dict[str, str]] = {
    Kind.HEALTH: "chart-health",
    Kind.PREAPPROVED: "chart-preapproved",
    Kind.OTHER_EXPLAINED: "chart-other-explained",
    Kind.UNAUTHORISED: "chart-unauthorised",
    Kind.UNRESOLVED: "chart-unresolved",
    ABSENCE: "chart-series",
}

Box = tuple[float, float, float, float]
Counts = Mapping[str, float] | Iterable[tuple[str, float]]  # lessons by kind


def drawing(width: float, height: float, *shapes: SafeString) -> SafeString:
    """Return an SVG that screen readers pass over."""
    return format_html(
        '<svg class="glyph" width="{0}" height="{1}" viewBox="0 0 {0} {1}" '
        'aria-hidden="true" focusable="false">{2}</svg>',
        plain(width),
        plain(height),
        format_html_join("", "{}", ((shape,) for shape in shapes)),
    )


def box(
    at: Box, colour: str, *, edge: str | None = None, radius: float = 1
) -> SafeString:
    """Return a rectangle (x, y, width, height) in a token's colour."""
    x, y, width, height = (plain(value) for value in at)
    stroke = (
        format_html(' stroke="var(--{})" stroke-width="1.25"', edge) if edge else ""
    )
    return format_html(
        '<rect x="{}" y="{}" width="{}" height="{}" rx="{}" fill="var(--{})"{}/>',
        x,
        y,
        width,
        height,
        radius,
        colour,
        stroke,
    )


def plain(value: float) -> str:
    """Return a coordinate with at most two decimals and a full stop."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def stairs(step: int, steps: int) -> SafeString:
    """Draw a staircase of which the first `step` of `steps` are walked."""
    width, gap, height = 5.0, 1.5, 18.0
    shapes = []
    for number in range(1, steps + 1):
        high = height * (0.3 + 0.7 * number / steps)
        x = (number - 1) * (width + gap)
        colour = "chart-series" if number <= step else "chart-ground"
        edge = None if number <= step else "chart-faded"
        shapes.append(
            box((x + 0.75, height - high + 0.75, width, high), colour, edge=edge)
        )
    return drawing(steps * (width + gap), height + 1.5, *shapes)


def weekday_bars(shares: Sequence[float | None], language: str) -> SafeString:
    """Draw one bar a weekday with its letter; the tallest is full height."""
    width, gap, height = 11.0, 4.0, 20.0
    top = max((share for share in shares if share is not None), default=0) or 1
    shapes = []
    for index, share in enumerate(shares):
        x = index * (width + gap)
        shapes.append(box((x, 0, width, height), "chart-ground", radius=2))
        if share:
            high = max(height * share / top, 1.5)
            colour = "chart-series" if share == top else "chart-faded"
            shapes.append(box((x, height - high, width, high), colour, radius=2))
        shapes.append(letter(x + width / 2, height + 10, index, language))
    return drawing(len(shares) * (width + gap) - gap, height + 12, *shapes)


def letter(x: float, y: float, index: int, language: str) -> SafeString:
    """Return the first letter of a weekday, centred."""
    return format_html(
        '<text x="{}" y="{}" font-size="9" text-anchor="middle" '
        'fill="var(--chart-text)">{}</text>',
        plain(x),
        plain(y),
        formats.weekday(index, language)[0].upper(),
    )


def class_bar(counts: Counts, of: float) -> SafeString:
    """Draw lessons by class of absence in one bar; `of` is what fills the whole width."""
    width, height, gap = 160.0, 12.0, 1.0
    shapes = [box((0, 0, width, height), "chart-ground", radius=2)]
    x = 0.0
    by_kind = dict(counts)
    for kind, colour in COLOURS.items():
        count = by_kind.get(kind, 0)
        if not count or not of:
            continue
        long = width * count / of
        shapes.append(segment(x, max(long - gap, 1), height, kind, colour))
        x += long
    return drawing(width, height, *shapes)


def segment(x: float, long: float, height: float, kind: str, colour: str) -> SafeString:
    """Return one part of a bar; what is unresolved is drawn hollow."""
    if kind != Kind.UNRESOLVED:
        return box((x, 0, long, height), colour)
    inner = (x + 0.63, 0.63, max(long - 1.25, 0.5), height - 1.25)
    return box(inner, colour, edge=UNRESOLVED_EDGE)


def share_bar(share: float | None) -> SafeString:
    """Draw a share (0-1) as a short bar; an unknown one is empty."""
    width, height = 48.0, 6.0
    shapes = [box((0, 0, width, height), "chart-ground", radius=3)]
    if share:
        long = max(width * min(share, 1), 2)
        shapes.append(box((0, 0, long, height), "chart-series", radius=3))
    return drawing(width, height, *shapes)


def swatch(kind: str) -> SafeString:
    """Draw a little square in the colour of a class of absence."""
    return drawing(14, 14, segment(0, 14, 14, kind, COLOURS[kind]))
