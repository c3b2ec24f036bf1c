"""How long each class of record is kept. A municipality overrides the months."""

from __future__ import annotations

from enum import StrEnum
from functools import cached_property
from typing import Self

from pydantic import Field, model_validator

from koulutie.core.definitions.base import (
    Id,
    LocalText,
    Part,
    Reviewed,
    Unexpected,
    each_once,
)
from koulutie.core.errors import gettext_noop


class CountedFrom(StrEnum):
    """The event from which the months run."""

    NEVER = "never"  # kept as long as the system: it names no person
    LEAVING = "leaving"  # the pupil leaves the municipality's basic education
    END_OF_EMPLOYMENT = "end_of_employment"
    WRITTEN = "written"  # the record is written
    CLOSED = "closed"  # the matter is closed


class RetentionRule(Part):
    """One retention class."""

    id: Id
    """The name that `class Privacy` of the models uses."""
    title: LocalText
    """Its name on screens."""
    description: LocalText
    """Which records belong to it."""
    counted_from: CountedFrom
    """The event from which the months run."""
    months: int | None = Field(default=None, ge=1)
    """Months after which the record is erased; left out only where it is never erased."""
    basis: LocalText
    """Why so long."""
    purpose: LocalText
    """What the records are needed for (GDPR article 5(1)(b))."""
    law: LocalText
    """On what legal basis they are processed (GDPR articles 6 and 9)."""
    subjects: LocalText
    """Whose data they are (GDPR article 30(1)(c))."""

    @model_validator(mode="after")
    def _months_unless_never(self) -> Self:
        if (self.months is None) != (self.counted_from is CountedFrom.NEVER):
            raise Unexpected(
                gettext_noop(
                    "%(file)s, line %(line)d, %(key)s: months and counted_from do not go "
                    "together. Expected months everywhere but with counted_from: never."
                )
            )
        return self


class Retention(Reviewed):
    """All retention classes."""

    rules: tuple[RetentionRule, ...] = Field(min_length=1)
    """The classes, each once."""

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        each_once([rule.id for rule in self.rules])
        return self

    @cached_property
    def by_id(self) -> dict[str, RetentionRule]:
        """Each rule by its id."""
        return {rule.id: rule for rule in self.rules}
