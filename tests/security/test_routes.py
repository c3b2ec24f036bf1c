"""Every address, every person, every side of the walls."""

from __future__ import annotations

from collections.abc import Collection, Iterator

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from koulutie.registry.access import Policy, Public, mark_of
from koulutie.registry.models import AccessEvent
from tests.people import People
from tests.security.expectations import (
    CLASSES,
    EXPECTED,
    NAMED,
    SEES_PROTECTED,
    Expected,
)
from tests.security.routes import Route, all_routes
from tests.security.world import NOBODYS, World

ROUTES = all_routes()
GUARDED = [route for route in ROUTES if isinstance(mark_of(route.view), Policy)]


def named(route: Route) -> str:
    return route.name


@pytest.mark.parametrize("route", ROUTES, ids=named)
def test_every_view_is_marked(route: Route) -> None:
    mark = mark_of(route.view)
    assert mark is not None, f"{route.pattern} has neither @policy nor @public"
    assert not isinstance(mark, Public) or len(mark.reason) > 10
    assert "?" not in route.name, f"{route.pattern} has no name"


def test_every_guarded_address_has_its_line_and_every_line_its_address() -> None:
    assert set(EXPECTED) == {route.name for route in GUARDED}


def cases(expected: Expected) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield each class's things for the address, or nothing in particular."""
    for code in CLASSES if expected.things else ("*",):
        yield code, dict(expected.things)


def ask(client: Client, route: Route, kwargs: dict[str, int]) -> HttpResponse:
    expected = EXPECTED[route.name]
    address = reverse(route.name, kwargs=kwargs)
    ask_by = client.get if expected.method == "get" else client.post
    return ask_by(address, data=dict(expected.data))  # type: ignore[return-value]  # it is one


@pytest.mark.django_db
@pytest.mark.usefixtures("the_tests_day")
@pytest.mark.parametrize("route", GUARDED, ids=named)
def test_each_person_opens_exactly_what_the_table_says(
    route: Route, people: People
) -> None:
    world = World(people)
    expected = EXPECTED[route.name]
    for name, person in people.everybody().items():
        client = Client()
        client.force_login(person)
        opened = expected.opens.get(name)
        for code, things in cases(expected):
            kwargs = {key: world.find(kind, code) for key, kind in things.items()}
            answer = ask(client, route, kwargs)
            where = (route.name, name, code, answer.status_code)
            if opened is None:
                assert answer.status_code == 403, where
            elif code not in opened.split():
                assert answer.status_code == 404, where
            else:
                assert answer.status_code in {200, 302, 303, 400, 405, 422}, where
            check_answer(answer, name, expected.names.split() if opened else ())
        if opened is not None and expected.things:
            nothing = ask(client, route, dict.fromkeys(expected.things, NOBODYS))
            assert nothing.status_code == 404, (route.name, name, "nothing")


def check_answer(
    answer: HttpResponse, name: str, by_design: Collection[str] = ()
) -> None:
    """No name from beyond the wall is on the page, and nobody may keep or frame it."""
    text = "" if answer.streaming else answer.content.decode(errors="replace")
    for code in CLASSES:
        if code not in NAMED.get(name, set()) and code not in by_design:
            for first in ("Esimerkki", "Verrokki"):
                assert f"{first}-{code}" not in text, (name, code)
    if name not in SEES_PROTECTED:
        assert "Turvakielto" not in text, name
    assert "no-store" in answer["Cache-Control"]
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["X-Content-Type-Options"] == "nosniff"


@pytest.mark.django_db
@pytest.mark.usefixtures("the_tests_day")
@pytest.mark.parametrize("route", GUARDED, ids=named)
def test_who_is_not_signed_in_is_sent_to_sign_in(route: Route, people: People) -> None:
    world = World(people)
    things = EXPECTED[route.name].things
    kwargs = {key: world.find(kind, "7B") for key, kind in things.items()}
    answer = ask(Client(), route, kwargs)
    assert answer.status_code == 302
    assert answer["Location"].startswith(reverse("accounts:sign_in"))


def opens_pupils(route: Route) -> bool:
    mark = mark_of(route.view)
    return isinstance(mark, Policy) and mark.opens_pupils


@pytest.mark.django_db
@pytest.mark.usefixtures("the_tests_day")
@pytest.mark.parametrize(
    "route", [route for route in GUARDED if opens_pupils(route)], ids=named
)
def test_each_opening_is_one_line_in_the_log_with_whom(
    route: Route, people: People
) -> None:
    world = World(people)
    expected = EXPECTED[route.name]
    for name, codes in expected.opens.items():
        client = Client()
        client.force_login(people.everybody()[name])
        code = codes.split()[-1]
        kwargs = {key: world.find(kind, code) for key, kind in expected.things.items()}
        before = AccessEvent.objects.filter(route=route.name).count()
        assert ask(client, route, kwargs).status_code in {200, 302, 422}
        events = AccessEvent.objects.filter(route=route.name)
        assert events.count() == before + 1
        event = events.order_by("-pk")[0]
        assert event.outcome == "allowed"
        assert event.grant_id is not None
        if {"pupil", "task"} & set(expected.things.values()):
            assert event.pupil_ids == [world.pupils[code].pk]


@pytest.mark.django_db
@pytest.mark.parametrize("route", GUARDED, ids=named)
def test_a_post_without_the_forms_secret_is_refused(
    route: Route, people: People
) -> None:
    world = World(people)
    things = EXPECTED[route.name].things
    kwargs = {key: world.find(kind, "7B") for key, kind in things.items()}
    client = Client(enforce_csrf_checks=True)
    client.force_login(people.aino)
    answer = client.post(reverse(route.name, kwargs=kwargs))
    assert answer.status_code in {400, 403}
    assert answer.resolver_match is None or not hasattr(answer.wsgi_request, "verdict")
