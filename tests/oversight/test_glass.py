"""Break-the-glass: found by name only, opened with a reason, for three hours, never unseen."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from koulutie.registry.models import AccessEvent, Grant, Notice, Person
from koulutie.ui import clock
from tests import builders as build
from tests.people import People

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("the_tests_day")]

WHY = "Substituting for the principal of the other school today."


def as_(person: Person) -> Client:
    person.language = "en"
    person.save(update_fields=["language"])
    client = Client()
    client.force_login(person)
    return client


def find(person: Person, name: str) -> str:
    return as_(person).post(reverse("oversight:find"), {"name": name}).content.decode()


def open_(client: Client, pk: int, reason: str = WHY) -> int:
    answer = client.post(reverse("oversight:open_pupil", args=[pk]), {"reason": reason})
    return answer.status_code


def at(monkeypatch: pytest.MonkeyPatch, now: datetime) -> None:
    monkeypatch.setattr(clock, "now", lambda: now)


# --- finding ------------------------------------------------------------------------------


def test_outside_the_scope_only_name_and_school_are_told(people: People) -> None:
    page = find(people.cecilia, "esimerkki-3a")
    assert "Esimerkki-3A Eeva" in page
    assert "Svansbacka skola" in page
    assert ">3A<" not in page
    pupil = people.home.pupils["3A"][0]
    assert reverse("oversight:open_pupil", args=[pupil.pk]) in page
    assert reverse("casework:pupil", args=[pupil.pk]) not in page


def test_inside_the_scope_the_pupils_own_page_is_offered(people: People) -> None:
    page = find(people.cecilia, "Eeva Esimerkki-7A")
    pupil = people.home.pupils["7A"][0]
    assert reverse("casework:pupil", args=[pupil.pk]) in page
    assert reverse("oversight:open_pupil", args=[pupil.pk]) not in page


@pytest.mark.parametrize("name", ["cecilia", "elina"])
def test_a_protected_pupil_is_not_found_at_all(people: People, name: str) -> None:
    person = people.everybody()[name]
    assert "Nobody of that name" in find(person, "Turvakielto")
    assert open_(as_(person), people.protected.pk) == 404
    assert not Grant.objects.filter(ends_at__isnull=False).exists()


def test_a_grant_that_names_a_protected_pupil_finds_it(people: People) -> None:
    build.a_grant(people.cecilia, "principal", people.protected)
    page = find(people.cecilia, "Turvakielto")
    assert reverse("casework:pupil", args=[people.protected.pk]) in page


def test_another_municipality_is_not_searched(people: People) -> None:
    assert "twin" not in find(people.elina, "Esimerkki")
    twin = people.twin.pupils["7B"][0]
    assert open_(as_(people.elina), twin.pk) == 404


def test_the_words_of_a_search_are_in_no_log_and_the_found_are(people: People) -> None:
    find(people.cecilia, "esimerkki-3a")
    event = AccessEvent.objects.get(route="oversight:find")
    assert event.kind == "search"
    assert event.pupil_ids == [people.home.pupils["3A"][0].pk]
    assert "esimerkki" not in str(AccessEvent.objects.values()).lower()


@pytest.mark.parametrize("words", ["es", "e e e e", "es mä", " "])
def test_short_words_are_no_search(people: People, words: str) -> None:
    answer = as_(people.cecilia).post(reverse("oversight:find"), {"name": words})
    assert answer.status_code == 422
    assert "Esimerkki" not in answer.content.decode()


# --- opening ------------------------------------------------------------------------------


def test_with_a_reason_the_page_is_open_for_three_hours_and_not_longer(
    people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, pupil = as_(people.cecilia), people.home.pupils["3A"][0]
    page = reverse("casework:pupil", args=[pupil.pk])
    assert client.get(page).status_code == 404
    assert open_(client, pupil.pk) == 302
    answer = client.get(page)
    assert answer.status_code == 200
    assert "still 3 h 0 min" in answer.content.decode()
    at(monkeypatch, build.NOW + timedelta(hours=2, minutes=59, seconds=30))
    client = as_(people.cecilia)  # signed in anew: a session left idle has ended
    assert "still 1 min" in client.get(page).content.decode()
    at(monkeypatch, build.NOW + timedelta(hours=3))
    assert client.get(page).status_code == 404
    assert "open to you until" not in client.get("/").content.decode()


def test_the_banner_stands_on_every_page_until_the_end(people: People) -> None:
    client, pupil = as_(people.cecilia), people.home.pupils["3A"][0]
    open_(client, pupil.pk)
    for address in ("/", reverse("oversight:week"), reverse("oversight:find")):
        assert "is open to you until 12:30" in client.get(address).content.decode()
    (grant,) = Grant.objects.filter(ends_at__isnull=False)
    client.post(reverse("oversight:close", args=[grant.pk]))
    assert "open to you until" not in client.get("/").content.decode()
    assert client.get(reverse("casework:pupil", args=[pupil.pk])).status_code == 404


def test_role_and_purpose_stay(people: People) -> None:
    client, pupil = as_(people.elina), people.home.pupils["7B"][0]
    assert open_(client, pupil.pk) == 302
    grant = Grant.objects.get(ends_at__isnull=False)
    assert (grant.role, grant.purposes) == ("education_office", ["attendance"])
    answer = client.get(reverse("casework:pupil", args=[pupil.pk]))
    assert answer.status_code == 200
    text = answer.content.decode()
    assert (
        reverse("casework:class_list", args=[people.home.classes["7B"].pk]) not in text
    )
    assert f"/figures/absence_lessons/pupils/{pupil.pk}/" not in text
    opened = AccessEvent.objects.get(route="casework:pupil")
    assert opened.grant_id == grant.pk
    # The page, and neither its tasks nor the class around it.
    assert client.get("/").status_code == 403
    school_class = people.home.classes["7B"]
    there = reverse("casework:class_list", args=[school_class.pk])
    assert client.get(there).status_code == 403
    other = people.home.pupils["7B"][1]
    assert client.get(reverse("casework:pupil", args=[other.pk])).status_code == 404


@pytest.mark.parametrize("reason", ["", "because", "              x            "])
def test_a_reason_that_says_nothing_opens_nothing(people: People, reason: str) -> None:
    client, pupil = as_(people.cecilia), people.home.pupils["3A"][0]
    assert open_(client, pupil.pk, reason) == 422
    assert not Grant.objects.filter(ends_at__isnull=False).exists()


def test_opening_twice_does_not_prolong(
    people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, pupil = as_(people.cecilia), people.home.pupils["3A"][0]
    open_(client, pupil.pk)
    at(monkeypatch, build.NOW + timedelta(hours=1))
    assert open_(as_(people.cecilia), pupil.pk) == 302
    grant = Grant.objects.get(ends_at__isnull=False)
    assert grant.ends_at == build.NOW + timedelta(hours=3)


def test_nobody_closes_what_another_opened(people: People) -> None:
    open_(as_(people.cecilia), people.home.pupils["3A"][0].pk)
    grant = Grant.objects.get(ends_at__isnull=False)
    answer = as_(people.elina).post(reverse("oversight:close", args=[grant.pk]))
    assert answer.status_code == 404
    grant.refresh_from_db()
    assert grant.ends_at == build.NOW + timedelta(hours=3)


@pytest.mark.parametrize(
    "name", ["aino", "bjorn", "daniel", "farid", "greta", "hilkka", "iris", "otto"]
)
def test_those_whose_role_does_not_open_do_not(people: People, name: str) -> None:
    client, pupil = as_(people.everybody()[name]), people.home.pupils["7A"][0]
    assert client.get(reverse("oversight:find")).status_code == 403
    assert open_(client, pupil.pk) == 403
    assert not Grant.objects.filter(ends_at__isnull=False).exists()


# --- being told ---------------------------------------------------------------------------


def test_the_principal_and_the_officer_are_told_and_who_opened_is_not(
    people: People,
) -> None:
    berit = build.a_person("Berit", "Rektor")
    build.a_grant(berit, "principal", people.home.schools["sv"])
    open_(as_(people.cecilia), people.home.pupils["3A"][0].pk)
    told = {notice.person for notice in Notice.objects.all()}
    assert told == {berit, people.greta}
    event = AccessEvent.objects.get(action="break_glass", kind="act")
    assert event.pupil_ids == [people.home.pupils["3A"][0].pk]
    assert WHY not in event.reason  # free text stays in the grant


def test_a_notice_names_the_pupil_to_the_principal_only(people: People) -> None:
    pupil = people.home.pupils["7B"][0]
    open_(as_(people.elina), pupil.pk)
    for person, shown, hidden in (
        (people.cecilia, "Esimerkki-7B Eeva", f"#{pupil.pk}"),
        (people.greta, f"#{pupil.pk}", "Esimerkki-7B"),
    ):
        client = as_(person)
        week = client.get(reverse("oversight:week")).content.decode()
        assert "you have not read why" in week
        assert "nav__news" in client.get(reverse("insight:figures")).content.decode()
        page = client.get(reverse("oversight:notices")).content.decode()
        page = page[page.index("<main") :]  # the head has colours, such as #12191a
        assert shown in page
        assert hidden not in page
        assert WHY in page
        client.post(reverse("oversight:notices_seen"))
        week = client.get(reverse("oversight:week")).content.decode()
        assert "you have not read why" not in week
        assert "nav__news" not in week
    assert not Notice.objects.filter(seen_at=None).exists()
