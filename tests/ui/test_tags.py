"""Filters and tags of templates."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.template import Context, Template
from django.test import RequestFactory
from django.utils import translation
from lxml import etree

from koulutie.core.definitions.base import LocalText
from koulutie.core.errors import DomainError
from koulutie.core.marks import Kind
from koulutie.ui import formats, glyphs


def shown(source: str, language: str = "en", **values: object) -> str:
    with translation.override(language):
        return Template(source).render(Context(values))


@pytest.mark.parametrize(
    ("source", "fi", "sv", "en"),
    [
        ('{{ 31|unit:"lessons" }}', "31 oppituntia", "31 lektioner", "31 lessons"),
        ('{{ 1|unit:"lessons" }}', "1 oppitunti", "1 lektion", "1 lesson"),
        ('{{ 1.5|unit:"hours" }}', "1,5 tuntia", "1,5 timmar", "1.5 hours"),
        ('{{ 12.3|unit:"percent" }}', "12,3\u00a0%", "12,3\u00a0%", "12.3%"),
        ('{{ 0.123|unit:"share" }}', "12,3\u00a0%", "12,3\u00a0%", "12.3%"),
        ('{{ none|unit:"lessons" }}', "–", "–", "–"),
        ("{{ 1234.5|number }}", "1\u202f234,5", "1\u202f234,5", "1,234.5"),
        ("{{ 0|weekday }}", "ma", "må", "Mon"),
        (
            '{{ "absence_unresolved"|kind_name }}',
            "Selvittämätön poissaolo",
            "Outredd frånvaro",
            "Unresolved absence",
        ),
        ('{{ "absence"|kind_name }}', "Poissaolo", "Frånvaro", "Absence"),
        ('{{ "principal"|role_name }}', "Rehtori", "Rektor", "Principal"),
    ],
)
def test_words_and_numbers(source: str, fi: str, sv: str, en: str) -> None:
    assert shown(source, "fi", none=None) == fi
    assert shown(source, "sv", none=None) == sv
    assert shown(source, "en", none=None) == en


def test_moments_are_told_in_finnish_time() -> None:
    at = datetime(2026, 7, 1, 21, 5, tzinfo=UTC)
    assert shown("{{ at|moment }}", "fi", at=at) == "2.7.2026 klo 0.05"
    assert shown("{{ at|day }}", "fi", at=at) == "2.7.2026"


def test_definitions_speak_their_own_languages() -> None:
    text = LocalText(fi="porras", sv="steg", en="step")
    assert shown("{{ text|local }}", "sv", text=text) == "steg"
    assert shown("{{ text|local }}", "sv", text=None) == ""


def test_refusals_speak_with_their_values() -> None:
    error = DomainError("%(file)s is empty. Export it again.", file="a<b>.csv")
    assert shown("{{ error|sentence }}", error=error) == (
        "a&lt;b&gt;.csv is empty. Export it again."
    )


def test_query_keeps_what_the_page_was_asked_for(rf: RequestFactory) -> None:
    request = rf.get("/", {"sort": "name", "page": "3"})
    assert shown("{% query page=4 %}", request=request) == "?sort=name&amp;page=4"
    assert shown("{% query sort=None %}", request=request) == "?page=3"
    assert shown("{% query sort=None page=None %}", request=request) == "?"


def test_icons_exist() -> None:
    """Every icon that a template names is in the sprite."""
    import re
    from pathlib import Path

    package = Path(glyphs.__file__).parent.parent
    sprite = (package / "ui/static/ui/icons.svg").read_text()
    known = set(re.findall(r'<symbol id="([^"]+)"', sprite))
    used = {
        name
        for path in package.glob("*/templates/**/*.html")
        for name in re.findall(
            r'{% icon "([^"]+)" %}|symbol="([^"]+)"', path.read_text()
        )
        for name in name
        if name
    }
    assert used
    assert used <= known


def widths(drawing: str) -> list[float]:
    root = etree.fromstring(drawing.encode())
    return [float(box.attrib["width"]) for box in root.iter("rect")]


def test_a_bar_is_as_long_as_its_lessons() -> None:
    ground, health, hollow = widths(
        glyphs.class_bar({Kind.HEALTH: 20, Kind.UNRESOLVED: 10}, 40)
    )
    assert ground == 160
    assert health == 80 - 1  # a pixel of air between the parts
    assert hollow == 40 - 1 - 1.25  # and room for the edge


def test_bars_take_pairs_too_and_draw_nothing_for_nothing() -> None:
    assert glyphs.class_bar([("absence", 3)], 45) == glyphs.class_bar(
        {"absence": 3}, 45
    )
    assert widths(glyphs.class_bar({}, 0)) == [160]


def test_stairs_are_walked_up_to_the_step() -> None:
    drawing = glyphs.stairs(2, 5)
    assert drawing.count("chart-series") == 2
    assert drawing.count('fill="var(--chart-ground)"') == 3


def test_shares_stay_inside_their_bar() -> None:
    assert widths(glyphs.share_bar(1.2)) == [48, 48]
    assert widths(glyphs.share_bar(0.5)) == [48, 24]
    assert widths(glyphs.share_bar(None)) == [48]


def test_the_weekday_with_most_is_tallest_and_strong() -> None:
    root = etree.fromstring(
        glyphs.weekday_bars([0.3, 0.15, 0, None, 0.1], "fi").encode()
    )
    strong = [box for box in root.iter("rect") if "series" in box.attrib["fill"]]
    assert [float(box.attrib["height"]) for box in strong] == [20]
    assert [text.text for text in root.iter("text")] == ["M", "T", "K", "T", "P"]


def test_drawings_are_passed_over_by_screen_readers() -> None:
    for drawing in (
        glyphs.swatch("absence"),
        glyphs.stairs(1, 4),
        glyphs.share_bar(0.2),
    ):
        assert etree.fromstring(drawing.encode()).get("aria-hidden") == "true"


def test_a_count_that_is_not_there_yet_is_a_dash_and_no_fault() -> None:
    drawn = shown("{{ counts.new|number }} {{ zero|number }}", counts={}, zero=0)
    assert drawn == f"{formats.UNKNOWN} 0"
