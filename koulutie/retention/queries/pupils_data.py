"""All data of one pupil as plain values: the database's rows and the facts' rows."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import narwhals as nw
from django.db import models

from koulutie import catalog
from koulutie.core.scope import Purpose
from koulutie.registry.access import system_scope
from koulutie.registry.models import Enrolment, Person, Pupil
from koulutie.retention.queries.belonging import Belonging, belongings
from koulutie.retention.queries.dictionary import AnyModel, privacy_of
from koulutie.ui.facts import open_facts

Row = dict[str, object]
# What is about the work of staff and not about the pupil: roles over a pupil, notices.
NOT_THE_PUPILS = "staff"
# A text that nobody has saved: only its writer reads it.
UNSAVED = frozenset({"casework.NoteDraft"})


def language_of(pupil: Pupil) -> str:
    """Return the language of the pupil's latest school; Finnish where none is known."""
    latest = (
        Enrolment._base_manager.filter(pupil=pupil)
        .select_related("school_class__school")
        .order_by("-to_date")
        .first()
    )
    return str(latest.school_class.school.language) if latest else "fi"


def given() -> tuple[Belonging, ...]:
    """Return the models whose rows are given to the pupil."""
    return tuple(
        one
        for one in belongings()
        if one.rule != NOT_THE_PUPILS and one.label not in UNSAVED
    )


def rows_of(pupil_id: int) -> dict[str, list[Row]]:
    """Return the database's rows by model, secrets left out."""
    return {one.label: [values(row) for row in one.rows([pupil_id])] for one in given()}


def values(row: models.Model) -> Row:
    """Return a row's fields as plain values; a person or place by name."""
    classified = privacy_of(type(row))
    return {
        field.name: _plain(row, field)
        for field in row._meta.concrete_fields
        if classified.get(field.name, ("none", ""))[0] != "secret"
    }


def _plain(row: models.Model, field: models.Field[Any, Any]) -> object:
    if field.is_relation:
        target = getattr(row, field.name)
        if isinstance(target, Person):
            return target.full_name.strip() or target.last_name
        return None if target is None else str(target)
    value = field.value_from_object(row)
    return value.isoformat() if isinstance(value, date | datetime) else value


def choices_of(model: AnyModel) -> dict[str, dict[object, object]]:
    """Return what the chosen values of a model's fields are called."""
    return {
        field.name: dict(field.flatchoices)
        for field in model._meta.concrete_fields
        if field.choices
    }


def facts_of(pupil_id: int) -> dict[str, list[Row]]:
    """Return the pupil's rows of every table of the facts, as of the newest version."""
    scope = system_scope(name="a pupil's own data", purpose=Purpose.OVERSIGHT)
    found: dict[str, list[Row]] = {}
    with open_facts(scope) as facts:
        if facts is None:
            return found
        for table in catalog.current().facts_columns.tables:
            names = [name for name, _, _ in table.columns()]
            if "pupil_id" not in names:
                continue
            rows = facts.reader.frame(table.id).filter(nw.col("pupil_id") == pupil_id)
            found[table.id] = sorted(
                map(_plain_row, rows.collect().to_arrow().to_pylist()),
                key=lambda row: str(row.get("date") or row.get("from_") or ""),
            )
    return found


def _plain_row(row: Row) -> Row:
    return {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in row.items()
    }
