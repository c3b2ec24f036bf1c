"""Types of notes about a pupil: what belongs in each, what does not, how long it is kept."""

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
    each_once,
)


class Restriction(StrEnum):
    """Whether a note's text is shown on the page or fetched on request."""

    NEVER = "never"  # on the pupil's page, for all who see notes there
    CHOSEN = "chosen"  # the writer decides for each note
    ALWAYS = "always"  # only its presence is on the page


class NoteType(Part):
    """One type of note."""

    id: Id
    """The name that notes keep."""
    title: LocalText
    """Its name on screens."""
    belongs: LocalText
    """What to write, with an example."""
    does_not_belong: LocalText
    """What to leave out, and where it goes instead."""
    restricted: Restriction
    """Whether the text is fetched on request: never, chosen or always."""
    retention: Id
    """The class of retention.yaml that says how long it is kept."""


class NoteTypes(Reviewed):
    """All types, in the order in which they are offered."""

    types: tuple[NoteType, ...] = Field(min_length=1)
    """The types, each once."""

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        each_once([one.id for one in self.types])
        return self

    @cached_property
    def by_id(self) -> dict[str, NoteType]:
        """Each type by its id."""
        return {one.id: one for one in self.types}
