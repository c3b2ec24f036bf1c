"""All definitions, read once: the product's own, then the municipality's, which win.

A folder holds ``mark_kinds.yaml``, ``roles.yaml``, ``retention.yaml``,
``facts_columns.yaml``, ``lesson_grids.yaml``, ``note_types.yaml``, ``word_list.yaml`` and the folders
``indicators/``, ``ladders/`` and ``profiles/``, any of them. A file is named after the id
inside it; a municipality's file takes the place of the product's file of the same id.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TypeVar

from koulutie.core.definitions import (
    Definition,
    DefinitionProblems,
    FactsColumns,
    Indicator,
    Ladder,
    LessonGrids,
    MappingProfile,
    MarkKinds,
    NoteTypes,
    Retention,
    Reviewed,
    Roles,
    WordList,
    parse_facts_columns,
    parse_indicator,
    parse_ladder,
    parse_lesson_grids,
    parse_mark_kinds,
    parse_note_types,
    parse_profile,
    parse_retention,
    parse_roles,
    parse_word_list,
    schema,
)
from koulutie.core.definitions.source import line_of
from koulutie.core.errors import DefinitionError, DomainError, gettext_noop

__all__ = ["PRODUCT", "Catalog", "current", "load", "problems", "schema"]

PRODUCT = Path(__file__).resolve().parent / "definitions"
_PARSERS = {
    "mark_kinds": parse_mark_kinds,
    "roles": parse_roles,
    "retention": parse_retention,
    "facts_columns": parse_facts_columns,
    "lesson_grids": parse_lesson_grids,
    "note_types": parse_note_types,
    "word_list": parse_word_list,
    "indicators": parse_indicator,
    "ladders": parse_ladder,
    "profiles": parse_profile,
}
_SINGLE = (
    *("mark_kinds", "roles", "retention", "facts_columns", "lesson_grids"),
    *("note_types", "word_list"),
)
_Kind = TypeVar("_Kind", bound=Definition)


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalog:
    """Every definition in force; each dict is by id."""

    mark_kinds: MarkKinds
    roles: Roles
    retention: Retention
    facts_columns: FactsColumns
    lesson_grids: LessonGrids
    note_types: NoteTypes
    word_list: WordList
    indicators: dict[str, Indicator]
    ladders: dict[str, Ladder]
    profiles: dict[str, MappingProfile]

    def reviewed(self) -> Iterator[Reviewed]:
        """Yield every definition that has a date of review."""
        yield from (self.mark_kinds, self.roles, self.retention, self.lesson_grids)
        yield from (self.note_types, self.word_list, self.facts_columns)
        yield from self.indicators.values()
        yield from self.ladders.values()

    def warnings(self, *, on: dt.date) -> list[DomainError]:
        """Return a sentence, not raised, for each definition whose review is overdue."""
        sentence = gettext_noop(
            "%(id)s was to be read through again by %(review_by)s. Ask %(owner)s to "
            "review it."
        )
        return [
            DomainError(
                sentence,
                id=definition.id,
                review_by=definition.review_by.isoformat(),
                owner=definition.owner,
            )
            for definition in self.reviewed()
            if definition.review_by < on
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class _File:
    """One definition file that could be read."""

    path: Path
    text: str
    place: str
    definition: Definition


@cache
def current() -> Catalog:
    """Return the catalog of this deployment, read on first use."""
    from django.conf import settings

    return load(*settings.DEFINITIONS)


def load(*folders: Path) -> Catalog:
    """Return the product's definitions, overridden by those of the folders in order.

    Raises
    ------
    DefinitionProblems
        With every problem of every file.
    """
    files, wrong = _read_all(folders)
    if not wrong:
        wrong += _missing(files)
    if not wrong:
        wrong += _unknown_parties(files) + _unknown_retention(files)
    if wrong:
        raise DefinitionProblems(", ".join(map(str, (PRODUCT, *folders))), wrong)
    return Catalog(
        mark_kinds=_only(files, MarkKinds),
        roles=_only(files, Roles),
        retention=_only(files, Retention),
        facts_columns=_only(files, FactsColumns),
        lesson_grids=_only(files, LessonGrids),
        note_types=_only(files, NoteTypes),
        word_list=_only(files, WordList),
        indicators=_all(files, Indicator),
        ladders=_all(files, Ladder),
        profiles=_all(files, MappingProfile),
    )


def problems(*folders: Path) -> list[DefinitionError]:
    """Return every problem of the product's and the folders' definitions; none is good."""
    try:
        load(*folders)
    except DefinitionProblems as error:
        return list(error.problems)
    return []


def _read_all(
    folders: tuple[Path, ...],
) -> tuple[dict[tuple[str, str], _File], list[DefinitionError]]:
    """Return the files by place and id, later folders winning, and what is wrong."""
    files: dict[tuple[str, str], _File] = {}
    wrong: list[DefinitionError] = []
    for folder in (PRODUCT, *folders):
        if not folder.is_dir():
            sentence = gettext_noop(
                "%(file)s is not a folder. Name the folder that holds the definitions."
            )
            wrong.append(DefinitionError(sentence, file=str(folder)))
            continue
        for path in sorted(folder.rglob("*.y*ml")):
            try:
                file = _read(path, folder)
            except DefinitionProblems as error:
                wrong += error.problems
            except DefinitionError as error:
                wrong.append(error)
            else:
                files[file.place, file.definition.id] = file
    return files, wrong


def _read(path: Path, folder: Path) -> _File:
    place = _place(path, folder)
    text = _text(path)
    definition = _PARSERS[place](text, where=str(path))
    if definition.id != path.stem:
        raise DefinitionError(
            gettext_noop(
                "%(file)s, line %(line)d, %(key)s: the id is %(found)s. Expected "
                "%(expected)s, the name of the file."
            ),
            file=str(path),
            line=line_of(text, ("id",)),
            key="id",
            found=definition.id,
            expected=path.stem,
        )
    return _File(path=path, text=text, place=place, definition=definition)


def _place(path: Path, folder: Path) -> str:
    """Return which kind of definition belongs where the file lies."""
    inside = path.relative_to(folder).parts
    place = path.stem if len(inside) == 1 else inside[0]
    depth = 1 if place in _SINGLE else 2
    if place in _PARSERS and len(inside) == depth and path.suffix == ".yaml":
        return place
    raise DefinitionError(
        gettext_noop(
            "%(file)s: no definition belongs here. Expected mark_kinds.yaml, roles.yaml, "
            "retention.yaml, facts_columns.yaml, lesson_grids.yaml, note_types.yaml, "
            "word_list.yaml, or a file ending in .yaml in indicators, ladders or profiles."
        ),
        file=str(path),
    )


def _text(path: Path) -> str:
    raw = path.read_bytes()
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DefinitionError(
            gettext_noop(
                "%(file)s, line %(line)d: these bytes are not UTF-8. Save the file as "
                "UTF-8."
            ),
            file=str(path),
            line=raw[: error.start].count(b"\n") + 1,
        ) from error


def _missing(files: dict[tuple[str, str], _File]) -> list[DefinitionError]:
    sentence = gettext_noop("%(file)s is missing. The product cannot start without it.")
    return [
        DefinitionError(sentence, file=str(PRODUCT / f"{place}.yaml"))
        for place in _SINGLE
        if (place, place) not in files
    ]


def _unknown_parties(files: dict[tuple[str, str], _File]) -> list[DefinitionError]:
    """Return a problem for each role that a ladder names and roles.yaml does not."""
    roles = _only(files, Roles)
    known = sorted({*roles.by_id, *roles.party_by_id})
    sentence = gettext_noop(
        "%(file)s, line %(line)d, %(key)s: %(found)s is not in roles.yaml. Expected one "
        "of: %(known)s."
    )
    return [
        DefinitionError(
            sentence,
            file=str(file.path),
            line=line_of(file.text, path),
            key=".".join(map(str, path)),
            found=name,
            known=", ".join(known),
        )
        for file in files.values()
        if isinstance(file.definition, Ladder)
        for path, name in file.definition.parties_named()
        if name not in known
    ]


def _unknown_retention(files: dict[tuple[str, str], _File]) -> list[DefinitionError]:
    """Return a problem for each retention class that is named and that nobody defines."""
    known = _only(files, Retention).by_id
    sentence = gettext_noop(
        "%(file)s, line %(line)d, %(key)s: %(found)s is not in retention.yaml. Expected "
        "one of: %(known)s."
    )
    return [
        DefinitionError(
            sentence,
            file=str(file.path),
            line=line_of(file.text, path),
            key=".".join(map(str, path)),
            found=name,
            known=", ".join(known),
        )
        for file in files.values()
        for path, name in _retention_named(file.definition)
        if name not in known
    ]


def _retention_named(
    definition: Definition,
) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Yield where a definition names a retention class, and which."""
    if isinstance(definition, NoteTypes):
        for at, one in enumerate(definition.types):
            yield ("types", at, "retention"), one.retention
    if isinstance(definition, FactsColumns):
        for at, table in enumerate(definition.tables):
            for group_at, group in enumerate(table.groups):
                yield ("tables", at, "groups", group_at, "retention"), group.retention


def _only(files: dict[tuple[str, str], _File], kind: type[_Kind]) -> _Kind:
    return next(iter(_all(files, kind).values()))


def _all(files: dict[tuple[str, str], _File], kind: type[_Kind]) -> dict[str, _Kind]:
    return {
        file.definition.id: file.definition
        for file in files.values()
        if isinstance(file.definition, kind)
    }
