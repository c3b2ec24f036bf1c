"""Keeping and erasing in a browser: two persons erase a pupil, a pupil gets their data."""

from __future__ import annotations

import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from koulutie.jobs import retention
from koulutie.jobs.erasing import erase_confirmed
from koulutie.registry.models import Pupil
from koulutie.ui import clock
from tests import builders as build
from tests.browser import OpenPage
from tests.people import People, make_people

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
WHY = "Huoltajan kirjallinen pyyntö 20.11."
WORDS = {
    "fi": {
        "data": "Oppilaan omat tiedot",
        "file": "Tee tiedosto",
        "erase": "Poista tämä oppilas",
        "ask": "Pyydä toisen vahvistusta",
        "confirm": "Vahvista: poista oppilas",
        "fields": "taulun kentät",
    },
    "sv": {
        "data": "Elevens egna uppgifter",
        "file": "Gör filen",
        "erase": "Radera den här eleven",
        "ask": "Be om den andra personen",
        "confirm": "Bekräfta: radera eleven",
        "fields": "Fälten i",
    },
}


@pytest.fixture
def people(monkeypatch: pytest.MonkeyPatch) -> People:
    monkeypatch.setattr(clock, "now", lambda: build.NOW)
    return make_people()


def check(page: Page, where: str) -> None:
    """No violation of WCAG 2.2 AA, one heading of the first level, no sideways scrolling."""
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": TAGS}})
    assert found.violations_count == 0, f"{where}: {found.generate_report()}"
    assert page.locator("h1").count() == 1, where
    wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
    assert not wide, f"{where} scrolls sideways"


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("language", ["fi", "sv"])
def test_a_pupil_gets_their_data_and_is_erased_by_two(
    open_page: OpenPage, people: People, language: str, width: int, tmp_path: Path
) -> None:
    words, pupil = WORDS[language], people.home.pupils["7B"][0]
    page = open_page(people.cecilia, width=width, language=language)
    page.goto(f"/pupils/{pupil.pk}/")
    page.get_by_role("link", name=words["data"]).click()
    check(page, "give")
    page.get_by_role("button", name=words["file"]).click()  # no reason yet
    check(page, "no reason")
    page.fill("textarea[name=reason]", WHY)
    with page.expect_download() as waiting:
        page.get_by_role("button", name=words["file"]).click()
    file = tmp_path / waiting.value.suggested_filename
    waiting.value.save_as(file)
    assert "Esimerkki" not in file.name
    assert zipfile.is_zipfile(file)

    page.reload()
    page.get_by_role("link", name=words["erase"]).click()
    check(page, "prepare")
    page.fill("textarea[name=reason]", WHY)
    page.get_by_role("button", name=words["ask"]).click()
    check(page, "asked for")

    officer = open_page(people.greta, width=width, language=language)
    officer.goto("/retention/erasures/")
    check(officer, "erasures")
    officer.locator(".lines__item a").first.click()
    expect(officer.get_by_text(WHY)).to_be_visible()
    check(officer, "erasure")
    officer.get_by_role("button", name=words["confirm"]).click()
    check(officer, "confirmed")
    assert erase_confirmed(now=build.NOW + timedelta(minutes=1)) == 1
    officer.reload()
    check(officer, "done")
    expect(officer.get_by_text(WHY)).to_have_count(0)
    assert not Pupil.objects.unscoped("test").filter(pk=pupil.pk).exists()


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("language", ["fi", "sv"])
def test_the_officer_reads_the_report_and_the_documents(
    open_page: OpenPage, people: People, language: str, width: int
) -> None:
    page = open_page(people.greta, width=width, language=language)
    page.goto("/retention/")
    check(page, "no night yet")
    retention.run(as_of=build.TODAY, now=build.NOW, dry_run=True)
    retention.run(as_of=build.TODAY, now=build.NOW)
    page.reload()
    check(page, "report")
    for where in ("record", "assessment", "dictionary"):
        page.goto(f"/retention/{where}/")
        check(page, where)
    page.get_by_text(WORDS[language]["fields"]).first.click()
    check(page, "fields")
