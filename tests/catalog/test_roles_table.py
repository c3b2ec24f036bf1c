"""The walls of the product, read from the roles' table itself."""

from __future__ import annotations

import pytest
from django.apps import apps

from koulutie import catalog
from koulutie.core.definitions.roles import Action, FieldGroup, ScopeKind
from koulutie.core.scope import Purpose

CATALOG = catalog.load()
ROLES = CATALOG.roles
IDS = [
    "class_teacher",
    "homeroom_teacher",
    "subject_teacher",
    "special_ed_teacher",
    "study_counsellor",
    "principal",
    "vice_principal",
    "school_coach",
    "communal_welfare_group",
    "education_office",
    "main_user",
    "data_protection_officer",
    "evaluator",
    "pupil",
    "guardian",
]
ABOUT_PUPILS = frozenset(
    {
        FieldGroup.NAMES,
        FieldGroup.ABSENCE,
        FieldGroup.HEALTH,
        FieldGroup.FEEDBACK,
        FieldGroup.TASKS,
        FieldGroup.NOTES,
    }
)


HOURS = (ScopeKind.OPENED_PUPIL,)  # what a role sees of a pupil opened with a reason


def shown(role: str) -> set[FieldGroup]:
    """Return everything that the role can see by itself."""
    permissions = ROLES.by_id[role].permissions
    return {field for p in permissions if p.scopes != HOURS for field in p.fields}


def test_the_roles_are_those_agreed() -> None:
    assert [role.id for role in ROLES.roles] == IDS


def test_everything_can_be_done_by_somebody() -> None:
    done = {p.action for role in ROLES.roles for p in role.permissions}
    assert done == set(Action)


@pytest.mark.parametrize(
    "role",
    [
        "communal_welfare_group",
        "education_office",
        "evaluator",
        "data_protection_officer",
    ],
)
def test_those_who_work_with_counts_see_no_pupil(role: str) -> None:
    assert not shown(role) & ABOUT_PUPILS


@pytest.mark.parametrize(
    "role", ["subject_teacher", "study_counsellor", "school_coach", "main_user"]
)
def test_the_health_class_stays_with_those_who_need_it(role: str) -> None:
    assert FieldGroup.HEALTH not in shown(role)


def test_a_coach_sees_names_only_in_own_individual_work() -> None:
    def fields(action: Action, scope: ScopeKind) -> frozenset[FieldGroup] | None:
        return ROLES.fields(
            role="school_coach", action=action, purpose=Purpose.COACHING, scope=scope
        )

    assert fields(Action.VIEW_PUPIL, ScopeKind.SCHOOL) is None
    assert fields(Action.VIEW_PUPIL, ScopeKind.SCHOOL_CLASS) is None
    assert fields(Action.VIEW_PUPIL, ScopeKind.PUPIL) == frozenset(
        {FieldGroup.NAMES, FieldGroup.ABSENCE}
    )
    assert fields(Action.VIEW_CLASS, ScopeKind.SCHOOL) == frozenset({FieldGroup.COUNTS})
    assert fields(Action.VIEW_CLASS, ScopeKind.PUPIL) is None


def test_a_pupil_opened_with_a_reason_opens_the_pupil_and_no_more() -> None:
    able = {role.id for role in ROLES.roles if ScopeKind.OPENED_PUPIL in role.scopes}
    assert able == {"principal", "vice_principal", "education_office"}
    for role in able:
        opened = {
            permission.action
            for permission in ROLES.by_id[role].permissions
            if not permission.scopes or ScopeKind.OPENED_PUPIL in permission.scopes
        }
        assert opened <= {Action.VIEW_PUPIL, Action.VIEW_FIGURE, Action.VIEW_DEFINITION}
    office = ROLES.fields(
        role="education_office",
        action=Action.VIEW_PUPIL,
        purpose=Purpose.ATTENDANCE,
        scope=ScopeKind.OPENED_PUPIL,
    )
    assert office == {FieldGroup.NAMES, FieldGroup.ABSENCE, FieldGroup.TASKS}


def test_who_may_open_with_a_reason_may_also_hold_such_a_grant() -> None:
    for role in ROLES.roles:
        may_open = any(p.action is Action.BREAK_GLASS for p in role.permissions)
        assert may_open == (ScopeKind.OPENED_PUPIL in role.scopes), role.id


def test_a_narrowed_permission_needs_to_know_the_reach() -> None:
    assert (
        ROLES.fields(
            role="school_coach", action=Action.VIEW_PUPIL, purpose=Purpose.COACHING
        )
        is None
    )


def test_what_is_not_listed_is_denied() -> None:
    deny = [
        ("class_teacher", Action.VIEW_PUPIL, Purpose.COACHING),
        ("class_teacher", Action.ACCEPT_BATCH, Purpose.INTAKE),
        ("vice_principal", Action.VIEW_ACCESS_LOG, Purpose.OVERSIGHT),
        ("nobody", Action.VIEW_TODAY, Purpose.ATTENDANCE),
    ]
    for role, action, purpose in deny:
        assert ROLES.fields(role=role, action=action, purpose=purpose) is None
    allowed = ROLES.fields(
        role="class_teacher", action=Action.VIEW_PUPIL, purpose=Purpose.ATTENDANCE
    )
    assert allowed == ABOUT_PUPILS


def test_pupils_and_guardians_hold_grants_of_one_pupil_only() -> None:
    for role in ("pupil", "guardian"):
        assert ROLES.by_id[role].scopes == (ScopeKind.PUPIL,)


def test_a_ladders_party_is_carried_by_roles() -> None:
    carried = ROLES.carriers(("teacher", "principal", "school_social_worker"))
    assert carried == ("class_teacher", "homeroom_teacher", "principal")
    assert ROLES.title_of("expert_group").sv == "Sektorsövergripande expertgrupp"
    assert ROLES.title_of("principal").fi == "Rehtori"


def test_every_retention_of_a_model_is_defined() -> None:
    named = {
        retention
        for model in apps.get_models()
        if model.__module__.startswith("koulutie.")
        for _, retention in getattr(model, "Privacy").fields.values()  # noqa: B009
    }
    assert named
    assert named <= set(CATALOG.retention.by_id)
