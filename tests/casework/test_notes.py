"""Notes: saved in forms one after the other, restricted where they are, never lost."""

from __future__ import annotations

from datetime import timedelta

import pytest

from koulutie.casework.actions.notes import (
    Written,
    change_note,
    keep_draft,
    withdraw_note,
    write_note,
)
from koulutie.casework.models import Note, NoteDraft, NoteRevision
from koulutie.casework.presenters.notes import Change, compare, readers
from koulutie.casework.queries import notes as queries
from koulutie.core.definitions.roles import Action
from koulutie.core.errors import DomainError
from koulutie.core.scope import Purpose, Scope
from koulutie.registry.access import OutsideScope, scope_for
from koulutie.registry.models import AccessEvent, Person
from tests.builders import NOW, TODAY
from tests.people import People

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)


def scope_of(person: Person) -> Scope:
    return scope_for(
        person=person,
        action=Action.WRITE_NOTE,
        purpose=Purpose.ATTENDANCE,
        on=TODAY,
    ).scope


def written(text: str, kind: str = "conversation", **more: bool) -> Written:
    return Written(kind=kind, text=text, is_restricted=more.get("restricted", False))


def a_note(people: People, text: str = "We agreed on Mondays.", **more) -> Note:
    return write_note(
        pupil_id=people.home.pupils["7B"][0].pk,
        written=written(text, **more),
        scope=scope_of(people.aino),
        by=people.aino,
        now=NOW,
    )


def changed(people: People, note: Note, text: str, seen: int = 1) -> Note:
    return change_note(
        note_id=note.pk,
        text=text,
        seen=seen,
        scope=scope_of(people.aino),
        by=people.aino,
        now=LATER,
    )


def test_a_change_keeps_what_the_note_said_before(people: People) -> None:
    note = a_note(people)
    changed(people, note, "We agreed on Tuesdays.")
    texts = [(one.number, one.text) for one in queries.revisions_of(note)]
    assert texts == [(1, "We agreed on Mondays."), (2, "We agreed on Tuesdays.")]
    assert queries.text_of(note) == "We agreed on Tuesdays."


def test_the_same_text_again_is_no_change(people: People) -> None:
    note = a_note(people)
    changed(people, note, "We agreed on Mondays.")
    assert NoteRevision.objects.unscoped("test").count() == 1


def test_two_windows_do_not_overwrite_each_other(people: People) -> None:
    note = a_note(people)
    changed(people, note, "From the first window.")
    with pytest.raises(DomainError, match="Nothing was overwritten"):
        changed(people, note, "From the second window.")
    assert queries.text_of(note) == "From the first window."


def test_nobody_else_changes_or_withdraws_a_note(people: People) -> None:
    note = a_note(people)
    who = {"note_id": note.pk, "scope": scope_of(people.cecilia), "by": people.cecilia}
    with pytest.raises(OutsideScope):
        change_note(text="Not hers.", seen=1, now=LATER, **who)
    with pytest.raises(OutsideScope):
        withdraw_note(reason="Not hers.", now=LATER, **who)
    assert NoteRevision.objects.unscoped("test").count() == 1


def test_a_withdrawn_note_keeps_its_place_and_its_forms(people: People) -> None:
    note = a_note(people)
    withdraw_note(
        note_id=note.pk,
        reason="It was about another pupil.",
        scope=scope_of(people.aino),
        by=people.aino,
        now=LATER,
    )
    (shown,) = queries.notes_of(scope_of(people.cecilia), note.pupil_id)
    assert shown.text is None
    assert shown.withdrawn_reason == "It was about another pupil."
    assert NoteRevision.objects.unscoped("test").get().text == "We agreed on Mondays."
    with pytest.raises(DomainError, match="was withdrawn"):
        changed(people, note, "Once more.")


@pytest.mark.parametrize(
    ("kind", "asked", "is_restricted"),
    [
        ("conversation", True, False),
        ("observation", True, True),
        ("observation", False, False),
        ("delicate", False, True),
    ],
)
def test_the_type_decides_what_is_restricted(
    people: People, kind: str, asked: bool, is_restricted: bool
) -> None:
    note = a_note(people, kind=kind, restricted=asked)
    assert note.is_restricted is is_restricted
    (shown,) = queries.notes_of(scope_of(people.aino), note.pupil_id)
    assert (shown.text is None) is is_restricted


def test_an_unknown_type_is_refused(people: People) -> None:
    with pytest.raises(DomainError, match="no type of note called gossip"):
        a_note(people, kind="gossip")


def test_each_write_is_one_event(people: People) -> None:
    note = a_note(people)
    changed(people, note, "Another.")
    events = AccessEvent.objects.filter(action="write_note", kind="act")
    assert [event.target for event in events] == [f"note:{note.pk}"] * 2
    assert all(event.pupil_ids == [note.pupil_id] for event in events)


def test_a_draft_is_its_writers_alone_and_goes_when_the_note_is_saved(
    people: People,
) -> None:
    pupil = people.home.pupils["7B"][0].pk
    for person, text in ((people.aino, "Hers"), (people.cecilia, "The principal's")):
        keep_draft(
            pupil_id=pupil,
            note=None,
            written=written(text),
            scope=scope_of(person),
            by=person,
            now=NOW,
        )
    drafts = queries.draft_of(by=people.aino, pupil_id=pupil, note=None)
    assert drafts is not None
    assert drafts.text == "Hers"
    a_note(people)
    assert list(
        NoteDraft.objects.unscoped("test").values_list("author", flat=True)
    ) == [people.cecilia.pk]


def test_an_emptied_draft_is_no_draft(people: People) -> None:
    pupil = people.home.pupils["7B"][0].pk
    for text in ("Something", "  "):
        keep_draft(
            pupil_id=pupil,
            note=None,
            written=written(text),
            scope=scope_of(people.aino),
            by=people.aino,
            now=NOW,
        )
    assert not NoteDraft.objects.unscoped("test").exists()


def test_nothing_is_written_about_a_pupil_outside_the_scope(people: People) -> None:
    with pytest.raises(OutsideScope):
        write_note(
            pupil_id=people.twin.pupils["7B"][0].pk,
            written=written("Not mine."),
            scope=scope_of(people.aino),
            by=people.aino,
            now=NOW,
        )
    assert not Note.objects.unscoped("test").exists()


def test_a_difference_is_read_word_by_word_and_gives_both_texts_back() -> None:
    old, new = "We agreed on  Mondays.\nLook again.", "We agreed on\nFridays. Good."
    pieces = compare(old, new)
    kept = {Change.SAME, Change.REMOVED}
    assert "".join(p.text for p in pieces if p.change in kept) == old
    kept = {Change.SAME, Change.ADDED}
    assert "".join(p.text for p in pieces if p.change in kept) == new
    assert pieces[0].change is Change.SAME


def test_who_reads_is_told_from_the_roles_table() -> None:
    assert "Study counsellor" in {one.en for one in readers(is_restricted=False)}
    restricted = {one.en for one in readers(is_restricted=True)}
    assert "Principal" in restricted
    assert "Study counsellor" not in restricted
    assert not {"School coach", "Guardian", "Pupil", "Main user"} & restricted
