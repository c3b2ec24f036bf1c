"""Every address x every person x every side of the walls x every method, in one world.

`test_routes` reads with each person; here what would change something is sent by each of
them, with roles that have ended and with roles given for another purpose, by every method,
without the form's secret and from another site. Nothing may change that the table in
`expectations.py` does not open, and no address is left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from django.apps import apps
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from koulutie.core.scope import Purpose
from koulutie.registry.access import Policy, mark_of
from koulutie.registry.models import Grant, Person
from tests import builders as build
from tests.people import People
from tests.security.expectations import CLASSES, EXPECTED
from tests.security.routes import Route, all_routes
from tests.security.world import World

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("the_tests_day")]

ROUTES = all_routes()
GUARDED = [route for route in ROUTES if isinstance(mark_of(route.view), Policy)]
UNUSED = ("put", "patch", "delete", "options", "trace")
# Rows that an answer may leave behind whatever was asked: the log, limits, sessions.
TRACES = {
    "registry.AccessEvent",
    "registry.OpenedPupil",
    "registry.SignInAttempt",
    "sessions.Session",
    "accounts.OpenSession",
    "ui.PolicyViolation",
}


class Unchanged:
    """All rows as they were; says which tables changed since."""

    def __init__(self) -> None:
        self.before = self.rows()

    def rows(self) -> dict[str, list[tuple[object, ...]]]:
        return {
            model._meta.label: list(
                model._base_manager.order_by("pk").values_list(
                    *(
                        f.name
                        for f in model._meta.concrete_fields
                        if f.name != "last_login"
                    )
                )
            )
            for model in apps.get_models(include_auto_created=True)
            if model._meta.label not in TRACES
        }

    def changes(self) -> list[str]:
        now = self.rows()
        return [label for label, rows in now.items() if rows != self.before.get(label)]


def signed_in(person: Person, **how: bool) -> Client:
    client = Client(raise_request_exception=False, **how)
    client.force_login(person)
    return client


def clients(people: People) -> dict[str, Client]:
    return {name: signed_in(person) for name, person in people.everybody().items()}


def address(route: Route, world: World, code: str) -> str:
    things = EXPECTED[route.name].things
    return reverse(
        route.name, kwargs={key: world.find(kind, code) for key, kind in things.items()}
    )


def sides(route: Route) -> tuple[str, ...]:
    return CLASSES if EXPECTED[route.name].things else ("*",)


def all_things(world: World) -> None:
    """Make every thing of every class, so that asking makes none."""
    for route in GUARDED:
        for code in sides(route):
            address(route, world, code)


def closed(people: People, world: World) -> Iterator[tuple[str, Route, str, int]]:
    """Yield (person, route, address, status) of all that the table does not open."""
    for route in GUARDED:
        opens = EXPECTED[route.name].opens
        for name in people.everybody():
            for code in sides(route):
                if name not in opens:
                    yield name, route, address(route, world, code), 403
                elif code not in opens[name].split():
                    yield name, route, address(route, world, code), 404


def test_what_the_table_does_not_open_nobody_can_change(people: People) -> None:
    world = World(people)
    all_things(world)
    doors, rows = clients(people), Unchanged()
    wrong = []
    asked = 0
    for name, route, where, status in closed(people, world):
        answer = doors[name].post(where)
        asked += 1
        # A page that is only read says so before it looks for the thing.
        is_only_read = status == 404 and answer.status_code == 405
        if answer.status_code != status and not is_only_read:
            wrong.append((name, route.name, where, answer.status_code, status))
    assert not wrong
    assert not rows.changes()
    assert asked > 800


def test_reading_changes_nothing(people: People) -> None:
    world = World(people)
    all_things(world)
    doors, rows = clients(people), Unchanged()
    failed = []
    for route in GUARDED:
        for name, codes in EXPECTED[route.name].opens.items():
            for code in (codes.split() or ["7B"])[:1]:
                where = address(route, world, code)
                failed += [
                    (name, where)
                    for ask in (doors[name].get, doors[name].head)
                    if ask(where).status_code >= 500
                ]
    assert not failed
    assert not rows.changes()


def test_methods_that_no_page_uses_are_refused(people: People) -> None:
    world = World(people)
    all_things(world)
    rows = Unchanged()
    for route in GUARDED:
        opens = EXPECTED[route.name].opens
        name = next(iter(opens))
        client = signed_in(people.everybody()[name])
        where = address(route, world, (opens[name].split() or ["7B"])[-1])
        for method in UNUSED:
            answer = getattr(client, method)(where)
            assert answer.status_code == 405, (route.name, method)
            assert set(answer["Allow"].split(", ")) <= {"GET", "HEAD", "POST"}
    assert not rows.changes()


def with_other_grants(people: People, name: str, **values: object) -> Person:
    """Somebody with the person's own grants, changed."""
    twin = build.a_person("Toinen", name.title())
    for grant in people.everybody()[name].grants.all():
        grant.pk = None
        grant.person = twin
        for key, value in values.items():
            setattr(grant, key, value)
        grant.save(force_insert=True)
    return twin


def own_addresses(
    people: People, world: World, name: str
) -> Iterator[tuple[Route, str]]:
    for route in GUARDED:
        codes = EXPECTED[route.name].opens.get(name)
        if codes:
            yield route, address(route, world, codes.split()[-1])


HOLDERS = ("aino", "bjorn", "cecilia", "daniel", "elina", "farid", "greta")


@pytest.mark.parametrize("name", HOLDERS)
def test_a_role_that_ended_today_opens_nothing(people: People, name: str) -> None:
    world = World(people)
    all_things(world)
    ended = with_other_grants(people, name, valid_to=build.TODAY)
    later = with_other_grants(people, name, valid_from=date(2026, 11, 25))
    asked = 0
    for person in (ended, later):
        client, rows = signed_in(person), Unchanged()
        for route, where in own_addresses(people, world, name):
            for ask in (client.get, client.post):
                assert ask(where).status_code == 403, (route.name, where)
                asked += 1
        assert not rows.changes()
    assert asked >= 12


@pytest.mark.parametrize("name", HOLDERS)
def test_a_role_for_another_purpose_opens_nothing(people: People, name: str) -> None:
    world = World(people)
    all_things(world)
    person = with_other_grants(people, name)
    client = signed_in(person)
    for route, where in own_addresses(people, world, name):
        mark = mark_of(route.view)
        assert isinstance(mark, Policy)
        other = next(one for one in Purpose if one not in mark.purposes)
        Grant.objects.filter(person=person).update(purposes=[str(other)])
        for ask in (client.get, client.post):
            assert ask(where).status_code == 403, (route.name, other)


def refusals(people: People, **headers: str) -> Iterator[tuple[Route, HttpResponse]]:
    """Post to each address as somebody whom it opens, with the secret only where told."""
    world = World(people)
    all_things(world)
    for route in GUARDED:
        opens = EXPECTED[route.name].opens
        name = next(iter(opens))
        is_checked = not headers
        client = signed_in(people.everybody()[name], enforce_csrf_checks=is_checked)
        where = address(route, world, (opens[name].split() or ["7B"])[-1])
        yield route, client.post(where, headers=headers)  # type: ignore[misc]  # it is one


def test_without_the_forms_secret_nothing_changes(people: People) -> None:
    for route, answer in refusals(people):
        assert answer.status_code == 400, route.name
        assert not hasattr(answer.wsgi_request, "verdict")  # the view was not reached


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_what_another_site_sends_is_refused(people: People, site: str) -> None:
    headers = {"Sec-Fetch-Site": site}
    for route, answer in refusals(people, **headers):
        assert answer.status_code == 403, route.name
        assert b"Another site" in answer.content
        assert "default-src 'none'" in answer["Content-Security-Policy"]


def test_every_address_is_exercised(people: People) -> None:
    world = World(people)
    reached = set()
    for route in ROUTES:
        client = Client(raise_request_exception=False)
        if route in GUARDED:
            opens = EXPECTED[route.name].opens
            name = next(iter(opens))
            client.force_login(people.everybody()[name])
            where = address(route, world, (opens[name].split() or ["7B"])[-1])
        else:
            where = "/" + route.pattern.replace("^", "").replace("<str:token>", "x")
        answer = client.get(where)
        assert answer.status_code < 500, where
        if answer.resolver_match is not None:
            reached.add(answer.resolver_match.view_name)
    missed = {route.name for route in ROUTES} - reached
    assert not missed
