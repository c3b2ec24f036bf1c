"""The content policy: on every answer, broken by no page, counted when a browser tells."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from koulutie.registry.access import Policy, mark_of
from koulutie.ui import clock
from koulutie.ui.models import PolicyViolation
from koulutie.ui.reports import MOST_BYTES
from tests.browser import OpenPage
from tests.builders import NOW
from tests.people import People, make_people
from tests.security.expectations import EXPECTED
from tests.security.routes import all_routes
from tests.security.world import World

ADDRESS = "/csp-reports/"


def old_form(directive: str, **more: str) -> bytes:
    body = {"effective-directive": directive, "document-uri": "/pupils/3/", **more}
    return json.dumps({"csp-report": body}).encode()


def new_form(*directives: str) -> bytes:
    bodies = [{"body": {"effectiveDirective": one}} for one in directives]
    return json.dumps(bodies).encode()


def send(content: bytes) -> int:
    client = Client(enforce_csrf_checks=True)
    answer = client.post(ADDRESS, content, content_type="application/csp-report")
    return answer.status_code


def counted() -> dict[str, int]:
    return dict(PolicyViolation.objects.values_list("directive", "reports"))


@pytest.mark.django_db
def test_reports_of_both_forms_are_counted_by_directive() -> None:
    assert send(old_form("script-src-elem")) == 204
    assert send(new_form("script-src", "img-src", "style-src-attr")) == 204
    assert counted() == {"script-src": 2, "img-src": 1, "style-src": 1}


@pytest.mark.django_db
@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no JSON",
        b"[" * 10_000,
        b"\xff\xfe",
        b"3",
        b"[3, null]",
        b" " * MOST_BYTES + old_form("script-src"),
    ],
)
def test_what_is_no_report_counts_for_nothing(content: bytes) -> None:
    assert send(content) == 204
    assert counted() == {}


@pytest.mark.django_db
def test_nothing_that_a_report_says_is_kept() -> None:
    send(old_form("kanarialintu", **{"blocked-uri": "kanarialintu"}))
    send(b'[{"body": "kanarialintu"}]')
    assert counted() == {"other": 2}


@pytest.mark.django_db
def test_one_request_counts_no_more_than_it_should() -> None:
    send(new_form(*["img-src"] * 200))
    assert counted() == {"img-src": 20}


@pytest.mark.django_db
def test_every_answer_carries_the_headers() -> None:
    for address in ("/sign-in/", "/", "/nowhere/", "/static/ui/base.css", ADDRESS):
        answer = Client().get(address)
        assert "camera=()" in answer["Permissions-Policy"], address
        assert answer["Referrer-Policy"] == "same-origin", address
        assert answer["Cross-Origin-Opener-Policy"] == "same-origin", address
        assert answer["X-Content-Type-Options"] == "nosniff", address
        answer.close()
    answer = Client().get("/sign-in/")
    policy = answer["Content-Security-Policy"]
    assert "report-uri /csp-reports/" in policy
    for loose in ("unsafe-inline", "unsafe-eval", "*", "http:"):
        assert loose not in policy


# --- a walk over all pages in a browser --------------------------------------------------


@pytest.fixture
def people(monkeypatch: pytest.MonkeyPatch, transactional_db: None) -> People:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    return make_people()


def addresses(world: World, name: str) -> Iterator[str]:
    """Yield every page that the person may open, of each kind one."""
    for route in all_routes():
        expected = EXPECTED.get(route.name)
        if expected is None or expected.method != "get":
            continue
        codes = expected.opens.get(name, "").split()
        if not codes or not isinstance(mark_of(route.view), Policy):
            continue
        things = {
            key: world.find(kind, codes[-1]) for key, kind in expected.things.items()
        }
        yield reverse(route.name, kwargs=things)


@pytest.mark.e2e
@pytest.mark.django_db(transaction=True)
def test_no_page_breaks_the_policy(open_page: OpenPage, people: People) -> None:
    world = World(people)
    seen = set()
    for name in ("aino", "cecilia", "daniel", "elina", "farid", "greta"):
        page = open_page(people.everybody()[name])
        page.add_init_script(
            "addEventListener('securitypolicyviolation', (e) => {"
            " window.broken = (window.broken ?? []).concat(e.violatedDirective); })"
        )
        for address in addresses(world, name):
            if address.endswith((".json", "/csv/", ".csv")) or "export" in address:
                continue
            answer = page.goto(address)
            if answer is None or "text/html" not in answer.headers.get(
                "content-type", ""
            ):
                continue
            page.wait_for_load_state("load")
            assert page.evaluate("window.broken ?? []") == [], address
            seen.add(address)
    assert len(seen) >= 20
    assert counted() == {}


@pytest.mark.e2e
@pytest.mark.django_db(transaction=True)
def test_a_browser_reports_what_it_refused(chromium: Any, live_server: Any) -> None:
    page = chromium.new_page()
    page.goto(f"{live_server.url}/sign-in/")
    # The answer too, or the test would end while the server is still at it.
    with page.expect_event("requestfinished", lambda one: one.url.endswith(ADDRESS)):
        page.evaluate(
            """() => {
              const script = document.createElement("script");
              script.textContent = "window.ran = true";
              document.head.append(script);
            }"""
        )
    assert page.evaluate("window.ran") is None
    page.close()
    assert counted() == {"script-src": 1}
