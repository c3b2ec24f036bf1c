"""Somebody who knows the code replays the twin municipality's ids in every place there is.

Ids go into each argument of each address, whatever it names; into every query and form field
that any page has; and into the headers that htmx sends. No answer may hold a word of the
twin, and nothing of the twin may be changed, nor anything be tied to it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from django.apps import apps
from django.http import HttpResponse
from django.test import Client
from django.urls import NoReverseMatch, reverse

from koulutie.registry.access import Policy, mark_of
from koulutie.registry.models import Grant
from tests.people import People
from tests.security.expectations import EXPECTED
from tests.security.routes import Route, all_routes
from tests.security.world import World

GUARDED = [route for route in all_routes() if isinstance(mark_of(route.view), Policy)]
KINDS = ("pupil", "class", "school", "municipality", "task", "note", "grant", "batch")
# Words of the twin: its names, and what stands in its files.
CANARIES = ("Verrokki-twin", "Esimerkki-twin", "Toisaalla", "Toisaallainen")
FIELD = re.compile(r'<(?:input|select|textarea|button)\b[^>]*?\bname="([^"]+)"')
AT_LEAST = 2_000
# Everybody of the home municipality who may open anything.
HERE = ("aino", "bjorn", "cecilia", "daniel", "elina", "farid", "greta")


def twin_ids(world: World) -> list[int]:
    """Return the ids of one thing of each kind in the twin, each number once."""
    return sorted({int(world.find(kind, "twin")) for kind in KINDS})


def told(answer: HttpResponse) -> str:
    """Return all that an answer tells: body, headers, cookies."""
    body = (
        b"".join(answer.streaming_content) if answer.streaming else answer.content
    ).decode(errors="replace")
    headers = " ".join(f"{name}: {value}" for name, value in answer.items())
    return f"{headers} {answer.cookies.output()} {body}"


def check(answer: HttpResponse, where: object) -> str:
    text = told(answer)
    assert answer.status_code < 500, where
    for canary in CANARIES:
        assert canary not in text, (where, canary)
    return text


def rows_of_the_twin(people: People) -> dict[str, list[dict[str, object]]]:
    """Return all rows that hang on the twin, by table and the way they hang on it."""
    twin = people.twin.municipality.pk
    ways = {
        "municipality": "municipality",
        "school": "school__municipality",
        "pupil": "pupil__enrolments__school_class__school__municipality",
    }
    found = {}
    for model in apps.get_models():
        names = {field.name for field in model._meta.get_fields()}
        for first, way in ways.items():
            if first in names:
                rows = model._base_manager.filter(**{way: twin}).order_by("pk")
                found[f"{model._meta.label}.{first}"] = list(rows.values())
    return found


def addresses(route: Route, ids: list[int]) -> Iterator[str]:
    """Yield the route's address with each id in all its arguments, whatever they name."""
    for pk in ids:
        kwargs = {
            name: "absence_rate" if kind == "indicator" else pk
            for name, kind in EXPECTED[route.name].things.items()
        }
        try:
            yield reverse(route.name, kwargs=kwargs)
        except NoReverseMatch:
            continue


@pytest.mark.django_db
@pytest.mark.usefixtures("the_tests_day")
def test_the_twins_ids_open_and_change_nothing(
    people: People, record_property: Callable[[str, object], None]
) -> None:
    world = World(people)
    ids = twin_ids(world)
    before = rows_of_the_twin(people)
    assert sum(map(len, before.values())) > 10
    replayed = 0
    for name in HERE:
        client = Client()
        client.force_login(people.everybody()[name])
        fields = set()
        for route in GUARDED:
            for address in addresses(
                route, ids if EXPECTED[route.name].things else ids[:1]
            ):
                for ask in (client.get, client.post):
                    fields |= set(FIELD.findall(check(ask(address), (name, address))))
                    replayed += 1
        replayed += in_fields(client, name, ids[:3], fields)
    record_property("replayed_ids", replayed)
    assert replayed >= AT_LEAST
    assert rows_of_the_twin(people) == before
    assert not Grant.objects.filter(
        person__in=[people.everybody()[name] for name in HERE],
        municipality=people.twin.municipality,
    )


def in_fields(client: Client, name: str, ids: list[int], fields: set[str]) -> int:
    """Send each id in every field that any page has, to every address without argument."""
    names = (fields | {"pupil", "school", "class", "pk", "ids", "next"}) - {
        "csrfmiddlewaretoken"
    }
    replayed = 0
    for route in GUARDED:
        if EXPECTED[route.name].things:
            continue
        address = reverse(route.name)
        for pk in ids:
            data = dict.fromkeys(names, str(pk))
            headers = {
                "HX-Request": "true",
                "HX-Target": str(pk),
                "HX-Current-URL": f"/pupils/{pk}/",
            }
            check(client.get(address, data, headers=headers), (name, address, pk))
            check(client.post(address, data, headers=headers), (name, address, pk))
            replayed += 2
    return replayed
