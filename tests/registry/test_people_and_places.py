"""Accounts, grants, and what an empty home gets from one named page."""

from __future__ import annotations

from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from koulutie.core.errors import DomainError
from koulutie.registry import actions, queries
from koulutie.registry.models import AccessEvent, Enrolment, Grant, Pupil, School
from tests import builders as build
from tests.people import People

pytestmark = pytest.mark.django_db


def test_an_empty_home_gets_what_a_page_names_once(db: None) -> None:
    pupil = whom_a_page_names()
    assert whom_a_page_names() == pupil
    seventh = Enrolment.objects.unscoped("test").get().school_class
    assert School.objects.get().number == "00001"
    assert (seventh.grade, seventh.code) == (7, "7B")
    assert Pupil.objects.unscoped("test").get() == pupil
    assert pupil.sorting_name == f"#{pupil.pk}"
    assert {"create_school", "create_class", "create_pupil"} <= set(
        AccessEvent.objects.values_list("action", flat=True)
    )


def whom_a_page_names() -> Pupil:
    municipality = actions.ensure_municipality(by=None, now=build.NOW)
    school = actions.ensure_school(
        municipality=municipality, number="00001", by=None, now=build.NOW
    )
    return actions.ensure_pupil(
        municipality=municipality,
        source_db="wilma",
        key="1234",
        school_class=build.a_class(school, "7B"),
        by=None,
        now=build.NOW,
    )


def test_a_pupil_who_is_in_a_class_stays_there(people: People) -> None:
    pupil = people.home.pupils["7A"][0]
    same = actions.ensure_pupil(
        municipality=people.home.municipality,
        source_db=build.SOURCE,
        key="k7A1",
        school_class=people.home.classes["7B"],
        by=None,
        now=build.NOW,
    )
    assert same == pupil
    assert Enrolment.objects.unscoped("test").get(pupil=pupil).school_class.code == "7A"


@pytest.mark.parametrize(
    ("code", "grade"),
    [("7B", 7), ("9", 9), ("B", 0), ("10A", 10), ("24", 0), ("esi", 0)],
)
def test_a_grade_is_read_from_the_class_code(
    people: People, code: str, grade: int
) -> None:
    assert build.a_class(people.home.schools["fi"], code).grade == grade


def test_a_role_reaches_only_over_its_places(people: People) -> None:
    with pytest.raises(DomainError, match="no role headmaster"):
        build.a_grant(people.iris, "headmaster", people.home.schools["fi"])
    with pytest.raises(DomainError, match="not given over"):
        build.a_grant(people.iris, "principal", people.home.municipality)
    assert not people.iris.grants.exists()


def test_a_grant_says_who_gave_it_and_why_and_is_logged(people: People) -> None:
    made = actions.grant(
        person=people.iris,
        role="special_ed_teacher",
        place=people.home.pupils["7B"][0],
        valid_from=build.TODAY,
        reason="named for support",
        by=people.cecilia,
        now=build.NOW,
    )
    assert made.granted_by == people.cecilia
    event = AccessEvent.objects.get(target=f"grant:{made.pk}")
    assert event.actor == f"person:{people.cecilia.pk}"


def test_a_revoked_grant_ends_on_the_day_and_keeps_its_past(people: People) -> None:
    held = people.aino.grants.get()
    actions.revoke(grant=held, on=build.TODAY, by=people.cecilia, now=build.NOW)
    assert not queries.grants_on(people.aino, on=build.TODAY)
    assert queries.grants_on(people.aino, on=date(2026, 11, 23))


def test_a_grant_revoked_before_it_began_never_holds_and_stays_as_history(
    people: People,
) -> None:
    made = build.a_grant(
        people.iris,
        "principal",
        people.home.schools["sv"],
        valid_from=date(2027, 1, 1),
        valid_to=None,
    )
    actions.revoke(grant=made, on=build.TODAY, by=people.daniel, now=build.NOW)
    made.refresh_from_db()
    assert made.valid_to == made.valid_from
    for day in (build.TODAY, date(2027, 1, 1), date(2028, 1, 1)):
        assert not queries.grants_on(people.iris, on=day)


def test_the_database_takes_no_grant_over_two_places_or_none(people: People) -> None:
    for places in (
        {},
        {
            "school": people.home.schools["fi"],
            "school_class": people.home.classes["7B"],
        },
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            Grant.objects.create(
                person=people.iris,
                role="principal",
                valid_from=build.TODAY,
                reason="slip",
                **places,
            )


def test_a_user_name_is_taken_once(people: People) -> None:
    with pytest.raises(ValidationError, match="username"):
        actions.create_person(
            username=people.aino.username,
            first_name="A",
            last_name="B",
            by=None,
            now=build.NOW,
        )


def test_the_class_teacher_answers_and_the_principal_where_there_is_none(
    people: People,
) -> None:
    who = queries.responsibles(on=build.TODAY)
    school = people.home.schools["fi"].pk

    def answers(role: str, code: str, pupil: Pupil | None = None) -> int | None:
        one = people.home.classes[code]
        return who.person_for(
            roles=[role],
            school_id=one.school_id,
            class_id=one.pk,
            pupil_id=pupil.pk if pupil else None,
        )

    assert answers("homeroom_teacher", "7B") == people.aino.pk
    assert answers("class_teacher", "7B") == people.aino.pk
    assert answers("homeroom_teacher", "7A") == people.cecilia.pk
    assert answers("class_teacher", "3A") == people.bjorn.pk
    assert answers("principal", "3A") is None  # the Swedish school has no principal
    first = people.home.pupils["7B"][0]
    assert answers("school_coach", "7B", first) == people.farid.pk
    assert (
        who.person_for(roles=["x"], school_id=school, class_id=0) == people.cecilia.pk
    )
    asked = queries.responsible_person(
        roles=["homeroom_teacher"],
        school_class=people.home.classes["7B"],
        on=build.TODAY,
    )
    assert asked == people.aino


def test_a_version_is_committed_once_and_the_newest_is_in_force(db: None) -> None:
    municipality = build.a_municipality()
    assert queries.latest_version() is None

    def commit(number: int) -> None:
        actions.commit_version(
            number=number,
            tables={"marks": number},
            municipality=municipality,
            as_of=build.TODAY,
            cause="night",
            now=build.NOW,
        )

    commit(1)
    commit(2)
    with pytest.raises(IntegrityError), transaction.atomic():
        commit(2)
    latest = queries.latest_version()
    assert latest is not None
    assert latest.tables == {"marks": 2}
    actions.mark_cleared(numbers=[1])
    assert [version.number for version in queries.kept_versions()] == [2]


def test_names_are_given_only_inside_the_scope(people: People) -> None:
    from koulutie.core.definitions.roles import Action
    from koulutie.core.scope import Purpose
    from koulutie.registry import access

    everybody = list(Pupil.objects.unscoped("test").values_list("pk", flat=True))
    scope = access.scope_for(
        person=people.aino,
        action=Action.VIEW_CLASS,
        purpose=Purpose.ATTENDANCE,
        on=build.TODAY,
    ).scope
    assert len(queries.pupil_names(scope, everybody)) == 3
    seventh = people.home.classes["7A"].pk
    assert not queries.pupils_of_class(scope, seventh, on=build.TODAY)
    system = access.system_scope(name="night", purpose=Purpose.ATTENDANCE)
    assert len(queries.pupil_names(system, everybody)) == 9


def test_words_of_a_file_are_found_in_their_own_municipality(people: People) -> None:
    keys = queries.pupil_keys(people.home.municipality, source_db=build.SOURCE)
    assert keys["k7B1"] == people.home.pupils["7B"][0].pk
    assert "ktwin1" not in keys
    assert not queries.pupil_keys(people.home.municipality, source_db="edlevo")
    numbers = queries.school_numbers(people.home.municipality)
    assert numbers["10001"] == people.home.schools["fi"].pk
    assert "20001" not in numbers
