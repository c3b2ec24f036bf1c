"""The door: signing in and out, languages, refusals and faults."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.conf import settings
from django.test import Client, RequestFactory

from koulutie.registry import actions
from koulutie.registry.models import AccessEvent, Person
from koulutie.ui import views
from tests import builders as build
from tests.people import People

pytestmark = pytest.mark.django_db

PASSWORD = "a long way to school 7"  # a synthetic person's


@pytest.fixture
def teacher(people: People) -> Person:
    actions.set_password(
        person=people.aino, password=PASSWORD, by=people.daniel, now=build.NOW
    )
    return people.aino


def sign_in(
    client: Client, person: Person, password: str = PASSWORD, **more: str
) -> Any:
    fields = {"username": person.username, "password": password, **more}
    return client.post("/sign-in/", fields)


def in_english(client: Client, person: Person | None = None) -> None:
    """Speak English at the door, and to the person who comes in."""
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    if person:
        Person.objects.filter(pk=person.pk).update(language="en")
        client.force_login(person)


def test_a_visitor_is_asked_to_sign_in(client: Client) -> None:
    response = client.get("/start/")
    assert response.status_code == 302
    assert response["Location"] == "/sign-in/"
    assert client.get("/sign-in/").status_code == 200


def test_the_right_password_opens_the_door(client: Client, teacher: Person) -> None:
    response = sign_in(client, teacher)
    assert response.status_code == 302
    assert response["Location"] == "/start/"
    assert client.get("/gallery/").status_code == 200


def test_the_way_one_came_for_is_kept_if_it_is_ours(
    client: Client, teacher: Person
) -> None:
    assert sign_in(client, teacher, next="/gallery/")["Location"] == "/gallery/"
    client.logout()
    for theirs in ("https://elsewhere.example/", "//elsewhere.example", "javascript:1"):
        assert sign_in(client, teacher, next=theirs)["Location"] == "/start/"
        client.logout()


def test_a_wrong_password_gets_a_sentence_and_keeps_the_name(
    client: Client, teacher: Person
) -> None:
    in_english(client)
    response = sign_in(client, teacher, "something else entirely")
    assert response.status_code == 422
    page = response.content.decode()
    assert "The user name or the password is not right. Try again." in page
    assert f'value="{teacher.username}"' in page
    assert "something else entirely" not in page


def test_an_empty_form_names_what_is_missing(client: Client) -> None:
    in_english(client)
    page = client.post("/sign-in/", {}).content.decode()
    assert 'href="#id_username"' in page
    assert 'aria-describedby="id_username_error"' in page
    assert 'id="id_username_error"' in page


def test_after_too_many_tries_even_the_right_password_waits(
    client: Client, teacher: Person
) -> None:
    in_english(client)
    for _ in range(5):
        sign_in(client, teacher, "something else entirely")
    response = sign_in(client, teacher)
    assert response.status_code == 422
    assert "Wait five minutes" in response.content.decode()


def test_signing_in_gives_a_new_session(client: Client, teacher: Person) -> None:
    client.get("/sign-in/")
    sign_in(client, teacher)
    first = client.cookies[settings.SESSION_COOKIE_NAME].value
    client.post("/sign-out/")
    sign_in(client, teacher)
    assert client.cookies[settings.SESSION_COOKIE_NAME].value != first


def test_signing_out_ends_the_session_and_clears_the_browser(
    client: Client, teacher: Person
) -> None:
    sign_in(client, teacher)
    response = client.post("/sign-out/")
    assert response["Clear-Site-Data"] == '"cache", "storage"'
    assert client.get("/gallery/").status_code == 302


@pytest.mark.parametrize("path", ["/sign-out/", "/language/"])
def test_a_link_changes_nothing(client: Client, path: str) -> None:
    assert client.get(path).status_code == 405


def test_forms_need_their_token(teacher: Person) -> None:
    strict = Client(enforce_csrf_checks=True)
    in_english(strict)
    response = sign_in(strict, teacher)
    assert response.status_code == 400
    assert "Load the page again" in response.content.decode()


def test_a_language_is_kept_in_the_browser_and_for_the_person(
    client: Client, people: People
) -> None:
    client.force_login(people.aino)
    response = client.post("/language/", {"language": "sv", "next": "/gallery/"})
    assert response["Location"] == "/gallery/"
    people.aino.refresh_from_db()
    assert people.aino.language == "sv"
    assert '<html lang="sv">' in client.get("/gallery/").content.decode()


def test_a_visitor_can_choose_a_language_too(client: Client) -> None:
    client.post("/language/", {"language": "sv"})
    assert '<html lang="sv">' in client.get("/sign-in/").content.decode()


def test_an_unknown_language_changes_nothing(client: Client) -> None:
    response = client.post("/language/", {"language": "tlh", "next": "/sign-in/"})
    assert response["Location"] == "/sign-in/"
    assert settings.LANGUAGE_COOKIE_NAME not in response.cookies


def test_who_has_no_role_is_told_whom_to_ask(client: Client, people: People) -> None:
    in_english(client, people.iris)
    response = client.get("/start/")
    assert response.status_code == 200
    assert "You have no role that is valid today" in response.content.decode()


def test_an_address_that_leads_nowhere(client: Client, people: People) -> None:
    in_english(client, people.aino)
    response = client.get("/nowhere/at/all/")
    assert response.status_code == 404
    assert "This way leads nowhere" in response.content.decode()


def test_a_page_that_is_not_open_says_so_and_whom_to_ask(
    client: Client, people: People
) -> None:
    in_english(client, people.iris)
    response = client.get("/gallery/")
    assert response.status_code == 403
    page = response.content.decode()
    assert "You have no role that is valid today." in page
    assert response["X-Request-Id"] in page
    assert AccessEvent.objects.filter(outcome="denied", route="ui:gallery").exists()


def test_a_fault_gets_a_page_that_needs_nothing(rf: RequestFactory) -> None:
    request = rf.get("/")
    request.id = "abc123"  # type: ignore[attr-defined]
    response = views.fault(request)
    assert response.status_code == 500
    assert "abc123" in response.content.decode()


def test_a_strange_host_gets_a_page(client: Client) -> None:
    assert client.get("/sign-in/", SERVER_NAME="elsewhere.example").status_code == 400


def test_health_says_nothing_more(client: Client) -> None:
    response = client.get("/healthz")
    assert response.content == b"ok\n"


def test_pages_are_held_by_nobody_and_run_only_our_own(client: Client) -> None:
    response = client.get("/sign-in/")
    assert "no-store" in response["Cache-Control"]
    policy = response["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


def test_the_page_without_a_network_speaks_all_languages(client: Client) -> None:
    page = client.get("/offline/").content.decode()
    for sentence in (
        "Ei verkkoyhteyttä",
        "Ingen nätförbindelse",
        "There is no network",
    ):
        assert sentence in page


def test_the_worker_keeps_only_what_names_nobody(client: Client) -> None:
    response = client.get("/worker.js")
    assert response["Content-Type"] == "text/javascript; charset=utf-8"
    line = next(
        line
        for line in response.content.decode().splitlines()
        if line.startswith("const FILES")
    )
    files = re.findall(r'"([^"]+)"', line.replace("\\u002D", "-"))
    assert files[0] == "/offline/"
    assert all(path.startswith("/static/ui/") for path in files[1:])
    for path in files:
        response = client.get(path)
        assert response.status_code == 200
        response.close()
