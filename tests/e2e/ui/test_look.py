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
    width, height = SIZES[size]
    page = open_page(make_people().aino, width=width, height=height, language=language)
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


@pytest.mark.parametrize("size", SIZES)
def test_pages_that_say_no(open_page: OpenPage, size: str) -> None:
    width, height = SIZES[size]
    page = open_page(make_people().iris, width=width, height=height)
    for name, path in (
        ("refused", "/gallery/"),
        ("nowhere", "/x/"),
        ("no-role", "/start/"),
    ):
        page.goto(path)
        examine(page, f"{name}-{size}")


def test_the_gallery_in_the_persons_own_colours(open_page: OpenPage) -> None:
    page = open_page(make_people().aino)
    page.emulate_media(forced_colors="active")
    page.goto("/gallery/")
    examine(page, "gallery-forced-colours")


def test_the_gallery_on_paper(open_page: OpenPage) -> None:
    page = open_page(make_people().aino, width=760)
    page.emulate_media(media="print")
    page.goto("/gallery/")
    assert not page.get_by_role("button", name="Sign out").is_visible()
    examine(page, "gallery-paper")
