"""What each column of the facts store says about a person, and how long it is kept."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

from pydantic import Field

from koulutie.core.definitions.base import Id, LocalText, Part, Reviewed


class Secrecy(StrEnum):
    """How private a field is; the same words as in `class Privacy` of the models."""

    NONE = "none"  # says nothing about a person
    INTERNAL = "internal"  # of use only together with other data
    PERSONAL = "personal"
    SENSITIVE = "sensitive"  # GDPR article 9, protected identity, free text
    SECRET = "secret"  # noqa: S105  # a word of the vocabulary: keys, hashes, passwords


class ColumnGroup(Part):
    """Columns of one table that are equally private and kept equally long."""

    secrecy: Secrecy
    """How private they are."""
    retention: Id
    """The id of a rule in retention.yaml."""
    columns: tuple[str, ...] = Field(min_length=1)
    """Their names."""


class FactsTable(Part):
    """One table of the facts store."""

    id: Id
    """Its name in the store."""
    title: LocalText
    """Its name on screens."""
    groups: tuple[ColumnGroup, ...] = Field(min_length=1)
    """All its columns, each in one group."""

    def columns(self) -> Iterator[tuple[str, Secrecy, str]]:
        """Yield each column with its secrecy and the id of its retention rule."""
        for group in self.groups:
            for name in group.columns:
                yield name, group.secrecy, group.retention


class FactsColumns(Reviewed):
    """The facts store's part of the data dictionary."""

    tables: tuple[FactsTable, ...] = Field(min_length=1)
    """Every table."""
