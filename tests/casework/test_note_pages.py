"""The pages of notes, without scripts: what is shown, to whom, and what is logged."""

from __future__ import annotations

import pytest
from django.test import Client

from koulutie.casework.models import Note, NoteDraft, NoteRevision, Reaction, Task
from koulutie.registry.models import AccessEvent, Person
from tests import builders as build
from tests.people import People
from tests.security.world import a_task

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("the_tests_day")]
SECRET = "A wish that nobody else need know."
RISKY = "Oppilaalla on todettu masennus."


def signed_in(person: Person) -> Client:
    person.language = "en"
    person.save(update_fields=["language"])
    client = Client()
    client.force_login(person)
    return client


def write(client: Client, pk: int, kind: str, text: str, **more: str) -> int:
    answer = client.post(
        f"/pupils/{pk}/notes/new/?kind={kind}", {"text": text, "kind": kind, **more}
    )
    return answer.status_code


@pytest.fixture
def pk(people: People) -> int:
    return people.home.pupils["7B"][0].pk


def page(client: Client, address: str, status: int = 200) -> str:
    answer = client.get(address)
    assert answer.status_code == status, address
    return answer.content.decode()


def test_the_types_are_offered_with_what_belongs_and_what_does_not(
    people: People, pk: int
) -> None:
    text = page(signed_in(people.aino), f"/pupils/{pk}/notes/new/")
    assert text.count("Does not belong here") == 5
    assert "make a child-welfare notification" in text


def test_an_ordinary_note_is_on_the_pupils_page(people: People, pk: int) -> None:
    client = signed_in(people.aino)
    assert write(client, pk, "conversation", "Mondays in the library.") == 302
    assert "Mondays in the library." in page(client, f"/pupils/{pk}/")
    assert "Mondays in the library." in page(
        signed_in(people.cecilia), f"/pupils/{pk}/"
    )


def test_of_a_restricted_note_the_page_shows_only_that_it_exists(
    people: People, pk: int
) -> None:
    client = signed_in(people.aino)
    write(client, pk, "delicate", SECRET)
    note = Note.objects.unscoped("test").get()
    for address in (f"/pupils/{pk}/", f"/notes/{note.pk}/"):
        text = page(client, address)
        assert SECRET not in text
        assert "Restricted" in text
    assert not AccessEvent.objects.filter(action="read_restricted_note").exists()


def test_its_text_is_fetched_on_request_and_each_fetching_is_logged(
    people: People, pk: int
) -> None:
    write(signed_in(people.aino), pk, "delicate", SECRET)
    note = Note.objects.unscoped("test").get()
    client = signed_in(people.cecilia)
    assert SECRET in page(client, f"/notes/{note.pk}/text/")
    fragment = client.get(f"/notes/{note.pk}/text/", headers={"HX-Request": "true"})
    assert SECRET in fragment.content.decode()
    assert "<html" not in fragment.content.decode()
    events = AccessEvent.objects.filter(action="read_restricted_note")
    assert [(one.target, one.pupil_ids) for one in events] == [
        (f"note:{note.pk}", [pk])
    ] * 2


def test_who_may_not_read_restricted_notes_sees_that_there_is_one(
    people: People, pk: int
) -> None:
    counsellor = build.a_person("Nora", "Opo")
    build.a_grant(counsellor, "study_counsellor", people.home.classes["7B"])
    write(signed_in(people.aino), pk, "delicate", SECRET)
    note = Note.objects.unscoped("test").get()
    client = signed_in(counsellor)
    text = page(client, f"/pupils/{pk}/")
    assert "Your role does not read restricted notes" in text
    assert SECRET not in text
    assert SECRET not in page(client, f"/notes/{note.pk}/text/", status=403)
    denied = AccessEvent.objects.filter(action="read_restricted_note")
    assert [one.outcome for one in denied] == ["denied"]


def test_pupil_and_guardian_see_no_notes_here(people: People, pk: int) -> None:
    write(signed_in(people.aino), pk, "conversation", "Mondays in the library.")
    guardian = build.a_person("Gia", "Huoltaja")
    build.a_grant(guardian, "guardian", people.home.pupils["7B"][0])
    client = signed_in(guardian)
    assert "Mondays" not in page(client, f"/pupils/{pk}/")
    page(client, f"/notes/{Note.objects.unscoped('test').get().pk}/", status=404)


def test_risky_text_is_asked_about_once_and_then_saved(people: People, pk: int) -> None:
    client = signed_in(people.aino)
    answer = client.post(f"/pupils/{pk}/notes/new/?kind=conversation", {"text": RISKY})
    assert answer.status_code == 422
    text = answer.content.decode()
    assert "This seems to be about health or illness." in text
    assert "school nurse" in text
    assert "masennus" in text
    assert not Note.objects.unscoped("test").exists()
    assert write(client, pk, "conversation", RISKY, seen="health") == 302
    assert NoteRevision.objects.unscoped("test").get().warned_of == ["health"]


def test_another_subject_is_asked_about_anew(people: People, pk: int) -> None:
    client = signed_in(people.aino)
    text = f"{RISKY} Perhe on lastensuojelun asiakas."
    assert write(client, pk, "conversation", text, seen="health") == 422
    assert (
        write(client, pk, "conversation", text, seen="child_protection,health") == 302
    )


def test_a_change_is_shown_beside_what_was_there(people: People, pk: int) -> None:
    client = signed_in(people.aino)
    write(client, pk, "conversation", "Mondays in the library.")
    note = Note.objects.unscoped("test").get()
    answer = client.post(
        f"/notes/{note.pk}/change/", {"text": "Fridays in the library.", "revision": 1}
    )
    assert answer.status_code == 302
    text = page(client, f"/notes/{note.pk}/")
    assert "<del>" in text
    assert "Mondays" in text
    assert "Fridays" in text


def test_a_withdrawn_note_says_so_in_its_place(people: People, pk: int) -> None:
    client = signed_in(people.aino)
    write(client, pk, "conversation", "About somebody else.")
    note = Note.objects.unscoped("test").get()
    assert client.post(f"/notes/{note.pk}/withdraw/", {}).status_code == 422
    client.post(f"/notes/{note.pk}/withdraw/", {"reason": "Wrong pupil."})
    text = page(client, f"/pupils/{pk}/")
    assert "Wrong pupil." in text
    assert "About somebody else." not in text


def test_a_draft_is_kept_without_scripts_and_offered_again(
    people: People, pk: int
) -> None:
    client = signed_in(people.aino)
    assert write(client, pk, "observation", "Half a sen", draft="1") == 302
    assert not Note.objects.unscoped("test").exists()
    assert "Go on with your draft" in page(client, f"/pupils/{pk}/")
    assert "Half a sen" in page(client, f"/pupils/{pk}/notes/new/")
    other = page(signed_in(people.cecilia), f"/pupils/{pk}/notes/new/")
    assert "Half a sen" not in other
    client.post(f"/pupils/{pk}/notes/drop/")
    assert not NoteDraft.objects.unscoped("test").exists()


def test_the_word_list_comes_in_the_readers_language(people: People) -> None:
    client = signed_in(people.aino)
    subjects = client.get("/notes/words.json").json()["subjects"]
    titles = {one["id"]: one["title"] for one in subjects}
    assert titles["child_protection"] == "This seems to be about child protection."
    assert (
        "masen*" in next(one for one in subjects if one["id"] == "health")["patterns"]
    )


def test_the_answer_to_a_task_has_the_same_guard(people: People) -> None:
    task = Task.objects.unscoped("test").get(
        pk=a_task(people.home.classes["7B"], people.home.pupils["7B"][0])
    )
    client = signed_in(people.aino)
    data = {
        "outcome": "no_worry",
        "talked_with_pupil": "on",
        "note": RISKY,
        "seen_at": task.state_at.isoformat(),
    }
    answer = client.post(f"/tasks/{task.pk}/", data)
    assert answer.status_code == 422
    assert "This seems to be about health or illness." in answer.content.decode()
    assert not Reaction.objects.unscoped("test").exists()
    assert (
        client.post(f"/tasks/{task.pk}/", data | {"seen": "health"}).status_code == 302
    )
    assert Reaction.objects.unscoped("test").get().note == RISKY


def test_a_harmless_answer_is_not_held_up(people: People) -> None:
    task = Task.objects.unscoped("test").get(
        pk=a_task(people.home.classes["7B"], people.home.pupils["7B"][0])
    )
    data = {
        "outcome": "no_worry",
        "talked_with_pupil": "on",
        "note": "Mondays in the library.",
        "seen_at": task.state_at.isoformat(),
    }
    answer = signed_in(people.aino).post(f"/tasks/{task.pk}/", data)
    assert answer.status_code == 302
