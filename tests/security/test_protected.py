"""Protected identity (turvakielto): whoever is outside learns neither school nor class."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from koulutie.registry.access import Policy, mark_of
from tests.people import People
from tests.security.expectations import EXPECTED
from tests.security.routes import all_routes

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("the_tests_day")]

# Everybody who has a role at home and is not the pupil's own class's teacher.
OUTSIDE = ("bjorn", "cecilia", "daniel", "elina", "farid", "greta")
ABOUT_A_PUPIL = [
    route.name
    for route in all_routes()
    if isinstance(mark_of(route.view), Policy)
    and "pupil" in EXPECTED[route.name].things.values()
]


def told(client: Client, address: str, **data: str) -> tuple[int, str]:
    answer = client.get(address, data)
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return answer.status_code, f"{answer.items()} {body.decode(errors='replace')}"


def as_(people: People, name: str) -> Client:
    client = Client()
    client.force_login(people.everybody()[name])
    return client


def address_of(route: str, pupil_id: int) -> str:
    things = EXPECTED[route].things
    return reverse(
        route,
        kwargs={
            key: pupil_id if kind == "pupil" else "absence_rate"
            for key, kind in things.items()
        },
    )


@pytest.mark.parametrize("name", OUTSIDE)
def test_no_page_about_a_pupil_tells_of_them(people: People, name: str) -> None:
    client = as_(people, name)
    assert len(ABOUT_A_PUPIL) > 5
    for route in ABOUT_A_PUPIL:
        status, text = told(client, address_of(route, people.protected.pk))
        assert status in {403, 404, 405}, (route, status)
        assert "Turvakielto" not in text, route


@pytest.mark.parametrize("name", ["cecilia", "elina"])
@pytest.mark.parametrize(
    "words", ["Turvakielto", "turva", "Piilo", "Piilo Turvakielto"]
)
def test_a_search_by_name_does_not_find_them(
    people: People, name: str, words: str
) -> None:
    client = as_(people, name)
    address = reverse("oversight:find")
    for field in ("q", "words", "name"):
        _, text = told(client, address, **{field: words})
        assert f"/{people.protected.pk}/" not in text
        assert "Piilo Turvakielto" not in text
        assert "Turvakielto Piilo" not in text
    _, known = told(client, address, q="Esimerkki-3A", words="Esimerkki-3A")
    assert "Esimerkki-3A" in known, "the search found nobody: this proves nothing"


@pytest.mark.parametrize("name", ["cecilia", "greta"])
def test_the_log_and_its_file_do_not_name_them(people: People, name: str) -> None:
    teacher = as_(people, "aino")
    pupil_page = reverse("casework:pupil", kwargs={"pk": people.protected.pk})
    assert "Turvakielto" in told(teacher, pupil_page)[1]
    reader = as_(people, name)
    for route in ("oversight:log", "oversight:week"):
        for data in ({}, {"pupil": str(people.protected.pk)}):
            status, text = told(reader, reverse(route), **data)
            assert status == 200
            assert "Turvakielto" not in text, (route, data)


def test_their_own_teacher_sees_them_and_lists_leave_no_gap(people: People) -> None:
    seventh = reverse(
        "casework:class_list", kwargs={"pk": people.home.classes["7B"].pk}
    )
    assert "Turvakielto" in told(as_(people, "aino"), seventh)[1]
    assert "Turvakielto" not in told(as_(people, "cecilia"), seventh)[1]
