"""Links for guardians: one person, one matter, once, for a time."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from koulutie.accounts.models import GuardianLink
from koulutie.registry.models import AccessEvent, Guardian, Pupil
from koulutie.ui import clock
from tests import builders as build
from tests.people import People

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("the_tests_day")]


@pytest.fixture
def pupil(people: People) -> Pupil:
    pupil = people.home.pupils["7B"][0]
    guardian = Guardian.objects.create(
        municipality=people.home.municipality, first_name="Hilja", last_name="Huoltaja"
    )
    guardian.pupils.add(pupil)
    return pupil


def every(model: type[Any]) -> Any:
    return model.objects.unscoped("the test looks at all")


def teacher(people: People) -> Client:
    client = Client()
    client.force_login(people.aino)
    return client


def make(client: Client, pupil: Pupil) -> str:
    """Make a link on the page; return its address."""
    fields = {"guardian": every(Guardian).get().pk, "about": "talk"}
    page = client.post(f"/pupils/{pupil.pk}/links/", fields).content.decode()
    found = re.search(r'value="http://testserver(/link/[^"]+)"', page)
    assert found, page
    return found[1]


def test_a_link_opens_once_and_only_when_posted(people: People, pupil: Pupil) -> None:
    address = make(teacher(people), pupil)
    for _ in range(3):  # a mail program looks at it
        page = Client().get(address)
        assert page.status_code == 200
        assert pupil.first_name not in page.content.decode()
    page = Client().post(address)
    assert f"{pupil.first_name}" in page.content.decode()
    assert pupil.last_name not in page.content.decode()
    assert Client().post(address).status_code == 400
    events = AccessEvent.objects.filter(action="spend_link")
    assert [event.pupil_ids for event in events] == [[pupil.pk]]


def test_a_link_runs_out(
    people: People, pupil: Pupil, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = make(teacher(people), pupil)
    monkeypatch.setattr(clock, "now", lambda: build.NOW + timedelta(days=14))
    assert Client().post(address).status_code == 400


def test_a_link_is_withdrawn(people: People, pupil: Pupil) -> None:
    client = teacher(people)
    address = make(client, pupil)
    link = every(GuardianLink).get()
    client.post(f"/pupils/{pupil.pk}/links/", {"withdraw": link.pk})
    answer = Client().post(address)
    assert answer.status_code == 400
    assert pupil.first_name not in answer.content.decode()


def test_nobody_withdraws_a_link_about_anothers_pupil(
    people: People, pupil: Pupil
) -> None:
    address = make(teacher(people), pupil)
    stranger = Client()
    stranger.force_login(people.bjorn)
    theirs = people.home.pupils["3A"][0]
    fields = {"withdraw": every(GuardianLink).get().pk}
    stranger.post(f"/pupils/{theirs.pk}/links/", fields)
    assert Client().post(address).status_code == 200


def test_another_pupils_guardian_is_not_to_be_chosen(
    people: People, pupil: Pupil
) -> None:
    other = people.home.pupils["7B"][1]
    fields = {"guardian": every(Guardian).get().pk, "about": "talk"}
    answer = teacher(people).post(f"/pupils/{other.pk}/links/", fields)
    assert answer.status_code == 422
    assert not every(GuardianLink).exists()


def test_the_token_is_kept_nowhere(people: People, pupil: Pupil) -> None:
    token = make(teacher(people), pupil).split("/")[2]
    kept = str(list(every(GuardianLink).values()))
    kept += str(list(AccessEvent.objects.values()))
    assert token not in kept


def test_a_guess_opens_nothing(pupil: Pupil) -> None:
    assert Client().post(f"/link/{'x' * 43}/").status_code == 400
