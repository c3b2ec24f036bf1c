"""Notes about a pupil: their forms one after the other, and what is not saved yet.

A note is never overwritten. Each saved change is a revision of its own; a withdrawn note
keeps its place, its writer and the reason. Drafts belong to their writer alone.
"""

from __future__ import annotations

from typing import ClassVar, Self

from django.db import models
from django.db.models import Q

from koulutie.registry.models import Classified, ScopedManager

MOST_SIGNS = 4000  # of a note; what is longer is a record, and belongs elsewhere


class Note(models.Model):
    """One note. Its text is its latest revision's."""

    pupil = models.ForeignKey("registry.Pupil", on_delete=models.CASCADE)
    kind = models.CharField(max_length=40)  # an id of definitions/note_types.yaml
    is_restricted = models.BooleanField()  # the page shows that it exists, not its text
    author = models.ForeignKey("registry.Person", on_delete=models.PROTECT)
    written_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_reason = models.CharField(max_length=200, blank=True)

    objects: ClassVar[ScopedManager[Self]] = ScopedManager("pupil")

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(withdrawn_at__isnull=True) | ~Q(withdrawn_reason=""),
                name="withdrawn_note_says_why",
            )
        ]
        indexes: ClassVar = [
            models.Index(fields=["pupil", "written_at"], name="note_pupil_written")
        ]

    class Privacy:
        fields: Classified = {
            "pupil": ("personal", "note"),
            "kind": ("personal", "note"),
            "is_restricted": ("personal", "note"),
            "author": ("personal", "note"),
            "written_at": ("personal", "note"),
            "withdrawn_at": ("personal", "note"),
            "withdrawn_reason": ("sensitive", "note"),
        }

    def __str__(self) -> str:
        return f"note:{self.pk}"


class NoteRevision(models.Model):
    """One saved form of a note. Rows are added, never changed."""

    note = models.ForeignKey(Note, on_delete=models.CASCADE, related_name="revisions")
    number = models.PositiveIntegerField()  # from 1
    text = models.TextField(max_length=MOST_SIGNS)
    saved_at = models.DateTimeField()
    by = models.ForeignKey("registry.Person", on_delete=models.PROTECT)
    # Subjects of the word list that the writer was warned of, and saved the text as it was.
    warned_of = models.JSONField(default=list, blank=True)

    objects: ClassVar[ScopedManager[Self]] = ScopedManager("note__pupil")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["note", "number"], name="note_revision_once"
            )
        ]

    class Privacy:
        fields: Classified = {
            "note": ("personal", "note"),
            "number": ("internal", "note"),
            "text": ("sensitive", "note"),
            "saved_at": ("personal", "note"),
            "by": ("personal", "note"),
            "warned_of": ("sensitive", "note"),
        }

    def __str__(self) -> str:
        return f"note:{self.note_id}, revision {self.number}"


class NoteDraft(models.Model):
    """What somebody is writing and has not saved: one for each pupil and note.

    Only its writer reads it.
    """

    author = models.ForeignKey("registry.Person", on_delete=models.CASCADE)
    pupil = models.ForeignKey("registry.Pupil", on_delete=models.CASCADE)
    # The note that is being changed; null for a new one.
    note = models.ForeignKey(Note, null=True, blank=True, on_delete=models.CASCADE)
    kind = models.CharField(max_length=40, blank=True)
    is_restricted = models.BooleanField(default=False)
    text = models.TextField(max_length=MOST_SIGNS)
    saved_at = models.DateTimeField()

    objects: ClassVar[ScopedManager[Self]] = ScopedManager("pupil")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["author", "note"], name="one_draft_of_a_note"
            ),
            models.UniqueConstraint(
                fields=["author", "pupil"],
                condition=Q(note__isnull=True),
                name="one_draft_of_a_new_note",
            ),
        ]

    class Privacy:
        fields: Classified = {
            "author": ("personal", "note"),
            "pupil": ("personal", "note"),
            "note": ("personal", "note"),
            "kind": ("personal", "note"),
            "is_restricted": ("personal", "note"),
            "text": ("sensitive", "note"),
            "saved_at": ("personal", "note"),
        }

    def __str__(self) -> str:
        return f"draft:{self.pk}"
