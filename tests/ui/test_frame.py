"""The frame around every page: ways that are open, the facts' age, nothing inline."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.http import HttpRequest, HttpResponse
from django.template.loader import get_template
from django.test import Client
from django.urls import include, path
from django.views.decorators.http import require_GET

from koulutie.core.definitions.roles import Action
from koulutie.core.scope import Purpose
from koulutie.registry.access import policy
from koulutie.registry.models import FactsVersion
from koulutie.ui import context
from tests import builders as build
from tests.people import People

PACKAGE = Path(context.__file__).parent.parent
TEMPLATES = sorted(PACKAGE.glob("*/templates/**/*.html"))


@require_GET
@policy(Action.VIEW_TODAY, Purpose.ATTENDANCE, opens_pupils=False)
def today(request: HttpRequest) -> HttpResponse:
    return HttpResponse("today")


@require_GET
@policy(Action.VIEW_BATCH, Purpose.INTAKE)
def batches(request: HttpRequest) -> HttpResponse:
    return HttpResponse("batches")


urlpatterns = [
    path("", include("koulutie.ui.urls")),
    path("", include("koulutie.accounts.urls")),
    path("", include(([path("", today, name="today")], "casework"))),
    path("marks/", include(([path("", batches, name="batches")], "intake"))),
]


@pytest.fixture
def two_ways(settings: object) -> None:
    settings.ROOT_URLCONF = __name__  # type: ignore[attr-defined]


def ways(client: Client) -> list[str]:
    page = client.get("/gallery/").content.decode()
    return re.findall(r'class="nav__link" href="([^"]+)"', page)


@pytest.mark.django_db
@pytest.mark.usefixtures("two_ways")
def test_navigation_shows_what_the_views_own_policies_open(
    client: Client, people: People
) -> None:
    for person, expected in (
        (people.aino, ["/"]),
        (people.cecilia, ["/", "/marks/"]),
        (people.daniel, ["/marks/"]),
        (people.greta, []),
    ):
        client.force_login(person)
        assert ways(client) == expected


@pytest.mark.django_db
@pytest.mark.usefixtures("two_ways")
def test_the_start_is_the_first_way_that_is_open(
    client: Client, people: People
) -> None:
    for person, first in ((people.aino, "/"), (people.daniel, "/marks/")):
        client.force_login(person)
        assert client.get("/start/")["Location"] == first


@pytest.mark.django_db
@pytest.mark.usefixtures("two_ways")
def test_the_way_one_is_on_is_marked(people: People) -> None:
    found = list(
        context.links(people.cecilia, on=build.TODAY, route="intake:batch_rejections")
    )
    assert [(link.url, link.is_current) for link in found] == [
        ("/", False),
        ("/marks/", True),
    ]


@pytest.mark.django_db
def test_every_page_prints_the_facts_version(client: Client, people: People) -> None:
    people.aino.language = "en"
    people.aino.save()
    client.force_login(people.aino)
    assert (
        "No marks have been brought in yet" in client.get("/gallery/").content.decode()
    )
    FactsVersion.objects.create(
        number=12,
        municipality=people.home.municipality,
        tables={},
        as_of=build.TODAY,
        made_at=build.NOW,
        cause="night",
    )
    page = client.get("/gallery/").content.decode()
    assert "Facts version 12" in page
    assert "24\u00a0Nov 2026 at 9:30" in page


@pytest.mark.django_db
def test_asking_for_the_frame_costs_few_queries(
    client: Client, people: People, django_assert_max_num_queries: object
) -> None:
    client.force_login(people.cecilia)
    client.get("/gallery/")
    with django_assert_max_num_queries(12):  # type: ignore[operator]
        client.get("/gallery/")


@pytest.mark.parametrize(
    "path", TEMPLATES, ids=lambda path: str(path.relative_to(PACKAGE))
)
def test_templates_keep_to_the_rules(path: Path) -> None:
    """Nothing inline (the policy would block it), titles in pages, inputs in parts."""
    text = path.read_text()
    assert not re.search(r"\sstyle=|\son[a-z]+=\"|<style|javascript:", text)
    assert not re.search(r"<script(?![^>]*\ssrc=)", text)
    get_template(
        str(path.relative_to(next(p for p in path.parents if p.name == "templates")))
    )
    if path.name.startswith("_"):
        assert "{% comment %}" in text, "say what it is and what its inputs are"
    if "{% extends" in text:
        assert "{% block title %}" in text
