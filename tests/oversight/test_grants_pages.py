"""Giving and ending roles: only in one's own scope, never to oneself; history stays."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from koulutie import catalog
from koulutie.core.definitions.roles import Action, FieldGroup, ScopeKind
from koulutie.core.errors import AccessDenied, DomainError
from koulutie.core.scope import Purpose
from koulutie.oversight.presenters.matrix import markdown, matrix
from koulutie.registry import actions
from koulutie.registry.access import scope_for
from koulutie.registry.models import AccessEvent, Grant, Person
from koulutie.ui.words import ACTIONS, FIELDS, PURPOSES, REACHES
from tests import builders as build
from tests.people import People

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("the_tests_day")]

DOCUMENTED = Path(__file__).resolve().parents[2] / "docs" / "generated" / "roles.md"


def as_(person: Person) -> Client:
    person.language = "en"
    person.save(update_fields=["language"])
    client = Client()
    client.force_login(person)
    return client


def give(people: People, *, by: Person | None = None, **told: Any) -> str:
    """Post the form as the main user; return the page, empty where it was done."""
    data = {
        "person": people.iris.pk,
        "role": "class_teacher",
        "place": f"class:{people.home.classes['7A'].pk}",
        "valid_from": build.TODAY,
        "reason": "Takes class 7A over on the first of December.",
    } | told
    answer = as_(by or people.daniel).post(reverse("oversight:give"), data)
    return "" if answer.status_code == 302 else answer.content.decode()


def of(person: Person) -> list[Grant]:
    return list(person.grants.order_by("pk"))


def test_a_role_is_given_and_opens_what_the_table_says(people: People) -> None:
    assert not give(people)
    (made,) = of(people.iris)
    assert made.granted_by == people.daniel
    assert AccessEvent.objects.filter(target=f"grant:{made.pk}").exists()
    pupil = people.home.pupils["7A"][0]
    there = reverse("casework:pupil", args=[pupil.pk])
    assert as_(people.iris).get(there).status_code == 200


def test_purposes_narrow_the_role(people: People) -> None:
    assert not give(people, purposes=["support"])
    for purpose, allowed in ((Purpose.SUPPORT, True), (Purpose.ATTENDANCE, False)):
        verdict = scope_for(
            person=people.iris,
            action=Action.VIEW_PUPIL,
            purpose=purpose,
            on=build.TODAY,
        )
        assert verdict.allowed is allowed


def test_a_purpose_that_the_role_does_not_serve_is_refused(people: People) -> None:
    assert "does not serve these purposes" in give(people, purposes=["intake"])
    assert not of(people.iris)


def test_nobody_gives_a_role_to_themselves(people: People) -> None:
    page = give(people, person=people.daniel.pk)
    assert page  # not among the choices
    with pytest.raises(AccessDenied):
        actions.grant(
            person=people.daniel,
            role="principal",
            place=people.home.schools["fi"],
            valid_from=build.TODAY,
            reason="because I may",
            by=people.daniel,
            now=build.NOW,
        )
    assert len(of(people.daniel)) == 1


def test_a_place_outside_the_main_users_scope_is_no_choice(people: People) -> None:
    twin = people.twin
    for place in (
        f"class:{twin.classes['7B'].pk}",
        f"school:{twin.schools['fi'].pk}",
        f"municipality:{twin.municipality.pk}",
    ):
        assert give(people, place=place)
    page = give(people, place="pupil", pupil=twin.pupils["7B"][0].pk)
    assert "no such pupil" in page
    assert not of(people.iris)


def test_a_main_user_of_a_school_gives_roles_in_it_only(people: People) -> None:
    local = build.a_person("Lauri", "Paikallinen")
    build.a_grant(local, "main_user", people.home.schools["fi"])
    place = f"municipality:{people.home.municipality.pk}"
    assert give(people, by=local, role="education_office", place=place)
    there = f"class:{people.home.classes['3A'].pk}"
    assert give(people, by=local, place=there)
    other = people.home.pupils["3A"][0].pk
    told = {"role": "special_ed_teacher", "place": "pupil", "pupil": other}
    assert give(people, by=local, **told)
    assert not of(people.iris)
    assert not give(people, by=local)
    assert len(of(people.iris)) == 1


def test_a_role_over_one_pupil_is_given_by_number(people: People) -> None:
    told: dict[str, Any] = {"role": "special_ed_teacher", "place": "pupil"}
    assert "Write the number" in give(people, **told)
    assert not give(people, pupil=people.protected.pk, **told)
    (made,) = of(people.iris)
    assert made.pupil == people.protected
    page = as_(people.daniel).get(reverse("oversight:grants")).content.decode()
    assert f"pupil #{people.protected.pk}" in page
    assert "Turvakielto" not in page


def test_a_role_that_does_not_reach_so_is_refused(people: People) -> None:
    school = f"school:{people.home.schools['fi'].pk}"
    assert "is not given over a school" in give(people, place=school)
    with pytest.raises(DomainError):
        actions.check_reach(role="education_office", place=people.home.pupils["7A"][0])


def test_the_last_day_is_inclusive(people: People) -> None:
    assert not give(people, valid_to=build.TODAY)
    (made,) = of(people.iris)
    assert made.valid_to == build.TODAY + timedelta(days=1)
    assert give(people, valid_to=build.TODAY - timedelta(days=1))


def test_an_ended_role_opens_nothing_and_stays_as_history(people: People) -> None:
    (grant,) = of(people.aino)
    client = as_(people.daniel)
    end = reverse("oversight:end", args=[grant.pk])
    assert client.post(end, {"on": build.TODAY}).status_code == 302
    pupil = people.home.pupils["7B"][0]
    there = reverse("casework:pupil", args=[pupil.pk])
    assert as_(people.aino).get(there).status_code == 403
    listed = reverse("oversight:grants")
    assert "Aino Luokanvalvoja" not in client.get(listed).content.decode()
    ended = client.get(listed, {"state": "ended"}).content.decode()
    assert "Aino Luokanvalvoja" in ended
    assert "Hilkka Entinen" in ended


def test_a_role_of_one_day_stays_too(people: People) -> None:
    assert not give(people)
    (made,) = of(people.iris)
    client = as_(people.daniel)
    end = reverse("oversight:end", args=[made.pk])
    assert client.post(end, {"on": build.TODAY}).status_code == 302
    listed = client.get(reverse("oversight:grants"), {"state": "ended"})
    assert "Iris Rooliton" in listed.content.decode()
    pupil = people.home.pupils["7A"][0]
    there = reverse("casework:pupil", args=[pupil.pk])
    assert as_(people.iris).get(there).status_code == 403


def test_nobody_ends_a_role_in_the_past(people: People) -> None:
    (grant,) = of(people.aino)
    end = reverse("oversight:end", args=[grant.pk])
    yesterday = build.TODAY - timedelta(days=1)
    assert as_(people.daniel).post(end, {"on": yesterday}).status_code == 422
    grant.refresh_from_db()
    assert grant.valid_to == date(2027, 8, 1)


def test_ending_what_was_opened_with_a_reason_keeps_the_record(people: People) -> None:
    pupil = people.home.pupils["3A"][0]
    as_(people.cecilia).post(
        reverse("oversight:open_pupil", args=[pupil.pk]),
        {"reason": "The pupil moves to our school."},
    )
    grant = Grant.objects.get(ends_at__isnull=False)
    end = reverse("oversight:end", args=[grant.pk])
    as_(people.daniel).post(end, {"on": build.TODAY})
    grant.refresh_from_db()
    assert grant.ends_at == build.NOW
    assert grant.notices.exists()
    there = reverse("casework:pupil", args=[pupil.pk])
    assert as_(people.cecilia).get(there).status_code == 404


def test_the_officer_reads_roles_and_changes_none(people: People) -> None:
    client = as_(people.greta)
    page = client.get(reverse("oversight:grants")).content.decode()
    assert "Aino Luokanvalvoja" in page
    assert reverse("oversight:give") not in page
    (grant,) = of(people.aino)
    assert client.get(reverse("oversight:end", args=[grant.pk])).status_code == 403
    assert client.get(reverse("oversight:give")).status_code == 403


def test_the_list_narrows_by_role(people: People) -> None:
    client = as_(people.daniel)
    page = client.get(reverse("oversight:grants"), {"role": "principal"})
    assert "Cecilia Rehtori" in page.content.decode()
    assert "Aino Luokanvalvoja" not in page.content.decode()


# --- the matrix ---------------------------------------------------------------------------


def test_the_documented_matrix_is_what_decides() -> None:
    table = markdown(catalog.current().roles)
    assert DOCUMENTED.read_text() == table, "run `koulutie roles --write`"


def test_every_permission_is_one_row_of_the_matrix() -> None:
    roles = catalog.current().roles
    for role, rows in zip(roles.roles, matrix(roles, "en"), strict=True):
        assert [cell.action_id for cell in rows.cells] == [
            permission.action for permission in role.permissions
        ]
        assert all(cell.purposes for cell in rows.cells)


def test_everything_in_the_matrix_has_a_name_for_people() -> None:
    assert set(Action) <= set(ACTIONS)
    assert set(Purpose) <= set(PURPOSES)
    assert set(FieldGroup) <= set(FIELDS)
    assert set(ScopeKind) <= set(REACHES)


def test_a_grant_by_hours_is_about_a_pupil(people: People) -> None:
    from django.db import IntegrityError, transaction

    with pytest.raises(IntegrityError), transaction.atomic():
        Grant.objects.create(
            person=people.iris,
            role="principal",
            school=people.home.schools["fi"],
            valid_from=date(2026, 11, 24),
            ends_at=build.NOW,
            reason="r",
        )
