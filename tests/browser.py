"""A real browser against a live server, for tests marked ``e2e``.

Chromium comes from the system ($CHROMIUM or /usr/bin/chromium); where there is none, the
tests skip and say so, and CI fails them.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def chromium_path() -> str | None:
    return os.environ.get("CHROMIUM") or shutil.which("chromium")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The browser, started once."""
    path = chromium_path()
    if path is None:
        pytest.skip("there is no Chromium: install it or name it in $CHROMIUM")
    from playwright.sync_api import sync_playwright

    # Playwright runs an event loop in this thread, which Django takes for async code.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


OpenPage = Callable[..., "Page"]


@pytest.fixture
def open_page(chromium: Browser, live_server: Any) -> Iterator[OpenPage]:
    """Return ``open_page(person=None, width=1280, height=900, language="en") -> Page``.

    The page belongs to a context of its own, signed in as the person, with paths relative
    to the live server. When the test ends, anything the console called an error (a broken
    content security policy, a script that failed) fails it.
    """
    contexts = []
    errors: list[str] = []

    def open_one(
        person: Any = None,
        *,
        width: int = 1280,
        height: int = 900,
        language: str = "en",
        scripts: bool = True,
    ) -> Page:
        context = chromium.new_context(
            base_url=live_server.url,
            locale=language,
            viewport={"width": width, "height": height},
            java_script_enabled=scripts,
            reduced_motion="reduce",
        )
        contexts.append(context)
        cookies = [("language", language)]
        if person is not None:
            person.language = language  # signed in, a person reads their own language
            person.save(update_fields=["language"])
            cookies.append(("session", session_of(person)))
        context.add_cookies(
            [
                {"name": name_of(kind), "value": value, "url": live_server.url}
                for kind, value in cookies
            ]
        )
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda line: note(line.type, line.text, errors))
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert not errors, "\n".join(errors)


def note(kind: str, text: str, errors: list[str]) -> None:
    """Keep a console error; that a page answered 4xx is the test's own matter."""
    if kind == "error" and not re.search(r"status of 4\d\d", text):
        errors.append(text)


def name_of(kind: str) -> str:
    from django.conf import settings

    if kind == "session":
        return settings.SESSION_COOKIE_NAME
    return settings.LANGUAGE_COOKIE_NAME


def session_of(person: Any) -> str:
    """Sign a person in on the server and return the session's key."""
    from django.test import Client

    client = Client()
    client.force_login(person)
    return client.cookies[name_of("session")].value
