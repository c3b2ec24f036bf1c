"""The watched folder: the same checks, and a sentence beside every file."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings

from koulutie.intake.actions.folders import set_rule
from koulutie.intake.models import Batch
from koulutie.jobs.watch import Watcher
from tests.builders import NOW, a_municipality, a_school
from tests.jobs.files import map_types, own_csv

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def home(db):
    """A municipality of its own: with two of them each has its own inbox."""
    from tests import builders as build

    municipality = a_municipality()
    school_class = build.a_class(a_school(municipality))
    build.a_pupil(school_class, key="k7B1")
    map_types(municipality)
    Path(settings.WATCHED_FOLDER, "10001").mkdir(parents=True)
    return municipality


def rule(municipality, school=None, *, accepts=True):
    set_rule(
        municipality=municipality,
        school=school,
        profile="",
        accepts=accepts,
        by=None,
        now=NOW,
    )


def put(content: bytes, name="marks.csv", folder="", age=120) -> Path:
    path = Path(settings.WATCHED_FOLDER, folder, name)
    path.write_bytes(content)
    moment = NOW.timestamp() - age
    os.utime(path, (moment, moment))
    return path


def sentences(where: str, folder="") -> list[str]:
    files = Path(settings.WATCHED_FOLDER, folder, where).glob("*.txt")
    return [file.read_text(encoding="utf-8").strip() for file in sorted(files)]


@pytest.fixture(autouse=True)
def english(settings):
    settings.LANGUAGE_CODE = "en"


def test_with_a_rule_a_clean_file_is_taken_in(home):
    rule(home)
    path = put(own_csv({}))
    (told,) = Watcher().look(now=NOW)
    assert "taken in as batch" in told
    assert not path.exists()
    assert "1 new rows" in sentences("done")[0]
    batch = Batch.objects.get()
    assert (batch.state, batch.via, batch.accepted_by) == ("taken_in", "folder", None)


def test_without_a_rule_it_waits_for_a_person(home):
    put(own_csv({}))
    Watcher().look(now=NOW)
    assert "waits as batch" in sentences("done")[0]
    assert Batch.objects.get().state == "previewed"


def test_a_type_without_meaning_waits_even_with_a_rule(home):
    rule(home)
    put(own_csv({"type_name": "LUV"}))
    Watcher().look(now=NOW)
    assert Batch.objects.get().unmapped == ["LUV"]
    assert Batch.objects.get().state == "previewed"


def test_an_alarm_waits_even_with_a_rule(home):
    rule(home)
    put(own_csv({}, *({"pupil_key": f"x{n}"} for n in range(5))))
    Watcher().look(now=NOW)
    assert Batch.objects.get().state == "previewed"


def test_a_folder_of_a_school_is_about_that_school(home):
    rule(home, home.school_set.get())
    put(own_csv({"school_number": ""}), folder="10001")
    Watcher().look(now=NOW)
    assert Batch.objects.get().school.number == "10001"
    assert sentences("done", "10001")


def test_what_cannot_be_read_is_put_aside_with_the_reason(home):
    put(b"\x00\x01\x02\x03 nothing", name="photo.csv")
    Watcher().look(now=NOW)
    (sentence,) = sentences("rejected")
    assert "photo.csv" in sentence
    (kept,) = Path(settings.WATCHED_FOLDER, "rejected").glob("*photo.csv")
    assert kept.read_bytes().startswith(b"\x00\x01")


def test_a_file_that_still_grows_is_left_alone(home):
    path = put(own_csv({}), age=1)
    watcher = Watcher()
    assert watcher.look(now=NOW) == []
    path.write_bytes(own_csv({}, {"start": "10:00"}))
    assert watcher.look(now=NOW) == []
    assert len(watcher.look(now=NOW)) == 1
    assert Batch.objects.get().counts["read"] == 2


@pytest.mark.parametrize("name", [".hidden.csv", "marks.csv.part", "note.txt", "x.TMP"])
def test_unfinished_names_are_left_alone(home, name):
    path = put(own_csv({}), name=name)
    assert Watcher().look(now=NOW) == []
    assert path.exists()


def test_the_same_file_twice_changes_nothing(home):
    rule(home)
    for _ in range(2):
        put(own_csv({}))
        Watcher().look(now=NOW + timedelta(minutes=5))
    first, second = Batch.objects.order_by("pk")
    assert (first.counts["new"], second.counts["new"]) == (1, 0)
    assert (first.facts_version, second.facts_version) == (1, 1)


def test_a_death_between_reading_and_putting_away_is_repeated_harmlessly(home):
    path = put(own_csv({}))
    content = path.read_bytes()
    Watcher().look(now=NOW)
    put(content)  # as if it had never been moved
    Watcher().look(now=NOW + timedelta(minutes=1))
    assert Batch.objects.count() == 1


def test_two_municipalities_each_have_their_own_inbox(home):
    other = a_municipality("902", "Toisaalla")
    Path(settings.WATCHED_FOLDER, "902").mkdir()
    put(own_csv({}))
    put(own_csv({}), folder="902")
    Watcher().look(now=NOW)
    assert Batch.objects.get().municipality == other
