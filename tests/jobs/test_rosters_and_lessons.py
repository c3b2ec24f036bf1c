"""Rosters and offered lessons come the same way as marks, and the figures follow them."""

from __future__ import annotations

import pytest
from django.conf import settings

from koulutie.core.scope import Purpose
from koulutie.facts.scoped import open_scoped
from koulutie.facts.store import Store, Version
from koulutie.intake.models import Batch
from koulutie.intake.queries import freshness
from koulutie.jobs import intake
from koulutie.registry.access import system_scope
from koulutie.registry.models import Enrolment, Pupil, SchoolClass
from koulutie.registry.queries import latest_version
from tests.builders import NOW
from tests.intake.broken import OFFERED, ROSTER, text
from tests.jobs.files import map_types, own_csv, send
from tests.jobs.test_taking_in import bring

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def home(people):
    map_types(people.home.municipality)
    return people.home


def table(name):
    latest = latest_version()
    version = Version(number=latest.number, tables=latest.tables)
    scope = system_scope(name="test", purpose=Purpose.INTAKE)
    with open_scoped(Store(settings.FACTS_ROOT), version, scope) as reader:
        return reader.frame(name).collect(backend="pyarrow").to_native().to_pylist()


NEW = "k9;;;Eeva;Esimerkki;10001;Joutsenmäen koulu;7C;7;fi;2026-08-13;;"


def test_a_roster_is_previewed_without_changing_anything(home):
    batch = send(text(NEW, header=ROSTER), home.municipality, name="roster.csv")
    pupils, classes = (
        Pupil.objects.unscoped("test").count(),
        SchoolClass.objects.count(),
    )
    batch = intake.preview(batch_id=batch.pk, now=NOW)
    assert (batch.state, batch.contents) == ("previewed", "roster")
    assert batch.counts["roster"]["new pupils"] == 1
    assert batch.counts["roster"]["new classes"] == 1
    assert (Pupil.objects.unscoped("test").count(), SchoolClass.objects.count()) == (
        pupils,
        classes,
    )


def test_a_roster_brings_pupils_and_the_facts_follow(home):
    batch = bring(text(NEW, header=ROSTER), home.municipality, name="roster.csv")
    assert (batch.state, batch.facts_version) == ("taken_in", 1)
    enrolment = Enrolment.objects.unscoped("test").get(
        pupil__last_name="Esimerkki", pupil__keys__key="k9"
    )
    assert enrolment.pupil_id in {row["pupil_id"] for row in table("enrolments")}
    again = bring(text(NEW, header=ROSTER), home.municipality, name="roster.csv")
    assert (again.counts["new"], again.facts_version) == (0, 1)


def test_a_death_between_registry_and_facts_is_made_good(home):
    batch = bring(text(NEW, header=ROSTER), home.municipality, name="roster.csv")
    Batch.objects.filter(pk=batch.pk).update(facts_version=None)
    assert intake.follow_rosters(now=NOW) == 1
    batch.refresh_from_db()
    assert batch.facts_version == latest_version().number
    assert intake.follow_rosters(now=NOW) == 0


def test_marks_of_a_pupil_come_in_once_the_roster_has_named_them(home):
    content = own_csv({"pupil_key": "k9", "class_code": "7C"})
    first = bring(content, home.municipality)
    assert (first.counts["new"], first.counts["rejected"]) == (0, 1)
    bring(text(NEW, header=ROSTER), home.municipality, name="roster.csv")
    again = bring(content, home.municipality)
    assert (again.counts["new"], again.counts["rejected"]) == (1, 0)


def test_a_sentence_about_many_rows_is_told_once(home):
    rows = [f"x{n};;;Eeva;Esimerkki;10001;K;;;fi;;;" for n in range(30)]
    batch = send(text(*rows, header=ROSTER), home.municipality, name="roster.csv")
    batch = intake.preview(batch_id=batch.pk, now=NOW)
    (told,) = (one for one in batch.shape["warnings"] if one.get("count", 1) > 1)
    assert told["count"] == 30


def test_lessons_of_a_class_are_added_up_by_day(home):
    content = text(
        ";10001;7B;;2026-11-16;09:00;09:45;1;false;true",
        ";10001;7B;;2026-11-16;10:00;10:45;1;false;false",
        ";10001;7B;;2026-11-16;11:00;11:45;1;true;",
        ";10001;7B;;2026-11-17;09:00;09:45;1;false;",
        header=OFFERED,
    )
    batch = bring(content, home.municipality, name="lessons.csv")
    assert (batch.state, batch.contents, batch.counts["read"]) == (
        "taken_in",
        "offered",
        4,
    )
    rows = sorted(table("offered_lessons"), key=lambda row: row["date"])
    assert [(row["lessons"], row["lessons_kept"]) for row in rows] == [
        (2.0, 1.0),
        (1.0, None),
    ]
    assert {row["class_id"] for row in rows} == {home.classes["7B"].pk}
    version = latest_version().number
    bring(content, home.municipality, name="lessons.csv")
    assert latest_version().number == version, "the same lessons again change nothing"


def test_lessons_of_one_pupil_are_placed_in_the_pupils_school(home):
    content = text("k3A1;;;;2026-11-16;;;5;;true", header=OFFERED)
    bring(content, home.municipality, name="lessons.csv")
    (row,) = table("offered_lessons")
    assert row["pupil_id"] == home.pupils["3A"][0].pk
    assert row["school_id"] == home.schools["sv"].pk
    assert (row["class_id"], row["lessons_kept"]) == (None, 5.0)


def test_freshness_tells_newest_marks_and_kept_registers_by_school_and_class(home):
    bring(own_csv({}, {"date": "2026-11-12"}), home.municipality)
    lessons = text(
        ";10001;7B;;2026-11-16;;;4;;true",
        ";10001;7B;;2026-11-17;;;4;;false",
        header=OFFERED,
    )
    bring(lessons, home.municipality, name="lessons.csv")
    latest = latest_version()
    version = Version(number=latest.number, tables=latest.tables)
    scope = system_scope(name="test", purpose=Purpose.INTAKE)
    with open_scoped(Store(settings.FACTS_ROOT), version, scope) as reader:
        found = freshness.by_school(reader, school_year=2026)
    school = found[home.schools["fi"].pk]
    assert (school.school.latest.isoformat(), school.school.marks) == ("2026-11-16", 2)
    assert school.school.share_kept == 0.5
    assert school.classes[home.classes["7B"].pk].marks == 2
    assert home.schools["sv"].pk not in found
