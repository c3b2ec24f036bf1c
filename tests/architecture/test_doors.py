"""Rows about pupils: asked for in a scope, or by the few who are listed here."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from django.apps import apps
from django.db import models

from koulutie.core.definitions.roles import Action
from koulutie.core.errors import Fault
from koulutie.core.scope import Purpose
from koulutie.registry.access import scope_for, system_scope
from koulutie.registry.models import Guardian, Pupil, ScopedManager
from tests import builders as build
from tests.people import People

PRODUCT = Path(__file__).resolve().parent.parent.parent / "koulutie"
# Who may call `unscoped`, and why no scope is needed there.
MAY = {
    "registry/queries.py": "resolves scopes, or filters by its caller's",
    "registry/finding.py": "finds names and opens nothing",
    "registry/exports.py": "writes the facts store, which holds everybody",
    "registry/actions/": "the registry's own writing",
    "casework/actions/": "changes what its caller's scope has found",
    "casework/queries/notes.py": "the writer's own draft",
    "casework/queries/tasks.py": "counts of a school",
    "intake/actions/": "rows on their way in",
    "intake/queries/": "rows on their way in, of one municipality",
    "jobs/": "work without a person",
    "accounts/actions/": "who is signing in has no scope yet",
}
# Django's own way around the door, for keeping and erasing: it is about everybody.
MAY_GO_AROUND = ("registry/models/", "retention/", "jobs/retention.py")
# Models that point to a pupil and are asked for without the door, and why.
OPEN = {
    "registry.Grant": "read to make the scope itself",
    "accounts.PupilAccount": "who signs in has no scope yet",
}


def sources() -> list[Path]:
    return sorted(PRODUCT.rglob("*.py"))


def attributes(path: Path) -> set[str]:
    tree = ast.parse(path.read_text())
    return {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}


def who_uses(attribute: str) -> list[str]:
    return [
        str(path.relative_to(PRODUCT))
        for path in sources()
        if attribute in attributes(path)
    ]


def test_only_the_listed_files_ask_without_a_scope() -> None:
    users = who_uses("unscoped")
    assert len(users) > 10
    strangers = [path for path in users if not path.startswith(tuple(MAY))]
    assert not strangers


def test_every_line_of_the_list_is_used() -> None:
    users = who_uses("unscoped")
    unused = [path for path in MAY if not any(one.startswith(path) for one in users)]
    assert not unused


@pytest.mark.parametrize("way", ["_base_manager", "_default_manager"])
def test_nobody_goes_around_the_door(way: str) -> None:
    assert all(path.startswith(MAY_GO_AROUND) for path in who_uses(way))


def reaches_a_pupil(model: type[models.Model]) -> bool:
    return model is Pupil or any(
        field.is_relation and field.related_model is Pupil
        for field in model._meta.concrete_fields
    )


def test_every_model_about_a_pupil_has_the_door() -> None:
    about = [model for model in apps.get_models() if reaches_a_pupil(model)]
    assert len(about) >= 6
    for model in about:
        if not OPEN.get(model._meta.label):
            assert isinstance(model._meta.default_manager, ScopedManager), model


def doors() -> list[type[models.Model]]:
    return [
        model
        for model in apps.get_models()
        if isinstance(model._meta.default_manager, ScopedManager)
    ]


@pytest.mark.parametrize("model", doors(), ids=lambda model: model.__name__)
def test_the_door_is_closed_and_says_what_to_call(model: type[models.Model]) -> None:
    closed = model.objects  # type: ignore[attr-defined]  # every model has it
    for ask in (closed.all, closed.count, closed.first, closed.get, closed.values):
        with pytest.raises(Fault, match=r"objects\.in_scope\(scope\)"):
            ask()
    with pytest.raises(Fault, match="say why"):
        closed.unscoped("")


@pytest.mark.django_db
def test_in_scope_holds_exactly_whom_the_scope_names(people: People) -> None:
    verdict = scope_for(
        person=people.aino,
        action=Action.VIEW_PUPIL,
        purpose=Purpose.ATTENDANCE,
        on=build.TODAY,
    )
    own = {*people.home.pupils["7B"], people.protected}
    assert set(Pupil.objects.in_scope(verdict.scope)) == own
    everybody = system_scope(name="test", purpose=Purpose.ATTENDANCE)
    assert Pupil.objects.in_scope(everybody).count() == 9


@pytest.mark.django_db
def test_a_guardian_of_two_is_one_row_and_related_rows_stay_open(
    people: People,
) -> None:
    guardian = Guardian.objects.create(
        municipality=people.home.municipality, first_name="Hilla", last_name="Huoltaja"
    )
    guardian.pupils.set(people.home.pupils["7B"])
    verdict = scope_for(
        person=people.aino,
        action=Action.VIEW_PUPIL,
        purpose=Purpose.ATTENDANCE,
        on=build.TODAY,
    )
    assert list(Guardian.objects.in_scope(verdict.scope)) == [guardian]
    assert people.home.pupils["7B"][0].guardians.get() == guardian
    assert people.home.pupils["7B"][0].enrolments.count() == 1
