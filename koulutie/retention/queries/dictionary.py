"""The data dictionary: every field of every model and every column of the facts.

Secrecy and retention stand where the field is declared (`class Privacy`) or in
`facts_columns.yaml`; purpose, legal basis and data subjects follow from the retention rule.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import models

from koulutie import catalog
from koulutie.core.definitions.retention import RetentionRule
from koulutie.core.errors import Fault

AnyModel = type[models.Model]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One field or column."""

    store: str  # "database" | "facts"
    table: str  # "registry.Pupil", "marks"
    field: str
    secrecy: str  # core.definitions.facts_columns.Secrecy
    rule: RetentionRule


def our_models() -> Iterator[AnyModel]:
    """Yield every model of the product, in the order of the apps."""
    for config in apps.get_app_configs():
        if config.name.startswith("koulutie."):
            yield from config.get_models()


def privacy_of(model: AnyModel) -> dict[str, tuple[str, str]]:
    """Return secrecy and retention of each field; a model without them is a fault."""
    privacy: Any = getattr(model, "Privacy", None)
    if privacy is None:
        raise Fault(f"{model._meta.label} does not say how private its fields are")
    fields: dict[str, tuple[str, str]] = privacy.fields
    return fields


def kept_fields(model: AnyModel) -> list[str]:
    """Return the names of what a model keeps; an automatic id says nothing."""
    meta = model._meta
    kept = [*meta.concrete_fields, *meta.local_many_to_many]
    return [one.name for one in kept if not isinstance(one, models.AutoField)]


def entries() -> Iterator[Entry]:
    """Yield the whole dictionary; a field that nobody classified is a fault."""
    yield from _of_the_database()
    yield from _of_the_facts()


def _of_the_database() -> Iterator[Entry]:
    rules = catalog.current().retention.by_id
    for model in our_models():
        classified = privacy_of(model)
        for name in kept_fields(model):
            if name not in classified:
                raise Fault(f"{model._meta.label}.{name} is not classified")
            secrecy, rule = classified[name]
            yield Entry(
                store="database",
                table=model._meta.label,
                field=name,
                secrecy=secrecy,
                rule=rules[rule],
            )


def _of_the_facts() -> Iterator[Entry]:
    rules = catalog.current().retention.by_id
    for table in catalog.current().facts_columns.tables:
        for name, secrecy, rule in table.columns():
            yield Entry(
                store="facts",
                table=table.id,
                field=name,
                secrecy=str(secrecy),
                rule=rules[rule],
            )
