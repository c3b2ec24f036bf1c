"""Local accounts: one sentence for every failure, and a lock that guessing cannot pass."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from koulutie.core.errors import DomainError
from koulutie.registry import actions
from koulutie.registry.actions.sign_in import TRIES_OF_ACCOUNT, TRIES_OF_PAIR, WINDOW
from koulutie.registry.models import AccessEvent, Person, SignInAttempt
from tests import builders as build

pytestmark = pytest.mark.django_db

PASSWORD = "kevät-tulee-hiljaa"


@pytest.fixture
def account(db: None) -> Person:
    return actions.create_person(
        username="aino",
        first_name="Aino",
        last_name="Opettaja",
        password=PASSWORD,
        by=None,
        now=build.NOW,
    )


def sign_in(
    password: str = PASSWORD,
    username: str = "aino",
    address: str = "192.0.2.1",
    after: timedelta = timedelta(),
) -> Person:
    return actions.sign_in(
        username=username, password=password, address=address, now=build.NOW + after
    )


def refusal(**tried: object) -> str:
    with pytest.raises(DomainError) as error:
        sign_in(**tried)  # type: ignore[arg-type]  # whatever the test tries
    return str(error.value)


def test_the_right_password_opens(account: Person) -> None:
    assert sign_in() == account
    assert AccessEvent.objects.filter(action="sign_in", outcome="allowed").count() == 1
    assert account.password.startswith("argon2")


def test_every_failure_gets_the_same_sentence(account: Person) -> None:
    wrong = refusal(password="arvaus")
    assert refusal(username="nobody") == wrong
    actions.close_person(person=account, by=account, now=build.NOW)
    assert refusal() == wrong


def test_five_failures_lock_for_five_minutes(account: Person) -> None:
    wrong, *_ = [refusal(password="arvaus") for _ in range(TRIES_OF_PAIR)]
    locked = refusal()  # even with the right password
    assert locked != wrong
    assert refusal(after=WINDOW / 2) == locked  # and trying does not make it longer
    assert sign_in(after=WINDOW) == account


def test_an_unknown_name_locks_like_a_known_one(account: Person) -> None:
    for _ in range(TRIES_OF_PAIR):
        refusal(username="nobody")
    locked = refusal(username="nobody")
    for _ in range(TRIES_OF_PAIR):
        refusal(password="arvaus")
    assert refusal() == locked


def test_somebody_elses_guessing_does_not_lock_me_out_at_once(account: Person) -> None:
    for _ in range(TRIES_OF_PAIR + 1):
        refusal(password="arvaus", address="198.51.100.7")
    assert sign_in() == account


def test_guessing_from_many_addresses_locks_the_account(account: Person) -> None:
    for number in range(TRIES_OF_ACCOUNT):
        refusal(password="arvaus", address=f"198.51.100.{number}")
    assert "too many" in refusal(address="203.0.113.1")


def test_getting_in_forgets_the_failures_before(account: Person) -> None:
    for _ in range(3):
        for _ in range(TRIES_OF_PAIR - 1):
            refusal(password="arvaus")
        assert sign_in() == account
    assert not SignInAttempt.objects.exists()


def test_what_was_typed_is_not_kept(account: Person) -> None:
    refusal(username="my-password-by-mistake")
    kept = str(list(SignInAttempt.objects.values())) + str(
        list(AccessEvent.objects.values())
    )
    assert "my-password-by-mistake" not in kept


@pytest.mark.django_db(transaction=True)
def test_parallel_guesses_are_all_counted() -> None:
    """Twelve at once, each on its own connection: at most five passwords are looked at."""
    if connection.vendor == "sqlite":
        tries = [_guess() for _ in range(12)]  # one writer: the database queues them
    else:
        with ThreadPoolExecutor(12) as pool:
            tries = list(pool.map(lambda _: _guess(), range(12)))
    assert tries.count("looked at") <= TRIES_OF_PAIR


def _guess() -> str:
    try:
        return "locked" if "too many" in refusal(password="arvaus") else "looked at"
    finally:
        if connection.vendor != "sqlite":
            connection.close()


def test_a_weak_password_is_refused(db: None) -> None:
    with pytest.raises(ValidationError):
        actions.create_person(
            username="b",
            first_name="B",
            last_name="B",
            password="salasana",
            by=None,
            now=build.NOW,
        )
    assert not Person.objects.exists()


def test_without_a_password_nobody_gets_in(db: None) -> None:
    actions.create_person(
        username="c", first_name="C", last_name="C", by=None, now=build.NOW
    )
    assert "not right" in refusal(username="c", password="")
