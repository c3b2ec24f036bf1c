"""A pupil gets all their data as a file in their own language; nobody else's, no secrets."""

from __future__ import annotations

import io
import json
import zipfile

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from koulutie.casework.models import NoteDraft
from koulutie.registry.models import AccessEvent, Guardian, Pupil
from koulutie.retention.models import GivenFile
from koulutie.retention.queries.belonging import belongings
from koulutie.retention.queries.pupils_data import given
from tests import builders as build
from tests.jobs.files import map_types, own_csv
from tests.people import People
from tests.retention.bringing import bring
from tests.security.world import a_note, a_task

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("the_tests_day")]

WHY = "The guardian asked by letter; identity seen at the school."


@pytest.fixture
def pupil(people: People) -> Pupil:
    map_types(people.home.municipality)
    bring(own_csv({"pupil_key": "k7B1"}), people.home.municipality)
    found = people.home.pupils["7B"][0]
    found.first_name = "=cmd|' /C calc'!A1<script>"
    found.hetu_hmac = "feedc0de" * 8
    found.save()
    guardian = Guardian.objects.create(
        municipality=people.home.municipality, first_name="Veera", last_name="Huoltaja"
    )
    guardian.pupils.add(found)
    a_note(people.home.classes["7B"], found)
    a_task(people.home.classes["7B"], found)
    NoteDraft.objects.create(
        author=people.aino, pupil=found, text="not yet said", saved_at=build.NOW
    )
    return found


def ask(people: People, pupil: Pupil, reason: str = WHY) -> HttpResponse:
    client = Client()
    client.force_login(people.cecilia)
    address = reverse("retention:pupils_data", args=[pupil.pk])
    return client.post(address, {"reason": reason})  # type: ignore[return-value]  # it is one


def unpacked(
    answer: HttpResponse,
) -> tuple[str, dict[str, dict[str, list[dict[str, object]]]]]:
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert sorted(archive.namelist()) == ["data.json", "index.html"]
        return archive.read("index.html").decode(), json.loads(
            archive.read("data.json")
        )


def test_everything_is_in_it_for_people_and_for_programs(
    people: People, pupil: Pupil
) -> None:
    page, data = unpacked(ask(people, pupil))
    assert '<html lang="fi">' in page
    assert "Tietosi Koulutiessä" in page
    for text in ("Between us.", "k7B1", "Veera", "Selvittämätön", "16.11.2026"):
        assert text in page, text
    assert data["database"]["casework.NoteRevision"][0]["text"] == "Between us."
    assert data["facts"]["marks"][0]["pupil_id"] == pupil.pk
    assert data["facts"]["figures"]
    assert set(data["database"]) == {one.label for one in given()}


def test_it_holds_nothing_of_others_no_secrets_and_no_drafts(
    people: People, pupil: Pupil
) -> None:
    answer = ask(people, pupil)
    page, data = unpacked(answer)
    both = page + json.dumps(data, ensure_ascii=False)
    other = people.home.pupils["7B"][1]
    assert other.first_name not in both
    assert "feedc0de" not in both
    assert "not yet said" not in both
    assert "registry.Grant" not in both
    assert "registry.Grant" in {one.label for one in belongings()}


def test_no_text_runs_and_no_name_stands_in_a_files_name(
    people: People, pupil: Pupil
) -> None:
    answer = ask(people, pupil)
    page, _ = unpacked(answer)
    assert "<script" not in page
    assert "http" not in page
    assert (
        answer["Content-Disposition"]
        == 'attachment; filename="koulutie-2026-11-24.zip"'
    )


def test_a_swedish_school_gives_it_in_swedish(people: People) -> None:
    build.a_grant(people.cecilia, "principal", people.home.schools["sv"])
    page, _ = unpacked(ask(people, people.home.pupils["3A"][0]))
    assert '<html lang="sv">' in page
    assert "Dina uppgifter i Koulutie" in page


def test_it_is_logged_as_an_export_with_a_reason_kept(
    people: People, pupil: Pupil
) -> None:
    assert ask(people, pupil, reason="short").status_code == 422
    assert not GivenFile.objects.exists()
    answer = ask(people, pupil)
    kept = GivenFile.objects.get()
    assert (kept.reason, kept.given_by, len(kept.sha256)) == (WHY, people.cecilia, 64)
    events = AccessEvent.objects.filter(action="export_pupil", kind="export")
    assert all(event.pupil_ids == [pupil.pk] for event in events)
    assert events.filter(target=f"given_file:{kept.pk}").exists()
    assert "no-store" in answer["Cache-Control"]
