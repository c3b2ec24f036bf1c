"""What casework keeps: tasks and their answers, notes."""

from koulutie.casework.models.notes import MOST_SIGNS, Note, NoteDraft, NoteRevision
from koulutie.casework.models.tasks import Reaction, Task

__all__ = ["MOST_SIGNS", "Note", "NoteDraft", "NoteRevision", "Reaction", "Task"]
