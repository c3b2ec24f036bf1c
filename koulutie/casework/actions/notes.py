"""Writes of notes: save, change, withdraw, and keep what is not finished.

What looks like another register's content is saved all the same once its writer has seen
the advice: the list of words is a hint, and people know better. Nothing is sent anywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from koulutie import catalog
from koulutie.casework.models import Note, NoteDraft, NoteRevision
from koulutie.casework.queries import notes as queries
from koulutie.core.definitions.note_types import Restriction
from koulutie.core.definitions.roles import Action
from koulutie.core.errors import DomainError, gettext_noop
from koulutie.core.scope import Scope
from koulutie.registry import audit
from koulutie.registry.access import OutsideScope, get_pupil
from koulutie.registry.models import Person

WITHDRAWN = gettext_noop(
    "This note was withdrawn. Write a new one if there is more to say."
)
CHANGED_MEANWHILE = gettext_noop(
    "This note was changed in another window while you were writing. Nothing was "
    "overwritten: open the note again and add what is still needed."
)
UNKNOWN_TYPE = gettext_noop("There is no type of note called %(kind)s. Choose another.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What a person writes in the form of a note."""

    kind: str
    is_restricted: bool
    text: str


def write_note(
    *,
    pupil_id: int,
    written: Written,
    scope: Scope,
    by: Person,
    now: datetime,
) -> Note:
    """Save a new note and drop its draft."""
    pupil = get_pupil(scope, pupil_id)
    with transaction.atomic():
        note = Note(
            pupil=pupil,
            kind=written.kind,
            is_restricted=restricted(written),
            author=by,
            written_at=now,
        )
        note.full_clean()
        note.save()
        _revise(note, 1, written.text, by=by, now=now)
        drop_draft(pupil_id=pupil_id, note=None, by=by)
        _log(note, scope, by=by, now=now)
    return note


def change_note(
    *,
    note_id: int,
    text: str,
    seen: int,
    scope: Scope,
    by: Person,
    now: datetime,
) -> Note:
    """Add a form to one's own note. `seen` is the number of the form that was changed.

    The same text again adds nothing.
    """
    with transaction.atomic():
        note = _own(note_id, scope, by)
        latest = note.revisions.order_by("-number")[0]
        if latest.number != seen:
            raise DomainError(CHANGED_MEANWHILE)
        if latest.text != text:
            _revise(note, latest.number + 1, text, by=by, now=now)
            _log(note, scope, by=by, now=now)
        drop_draft(pupil_id=note.pupil_id, note=note, by=by)
    return note


def withdraw_note(
    *, note_id: int, reason: str, scope: Scope, by: Person, now: datetime
) -> Note:
    """Take back one's own note. It keeps its place and its forms, with the reason."""
    with transaction.atomic():
        note = _own(note_id, scope, by)
        note.withdrawn_at, note.withdrawn_reason = now, reason
        note.full_clean()
        note.save()
        drop_draft(pupil_id=note.pupil_id, note=note, by=by)
        _log(note, scope, by=by, now=now, why=f"withdrawn; {scope.reason}")
    return note


def keep_draft(
    *,
    pupil_id: int,
    note: Note | None,
    written: Written,
    scope: Scope,
    by: Person,
    now: datetime,
) -> NoteDraft | None:
    """Keep what the person is writing; an empty text keeps nothing. Returns the draft."""
    get_pupil(scope, pupil_id)
    if not written.text.strip():
        drop_draft(pupil_id=pupil_id, note=note, by=by)
        return None
    with transaction.atomic():
        draft = queries.draft_of(by=by, pupil_id=pupil_id, note=note)
        draft = draft or NoteDraft(author=by, pupil_id=pupil_id, note=note)
        draft.kind, draft.text, draft.saved_at = written.kind, written.text, now
        draft.is_restricted = written.is_restricted
        draft.full_clean()
        draft.save()
    return draft


def drop_draft(*, pupil_id: int, note: Note | None, by: Person) -> None:
    """Forget what the person was writing."""
    NoteDraft.objects.unscoped("checked by its caller's scope").filter(
        author=by, pupil=pupil_id, note=note
    ).delete()


def restricted(written: Written) -> bool:
    """Say whether a note is restricted: its type says it, or leaves it to the writer."""
    found = catalog.current().note_types.by_id.get(written.kind)
    if found is None:
        raise DomainError(UNKNOWN_TYPE, kind=written.kind)
    match found.restricted:
        case Restriction.CHOSEN:
            return written.is_restricted
        case _:
            return found.restricted is Restriction.ALWAYS


def _own(note_id: int, scope: Scope, by: Person) -> Note:
    """Return the person's own standing note, locked for this change.

    Nobody else may change it: for them there is nothing here to change.
    """
    queries.get_note(scope, note_id)
    note = (
        Note.objects.unscoped("checked by its caller's scope")
        .select_for_update()
        .get(pk=note_id)
    )
    if note.author_id != by.pk:
        raise OutsideScope(f"note:{note_id}")
    if note.withdrawn_at is not None:
        raise DomainError(WITHDRAWN)
    return note


def _revise(note: Note, number: int, text: str, *, by: Person, now: datetime) -> None:
    """Add a form. What the word list sees in it is kept beside it."""
    revision = NoteRevision(
        note=note,
        number=number,
        text=text,
        saved_at=now,
        by=by,
        warned_of=[one.subject.id for one in catalog.current().word_list.find(text)],
    )
    revision.full_clean()
    revision.save()


def _log(note: Note, scope: Scope, *, by: Person, now: datetime, why: str = "") -> None:
    audit.record(
        actor=audit.actor_of(by),
        action=Action.WRITE_NOTE,
        purpose=scope.purpose,
        target=f"note:{note.pk}",
        pupil_ids=[note.pupil_id],
        reason=why or scope.reason,
        at=now,
    )
