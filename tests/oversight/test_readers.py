"""Who can see this pupil and why: the page says what the walls do."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from koulutie.core.definitions.roles import Action, FieldGroup
from koulutie.core.scope import Purpose
from koulutie.oversight.presenters import readers as shown
from koulutie.registry import finding
from koulutie.registry.access import scope_for
from koulutie.registry.models import Person, Pupil
from koulutie.ui.words import PURPOSES
from tests import builders as build
from tests.people import People

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("the_tests_day")]


def as_(person: Person) -> Client:
    person.language = "en"
    person.save(update_fields=["language"])
    client = Client()
    client.force_login(person)
    return client


def readers_of(pupil: Pupil, now: datetime = build.NOW) -> set[str]:
    where = finding.where_is(pupil, on=build.TODAY)
    grants = finding.grants_over(where, on=build.TODAY, now=now)
    found = shown.readers(grants, is_protected=pupil.is_protected, opened={})
    return {one.name.split()[0] for one in found}


def page(person: Person, pupil: Pupil) -> str:
    answer = as_(person).get(reverse("oversight:readers", args=[pupil.pk]))
    assert answer.status_code == 200
    return answer.content.decode()


def test_each_reader_stands_with_role_place_reason_and_last_opening(
    people: People,
) -> None:
    pupil = people.home.pupils["7B"][0]
    text = page(people.aino, pupil)
    assert re.search(r"Cecilia Rehtori.*?Principal.*?never", text, re.DOTALL)
    assert "class 7B" in text
    assert "given for the test" in text
    as_(people.cecilia).get(reverse("casework:pupil", args=[pupil.pk]))
    text = page(people.aino, pupil)
    assert re.search(r"Cecilia Rehtori.*?at 9:30", text, re.DOTALL)


def test_the_page_names_exactly_those_whom_the_walls_let_in(people: People) -> None:
    """The page against the verdicts themselves, person by person and pupil by pupil."""
    pupils = [people.protected]
    for place in (people.home, people.twin):
        pupils += [one for found in place.pupils.values() for one in found]
    for pupil in pupils:
        may = {
            person.first_name
            for person in people.everybody().values()
            if names(person, pupil)
        }
        # The main user sees rows of the imported files, which is no pupil's page.
        home = pupil.municipality == people.home.municipality
        rows = {"Daniel"} if home else set()
        assert readers_of(pupil) == may | rows, pupil


def names(person: Person, pupil: Pupil) -> bool:
    verdicts = [
        scope_for(
            person=person,
            action=action,
            purpose=purpose,
            on=build.TODAY,
            now=build.NOW,
        )
        for action in (Action.VIEW_PUPIL, Action.VIEW_CLASS, Action.VIEW_TODAY)
        for purpose in Purpose
    ]
    return any(
        verdict.allowed and FieldGroup.NAMES in verdict.fields_about(pupil.pk)
        for verdict in verdicts
    )


def test_an_opening_with_a_reason_is_on_the_page_until_it_ends(people: People) -> None:
    pupil = people.home.pupils["7B"][0]
    as_(people.elina).post(
        reverse("oversight:open_pupil", args=[pupil.pk]),
        {"reason": "The guardian appeals to the education office."},
    )
    text = page(people.aino, pupil)
    assert "The guardian appeals to the education office." in text
    assert "this pupil, for three hours" in text
    assert "Elina" in readers_of(pupil)
    assert "Elina" not in readers_of(pupil, build.NOW + timedelta(hours=3))


def test_who_opened_and_may_not_any_more_is_told(people: People) -> None:
    pupil = people.home.pupils["7B"][0]
    as_(people.aino).get(reverse("casework:pupil", args=[pupil.pk]))
    people.aino.grants.get().delete()
    text = page(people.cecilia, pupil)
    former = text[text.index("cannot any more") :]
    assert "Aino Luokanvalvoja" in former


def test_a_grants_own_purposes_narrow_what_is_told(people: People) -> None:
    pupil = people.home.pupils["7B"][0]
    grant = people.aino.grants.get()
    grant.purposes = ["support"]
    grant.save(update_fields=["purposes"])
    where = finding.where_is(pupil, on=build.TODAY)
    found = shown.readers(
        finding.grants_over(where, on=build.TODAY, now=build.NOW),
        is_protected=False,
        opened={},
    )
    (mine,) = [one for one in found if one.name.startswith("Aino")]
    assert mine.purposes == str(PURPOSES[Purpose.SUPPORT])


def test_a_protected_pupils_readers_are_told_only_to_those_who_see_it(
    people: People,
) -> None:
    assert "Protected identity" in page(people.aino, people.protected)
    assert readers_of(people.protected) == {"Aino", "Daniel"}
    for person in (people.cecilia, people.greta):
        answer = as_(person).get(
            reverse("oversight:readers", args=[people.protected.pk])
        )
        assert answer.status_code == 404


def test_the_officer_sees_who_and_not_whom(people: People) -> None:
    pupil = people.home.pupils["7B"][0]
    text = page(people.greta, pupil)
    assert "Aino Luokanvalvoja" in text
    assert "Esimerkki" not in text


def test_who_reads_the_log_goes_on_to_all_openings(people: People) -> None:
    pupil = people.home.pupils["7B"][0]
    assert "All openings" not in page(people.aino, pupil)
    for person in (people.cecilia, people.greta):
        text = page(person, pupil)
        asked = dict(re.findall(r'type="hidden" name="(\w+)" value="([\w-]+)"', text))
        asked.pop("csrfmiddlewaretoken", None)
        assert asked["pupil"] == str(pupil.pk)
        answer = as_(person).post(reverse("oversight:log"), asked)
        assert answer.status_code == 200
        assert "Who can see a pupil" in answer.content.decode()  # one's own look


def test_the_pupils_page_leads_here_for_those_who_may(people: People) -> None:
    pupil = people.home.pupils["7B"][0]
    address = reverse("casework:pupil", args=[pupil.pk])
    here = reverse("oversight:readers", args=[pupil.pk])
    assert here in as_(people.aino).get(address).content.decode()
