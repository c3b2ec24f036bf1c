"""From a file to a handled pupil, in a browser, in two languages and at two widths."""

from __future__ import annotations

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from koulutie.casework.models import Task
from koulutie.ui import clock
from tests.browser import OpenPage
from tests.builders import NOW
from tests.casework.chain import a_town_with_a_ladder, absences, bring
from tests.people import People

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
}
WORDS = {
    "fi": {"today": "Tänään", "talked": "Keskusteltu, ei huolta", "save": "Tallenna",
           "empty": "Kukaan ei odota sinua tänään"},
    "sv": {"today": "I dag", "talked": "Samtal fört, ingen oro", "save": "Spara",
           "empty": "Ingen väntar på dig i dag"},
}  # fmt: skip


@pytest.fixture
def people(settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> People:
    settings.FACTS_ROOT = str(tmp_path / "facts")
    # The pages' day is the day of the files, whatever day the test runs on.
    monkeypatch.setattr(clock, "now", lambda: NOW)
    people = a_town_with_a_ladder()
    bring(people, tmp_path, *absences(44, "k7B1"))
    return people


def check(page: Page, where: str) -> None:
    """No violation of WCAG 2.2 AA, one heading of the first level, no sideways scrolling."""
    found = Axe().run(
        page, options={"runOnly": {"type": "tag", "values": RULES["runOnly"]}}
    )
    assert found.violations_count == 0, f"{where}: {found.generate_report()}"
    assert page.locator("h1").count() == 1, where
    wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
    assert not wide, f"{where} scrolls sideways"


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("language", ["fi", "sv"])
def test_from_today_to_handled_in_two_clicks(
    open_page: OpenPage, people: People, language: str, width: int
) -> None:
    words = WORDS[language]
    page = open_page(people.aino, width=width, language=language)
    page.goto("/")
    expect(page.get_by_role("heading", level=1)).to_have_text(words["today"])
    check(page, "today")
    page.get_by_role("link", name=words["talked"]).first.click()
    check(page, "task")
    # The rows that reached the limit, not those that came after.
    assert page.locator("#rows ~ .table-scroll tbody tr").count() == 40
    page.get_by_role("button", name=words["save"]).click()
    expect(page.get_by_text(words["empty"])).to_be_visible()
    check(page, "today, empty")
    assert not Task.objects.unscoped("test").filter(state=Task.State.OPEN).exists()


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("language", ["fi", "sv", "en"])
def test_class_pupil_and_figure_pages_are_accessible(
    open_page: OpenPage, people: People, language: str, width: int
) -> None:
    page = open_page(people.aino, width=width, language=language)
    pupil = people.home.pupils["7B"][0]
    for where in (
        f"/classes/{people.home.classes['7B'].pk}/",
        f"/pupils/{pupil.pk}/",
        f"/figures/absence_lessons/pupils/{pupil.pk}/",
        "/figures/",
        "/figures/chronic_absence/",
    ):
        page.goto(where)
        check(page, where)


@pytest.mark.parametrize("width", [390, 1280])
def test_the_schools_page_is_accessible(
    open_page: OpenPage, people: People, width: int
) -> None:
    page = open_page(people.cecilia, width=width, language="fi")
    page.goto(f"/schools/{people.home.schools['fi'].pk}/")
    check(page, "school")


def test_a_pages_number_equals_the_sum_of_the_rows_it_opens_to(
    open_page: OpenPage, people: People
) -> None:
    page = open_page(people.aino, language="en")
    pupil = people.home.pupils["7B"][0]
    page.goto(f"/figures/absence_lessons/pupils/{pupil.pk}/")
    expect(page.get_by_role("heading", level=1)).to_contain_text("44 lessons")
    rows = page.locator(
        "#counted ~ .table-scroll tbody tr td:last-child"
    ).all_inner_texts()
    assert sum(float(cell) for cell in rows) == 44
