"""The colours can be read and told apart, in light and in dark, by everybody."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import numpy as np
import pytest

from koulutie.ui import tokens
from koulutie.ui.glyphs import COLOURS, UNRESOLVED_EDGE

STATIC = Path(tokens.FILE).parent
THEMES = {"light": tokens.light, "dark": tokens.dark}
GROUNDS = ("paper", "surface", "sunk")
INKS = ("ink", "ink-soft", "pine", "pine-strong", "lake", "amber", "clay")
TONES = ("pine", "lake", "amber", "clay")

# WCAG 2.2: 1.4.3 for text, 1.4.11 for edges, focus and parts of drawings.
TEXT, SHAPE = 4.5, 3.0
# Below about 20 two colours in a chart begin to be taken for one another (CIE76).
TOLD_APART = 20.0

# Machado, Oliveira and Fernandes (2009), severity 1.0, on linear RGB.
SIGHT = {
    "common": np.eye(3),
    "protanopia": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "deuteranopia": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "tritanopia": np.array(
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ]
    ),
}
TO_XYZ = np.array(
    [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
)


def linear(colour: str) -> np.ndarray:
    parts = np.array([int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)])
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)


def contrast(one: str, other: str) -> float:
    lights = sorted(float(TO_XYZ[1] @ linear(colour)) for colour in (one, other))
    return (lights[1] + 0.05) / (lights[0] + 0.05)


def lab(rgb: np.ndarray) -> np.ndarray:
    xyz = TO_XYZ @ np.clip(rgb, 0, 1) / np.array([0.9505, 1.0, 1.089])
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def test_the_measure_of_contrast_knows_black_and_white() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21, abs=0.01)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize("ink", INKS)
def test_text_can_be_read(theme: str, ground: str, ink: str) -> None:
    colours = THEMES[theme]()
    assert contrast(colours[ink], colours[ground]) >= TEXT


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("tone", TONES)
@pytest.mark.parametrize("ink", ["ink", "ink-soft", None])
def test_text_can_be_read_on_tinted_ground(
    theme: str, tone: str, ink: str | None
) -> None:
    colours = THEMES[theme]()
    assert contrast(colours[ink or tone], colours[f"{tone}-soft"]) >= TEXT


@pytest.mark.parametrize("theme", THEMES)
def test_text_on_buttons_can_be_read(theme: str) -> None:
    colours = THEMES[theme]()
    for ground in ("pine", "pine-strong"):
        assert contrast(colours["on-pine"], colours[ground]) >= TEXT


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("ground", GROUNDS)
def test_edges_and_focus_can_be_seen(theme: str, ground: str) -> None:
    colours = THEMES[theme]()
    for shape in ("edge", "focus"):
        assert contrast(colours[shape], colours[ground]) >= SHAPE


@pytest.mark.parametrize("theme", THEMES)
def test_what_charts_draw_can_be_seen(theme: str) -> None:
    colours = THEMES[theme]()
    drawn = {name for name in COLOURS.values() if name != "chart-unresolved"}
    for ground in ("paper", "surface"):
        for name in drawn | {UNRESOLVED_EDGE}:
            assert contrast(colours[name], colours[ground]) >= SHAPE, name
        assert contrast(colours["chart-text"], colours[ground]) >= TEXT


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("sight", SIGHT)
def test_the_classes_of_absence_are_told_apart(theme: str, sight: str) -> None:
    """What is unresolved is drawn hollow, so it differs by form already."""
    colours = THEMES[theme]()
    names = [
        name
        for name in COLOURS.values()
        if name not in {"chart-unresolved", "chart-series"}
    ]
    seen = {name: lab(SIGHT[sight] @ linear(colours[name])) for name in names}
    for one, other in itertools.combinations(names, 2):
        assert np.linalg.norm(seen[one] - seen[other]) >= TOLD_APART, (one, other)


def test_each_colour_of_charts_is_one_token() -> None:
    """The page swaps colours for tokens by value, so a value may have one name only."""
    values = [value for name, value in tokens.light().items() if "chart" in name]
    assert len(values) == len(set(values))


def test_dark_says_every_colour() -> None:
    dark = tokens.FILE.read_text().partition("prefers-color-scheme: dark")[2]
    for name in tokens.light():
        assert f"--{name}: #" in dark, name


@pytest.mark.parametrize(
    "path", sorted(STATIC.glob("*.css")), ids=lambda path: path.name
)
def test_style_sheets_keep_to_the_rules(path: Path) -> None:
    css = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.DOTALL)
    assert "!important" not in css
    physical = r"^\s*(?:margin|padding|border)-(?:left|right|top|bottom)|^\s*(?:left|right|top|bottom|width|height):"
    assert not re.findall(physical, css, flags=re.MULTILINE)
    if path.name not in {"tokens.css", "print.css"}:
        assert not re.findall(r"#[0-9a-fA-F]{3,8}\b(?=[;\s,)])", css), "name a token"
    used = set(re.findall(r"var\(--([a-z0-9-]+)", css))
    known = set(re.findall(r"--([a-z0-9-]+):", tokens.FILE.read_text()))
    assert used <= known
