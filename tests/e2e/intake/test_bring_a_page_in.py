"""From a saved page to marks that are in, in a browser; every page of intake looked at."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from koulutie.jobs import intake
from koulutie.jobs.worker import drain
from koulutie.ui import clock
from tests.browser import OpenPage
from tests.builders import NOW
from tests.jobs.files import map_types, own_csv, send
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
WORDS = {
    "fi": (
        "Lähetä ja katso",
        "Kerro, mitä ne tarkoittavat",
        "Tallenna",
        "Hyväksy ja tuo",
    ),
    "sv": ("Skicka och titta", "Berätta vad de betyder", "Spara", "Godkänn och läs in"),
    "en": ("Send and look", "Say what they mean", "Save", "Accept and take in"),
}


def examine(page: Any, name: str) -> None:
    """Hold a page to what every page promises, and take its picture."""
    assert page.locator("h1").count() == 1
    too_wide = page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    PICTURES.mkdir(exist_ok=True)
    page.screenshot(path=PICTURES / f"{name}.png", full_page=True)
    assert too_wide <= 0, f"{name} scrolls sideways by {too_wide} px"
    found = Axe().run(page, options=RULES)
    assert not found.response["violations"], found.generate_report()


def saved_page(folder: Path) -> Path:
    """Write an attendance page as a browser saves it: two weeks, five types."""
    titles = (
        ("13.11.2026", "Pe", "MA_7B; Terveydellinen syy /Olli Ope", 1),
        ("12.11.2026", "To", "ENA_7B; Selvittämätön poissaolo /Olli Ope", 1),
        ("11.11.2026", "Ke", "MA_7B; Hyvä! /Olli Ope", 0),
        ("10.11.2026", "Ti", "LI_7B; Myöhästyminen /Liisa Liikka", 0),
        ("4.11.2026", "Ke", "MA_7B; Unohti kirjat taas /Olli Ope", 0),
    )
    rows = "".join(
        f'<tr><td>{weekday}</td><td>{day}</td><td class="event at-bl at-tp{number}" '
        f'title="{title}">Op</td><td class="total">{total}</td><td></td></tr>'
        for number, (day, weekday, title, total) in enumerate(titles, start=1)
    )
    path = folder / "tuntimerkinnat.html"
    path.write_text(
        "<!DOCTYPE html><html><head><meta charset='utf-8'><title>Wilma</title></head><body>"
        '<table class="attendance-single"><colgroup><col><col><col style="width: 4.22%">'
        '</colgroup><thead><tr><th colspan="2">Päivämäärä</th><th>9</th><th>Yhteensä</th>'
        f"<th>Huomioita</th></tr></thead><tbody>{rows}</tbody></table></body></html>",
        encoding="utf-8",
    )
    return path


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", ["fi", "sv"])
def test_a_saved_page_comes_in(
    open_page: OpenPage, tmp_path: Path, size: str, language: str
) -> None:
    people = make_people()
    width, height = SIZES[size]
    page = open_page(people.daniel, width=width, height=height, language=language)
    send_words, mean, save, accept = WORDS[language]
    page.goto("/marks/")
    examine(page, f"imports-empty-{size}-{language}")
    page.goto("/marks/send/")
    examine(page, f"send-{size}-{language}")
    page.set_input_files("input[type=file]", saved_page(tmp_path))
    page.select_option("select[name=school]", label="Joutsenmäen koulu")
    page.fill("input[name=class_code]", "7B")
    page.fill("input[name=pupil_key]", "k7B1")
    page.get_by_role("button", name=send_words).click()
    page.wait_for_url("**/marks/*/")
    examine(page, f"batch-received-{size}-{language}")
    drain(now=clock.now())
    page.get_by_text(mean).wait_for()
    examine(page, f"batch-unmapped-{size}-{language}")
    page.get_by_role("link", name=mean).click()
    examine(page, f"mapping-{size}-{language}")
    page.get_by_role("button", name=save).first.click()
    page.wait_for_url("**/marks/*/")
    drain(now=clock.now())
    page.get_by_role("button", name=accept).wait_for()
    examine(page, f"batch-previewed-{size}-{language}")
    page.get_by_role("button", name=accept).click()
    drain(now=clock.now())
    page.locator(".stepper__step--done >> nth=3").wait_for(state="attached")
    examine(page, f"batch-in-{size}-{language}")
    page.goto("/marks/")
    examine(page, f"imports-{size}-{language}")


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", ["fi", "sv", "en"])
def test_the_other_pages(open_page: OpenPage, size: str, language: str) -> None:
    people = make_people()
    home = people.home.municipality
    map_types(home)
    width, height = SIZES[size]
    page = open_page(people.daniel, width=width, height=height, language=language)
    rows = [
        {
            "pupil_key": f"k7{letter}{n}",
            "date": f"2026-11-{day:02}",
            "start": f"{hour}:00",
        }
        for day in (2, 3, 4, 5, 9, 10, 12, 13, 16)
        for letter in "AB"
        for n in (1, 2)
        for hour in (10, 11)
    ]
    broken = [{"pupil_key": "=kukaan"}, {"date": "31.2.2026"}]
    batch = send(own_csv(*rows, *broken), home)
    intake.preview(batch_id=batch.pk, now=NOW)
    unknown = send("Nro;Pvm;Laji\nk7B1;16.11.2026;Hyvä!\n".encode(), home, name="a.csv")
    intake.preview(batch_id=unknown.pk, now=NOW)
    for name, path in (
        ("batch-alarms", f"/marks/{batch.pk}/"),
        ("rejected", f"/marks/{batch.pk}/rejected/"),
        ("batch-failed", f"/marks/{unknown.pk}/"),
        ("layout", f"/marks/{unknown.pk}/layout/"),
        ("mapping-known", "/marks/types/"),
        ("folder", "/marks/folder/"),
        ("calendar", "/marks/calendar/"),
    ):
        page.goto(path)
        examine(page, f"{name}-{size}-{language}")


def test_a_page_without_scripts_can_be_asked_again(open_page: OpenPage) -> None:
    people = make_people()
    batch = send(own_csv({}), people.home.municipality)
    page = open_page(people.daniel, scripts=False)
    page.goto(f"/marks/{batch.pk}/")
    page.get_by_role("link", name="See how far it is").click()
    assert page.locator("h1").inner_text() == "marks.csv"
