"""Every request passes the policy, and none leaves without its line in the log."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.db import DatabaseError
from django.test import Client

from koulutie.core.errors import Fault
from koulutie.registry.models import AccessEvent, Person, School
from tests import builders as build
from tests.people import People

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.urls("tests.security.urls"),
    pytest.mark.usefixtures("the_tests_day"),
]


def as_(person: Person) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(person)
    return client


def events(**which: object) -> list[AccessEvent]:
    return list(AccessEvent.objects.filter(route__gt="", **which))


def test_an_opened_pupil_is_in_the_log_with_grant_and_purpose(people: People) -> None:
    pupil = people.home.pupils["7B"][0]
    answer = as_(people.aino).get(f"/pupil/{pupil.pk}")
    assert answer.content.decode() == pupil.first_name
    (event,) = events()
    assert event.actor == f"person:{people.aino.pk}"
    assert event.pupil_ids == [pupil.pk]
    assert event.outcome == "allowed"
    assert (event.action, event.purpose) == ("view_pupil", "attendance")
    assert event.grant_id == people.aino.grants.get().pk
    assert (event.route, event.target) == ("pupil", f"pupil:{pupil.pk}")
    assert event.request_id == answer["X-Request-Id"]


def test_outside_the_scope_is_404_and_in_the_log(people: People) -> None:
    for pupil in (people.home.pupils["7A"][0], people.twin.pupils["7B"][0]):
        assert as_(people.aino).get(f"/pupil/{pupil.pk}").status_code == 404
    assert as_(people.aino).get("/pupil/999999").status_code == 404
    assert {event.outcome for event in events()} == {"denied"}
    assert len(events()) == 3
    assert not any(event.pupil_ids for event in events())


@pytest.mark.parametrize("name", ["daniel", "elina", "greta", "iris", "hilkka"])
def test_the_wrong_role_is_403_and_in_the_log(people: People, name: str) -> None:
    pupil = people.home.pupils["7B"][0]
    answer = as_(people.everybody()[name]).get(f"/pupil/{pupil.pk}")
    assert answer.status_code == 403
    assert pupil.first_name not in answer.content.decode()
    (event,) = events()
    assert event.outcome == "denied"
    assert event.target == f"pk:{pupil.pk}"
    assert event.reason in {
        "Your role does not cover this.",
        "You have no role that is valid today.",
    }


def test_inside_the_scope_but_refused_is_403_and_in_the_log(people: People) -> None:
    pupil = people.home.pupils["7B"][0]
    assert as_(people.aino).get(f"/refused/{pupil.pk}").status_code == 403
    (event,) = events()
    assert (event.outcome, event.pupil_ids) == ("denied", [])


def test_who_is_not_signed_in_is_asked_to(people: People) -> None:
    pupil = people.home.pupils["7B"][0]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("django.conf.settings.LOGIN_URL", "/anybody")
        answer = Client().get(f"/pupil/{pupil.pk}")
    assert answer.status_code == 302
    assert not events()


def test_a_view_that_forgets_whom_it_showed_is_a_fault(people: People) -> None:
    with pytest.raises(Fault, match="whom it showed"):
        as_(people.aino).get("/forgetful")


def test_a_view_without_a_mark_is_not_run(people: People) -> None:
    with pytest.raises(Fault, match="no policy"):
        as_(people.aino).get("/unmarked")


def test_a_public_view_needs_nobody_and_logs_nothing(people: People) -> None:
    assert Client().get("/anybody").content == b"hello"
    assert not events()


def test_a_page_about_nobody_is_not_logged_unless_refused(people: People) -> None:
    assert as_(people.aino).get("/definition").status_code == 200
    assert not events()
    assert as_(people.iris).get("/definition").status_code == 403
    assert len(events()) == 1


def test_a_page_for_two_purposes_is_opened_for_the_weightiest_one_has(
    people: People,
) -> None:
    assert as_(people.cecilia).get("/school").content == b"attendance"
    assert as_(people.elina).get("/school").content == b"statistics"
    assert as_(people.aino).get("/school").status_code == 403


def test_the_event_stays_when_the_views_work_is_rolled_back(people: People) -> None:
    pupil = people.home.pupils["7B"][0]
    answer = as_(people.aino).get(f"/rolled-back/{pupil.pk}")
    assert answer.status_code == 400
    assert "a.csv is broken" in answer.content.decode()
    assert not School.objects.filter(name="changed").exists()
    assert events()[0].pupil_ids == [pupil.pk]


def test_a_failing_log_is_a_failing_page(people: People) -> None:
    pupil = people.home.pupils["7B"][0]
    client = as_(people.aino)
    build.break_the_log()
    with pytest.raises(DatabaseError, match="the log is full"):
        client.get(f"/pupil/{pupil.pk}")


def test_a_grant_taken_away_closes_the_next_page(people: People) -> None:
    client = as_(people.aino)
    pupil = people.home.pupils["7B"][0]
    assert client.get(f"/pupil/{pupil.pk}").status_code == 200
    people.aino.grants.get().delete()
    assert client.get(f"/pupil/{pupil.pk}").status_code == 403


def test_pages_are_kept_out_of_caches_and_frames(people: People) -> None:
    pupil = people.home.pupils["7B"][0]
    for answer in (
        as_(people.aino).get(f"/pupil/{pupil.pk}"),
        as_(people.aino).get("/pupil/999999"),
        Client().get("/anybody"),
    ):
        assert "no-store" in answer["Cache-Control"]
        assert answer["X-Frame-Options"] == "DENY"
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["Referrer-Policy"] == "same-origin"
        assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
        policy = answer["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy


def test_a_person_reads_her_own_language(people: People) -> None:
    client = Client()
    client.force_login(people.bjorn)
    assert client.get("/definition")["Content-Language"] == "sv"
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"  # whoever sat here before
    assert client.get("/definition")["Content-Language"] == "sv"
