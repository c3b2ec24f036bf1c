"""Choosing a role for the session: it takes away, never gives, and ends with the session."""

from __future__ import annotations

import pytest
from django.test import Client

from koulutie.accounts.actions import contexts
from koulutie.accounts.queries import contexts_of
from koulutie.core.definitions.roles import Action
from koulutie.core.scope import Purpose
from koulutie.registry import actions
from koulutie.registry.access import Policy, may, scope_for
from koulutie.registry.models import AccessEvent, Grant, Person
from tests import builders as build
from tests.people import People

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("the_tests_day")]
PASSWORD = "kevät-tulee-hiljaa"


@pytest.fixture
def double(people: People) -> Person:
    """Aino is the homeroom teacher of 7B and the principal of the Swedish school too."""
    build.a_grant(people.aino, "principal", people.home.schools["sv"])
    actions.set_password(person=people.aino, password=PASSWORD, by=None, now=build.NOW)
    return people.aino


def ask(person: Person, acting: set[int] | None) -> frozenset[int]:
    person.acting = None if acting is None else frozenset(acting)
    verdict = scope_for(
        person=person,
        action=Action.VIEW_PUPIL,
        purpose=Purpose.ATTENDANCE,
        on=build.TODAY,
    )
    return verdict.scope.pupil_ids


def test_a_scope_is_that_of_the_chosen_grants(double: Person) -> None:
    first, second = Grant.objects.filter(person=double).order_by("pk")
    both = ask(double, None)
    one, two = ask(double, {first.pk}), ask(double, {second.pk})
    assert one | two == both
    assert not one & two
    assert one
    assert two


def test_a_choice_never_gives_what_is_not_granted(
    double: Person, people: People
) -> None:
    strangers = {one.pk for one in Grant.objects.exclude(person=double)}
    assert ask(double, strangers) == frozenset()
    policy = Policy(
        action=Action.VIEW_PUPIL, purposes=(Purpose.ATTENDANCE,), opens_pupils=True
    )
    assert not may(person=double, policies=[policy], on=build.TODAY)


def test_an_ended_grant_opens_nothing_though_it_was_chosen(
    double: Person, people: People
) -> None:
    grant = Grant.objects.get(person=double, role="principal")
    actions.revoke(grant=grant, on=build.TODAY, by=people.daniel, now=build.NOW)
    assert ask(double, {grant.pk}) == frozenset()


def test_it_is_asked_after_sign_in_and_can_be_changed(
    double: Person, people: People
) -> None:
    client = Client()
    answer = client.post(
        "/sign-in/", {"username": double.username, "password": PASSWORD}
    )
    assert answer["Location"].startswith("/account/context/")
    theirs = people.home.pupils["3A"][0]
    ours = people.home.pupils["7B"][0]
    assert client.get(f"/pupils/{theirs.pk}/").status_code == 200
    homeroom = contexts_of(double, on=build.TODAY)[0]
    before = client.session.session_key
    client.post("/account/context/", {"context": homeroom.key})
    assert client.session.session_key != before
    assert client.get(f"/pupils/{ours.pk}/").status_code == 200
    assert client.get(f"/pupils/{theirs.pk}/").status_code == 404
    assert "Luokanvalvoja, " in client.get("/account/").content.decode()
    client.post("/account/context/", {"context": "all"})
    assert client.get(f"/pupils/{theirs.pk}/").status_code == 200
    assert AccessEvent.objects.filter(action="choose_context").count() == 2


def test_another_persons_context_cannot_be_chosen(
    double: Person, people: People
) -> None:
    client = Client()
    client.force_login(double)
    theirs = contexts_of(people.cecilia, on=build.TODAY)[0]
    answer = client.post("/account/context/", {"context": theirs.key})
    assert answer.status_code == 422
    assert "acting" not in client.session


def test_who_has_one_role_is_not_asked(people: People) -> None:
    """A coach's school and the pupils given by name are one context."""
    assert len(contexts_of(people.farid, on=build.TODAY)) == 1
    assert contexts_of(people.daniel, on=build.TODAY)[0].place == "Joutsenmäki"
    assert len(contexts_of(people.iris, on=build.TODAY)) == 0


def test_the_provider_may_point_at_one(double: Person, people: People) -> None:
    found = contexts_of(double, on=build.TODAY)
    fit = contexts.fitting(found, ["10002"])
    assert fit is not None
    assert fit.role == "principal"
    assert contexts.fitting(found, ["10001", "10002"]) is None
    assert contexts.fitting(found, []) is None
