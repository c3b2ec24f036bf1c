"""The second step: codes of an app, codes on paper, and who must have one."""

from __future__ import annotations

import re
from base64 import b32encode
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from koulutie.accounts.actions import factors
from koulutie.accounts.models import Factor
from koulutie.registry import actions
from koulutie.registry.models import AccessEvent, Person
from koulutie.ui import clock
from tests import builders as build
from tests.people import People

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("the_tests_day")]
PASSWORD = "kevät-tulee-hiljaa"
KEY = factors.new_key()
STEP = int(build.NOW.timestamp()) // 30


@pytest.fixture
def daniel(people: People) -> Person:
    person = people.daniel
    actions.set_password(person=person, password=PASSWORD, by=None, now=build.NOW)
    return person


@pytest.fixture
def with_app(daniel: Person) -> Person:
    code = factors.code_at(KEY, STEP - 1)
    assert factors.add_app(person=daniel, key=KEY, code=code, now=build.NOW)
    return daniel


def give_password(person: Person) -> Client:
    client = Client()
    client.post("/sign-in/", {"username": person.username, "password": PASSWORD})
    return client


def is_in(client: Client) -> bool:
    return client.get("/account/").status_code == 200


# RFC 6238 appendix B, SHA-1, its eight digits cut to six.
@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (59, "287082"),
        (1111111109, "081804"),
        (1111111111, "050471"),
        (1234567890, "005924"),
        (2000000000, "279037"),
        (20000000000, "353130"),
    ],
)
def test_codes_are_those_of_the_standard(seconds: int, code: str) -> None:
    key = b32encode(b"12345678901234567890").decode()
    assert factors.code_at(key, seconds // 30) == code


def test_the_password_alone_opens_nothing(with_app: Person) -> None:
    client = give_password(with_app)
    assert not is_in(client)
    assert client.get("/accounts/tie/").status_code == 302
    assert client.get("/account/second/").status_code == 302


def test_a_code_opens_once(with_app: Person) -> None:
    code = factors.code_at(KEY, STEP)
    client = give_password(with_app)
    half = client.session.session_key
    assert client.post("/sign-in/second/", {"code": code}).status_code == 302
    assert is_in(client)
    assert client.session.session_key != half
    again = give_password(with_app)
    assert again.post("/sign-in/second/", {"code": code}).status_code == 422
    assert not is_in(again)


@pytest.mark.parametrize("step", [-3, -2, 2, 3])
def test_a_code_of_another_time_does_not_open(with_app: Person, step: int) -> None:
    client = give_password(with_app)
    client.post("/sign-in/second/", {"code": factors.code_at(KEY, STEP + step)})
    assert not is_in(client)


def test_guessing_codes_is_locked_like_passwords(with_app: Person) -> None:
    right = factors.code_at(KEY, STEP)
    for _ in range(5):
        client = give_password(with_app)  # the password does not forget wrong codes
        client.post("/sign-in/second/", {"code": "000000"})
    client = give_password(with_app)
    assert client.post("/sign-in/second/", {"code": right}).status_code == 422
    assert not is_in(client)


def test_the_second_step_follows_soon(
    with_app: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = give_password(with_app)
    late = build.NOW + timedelta(minutes=11)
    monkeypatch.setattr(clock, "now", lambda: late)
    code = factors.code_at(KEY, int(late.timestamp()) // 30)
    assert client.post("/sign-in/second/", {"code": code})["Location"] == "/sign-in/"
    assert not is_in(client)


def test_the_second_step_alone_opens_nothing(with_app: Person) -> None:
    client = Client()
    code = factors.code_at(KEY, STEP)
    assert client.post("/sign-in/second/", {"code": code})["Location"] == "/sign-in/"


def test_whoever_is_half_in_cannot_set_up_another_app(with_app: Person) -> None:
    client = give_password(with_app)
    assert client.get("/account/second/code/")["Location"] == "/sign-in/second/"


def test_a_role_can_ask_for_it_and_it_is_set_up_at_the_door(
    daniel: Person, settings: Any
) -> None:
    settings.SECOND_STEP = frozenset({"main_user"})
    client = give_password(daniel)
    assert not is_in(client)
    answer = client.get("/sign-in/second/", follow=True)
    page = answer.content.decode()
    key = re.search(r"<strong>([A-Z2-7 ]{32,})</strong>", page)[1].replace(" ", "")  # type: ignore[index]  # it is there
    code = factors.code_at(key, STEP)
    answer = client.post("/account/second/code/", {"code": code})
    codes = re.findall(r"<code>(.+?)</code>", answer.content.decode())
    assert len(codes) == 10
    assert is_in(client)
    paper = give_password(daniel)
    assert paper.post("/sign-in/second/", {"code": codes[3]}).status_code == 302
    assert is_in(paper)
    again = give_password(daniel)
    assert again.post("/sign-in/second/", {"code": codes[3]}).status_code == 422


def test_others_keep_the_password_only(people: People, settings: Any) -> None:
    settings.SECOND_STEP = frozenset({"main_user"})
    actions.set_password(person=people.aino, password=PASSWORD, by=None, now=build.NOW)
    assert is_in(give_password(people.aino))


def test_a_change_asks_for_the_password_again(
    daniel: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = give_password(daniel)
    assert client.get("/account/second/").status_code == 200
    late = build.NOW + timedelta(minutes=11)
    monkeypatch.setattr(clock, "now", lambda: late)
    for address in ("", "code/", "passkey/", "recovery/", "remove/"):
        answer = client.post(f"/account/second/{address}")
        assert answer.status_code in {302, 405}, address
    assert client.get("/account/second/")["Location"] == "/account/prove/"
    assert client.post("/account/prove/", {"password": "x"}).status_code == 422
    client.post("/account/prove/", {"password": PASSWORD})
    assert client.get("/account/second/").status_code == 200


def test_nobody_removes_the_factor_of_another(with_app: Person, people: People) -> None:
    actions.set_password(person=people.aino, password=PASSWORD, by=None, now=build.NOW)
    client = give_password(people.aino)
    pk = Factor.objects.get(kind="code").pk
    client.post("/account/second/remove/", {"factor": pk})
    assert Factor.objects.filter(pk=pk).exists()


def test_removing_the_last_step_takes_the_paper_too(with_app: Person) -> None:
    factors.new_recovery_codes(person=with_app, now=build.NOW)
    factors.remove(
        person=with_app, pk=Factor.objects.get(kind="code").pk, now=build.NOW
    )
    assert not Factor.objects.exists()
    assert is_in(give_password(with_app))


def test_keys_and_codes_are_kept_unreadable(with_app: Person) -> None:
    codes = factors.new_recovery_codes(person=with_app, now=build.NOW)
    kept = " ".join(Factor.objects.values_list("material", flat=True))
    kept += str(list(AccessEvent.objects.values()))
    assert KEY not in kept
    assert not any(code in kept for code in codes)
