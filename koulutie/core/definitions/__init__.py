"""Declared rules as frozen values, read from YAML. The only room that knows pydantic."""

from __future__ import annotations

from koulutie.core.definitions.base import Definition, LocalText, Reviewed
from koulutie.core.definitions.facts_columns import FactsColumns
from koulutie.core.definitions.indicator import Indicator
from koulutie.core.definitions.ladder import Ladder
from koulutie.core.definitions.lesson_grids import LessonGrids
from koulutie.core.definitions.mark_kinds import MarkKinds
from koulutie.core.definitions.note_types import NoteTypes
from koulutie.core.definitions.profile import MappingProfile
from koulutie.core.definitions.reading import parse
from koulutie.core.definitions.retention import Retention
from koulutie.core.definitions.roles import Roles
from koulutie.core.definitions.source import DefinitionProblems
from koulutie.core.definitions.word_list import WordList

__all__ = [
    "KINDS",
    "Definition",
    "DefinitionProblems",
    "FactsColumns",
    "Indicator",
    "Ladder",
    "LessonGrids",
    "LocalText",
    "MappingProfile",
    "MarkKinds",
    "NoteTypes",
    "Retention",
    "Reviewed",
    "Roles",
    "WordList",
    "parse_facts_columns",
    "parse_indicator",
    "parse_ladder",
    "parse_lesson_grids",
    "parse_mark_kinds",
    "parse_note_types",
    "parse_profile",
    "parse_retention",
    "parse_roles",
    "parse_word_list",
    "schema",
]

KINDS: dict[str, type[Definition]] = {
    "mark_kinds": MarkKinds,
    "indicator": Indicator,
    "ladder": Ladder,
    "lesson_grids": LessonGrids,
    "roles": Roles,
    "retention": Retention,
    "facts_columns": FactsColumns,
    "profile": MappingProfile,
    "note_types": NoteTypes,
    "word_list": WordList,
}


def parse_mark_kinds(text: str, *, where: str) -> MarkKinds:
    """Return the mark kinds in the text; raises `DefinitionProblems`."""
    return parse(MarkKinds, text, where=where)


def parse_indicator(text: str, *, where: str) -> Indicator:
    """Return the indicator in the text; raises `DefinitionProblems`."""
    return parse(Indicator, text, where=where)


def parse_ladder(text: str, *, where: str) -> Ladder:
    """Return the ladder in the text; raises `DefinitionProblems`."""
    return parse(Ladder, text, where=where)


def parse_lesson_grids(text: str, *, where: str) -> LessonGrids:
    """Return the lesson grids in the text; raises `DefinitionProblems`."""
    return parse(LessonGrids, text, where=where)


def parse_roles(text: str, *, where: str) -> Roles:
    """Return the roles in the text; raises `DefinitionProblems`."""
    return parse(Roles, text, where=where)


def parse_retention(text: str, *, where: str) -> Retention:
    """Return the retention classes in the text; raises `DefinitionProblems`."""
    return parse(Retention, text, where=where)


def parse_facts_columns(text: str, *, where: str) -> FactsColumns:
    """Return the columns of the facts in the text; raises `DefinitionProblems`."""
    return parse(FactsColumns, text, where=where)


def parse_profile(text: str, *, where: str) -> MappingProfile:
    """Return the mapping profile in the text; raises `DefinitionProblems`."""
    return parse(MappingProfile, text, where=where)


def parse_note_types(text: str, *, where: str) -> NoteTypes:
    """Return the note types in the text; raises `DefinitionProblems`."""
    return parse(NoteTypes, text, where=where)


def parse_word_list(text: str, *, where: str) -> WordList:
    """Return the word list in the text; raises `DefinitionProblems`."""
    return parse(WordList, text, where=where)


def schema(kind: str) -> dict[str, object]:
    """Return the JSON Schema of a kind of definition, for editors.

    `kind` is a key of `KINDS`; an unknown one raises KeyError.
    """
    return KINDS[kind].model_json_schema()
