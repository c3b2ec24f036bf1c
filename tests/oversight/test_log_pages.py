"""The week, the search and the giving out: what each reader sees of the log, and what not."""

from __future__ import annotations

import csv
import io
from datetime import datetime, timedelta

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from koulutie.core.scope import Purpose
from koulutie.oversight.models import LogRelease
from koulutie.registry import audit
from koulutie.registry.models import AccessEvent, Person, Pupil
from tests import builders as build
from tests.people import People

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("the_tests_day")]

EVENING = build.NOW - timedelta(days=1) + timedelta(hours=12)  # 21.30


def as_(person: Person) -> Client:
    person.language = "en"
    person.save(update_fields=["language"])
    client = Client()
    client.force_login(person)
    return client


def opened(
    person: Person,
    *pupils: Pupil,
    kind: audit.Kind = audit.Kind.VIEW,
    at: datetime = build.NOW,
    action: str = "view_pupil",
    target: str = "",
) -> AccessEvent:
    grant = person.grants.order_by("pk").first()
    return audit.record(
        actor=audit.actor_of(person),
        action=action,
        purpose=Purpose.ATTENDANCE,
        target=target or f"pupil:{pupils[0].pk}",
        pupil_ids={one.pk for one in pupils},
        reason="r",
        kind=kind,
        grant_id=grant.pk if grant else None,
        at=at,
    )


def search(reader: Person, **asked: object) -> str:
    days = {"first": build.TODAY - timedelta(days=6), "last": build.TODAY}
    answer = as_(reader).post(reverse("oversight:log"), days | asked)
    assert answer.status_code == 200
    return answer.content.decode()


def week(person: Person) -> str:
    return as_(person).get(reverse("oversight:week")).content.decode()


# --- search -------------------------------------------------------------------------------


def test_the_officer_reads_numbers_and_no_names(people: People) -> None:
    pupil = people.home.pupils["7B"][0]
    opened(people.aino, pupil)
    page = search(people.greta)
    assert "Aino Luokanvalvoja" in page
    assert f"#{pupil.pk}" in page
    assert "Esimerkki" not in page


def test_the_principal_reads_the_names_of_the_own_school_only(people: People) -> None:
    opened(people.aino, people.home.pupils["7B"][0])
    opened(people.bjorn, people.home.pupils["3A"][0])
    page = search(people.cecilia)
    assert "Esimerkki-7B Eeva" in page
    assert "Klasslärare" not in page


def test_another_municipalitys_openings_are_not_there(people: People) -> None:
    opened(people.otto, people.twin.pupils["7B"][0])
    assert "Toisaallainen" not in search(people.greta)
    assert "Toisaallainen" not in search(people.cecilia)
    greta = as_(people.greta)
    answer = greta.get(
        reverse("oversight:release", args=[people.twin.pupils["7B"][0].pk])
    )
    assert answer.status_code == 404


def test_the_search_narrows_by_person_pupil_kind_and_days(people: People) -> None:
    first, second = people.home.pupils["7A"]
    opened(people.aino, first)
    opened(people.aino, second, kind=audit.Kind.PRINT)
    opened(people.farid, first, at=build.NOW - timedelta(days=30))
    assert "1 event<" in search(people.greta, pupil=first.pk)
    assert "1 event<" in search(people.greta, kind="print")
    assert "0 events" in search(people.greta, person=people.farid.pk)
    month = search(
        people.greta, person=people.farid.pk, first=build.TODAY - timedelta(days=40)
    )
    assert "1 event<" in month


def test_what_was_looked_for_stands_in_no_address_and_in_the_log(
    people: People,
) -> None:
    pupil = people.home.pupils["7B"][0]
    opened(people.aino, pupil)
    client = as_(people.greta)
    assert client.get(reverse("oversight:log")).status_code == 200
    search(people.greta, pupil=pupil.pk)
    event = AccessEvent.objects.filter(route="oversight:log").latest("pk")
    assert (event.kind, event.pupil_ids) == ("search", [pupil.pk])


def test_a_search_backwards_in_time_or_over_years_is_refused(people: People) -> None:
    client = as_(people.greta)
    for first, last in (("2026-11-24", "2026-11-01"), ("2020-01-01", "2026-11-24")):
        asked = {"first": first, "last": last}
        assert client.post(reverse("oversight:log"), asked).status_code == 422


def test_a_protected_pupils_number_finds_nothing(people: People) -> None:
    place = f"class:{people.home.classes['7B'].pk}"
    pupils = (*people.home.pupils["7B"], people.protected)
    opened(people.aino, *pupils, kind=audit.Kind.LIST, target=place)
    opened(people.aino, people.protected)
    for person in (people.greta, people.cecilia):
        assert "0 events" in search(person, pupil=people.protected.pk)
        assert f"#{people.protected.pk}<" not in search(person)
        assert f"#{people.protected.pk}," not in search(person)
        assert "Turvakielto" not in search(person)


def test_a_grant_that_names_a_protected_pupil_shows_its_log(people: People) -> None:
    opened(people.aino, people.protected)
    build.a_grant(people.cecilia, "principal", people.protected)
    assert "Turvakielto Piilo" in search(people.cecilia, pupil=people.protected.pk)


def test_a_refused_attempt_at_a_pupil_is_told(people: People) -> None:
    pupil = people.home.pupils["7B"][0]
    for one in (pupil, people.protected):
        there = reverse("casework:pupil", args=[one.pk])
        assert as_(people.bjorn).get(there).status_code == 404
    for page in (week(people.cecilia), search(people.cecilia, pupil=pupil.pk)):
        assert "was refused: the pupil is outside the role" in page
        assert "Björn Klasslärare" in page
        assert "Esimerkki-7B Eeva" in page
    for person in (people.cecilia, people.greta):
        assert "Turvakielto" not in week(person)
        assert f"#{people.protected.pk}<" not in week(person)
        assert f"#{people.protected.pk}<" not in search(person)
    assert "0 events" in search(people.greta, pupil=people.protected.pk)


# --- the week -----------------------------------------------------------------------------


def test_the_unusual_comes_first_with_its_rule(people: People) -> None:
    pupil = people.home.pupils["7B"][0]
    opened(people.aino, pupil)
    assert "Nothing unusual this week" in week(people.cecilia)
    opened(people.aino, pupil, at=EVENING)
    assert "at night or on a weekend" in week(people.cecilia)
    opened(people.aino, pupil, kind=audit.Kind.EXPORT)
    assert "left as a file or on paper" in week(people.cecilia)


def test_many_pupils_one_by_one_are_told_and_a_list_is_not(people: People) -> None:
    seventh = people.home.classes["7A"]
    pupils = [build.a_pupil(seventh, "Kyllikki", f"Koe-{n}") for n in range(25)]
    opened(people.aino, *pupils, kind=audit.Kind.LIST)
    assert "one by one on" not in week(people.cecilia)
    for pupil in pupils:
        opened(people.aino, pupil)
    assert "Aino Luokanvalvoja opened 25 different pupils" in week(people.cecilia)


def test_an_event_of_many_pupils_is_one_opening(people: People) -> None:
    opened(people.aino, *people.home.pupils["7B"], kind=audit.Kind.LIST, at=EVENING)
    page = week(people.cecilia)
    assert page.count("at night or on a weekend</span>") == 1
    assert "<h2" in page


def test_the_reader_is_logged_with_whom_the_page_named(people: People) -> None:
    pupil = people.home.pupils["7B"][0]
    opened(people.aino, pupil, at=EVENING)
    week(people.cecilia)
    event = AccessEvent.objects.get(route="oversight:week")
    assert event.pupil_ids == [pupil.pk]


def test_a_day_that_is_none_shows_this_week(people: People) -> None:
    client = as_(people.cecilia)
    this_week = client.get(reverse("oversight:week")).content.decode()
    heading = this_week[this_week.index("eyebrow") :][:60]
    for text in ("2026-99-99", "yesterday", "2026-11-25"):
        answer = client.get(reverse("oversight:week"), {"week": text})
        assert heading in answer.content.decode()


# --- giving out ----------------------------------------------------------------------------


def release(person: Person, pupil: Pupil, **told: object) -> HttpResponse:
    data = {
        "first": "2026-01-01",
        "last": "2026-11-24",
        "kind": "csv",
        "reason": "The guardian asked on 20 November, in writing.",
    }
    address = reverse("oversight:release", args=[pupil.pk])
    return as_(person).post(address, data | told)  # type: ignore[return-value]  # it is one


def lines(answer: HttpResponse) -> list[list[str]]:
    text = answer.content.decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text), delimiter=";"))


def test_one_pupils_log_is_given_out_with_a_reason_and_logged(people: People) -> None:
    first, second = people.home.pupils["7B"]
    opened(people.aino, first, second, kind=audit.Kind.LIST)
    opened(people.aino, second)
    answer = release(people.cecilia, first)
    assert answer["Content-Disposition"].startswith("attachment")
    titles, *rows = lines(answer)
    assert len(titles) == 5
    assert [row[1] for row in rows] == ["Homeroom teacher"]
    kept = LogRelease.objects.get()
    assert (kept.pupil_id, kept.events, kept.names_staff) == (first.pk, 1, False)
    assert kept.released_by == people.cecilia
    exported = AccessEvent.objects.get(route="oversight:release")
    assert (exported.kind, exported.pupil_ids) == ("export", [first.pk])
    assert AccessEvent.objects.filter(target=f"log_release:{kept.pk}").count() == 1
    again = as_(people.greta).get(reverse("oversight:release", args=[first.pk]))
    assert "The guardian asked" in again.content.decode()


def test_names_of_staff_are_told_only_by_decision(people: People) -> None:
    pupil = people.home.pupils["7B"][0]
    opened(people.aino, pupil)
    assert b"Luokanvalvoja" not in release(people.cecilia, pupil).content
    told = release(people.cecilia, pupil, names_staff="on", kind="html")
    assert "Aino Luokanvalvoja, Homeroom teacher" in told.content.decode()


def test_no_cell_is_a_formula_and_no_text_is_html(people: People) -> None:
    pupil = people.home.pupils["7B"][0]
    people.aino.first_name = "=cmd|'/c calc'!A1"
    people.aino.last_name = "<script>alert(1)</script>"
    people.aino.save(update_fields=["first_name", "last_name"])
    opened(people.aino, pupil)
    rows = lines(release(people.cecilia, pupil, names_staff="on"))
    assert not any(cell.startswith("=") for row in rows for cell in row)
    assert rows[1][1].startswith("'=cmd")
    page = release(people.cecilia, pupil, names_staff="on", kind="html")
    assert b"<script>" not in page.content


def test_without_a_reason_nothing_leaves(people: People) -> None:
    answer = release(people.cecilia, people.home.pupils["7B"][0], reason="asked")
    assert answer.status_code == 422
    assert not LogRelease.objects.exists()


def test_a_protected_pupils_log_is_given_out_only_through_a_grant_that_names_it(
    people: People,
) -> None:
    for person in (people.cecilia, people.greta):
        assert release(person, people.protected).status_code == 404
    build.a_grant(people.cecilia, "principal", people.protected)
    assert release(people.cecilia, people.protected).status_code == 200
