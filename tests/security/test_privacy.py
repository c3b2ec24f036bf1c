"""Every field of every model says how private it is and how long it is kept."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.db import models

from koulutie import catalog

CLASSES = {"none", "internal", "personal", "sensitive", "secret"}
OURS = [
    model
    for config in apps.get_app_configs()
    if config.name.startswith("koulutie.")
    for model in config.get_models()
]


def fields_of(model: type[models.Model]) -> set[str]:
    """Return the names of what a model keeps; a bare automatic id says nothing."""
    kept = [*model._meta.concrete_fields, *model._meta.local_many_to_many]
    return {field.name for field in kept if not isinstance(field, models.AutoField)}


def test_there_are_models_to_look_at() -> None:
    assert {"Pupil", "AccessEvent", "Grant"} <= {model.__name__ for model in OURS}


@pytest.mark.parametrize("model", OURS, ids=lambda model: model._meta.label)
def test_every_field_is_classified_with_a_known_retention(
    model: type[models.Model],
) -> None:
    classified: dict[str, tuple[str, str]] = model.Privacy.fields  # type: ignore[attr-defined]  # the rule itself
    assert set(classified) == fields_of(model)
    known = set(catalog.current().retention.by_id)
    for name, (kind, retention) in classified.items():
        assert kind in CLASSES, (name, kind)
        assert retention in known, (name, retention)


@pytest.mark.parametrize("model", OURS, ids=lambda model: model._meta.label)
def test_a_name_or_a_text_of_a_person_is_never_called_public(
    model: type[models.Model],
) -> None:
    for name, (kind, _) in model.Privacy.fields.items():  # type: ignore[attr-defined]  # as above
        is_personal = name in {
            "first_name",
            "last_name",
            "note",
            "pupil",
            "person",
            "owner",
        }
        assert not (is_personal and kind == "none"), name
