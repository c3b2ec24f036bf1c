"""The door to rows about pupils: closed to whoever does not say for whom they ask.

``Pupil.objects.filter(...)`` raises. A page asks ``Pupil.objects.in_scope(scope)``; what
runs without a person, or filters by other means, asks ``Pupil.objects.unscoped(reason)``,
and a test lists the files that may. Related rows of an object that one already holds
(``pupil.enrolments``) and Django's own look-ups go around the door.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import Any, TypeVar

from django.db import models

from koulutie.core.errors import Fault
from koulutie.core.scope import Scope

Row = TypeVar("Row", bound=models.Model)


class ScopedManager(models.Manager[Row]):
    """Rows about pupils. ``pupil`` is the look-up from a row to its pupil's id."""

    is_closed = False  # only the copy that ``Model.objects`` gives is

    def __init__(self, pupil: str = "") -> None:
        super().__init__()
        self.pupil = pupil

    def contribute_to_class(self, cls: type[models.Model], name: str) -> None:
        """Put the closed door where Django puts the manager itself."""
        super().contribute_to_class(cls, name)
        setattr(cls, name, Door(self))

    def get_queryset(self) -> models.QuerySet[Row]:
        """Return all rows to Django's own look-ups; refuse everybody else."""
        if self.is_closed:
            name = self.model.__name__
            raise Fault(
                f"{name} holds data about pupils and was asked for without a scope. Call "
                f"{name}.objects.in_scope(scope), or {name}.objects.unscoped(reason) for "
                "work without a person (tests/architecture/test_doors.py lists who may)."
            )
        return super().get_queryset()

    def in_scope(self, scope: Scope) -> models.QuerySet[Row]:
        """Return the rows of the pupils whom the scope may name."""
        if not self.pupil:
            raise Fault(f"{self.model.__name__} has no pupil to be scoped by")
        if scope.actor.startswith("system:"):
            return self._rows()
        rows = self._rows().filter(**{f"{self.pupil}__in": scope.pupil_ids})
        return (
            rows.distinct() if self.pupil == "pupils" else rows
        )  # guardians have several

    def unscoped(self, reason: str) -> models.QuerySet[Row]:
        """Return all rows; the reason says why no scope is needed here."""
        if not reason:
            raise Fault(f"say why {self.model.__name__} is read without a scope")
        return self._rows()

    # Writing and the empty set tell nothing about anybody.

    def none(self) -> models.QuerySet[Row]:
        return self._rows().none()

    def create(self, **values: Any) -> Row:
        return self._rows().create(**values)

    def bulk_create(self, objs: Iterable[Row], *args: Any, **how: Any) -> list[Row]:
        return self._rows().bulk_create(objs, *args, **how)

    def bulk_update(
        self, objs: Iterable[Row], fields: Iterable[str], *args: Any, **how: Any
    ) -> int:
        return self._rows().bulk_update(objs, fields, *args, **how)

    def _rows(self) -> models.QuerySet[Row]:
        return models.QuerySet(model=self.model, using=self._db)


class Door:
    """What ``Model.objects`` finds: the manager, closed."""

    def __init__(self, manager: ScopedManager[Any]) -> None:
        self.manager = manager

    def __get__(self, instance: object, owner: type[models.Model]) -> object:
        if instance is not None:
            raise AttributeError("rows are asked for through the class")
        closed = copy.copy(self.manager)
        closed.model = owner
        closed.is_closed = True
        return closed
