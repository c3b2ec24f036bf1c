"""What belongs to a pupil in the database, found by walking the models.

A model belongs to a pupil when a chain of foreign keys leads to one; deleting the pupil then
deletes its rows. Logs name pupils by a plain number and outlive them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.db.models import QuerySet

from koulutie.core.errors import Fault
from koulutie.registry.models import Grant, Guardian, Pupil
from koulutie.retention.queries.dictionary import AnyModel, our_models, privacy_of

OWN_ROLES = ("pupil", "guardian")
SHARED: tuple[AnyModel, ...] = (Guardian,)  # of several pupils


@dataclass(frozen=True, slots=True, kw_only=True)
class Belonging:
    """A model and the way from it to the pupil."""

    model: AnyModel
    lookup: str  # "pk" of the pupil itself, "pupil", "task__pupil"
    rule: str  # the retention rule of its rows

    @property
    def label(self) -> str:
        return str(self.model._meta.label)

    def rows(self, pupil_ids: Collection[int]) -> QuerySet[Any]:
        """Return the rows that belong to the pupils, each once."""
        wanted = {f"{self.lookup}__in": list(pupil_ids)}
        return self.model._base_manager.filter(**wanted).distinct().order_by("pk")


def belongings() -> tuple[Belonging, ...]:
    """Return every model whose rows belong to pupils, the pupil first."""
    ways: dict[AnyModel, str] = {Pupil: "pk"}
    rules: dict[AnyModel, str] = {Pupil: privacy_of(Pupil)["first_name"][1]}
    known = 0
    while known < len(ways):
        known = len(ways)
        for model in our_models():
            for name, way in _ways_of(model, ways):
                ways[model] = way
                rules[model] = privacy_of(model)[name][1]
    return tuple(
        Belonging(model=model, lookup=way, rule=rules[model])
        for model, way in ways.items()
    )


def _ways_of(model: AnyModel, ways: dict[AnyModel, str]) -> Iterator[tuple[str, str]]:
    """Yield by which field a model that is not known yet leads to a pupil, the shortest way.

    What hangs on a guardian goes with the guardian, who may have other pupils.
    """
    if model in ways:
        return
    found = []
    for field in (*model._meta.concrete_fields, *model._meta.local_many_to_many):
        target = field.related_model if field.is_relation else None
        if target not in ways:
            continue
        if isinstance(field, models.ForeignKey) and not _goes_along(field):
            raise Fault(f"{field} would keep a pupil from being erased")
        end = ways[target]
        if end == "pk":
            found.append((0, field.name, field.name))
        elif target not in SHARED:
            found.append((1 + end.count("__"), field.name, f"{field.name}__{end}"))
    for _, name, way in sorted(found)[:1]:
        yield name, way


def _goes_along(field: models.ForeignKey[Any, Any]) -> bool:
    return field.remote_field.on_delete in {models.CASCADE, models.SET_NULL}


def own_accounts(pupil_ids: Collection[int]) -> frozenset[int]:
    """Return the persons who are these pupils, or guardians of no other pupil.

    They are known by their role over the pupil, and by every model that ties a person to
    a pupil with the pupil's own retention (`person` in its class `Privacy`).
    """
    wanted = set(pupil_ids)
    over = Grant._base_manager.filter(role__in=OWN_ROLES, pupil__isnull=False)
    here = over.filter(pupil__in=wanted).values_list("person", flat=True)
    others = over.exclude(pupil__in=wanted).values_list("person", flat=True)
    found = set(here) - set(others)
    for one in belongings():
        if privacy_of(one.model).get("person", ("", ""))[1] == "pupil":
            found |= set(one.rows(wanted).order_by().values_list("person", flat=True))
    return frozenset(found)


def numbered() -> tuple[AnyModel, ...]:
    """Return the models that name a pupil by a plain number, such as the access log."""
    return tuple(
        model
        for model in our_models()
        for field in model._meta.concrete_fields
        if field.name == "pupil_id" and not field.is_relation
    )


def texts_of(model: AnyModel) -> tuple[str, ...]:
    """Return the fields of a model in which a person may have written about somebody."""
    classified = privacy_of(model)
    return tuple(
        field.name
        for field in model._meta.concrete_fields
        if isinstance(field, models.CharField | models.TextField)
        and classified.get(field.name, ("none", ""))[0] in {"personal", "sensitive"}
    )


def counts(pupil_id: int) -> dict[str, int]:
    """Return how many rows of each retention rule belong to a pupil."""
    found: dict[str, int] = {}
    for one in belongings():
        number = one.rows([pupil_id]).count()
        if number:
            found[one.rule] = found.get(one.rule, 0) + number
    return found
