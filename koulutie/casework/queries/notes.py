"""Reads of notes: those of a pupil in a scope, one note, my own draft."""

from __future__ import annotations

from django.db.models import Max, OuterRef, QuerySet, Subquery

from koulutie.casework.models import Note, NoteDraft, NoteRevision
from koulutie.core.scope import Scope
from koulutie.registry.access import OutsideScope
from koulutie.registry.models import Person


def notes_in(scope: Scope) -> QuerySet[Note]:
    """Return the notes about pupils whom the scope may name, with their latest form.

    Each has `text`, `changed_at` and `revision_count` of what was saved last. The text of a
    restricted note is left out: who needs it asks for it by `text_of`.
    """
    latest = NoteRevision.objects.in_scope(scope).filter(note=OuterRef("pk"))
    latest = latest.order_by("-number")
    shown = latest.filter(note__is_restricted=False, note__withdrawn_at__isnull=True)
    return (
        Note.objects.in_scope(scope)
        .select_related("author", "pupil")
        .annotate(
            text=Subquery(shown.values("text")[:1]),
            changed_at=Subquery(latest.values("saved_at")[:1]),
            revision_count=Max("revisions__number"),
        )
    )


def notes_of(scope: Scope, pupil_id: int) -> list[Note]:
    """Return one pupil's notes, the newest first."""
    return list(notes_in(scope).filter(pupil=pupil_id).order_by("-written_at", "-pk"))


def get_note(scope: Scope, pk: int) -> Note:
    """Return one note about a pupil whom the scope may name, or `OutsideScope`."""
    note = notes_in(scope).filter(pk=pk).first()
    if note is None:
        raise OutsideScope(f"note:{pk}")
    return note


def text_of(note: Note) -> str:
    """Return what a note says now."""
    return note.revisions.order_by("-number").values_list("text", flat=True)[0]


def revisions_of(note: Note) -> list[NoteRevision]:
    """Return every form of a note, the first one first."""
    return list(note.revisions.select_related("by").order_by("number"))


def draft_of(*, by: Person, pupil_id: int, note: Note | None) -> NoteDraft | None:
    """Return what the person was writing and has not saved."""
    return (
        NoteDraft.objects.unscoped("the writer's own")
        .filter(author=by, pupil=pupil_id, note=note)
        .first()
    )
