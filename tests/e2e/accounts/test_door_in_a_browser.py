"""The door in a real browser: a provider on another host, and a passkey."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core.cache import cache
from playwright.sync_api import Page, expect

from koulutie.accounts.models import Factor
from koulutie.registry import actions
from koulutie.registry.models import Person
from koulutie.ui import clock
from tests import builders as build
from tests.browser import OpenPage
from tests.people import People
from tests.security.idp import Idp, running, settings_for

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("the_tests_day"),
]
PASSWORD = "kevät-tulee-hiljaa"


@pytest.fixture
def daniel(people: People) -> Person:
    people.daniel.source_key = "primus/4711"
    people.daniel.save()
    actions.set_password(
        person=people.daniel, password=PASSWORD, by=None, now=build.NOW
    )
    return people.daniel


@pytest.fixture
def idp(settings: Any) -> Iterator[Idp]:
    cache.clear()
    with running() as provider:
        settings.OIDC = settings_for(provider)
        policy = settings.CONTENT_SECURITY_POLICY
        directives = policy["DIRECTIVES"] | {"form-action": ["'self'", provider.issuer]}
        settings.CONTENT_SECURITY_POLICY = policy | {"DIRECTIVES": directives}
        yield provider


def give_password(page: Page, person: Person) -> None:
    page.goto("/sign-in/")
    page.locator("input[name=username]").fill(person.username)
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("form[action='/sign-in/'] button").click()


def check(page: Page) -> None:
    """No violation for a screen reader, nothing wider than the screen."""
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    width = "document.documentElement.scrollWidth <= window.innerWidth"
    assert page.evaluate(width), page.url


def test_the_provider_leads_back_in(
    idp: Idp, daniel: Person, open_page: OpenPage
) -> None:
    idp.about = {"employeeNumber": "4711"}
    page = open_page(width=390)
    page.goto("/sign-in/")
    check(page)
    page.locator("form[action='/sign-in/provider/'] button").click()
    expect(page.locator(".tools__out")).to_be_visible()
    page.goto("/account/")
    expect(page.locator("h1")).to_have_text("Oma tili")  # Daniel reads Finnish


def test_a_passkey_is_added_and_then_opens(daniel: Person, open_page: OpenPage) -> None:
    page = open_page()
    tools = page.context.new_cdp_session(page)
    tools.send("WebAuthn.enable")
    tools.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
            }
        },
    )
    give_password(page, daniel)
    expect(page.locator(".tools__out")).to_be_visible()
    page.goto("/account/second/")
    check(page)
    page.locator("form[data-passkey] button").click()
    expect(page.locator("h1")).to_have_text("Palautuskoodit")
    expect(page.locator("code")).to_have_count(10)
    check(page)
    assert Factor.objects.filter(kind="passkey").count() == 1
    page.locator(".tools__out").click()
    page.wait_for_url("**/sign-in/")
    give_password(page, daniel)
    expect(page.locator("h1")).to_have_text("The second step")
    check(page)
    page.locator("form[data-passkey] button").click()
    expect(page.locator(".tools__out")).to_be_visible()


@pytest.mark.parametrize("language", ["fi", "sv"])
@pytest.mark.parametrize("width", [1280, 390])
def test_the_pages_serve_everybody(
    language: str,
    width: int,
    daniel: Person,
    open_page: OpenPage,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    daniel.language = language
    daniel.save()
    page = open_page(width=width, language=language)
    give_password(page, daniel)
    for address in ("/account/", "/account/second/", "/account/second/code/"):
        page.goto(address)
        assert page.url.endswith(address)
        check(page)
    page.goto("/accounts/tie/")
    check(page)
    late = build.NOW + timedelta(minutes=11)
    monkeypatch.setattr(clock, "now", lambda: late)
    page.goto("/account/second/")
    assert page.url.endswith("/account/prove/")
    check(page)
