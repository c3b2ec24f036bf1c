"""Notes as they are shown: on the pupil's page, alone, and with what was changed."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.utils.translation import get_language

from koulutie import catalog
from koulutie.casework.models import Note, NoteRevision
from koulutie.core.definitions.base import LocalText
from koulutie.core.definitions.note_types import NoteType
from koulutie.core.definitions.roles import Action, FieldGroup


class Change(StrEnum):
    """What became of a piece of text."""

    SAME = "same"
    ADDED = "added"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A run of text with what became of it."""

    text: str
    change: Change


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """One saved form of a note, and how it differs from the one before."""

    revision: NoteRevision
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A note on the pupil's page."""

    note: Note
    title: str
    text: str | None  # none: restricted or withdrawn
    was_changed: bool
    is_mine: bool


def lines(notes: Sequence[Note], *, person_id: int) -> tuple[Line, ...]:
    """Return notes as lines of the pupil's page."""
    return tuple(line(note, person_id=person_id) for note in notes)


def line(note: Note, *, person_id: int) -> Line:
    """Return one note as a line; the query has left out what may not be shown."""
    return Line(
        note=note,
        title=title_of(note.kind),
        text=note.text,  # type: ignore[attr-defined]  # annotated by the query
        was_changed=note.revision_count > 1,  # type: ignore[attr-defined]  # as above
        is_mine=note.author_id == person_id,
    )


def title_of(kind: str) -> str:
    """Return the name of a type; a type that a municipality dropped keeps its id."""
    found = type_of(kind)
    return found.title.in_language(get_language() or "en") if found else kind


def type_of(kind: str) -> NoteType | None:
    """Return a type of note that is in force."""
    return catalog.current().note_types.by_id.get(kind)


def history(revisions: Sequence[NoteRevision]) -> list[Form]:
    """Return every form of a note, the newest first, each against the one before."""
    texts = ["", *(one.text for one in revisions)]
    forms = [
        Form(revision=one, pieces=compare(before, one.text) if before else whole(one))
        for before, one in zip(texts, revisions, strict=False)
    ]
    return forms[::-1]


def whole(revision: NoteRevision) -> tuple[Piece, ...]:
    """Return a first form, which differs from nothing."""
    return (Piece(text=revision.text, change=Change.SAME),)


def compare(before: str, after: str) -> tuple[Piece, ...]:
    """Return two texts as one, word by word: what stayed, what went, what came."""
    old, new = (re.findall(r"\s+|\S+", text) for text in (before, after))
    pieces = []
    matcher = difflib.SequenceMatcher(a=old, b=new, autojunk=False)
    for _tag, i1, i2, j1, j2 in matcher.get_opcodes():
        if old[i1:i2] == new[j1:j2]:
            pieces.append(Piece(text="".join(old[i1:i2]), change=Change.SAME))
            continue
        pieces.append(Piece(text="".join(old[i1:i2]), change=Change.REMOVED))
        pieces.append(Piece(text="".join(new[j1:j2]), change=Change.ADDED))
    return tuple(piece for piece in pieces if piece.text)


def readers(*, is_restricted: bool) -> tuple[LocalText, ...]:
    """Return the roles that read such a note, by their names in the roles' table.

    They read it only about pupils whom their grants reach.
    """
    action = Action.READ_RESTRICTED_NOTE if is_restricted else Action.VIEW_PUPIL
    return tuple(
        role.title
        for role in catalog.current().roles.roles
        if any(
            permission.action is action and FieldGroup.NOTES in permission.fields
            for permission in role.permissions
        )
    )
