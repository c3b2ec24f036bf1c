"""Who may see whom: from grants to verdicts to rows."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from koulutie.core.definitions.roles import Action, FieldGroup
from koulutie.core.scope import Purpose, Scope
from koulutie.registry import access, actions
from koulutie.registry.actions.grants import Place
from koulutie.registry.models import Person, Pupil
from tests import builders as build
from tests.people import People, make_people

pytestmark = pytest.mark.django_db


def verdict(
    person: Person,
    action: Action = Action.VIEW_PUPIL,
    purpose: Purpose = Purpose.ATTENDANCE,
    on: date = build.TODAY,
) -> access.Verdict:
    return access.scope_for(person=person, action=action, purpose=purpose, on=on)


def names(scope: Scope) -> set[str]:
    return {pupil.sorting_name for pupil in access.pupils_in(scope)}


def test_a_homeroom_teacher_sees_her_class_and_nobody_else(people: People) -> None:
    scope = verdict(people.aino).scope
    assert scope.class_ids == {people.home.classes["7B"].pk}
    assert not scope.school_ids
    assert names(scope) == {
        "Esimerkki-7B Eeva",
        "Verrokki-7B Väinö",
        "Turvakielto Piilo",
    }


def test_a_principal_sees_the_school_but_not_who_is_protected(people: People) -> None:
    scope = verdict(people.cecilia).scope
    assert scope.school_ids == {people.home.schools["fi"].pk}
    assert len(names(scope)) == 4
    assert scope.hidden_pupil_ids == {people.protected.pk}
    with pytest.raises(access.OutsideScope):
        access.get_pupil(scope, people.protected.pk)


def test_a_grant_that_names_a_protected_pupil_opens_it(people: People) -> None:
    build.a_grant(people.farid, "school_coach", people.protected)
    scope = verdict(people.farid, purpose=Purpose.COACHING).scope
    assert access.get_pupil(scope, people.protected.pk) == people.protected
    assert not scope.hidden_pupil_ids


def test_a_coach_has_counts_of_the_school_and_names_only_in_own_work(
    people: People,
) -> None:
    counted = verdict(people.farid, Action.VIEW_CLASS, Purpose.COACHING)
    assert counted.scope.school_ids == {people.home.schools["fi"].pk}
    assert counted.fields == {FieldGroup.COUNTS}
    assert not names(counted.scope)
    named = verdict(people.farid, Action.VIEW_PUPIL, Purpose.COACHING)
    assert names(named.scope) == {"Esimerkki-7B Eeva"}
    assert not named.scope.school_ids


def test_the_education_office_names_nobody(people: People) -> None:
    assert not verdict(people.elina).allowed
    schools = verdict(people.elina, Action.VIEW_SCHOOL, Purpose.STATISTICS)
    assert schools.allowed
    assert not names(schools.scope)
    home = {school.pk for school in people.home.schools.values()}
    assert schools.scope.school_ids == home
    assert (
        not schools.scope.is_whole_municipality
    )  # the twin's rows are in the store too


def test_an_only_municipality_is_the_whole_store(db: None) -> None:
    municipality = build.a_municipality()
    person = build.a_person()
    build.a_grant(person, "education_office", municipality)
    found = verdict(person, Action.VIEW_SCHOOL, Purpose.STATISTICS)
    assert found.scope.is_whole_municipality


@pytest.mark.parametrize(
    ("name", "action", "purpose"),
    [
        ("iris", Action.VIEW_TODAY, Purpose.ATTENDANCE),  # no role
        ("hilkka", Action.VIEW_TODAY, Purpose.ATTENDANCE),  # the role has ended
        ("aino", Action.VIEW_SCHOOL, Purpose.ATTENDANCE),  # not this role's action
        ("aino", Action.VIEW_PUPIL, Purpose.STATISTICS),  # not this role's purpose
        ("greta", Action.VIEW_PUPIL, Purpose.OVERSIGHT),
        ("daniel", Action.VIEW_PUPIL, Purpose.ATTENDANCE),
    ],
)
def test_what_is_not_granted_is_denied_with_a_reason(
    people: People, name: str, action: Action, purpose: Purpose
) -> None:
    refused = verdict(people.everybody()[name], action, purpose)
    assert not refused.allowed
    assert refused.reason
    assert refused.scope.is_empty
    assert not access.pupils_in(refused.scope).exists()


def test_a_closed_account_opens_nothing(people: People) -> None:
    actions.close_person(person=people.aino, by=people.daniel, now=build.NOW)
    assert not verdict(people.aino).allowed


def test_a_grant_holds_from_its_first_day_to_before_its_last(people: People) -> None:
    assert not verdict(people.aino, on=date(2026, 7, 31)).allowed
    assert verdict(people.aino, on=date(2026, 8, 1)).allowed
    assert verdict(people.aino, on=date(2027, 7, 31)).allowed
    assert not verdict(people.aino, on=date(2027, 8, 1)).allowed


def test_a_pupil_who_moved_away_is_no_longer_named(people: People) -> None:
    gone = build.a_pupil(
        people.home.classes["7B"], "Lähtenyt", "Muuttaja", to_date=date(2026, 10, 1)
    )
    assert gone.pk not in verdict(people.aino).scope.pupil_ids
    assert gone.pk in verdict(people.aino, on=date(2026, 9, 30)).scope.pupil_ids


def test_each_pupil_is_shown_by_the_grant_that_reaches_it(people: People) -> None:
    other = people.home.pupils["7A"][0]
    build.a_grant(people.aino, "study_counsellor", other)
    found = verdict(people.aino)
    own = people.home.pupils["7B"][0]
    assert FieldGroup.HEALTH in found.fields_about(own.pk)
    assert FieldGroup.HEALTH not in found.fields_about(other.pk)
    assert not found.fields_about(people.home.pupils["3A"][0].pk)
    assert found.grant_for([other.pk]) == found.grant_ids[1]


def test_outside_the_scope_nothing_exists(people: People) -> None:
    scope = verdict(people.cecilia).scope
    access.get_class(scope, people.home.classes["7A"].pk)
    for get, outside in (
        (access.get_pupil, people.home.pupils["3A"][0]),
        (access.get_pupil, people.twin.pupils["7B"][0]),
        (access.get_class, people.home.classes["3A"]),
        (access.get_class, people.twin.classes["7B"]),
        (access.get_school, people.home.schools["sv"]),
    ):
        with pytest.raises(access.OutsideScope) as refusal:
            get(scope, outside.pk)
        with pytest.raises(access.OutsideScope) as nothing:
            get(scope, 10**9)
        assert type(refusal.value) is type(nothing.value)


ROLES = (
    ("class_teacher", "class"),
    ("homeroom_teacher", "class"),
    ("subject_teacher", "class"),
    ("special_ed_teacher", "pupil"),
    ("principal", "school"),
    ("school_coach", "school"),
    ("school_coach", "pupil"),
    ("education_office", "municipality"),
    ("main_user", "municipality"),
)


@given(
    wishes=st.lists(st.tuples(st.sampled_from(ROLES), st.integers(0, 3)), max_size=6),
    action=st.sampled_from(list(Action)),
    purpose=st.sampled_from(list(Purpose)),
)
def test_taking_a_grant_away_never_shows_more(
    people: People,
    wishes: list[tuple[tuple[str, str], int]],
    action: Action,
    purpose: Purpose,
) -> None:
    """`visible ⊆ union(grants)`, and it only grows with grants."""
    person = build.a_person("Satu", "Satunnainen")
    reachable: set[int] = set()
    for (role, kind), number in wishes:
        place, inside = _place(people, kind, number)
        build.a_grant(person, role, place)
        reachable |= inside
    grants = list(person.grants.all())
    whole = verdict(person, action, purpose).scope
    assert whole.pupil_ids <= reachable
    for grant in grants:
        grant.delete()
        less = verdict(person, action, purpose).scope
        assert less.pupil_ids <= whole.pupil_ids
        assert less.school_ids <= whole.school_ids
        assert less.class_ids <= whole.class_ids
        whole = less
    assert whole.is_empty


def _place(people: People, kind: str, number: int) -> tuple[Place, set[int]]:
    """A place of the home municipality, and the pupils whom a grant over it may name."""
    classes = list(people.home.classes.values())
    everyone = Pupil.objects.unscoped("test").filter(
        municipality=people.home.municipality
    )
    if kind == "municipality":
        return people.home.municipality, set()
    if kind == "school":
        school = list(people.home.schools.values())[number % 2]
        in_school = everyone.filter(
            enrolments__school_class__school=school, is_protected=False
        )
        return school, set(in_school.values_list("pk", flat=True))
    if kind == "class":
        one = classes[number % 3]
        in_class = everyone.filter(enrolments__school_class=one)
        return one, set(in_class.values_list("pk", flat=True))
    pupil = everyone.order_by("pk")[number]
    return pupil, {pupil.pk}


def test_navigation_shows_what_is_open_somewhere(people: People) -> None:
    today = access.Policy(
        action=Action.VIEW_TODAY, purposes=(Purpose.ATTENDANCE,), opens_pupils=True
    )
    schools = access.Policy(
        action=Action.VIEW_SCHOOL,
        purposes=(Purpose.ATTENDANCE, Purpose.STATISTICS),
        opens_pupils=False,
    )

    def ways(person: Person) -> frozenset[access.Policy]:
        return access.may(person=person, policies=[today, schools], on=build.TODAY)

    assert ways(people.aino) == {today}
    assert ways(people.cecilia) == {today, schools}
    assert ways(people.elina) == {schools}
    assert not ways(people.iris)
    assert not ways(people.hilkka)


def test_two_queries_decide_a_teachers_page(
    people: People, django_assert_max_num_queries: object
) -> None:
    with django_assert_max_num_queries(3):  # type: ignore[operator]  # pytest-django's fixture
        verdict(people.aino)


def test_people_are_made_the_same_twice(db: None) -> None:
    assert set(make_people().everybody()) >= {"aino", "otto"}
