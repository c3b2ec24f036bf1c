"""The door and the gallery in a real browser: accessible, within the phone, in three languages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser import OpenPage
from tests.people import make_people

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

SIZES = {"phone": (390, 844), "desk": (1280, 900)}
PICTURES = Path(__file__).parent.parent / "screenshots"
RULES = {
    "runOnly": {
        "type": "tag",
        "values": [
            *("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"),
            "best-practice",
        ],
    }
}


def examine(page: Any, name: str) -> None:
    """Hold a page to what every page promises, and take its picture."""
    assert page.locator("h1").count() == 1
    assert page.title().endswith(" · Koulutie")
    assert page.title() != " · Koulutie"
    too_wide = page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    assert too_wide <= 0, f"{name} scrolls sideways by {too_wide} px"
    PICTURES.mkdir(exist_ok=True)
    page.screenshot(path=PICTURES / f"{name}.png", full_page=True)
    found = Axe().run(page, options=RULES)
    assert not found.response["violations"], found.generate_report()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", ["fi", "sv", "en"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_gallery(
    open_page: OpenPage, size: str, language: str, scheme: str
) -> None:
    people = make_people()
    width, height = SIZES[size]
    page = open_page(people.aino, width=width, height=height, language=language)
    page.emulate_media(color_scheme=scheme)
    page.goto("/gallery/")
    examine(page, f"gallery-{size}-{language}-{scheme}")


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", ["fi", "sv", "en"])
def test_the_door(open_page: OpenPage, size: str, language: str) -> None:
    width, height = SIZES[size]
    page = open_page(width=width, height=height, language=language)
    page.goto("/sign-in/")
    examine(page, f"door-{size}-{language}")
