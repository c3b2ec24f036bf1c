"""How it was seen is told by what left, not only by what the view says."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from koulutie.core.scope import Purpose
from koulutie.registry import audit
from koulutie.registry.models import AccessEvent, OpenedPupil
from tests import builders as build
from tests.people import People
from tests.security.world import World

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("the_tests_day")]


def latest(route: str) -> AccessEvent:
    return AccessEvent.objects.filter(route=route).latest("pk")


def get(client: Client, route: str, *args: object) -> int:
    return client.get(reverse(route, args=args)).status_code


def test_one_pupil_is_a_view_and_a_class_is_a_list(people: People) -> None:
    client = Client()
    client.force_login(people.aino)
    first = people.home.pupils["7B"][0]
    get(client, "casework:pupil", first.pk)
    assert latest("casework:pupil").kind == "view"
    get(client, "casework:class_list", people.home.classes["7B"].pk)
    event = latest("casework:class_list")
    assert event.kind == "list"
    assert len(event.pupil_ids) == 3


def test_what_was_refused_is_denied_and_names_nobody(people: People) -> None:
    client = Client()
    client.force_login(people.aino)
    other = people.home.pupils["7A"][0]
    assert get(client, "casework:pupil", other.pk) == 404
    event = latest("casework:pupil")
    assert (event.kind, event.outcome, event.pupil_ids) == ("denied", "denied", [])


def test_a_file_that_leaves_is_an_export_whatever_the_view_says(
    people: People,
) -> None:
    client = Client()
    client.force_login(people.daniel)
    batch = World(people).find("batch", "7B")
    answer = client.get(reverse("intake:rejections_csv", args=[batch]))
    assert "attachment" in answer["Content-Disposition"]
    assert latest("intake:rejections_csv").kind == "export"


def test_what_is_written_is_an_act(people: People) -> None:
    grant = AccessEvent.objects.filter(action="grant")[0]
    assert grant.kind == "act"


def test_who_opened_this_pupil_is_one_look_up(people: People) -> None:
    pupil = people.home.pupils["7B"][0]
    for person in (people.aino, people.cecilia):
        client = Client()
        client.force_login(person)
        get(client, "casework:pupil", pupil.pk)
    rows = OpenedPupil.objects.filter(pupil_id=pupil.pk, event__route="casework:pupil")
    assert {row.event.actor for row in rows} == {
        f"person:{people.aino.pk}",
        f"person:{people.cecilia.pk}",
    }


def test_an_event_and_whom_it_is_about_stand_or_fall_together(people: People) -> None:
    before = AccessEvent.objects.count()
    with pytest.raises(ValueError, match="expected a number"):
        audit.record(
            actor="person:1",
            action="view_pupil",
            purpose=Purpose.ATTENDANCE,
            target="pupil:1",
            pupil_ids=["no number"],  # type: ignore[list-item]  # on purpose
            reason="r",
            at=build.NOW,
        )
    assert AccessEvent.objects.count() == before
