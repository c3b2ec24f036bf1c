"""Oversight in a browser: open with a reason, be told, look it up, give the log out."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from koulutie.core.scope import Purpose
from koulutie.registry import audit
from koulutie.ui import clock
from tests import builders as build
from tests.browser import OpenPage
from tests.people import People, make_people

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
WHY = "Huoltaja on valittanut sivistystoimeen."
WORDS = {
    "fi": {
        "find": "Etsi",
        "open": "Avaa kirjatusta syystä",
        "three": "Avaa kolmeksi tunniksi",
        "close": "Sulje nyt",
        "who": "Kuka näkee tämän oppilaan",
        "give": "Anna rooli",
        "read": "Olen lukenut nämä",
        "file": "Tee tiedosto",
        "search": "Hae",
    },
    "sv": {
        "find": "Sök",
        "open": "Öppna av ett antecknat skäl",
        "three": "Öppna i tre timmar",
        "close": "Stäng nu",
        "who": "Vem kan se den här eleven",
        "give": "Ge en roll",
        "read": "Jag har läst dessa",
        "file": "Gör filen",
        "search": "Sök",
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
def test_a_pupil_is_opened_with_a_reason_seen_by_all_and_closed(
    open_page: OpenPage, people: People, language: str, width: int
) -> None:
    words = WORDS[language]
    page = open_page(people.elina, width=width, language=language)
    page.goto("/oversight/find/")
    check(page, "find")
    page.fill("input[name=name]", "Esimerkki-7B")
    page.get_by_role("main").get_by_role("button", name=words["find"]).click()
    check(page, "found")
    page.get_by_role("link", name=words["open"]).click()
    page.get_by_role("button", name=words["three"]).click()  # no reason yet
    check(page, "no reason")
    page.fill("textarea[name=reason]", WHY)
    page.get_by_role("button", name=words["three"]).click()
    expect(page.locator(".opened")).to_contain_text("Esimerkki-7B Eeva")
    check(page, "opened")

    told = open_page(people.cecilia, width=width, language=language)
    told.goto("/oversight/")
    check(told, "week")
    told.goto("/oversight/notices/")
    expect(told.get_by_text(WHY)).to_be_visible()
    check(told, "notices")
    told.get_by_role("button", name=words["read"]).click()

    page.get_by_role("button", name=words["close"]).click()
    expect(page.locator(".opened")).to_have_count(0)
    check(page, "closed")


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("language", ["fi", "sv"])
def test_who_can_see_a_pupil_and_the_log_given_out(
    open_page: OpenPage, people: People, language: str, width: int, tmp_path: Path
) -> None:
    words, pupil = WORDS[language], people.home.pupils["7B"][0]
    page = open_page(people.cecilia, width=width, language=language)
    page.goto(f"/pupils/{pupil.pk}/")
    page.get_by_role("link", name=words["who"]).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(words["who"])
    check(page, "readers")
    page.goto(f"/oversight/log/pupils/{pupil.pk}/")
    check(page, "release")
    page.fill("textarea[name=reason]", "Huoltajan kirjallinen pyyntö 20.11.")
    with page.expect_download() as waiting:
        page.get_by_role("button", name=words["file"]).click()
    file = tmp_path / waiting.value.suggested_filename
    waiting.value.save_as(file)
    assert file.suffix == ".html"
    assert "<table" in file.read_text()


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("language", ["fi", "sv"])
def test_the_log_and_the_roles_are_accessible(
    open_page: OpenPage, people: People, language: str, width: int
) -> None:
    words = WORDS[language]
    for pupil in people.home.pupils["7B"]:
        audit.record(
            actor=audit.actor_of(people.aino),
            action="view_pupil",
            purpose=Purpose.ATTENDANCE,
            target=f"pupil:{pupil.pk}",
            pupil_ids={pupil.pk},
            kind=audit.Kind.VIEW,
            reason="r",
            at=build.NOW - timedelta(hours=12),  # in the evening: worth a look
        )
    page = open_page(people.greta, width=width, language=language)
    page.goto("/oversight/")
    check(page, "week")
    page.goto("/oversight/log/")
    page.select_option("select[name=person]", str(people.aino.pk))
    page.get_by_role("main").get_by_role("button", name=words["search"]).click()
    expect(page.get_by_text(f"#{people.home.pupils['7B'][0].pk}")).to_be_visible()
    check(page, "found in the log")
    assert page.url.endswith("/oversight/log/")
    main_user = open_page(people.daniel, width=width, language=language)
    for where in ("grants/", "grants/?state=ended", "roles/"):
        main_user.goto(f"/oversight/{where}")
        check(main_user, where)
    main_user.goto("/oversight/grants/")
    main_user.get_by_role("link", name=words["give"]).click()
    check(main_user, "give")
    main_user.get_by_role("main").get_by_role(
        "button", name=words["give"].split()[0]
    ).click()
    check(main_user, "give, wrong")
