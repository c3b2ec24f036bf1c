"""Sessions: seen and ended by their owner, and over in time."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client, RequestFactory

from koulutie.accounts.actions.sessions import browser_in_words
from koulutie.accounts.models import OpenSession
from koulutie.accounts.views.door import address_of
from koulutie.registry import actions
from koulutie.registry.models import AccessEvent, Person
from koulutie.ui import clock
from tests import builders as build
from tests.people import People

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("the_tests_day")]
PASSWORD = "kevät-tulee-hiljaa"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture
def aino(people: People) -> Person:
    actions.set_password(person=people.aino, password=PASSWORD, by=None, now=build.NOW)
    return people.aino


def a_browser(person: Person) -> Client:
    client = Client(headers={"user-agent": FIREFOX})
    fields = {"username": person.username, "password": PASSWORD}
    assert client.post("/sign-in/", fields).status_code == 302
    return client


def is_in(client: Client) -> bool:
    return client.get("/account/").status_code == 200


def later(monkeypatch: pytest.MonkeyPatch, **time: int) -> None:
    monkeypatch.setattr(clock, "now", lambda: build.NOW + timedelta(**time))


def test_the_list_shows_each_session_and_one_can_be_ended(aino: Person) -> None:
    here, there = a_browser(aino), a_browser(aino)
    page = here.get("/account/").content.decode()
    assert page.count("Firefox, Windows") == 3  # twice listed, once on a button
    other = OpenSession.objects.exclude(key=here.session.session_key).get()
    here.post("/account/sessions/end/", {"session": other.pk})
    assert is_in(here)
    assert not is_in(there)
    assert AccessEvent.objects.filter(action="end_session").count() == 1


def test_all_others_can_be_ended_at_once(aino: Person) -> None:
    here, *others = (a_browser(aino) for _ in range(3))
    here.post("/account/sessions/end/")
    assert is_in(here)
    assert not any(is_in(other) for other in others)


def test_nobody_ends_or_sees_the_sessions_of_another(
    aino: Person, people: People
) -> None:
    hers, stranger = a_browser(aino), Client()
    stranger.force_login(people.bjorn)
    stranger.post("/account/sessions/end/", {"session": OpenSession.objects.get().pk})
    assert is_in(hers)
    assert "Firefox" not in stranger.get("/account/").content.decode()


def test_an_idle_session_ends(
    aino: Person, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.SESSION_IDLE = timedelta(minutes=30)
    client = a_browser(aino)
    later(monkeypatch, minutes=29)
    assert is_in(client)
    later(monkeypatch, minutes=58)  # used at 29
    assert is_in(client)
    later(monkeypatch, minutes=88)
    assert client.get("/account/")["Location"] == "/sign-in/"
    assert not OpenSession.objects.exists()


def test_a_session_in_use_ends_too(
    aino: Person, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.SESSION_LONGEST = timedelta(hours=2)
    client = a_browser(aino)
    for minutes in range(20, 120, 20):
        later(monkeypatch, minutes=minutes)
        assert is_in(client)
    later(monkeypatch, minutes=120)
    assert not is_in(client)


def test_a_closed_account_is_out_at_its_next_request(
    aino: Person, people: People
) -> None:
    client = a_browser(aino)
    assert is_in(client)
    actions.close_person(person=aino, by=people.daniel, now=build.NOW)
    assert not is_in(client)


def test_a_new_password_ends_the_sessions_of_the_old_one(aino: Person) -> None:
    client = a_browser(aino)
    actions.set_password(
        person=aino, password="syksy-tulee-hiljaa", by=None, now=build.NOW
    )
    assert not is_in(client)


def test_signing_out_ends_it_on_the_server(aino: Person) -> None:
    client = a_browser(aino)
    cookie = client.cookies["koulutie"].value
    client.post("/sign-out/")
    assert not OpenSession.objects.exists()
    client.cookies["koulutie"] = cookie
    assert not is_in(client)


def test_the_key_changes_at_sign_in(aino: Person) -> None:
    client = Client()
    client.session.save()
    planted = client.session
    planted["x"] = 1
    planted.save()
    client.cookies["koulutie"] = str(planted.session_key)
    client.post("/sign-in/", {"username": aino.username, "password": PASSWORD})
    assert client.session.session_key != planted.session_key
    thief = Client()
    thief.cookies["koulutie"] = str(planted.session_key)
    assert not is_in(thief)


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (FIREFOX, "Firefox, Windows"),
        (
            "Mozilla/5.0 (Linux; Android 15) Chrome/140 Mobile Safari/537",
            "Chrome, Android",
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0) Chrome/140 Safari/537 Edg/140",
            "Edge, Windows",
        ),
        ("<script>", "?"),
    ],
)
def test_a_browser_in_words(told: str, words: str) -> None:
    assert browser_in_words(told) == words


def test_the_address_of_the_asker_is_the_proxys_word_only_behind_our_proxy(
    rf: RequestFactory, settings: object
) -> None:
    request = rf.get("/", headers={"X-Forwarded-For": "6.6.6.6, 10.1.2.3"})
    assert address_of(request) == "127.0.0.1"
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")  # type: ignore[attr-defined]
    assert address_of(request) == "10.1.2.3"
