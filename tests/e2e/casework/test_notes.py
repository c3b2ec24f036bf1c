"""Notes in a browser: the guard while typing, drafts, restricted text on request."""

from __future__ import annotations

import json

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from koulutie import catalog
from koulutie.casework.models import Note, NoteDraft
from koulutie.ui import clock
from tests.browser import OpenPage
from tests.builders import NOW
from tests.core.definitions.sentences import HARMLESS, RISKY
from tests.people import People, make_people

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RISKY_TEXT = "Oppilaalla on todettu masennus."
SECRET = "A wish that nobody else need know."


@pytest.fixture
def people(monkeypatch: pytest.MonkeyPatch, transactional_db: None) -> People:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    return make_people()


@pytest.fixture
def pk(people: People) -> int:
    return people.home.pupils["7B"][0].pk


def check(page: Page, where: str) -> None:
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": TAGS}})
    assert found.violations_count == 0, f"{where}: {found.generate_report()}"
    assert page.locator("h1").count() == 1, where
    wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
    assert not wide, f"{where} scrolls sideways"


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("language", ["fi", "sv"])
def test_every_page_of_a_note_is_accessible(
    open_page: OpenPage, people: People, pk: int, language: str, width: int
) -> None:
    page = open_page(people.aino, width=width, language=language)
    page.goto(f"/pupils/{pk}/notes/new/")
    check(page, "types")
    page.goto(f"/pupils/{pk}/notes/new/?kind=observation")
    page.locator("textarea").fill(RISKY_TEXT)
    expect(page.locator("[data-guard-advice] .notice")).to_be_visible()
    check(page, "form with advice")
    page.locator("[data-guard-seen] input").check()
    page.locator("input[name=is_restricted]").check()
    page.locator("form[data-draft] button").first.click()
    expect(page.locator(".note__restricted")).to_be_visible()
    check(page, "pupil")
    note = Note.objects.unscoped("test").get()
    for name in ("", "text/", "change/", "withdraw/"):
        page.goto(f"/notes/{note.pk}/{name}")
        check(page, name)


def test_the_guard_warns_while_typing_and_the_text_goes_nowhere(
    open_page: OpenPage, people: People, pk: int
) -> None:
    page = open_page(people.aino)
    page.goto(f"/pupils/{pk}/notes/new/?kind=conversation")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.post_data or request.url))
    page.locator("textarea").press_sequentially("Oppilaalla on masennus")
    advice = page.locator("[data-guard-advice]")
    expect(advice).to_contain_text("This seems to be about health or illness.")
    expect(advice).to_contain_text("school nurse")
    assert not [one for one in sent if "masennus" in one]
    page.locator("textarea").fill("Mondays in the library.")
    expect(advice).to_be_empty()
    expect(page.locator("[data-guard-seen]")).to_be_hidden()


def test_it_warns_and_never_blocks(
    open_page: OpenPage, people: People, pk: int
) -> None:
    page = open_page(people.aino)
    page.goto(f"/pupils/{pk}/notes/new/?kind=conversation")
    page.locator("textarea").fill(RISKY_TEXT)
    page.get_by_label("I have read the advice").check()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text(RISKY_TEXT)).to_be_visible()


def test_the_browser_finds_what_the_server_finds(
    open_page: OpenPage, people: People, pk: int
) -> None:
    page = open_page(people.aino)
    page.goto(f"/pupils/{pk}/notes/new/?kind=conversation")
    texts = [text for _, text in RISKY] + HARMLESS
    address = page.locator("script[src*='guard.js']").get_attribute("src")
    found = page.evaluate(
        """async ([address, texts]) => {
          const { find } = await import(address);
          const list = await (await fetch("/notes/words.json")).json();
          return texts.map((text) => find(text, list).map((one) => [one.subject.id, one.words]));
        }""",
        [address, texts],
    )
    listed = catalog.current().word_list
    ours = [
        [[one.subject.id, list(one.words)] for one in listed.find(text)]
        for text in texts
    ]
    assert json.dumps(found) == json.dumps(ours)


def test_a_draft_is_kept_by_itself(
    open_page: OpenPage, people: People, pk: int
) -> None:
    page = open_page(people.aino)
    page.goto(f"/pupils/{pk}/notes/new/?kind=conversation")
    page.locator("textarea").press_sequentially("Half a sentence")
    expect(page.get_by_text("Kept as a draft. Only you see it.")).to_be_visible()
    assert NoteDraft.objects.unscoped("test").get().text == "Half a sentence"
    page.goto(f"/pupils/{pk}/")
    page.get_by_role("link", name="Go on with your draft").click()
    expect(page.locator("textarea")).to_have_value("Half a sentence")


def test_a_restricted_text_is_fetched_into_its_place(
    open_page: OpenPage, people: People, pk: int
) -> None:
    page = open_page(people.aino)
    page.goto(f"/pupils/{pk}/notes/new/?kind=delicate")
    page.locator("textarea").fill(SECRET)
    page.get_by_role("button", name="Save", exact=True).click()
    assert SECRET not in page.content()
    page.get_by_role("link", name="Show the text").click()
    expect(page.get_by_text(SECRET)).to_be_visible()
    assert page.url.endswith(f"/pupils/{pk}/")


def test_it_works_without_scripts(open_page: OpenPage, people: People, pk: int) -> None:
    page = open_page(people.aino, scripts=False)
    page.goto(f"/pupils/{pk}/notes/new/?kind=delicate")
    page.locator("textarea").fill(f"{SECRET} Masennus.")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_label("I have read the advice").check()
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("link", name="Show the text").click()
    expect(page.get_by_text(SECRET)).to_be_visible()
