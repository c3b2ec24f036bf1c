"""Pages of casework: Today, a task, schools and classes, a pupil, notes."""

from koulutie.casework.views.notes import (
    change_note,
    drop_draft,
    keep_draft,
    new_note,
    note,
    note_text,
    withdraw_note,
    words,
)
from koulutie.casework.views.pages import (
    class_list,
    pupil,
    school,
    schools,
    task,
    today,
)

__all__ = [
    "change_note",
    "class_list",
    "drop_draft",
    "keep_draft",
    "new_note",
    "note",
    "note_text",
    "pupil",
    "school",
    "schools",
    "task",
    "today",
    "withdraw_note",
    "words",
]
