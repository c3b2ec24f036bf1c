"""The command line's way in, on files that nobody here wrote and on our own."""

from __future__ import annotations

import csv
import json
from datetime import timedelta

import pytest

from koulutie.core.errors import DomainError
from koulutie.intake.models import Batch, MarkTypeMapping
from koulutie.intake.queries import files
from koulutie.jobs.intake import import_file
from koulutie.registry.models import (
    AccessEvent,
    Municipality,
    Pupil,
    School,
    SchoolClass,
)
from koulutie.registry.queries import latest_version
from tests.builders import NOW
from tests.jobs.files import map_types, own_csv
from tests.jobs.test_taking_in import marks

pytestmark = pytest.mark.django_db(transaction=True)

PAGE = "data/wilma_page_grade7/attendance.html"
NAMED = {"school": "00001", "class_code": "7A", "pupil_key": "P1"}


def test_a_real_page_in_an_empty_home(shared):
    report = import_file(shared / PAGE, accept=True, now=NOW, **NAMED)
    assert not report.is_refused, report.sentence
    facts = json.loads(json.dumps(report.facts))
    expected = {
        "read": 57,
        "new": 57,
        "changed": 0,
        "unchanged": 0,
        "rejected": 0,
        "absent_lessons": 8,
        "mark_types": 26,
        "unmapped": [],
        "facts_version": 1,
    }
    assert {name: facts[name] for name in expected} == expected
    assert report.checks[0]["agrees"]
    assert "Terveydellinen syy = absence_health" in report.by_exact_name
    assert len(report.by_exact_name) == 10
    assert School.objects.get().number == "00001"
    assert SchoolClass.objects.get().code == "7A"
    assert Pupil.objects.unscoped("test").count() == 1


def test_the_marks_of_the_real_page_are_those_of_its_list(shared):
    import_file(shared / PAGE, accept=True, now=NOW, **NAMED)
    listed = (shared / "data/wilma_page_grade7/marks.csv").read_text(encoding="utf-8")
    expected = sorted(
        (row["date"], row["start_inferred"], row["type_label"])
        for row in csv.DictReader(listed.splitlines())
    )
    found = sorted(
        (
            row["date"].isoformat(),
            "{:02}:{:02}".format(*divmod(row["start_minute"], 60)),
            row["type_name"],
        )
        for row in marks()
    )
    assert found == expected
    absent = [row for row in marks() if row["lessons"]]
    assert {row["type_name"] for row in absent} == {"Terveydellinen syy"}


def test_the_same_page_twice_changes_nothing(shared):
    import_file(shared / PAGE, accept=True, now=NOW, **NAMED)
    before = marks()
    later = NOW + timedelta(days=1)
    report = import_file(shared / PAGE, accept=True, now=later, **NAMED)
    assert (report.new, report.unchanged, report.facts_version) == (0, 57, 1)
    assert marks() == before


def test_a_dry_run_writes_nothing(shared):
    report = import_file(shared / PAGE, dry_run=True, now=NOW, **NAMED)
    assert (report.read, report.new, report.absent_lessons) == (57, 57, 8)
    assert len(report.unmapped) == 10
    assert (report.batch, report.facts_version) == (None, None)
    for model in (Municipality, School, Pupil, Batch, MarkTypeMapping, AccessEvent):
        assert not model._base_manager.exists(), model
    assert not files.root().exists()
    assert latest_version() is None


def test_without_accept_the_file_waits_with_suggestions(shared):
    report = import_file(shared / PAGE, now=NOW, **NAMED)
    assert not report.is_refused
    assert "waits for a person" in report.sentence
    assert report.absent_lessons == 8
    suggested = {one.name: one.suggestion for one in report.types}
    assert suggested["Terveydellinen syy"] == "absence_health"
    assert not MarkTypeMapping.objects.exists()
    assert latest_version() is None


def test_a_type_that_the_catalogue_does_not_know_stops_accepting(shared):
    page = shared / "data/openwilma/lesson_notes.data"
    report = import_file(
        page, accept=True, now=NOW, school="2", class_code="8A", pupil_key="P2"
    )
    assert report.is_refused
    assert "Poissaolo (Selvitä)" in report.sentence
    assert "Poissaolo (Selvitä)" in report.unmapped
    assert report.read == 14
    assert not MarkTypeMapping.objects.exists(), "nothing is half mapped"
    assert latest_version() is None


def test_an_empty_page_is_no_error(shared):
    page = shared / "data/openwilma/lesson_notes_empty.data"
    report = import_file(
        page, accept=True, now=NOW, school="2", class_code="8A", pupil_key="P2"
    )
    assert (report.is_refused, report.read, report.new) == (False, 0, 0)


def test_edfi_events_of_several_schools(shared, tmp_path):
    mapping = tmp_path / "map.csv"
    mapping.write_text("Partial;info\n")
    report = import_file(
        shared / "data/edfi_sample/StudentSchoolAttendance.xml",
        accept=True,
        now=NOW,
        class_code="9A",
        mapping=mapping,
    )
    assert not report.is_refused, report.sentence
    assert (report.read, report.new, report.pupils) == (1917, 1917, 227)
    assert {one.name: one.count for one in report.types} == {
        "Excused Absence": 1077,
        "Unexcused Absence": 773,
        "Tardy": 66,
        "Partial": 1,
    }


def test_one_school_of_a_file_about_several(shared, tmp_path):
    mapping = tmp_path / "map.csv"
    mapping.write_text("Partial;info\n")
    report = import_file(
        shared / "data/edfi_sample/StudentSchoolAttendance.xml",
        school="255901001",
        class_code="9A",
        mapping=mapping,
        accept=True,
        now=NOW,
    )
    assert (report.read, report.new, report.rejected) == (1917, 620, 1297)
    assert report.is_refused, "a person looks before two thirds are left out"
    assert "about another school" in report.rejections[0].reason
    assert [school.number for school in School.objects.all()] == ["255901001"]
    assert Pupil.objects.unscoped("counted").count() == report.pupils == 64, (
        "pupils of others are not made"
    )


def test_a_mapping_file_gives_meanings(people, tmp_path):
    page = tmp_path / "marks.csv"
    page.write_bytes(own_csv({"type_name": "LUV"}))
    mapping = tmp_path / "map.yaml"
    mapping.write_text("LUV: absence_unauthorised\n")
    report = import_file(
        page,
        municipality=people.home.municipality,
        mapping=mapping,
        accept=True,
        now=NOW,
    )
    assert (report.new, report.absent_lessons) == (1, 1)
    assert [row["kind"] for row in marks()] == ["absence_unauthorised"]


def test_an_alarm_stops_accepting_without_a_person(people, tmp_path):
    def bring(name, *rows):
        file = tmp_path / name
        file.write_bytes(own_csv(*rows))
        return import_file(
            file, municipality=people.home.municipality, accept=True, now=NOW
        )

    assert not bring("one.csv", {}).is_refused
    broken = [{"pupil_key": f"nobody{n}"} for n in range(5)]
    report = bring("two.csv", {"start": "10:00"}, *broken)
    assert report.is_refused
    assert "a person has looked at what is odd" in report.sentence
    assert "5 rows were rejected" in report.alarms[0]
    assert report.rejected == 5


@pytest.mark.parametrize("dry_run", [True, False])
def test_a_file_that_is_not_there(tmp_path, dry_run):
    with pytest.raises(DomainError, match=r"nothing\.csv cannot be opened: No such"):
        import_file(tmp_path / "nothing.csv", dry_run=dry_run, now=NOW)
    assert not Batch.objects.exists()


def test_a_file_of_no_known_kind_is_refused_with_its_sentence(tmp_path):
    file = tmp_path / "photo.png"
    file.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)))
    report = import_file(file, accept=True, now=NOW)
    assert report.is_refused
    assert "photo.png" in report.sentence
    assert latest_version() is None


@pytest.mark.parametrize("state", ["received", "reading", "accepted", "taking_in"])
def test_what_an_earlier_death_left_is_taken_up_again(people, tmp_path, state):
    municipality = people.home.municipality
    map_types(municipality)
    page = tmp_path / "marks.csv"
    page.write_bytes(own_csv({}))
    first = import_file(page, municipality=municipality, now=NOW)
    accepted = NOW if state in {"accepted", "taking_in"} else None
    Batch.objects.filter(pk=first.batch).update(state=state, accepted_at=accepted)
    report = import_file(page, municipality=municipality, accept=True, now=NOW)
    assert (report.batch, report.state, report.new) == (first.batch, "taken_in", 1)
