"""The night erases what has been kept long enough, says what, and may be killed midway."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from django.contrib.sessions.models import Session
from django.db import transaction
from django.test import Client
from django.urls import reverse

from koulutie import catalog
from koulutie.casework.models import Note, NoteRevision, Task
from koulutie.core.definitions.retention import CountedFrom
from koulutie.core.scope import Purpose
from koulutie.intake.models import Batch
from koulutie.jobs import erasing as job_erasing
from koulutie.jobs import retention
from koulutie.oversight.models import LogRelease
from koulutie.registry import audit
from koulutie.registry.actions.log import seal_log
from koulutie.registry.models import AccessEvent, Grant, Person, Pupil
from koulutie.retention.models import RetentionRun
from koulutie.retention.queries import due
from tests import builders as build
from tests.jobs.files import map_types, own_csv, send
from tests.people import People
from tests.retention.bringing import bring
from tests.security.world import a_note, a_task

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("the_tests_day")]


def at(on: date) -> datetime:
    return datetime(on.year, on.month, on.day, 3, tzinfo=build.HELSINKI)


def run(on: date, *, dry_run: bool = False) -> dict[tuple[str, str], dict[str, object]]:
    report = retention.run(as_of=on, now=at(on), dry_run=dry_run)
    return {(one["rule"], one["kind"]): one for one in report.facts["lines"]}


@pytest.fixture
def leaver(people: People) -> Pupil:
    """A pupil who left on 1 June 2025, with a task and a note."""
    school_class = build.a_class(people.home.schools["fi"], "9C", year=2024)
    pupil = build.a_pupil(school_class, "Lauri", "Lähtijä", to_date=date(2025, 6, 1))
    a_task(school_class, pupil)
    a_note(people.home.classes["7A"], pupil)
    return pupil


def test_months_are_months() -> None:
    assert due.months_before(date(2026, 3, 31), 1) == date(2026, 2, 28)
    assert due.months_before(date(2026, 1, 15), 13) == date(2024, 12, 15)
    assert due.months_before(date(2026, 11, 24), 24) == date(2024, 11, 24)


def test_a_note_goes_after_its_months_and_the_pupil_after_theirs(
    leaver: Pupil, people: People
) -> None:
    assert ("note", "casework.Note") not in run(date(2026, 5, 31))
    assert NoteRevision.objects.unscoped("test").count() == 1
    lines = run(date(2026, 6, 1))
    assert lines["note", "casework.Note"]["gone"] == 1
    assert lines["note", "casework.NoteRevision"]["gone"] == 1
    assert not Note.objects.unscoped("test").exists()
    assert Task.objects.unscoped("test").count() == 1
    run(date(2027, 5, 31))
    assert Pupil.objects.unscoped("test").filter(pk=leaver.pk).exists()
    lines = run(date(2027, 6, 1))
    assert lines["pupil", "pupils"]["gone"] == 1
    assert not Pupil.objects.unscoped("test").filter(pk=leaver.pk).exists()
    assert not Task.objects.unscoped("test").exists()
    assert (
        Pupil.objects.unscoped("test")
        .filter(pk=people.home.pupils["7A"][0].pk)
        .exists()
    )


def test_a_newer_file_that_has_the_same_last_name_stays(
    leaver: Pupil, people: People
) -> None:
    map_types(people.home.municipality)
    row = {"pupil_key": "k7B1", "teacher_code": "Lähtijä"}
    batch = bring(own_csv(row), people.home.municipality)
    Batch.objects.filter(pk=batch.pk).update(received_at=at(date(2027, 5, 1)))
    assert run(date(2027, 6, 1))["pupil", "pupils"]["gone"] == 1
    batch.refresh_from_db()
    assert not batch.is_purged
    assert not Pupil.objects.unscoped("test").filter(pk=leaver.pk).exists()


def test_a_dry_run_says_the_same_and_erases_nothing(leaver: Pupil) -> None:
    on = date(2027, 6, 1)
    lines = run(on, dry_run=True)
    assert lines["pupil", "pupils"] | {"gone": 0} == lines["pupil", "pupils"]
    assert lines["pupil", "pupils"]["due"] == 1
    assert lines["note", "casework.Note"]["due"] == 1
    assert Pupil.objects.unscoped("test").filter(pk=leaver.pk).exists()
    assert Note.objects.unscoped("test").count() == 1
    assert RetentionRun.objects.get().is_dry_run
    assert not AccessEvent.objects.filter(action="retention").exists()


def test_a_municipality_decides_how_long(
    leaver: Pupil, monkeypatch: pytest.MonkeyPatch
) -> None:
    shorter = catalog.current().retention.model_copy(deep=True)
    rules = tuple(
        one.model_copy(update={"months": 1}) if one.id == "pupil" else one
        for one in shorter.rules
    )
    mine = catalog.current().retention.model_copy(update={"rules": rules})
    import dataclasses

    ours = dataclasses.replace(catalog.current(), retention=mine)
    monkeypatch.setattr(catalog, "current", lambda: ours)
    run(date(2025, 7, 1))
    assert not Pupil.objects.unscoped("test").filter(pk=leaver.pk).exists()


def test_staff_who_wrote_stay_as_a_number_and_others_go(people: People) -> None:
    a_note(people.home.classes["7B"], people.home.pupils["7B"][0])  # by Aino
    gone = build.a_person("Lilja", "Lähtenyt")
    build.a_grant(gone, "class_teacher", people.home.classes["7A"])
    Grant.objects.filter(person__in=[people.aino, gone]).update(
        valid_from=date(2024, 8, 1), valid_to=date(2024, 12, 2)
    )
    assert run(date(2026, 12, 1))["staff", "staff"]["due"] == 0
    line = run(date(2026, 12, 2))["staff", "staff"]
    assert (line["due"], line["gone"], line["stays"]) == (2, 2, 1)
    assert not Person.objects.filter(pk=gone.pk).exists()
    aino = Person.objects.get(pk=people.aino.pk)
    assert (aino.first_name, aino.last_name) == ("", f"#{aino.pk}")
    assert not aino.is_active
    assert not aino.has_usable_password()
    assert not Grant.objects.filter(person=aino).exists()
    assert Person.objects.filter(pk=people.iris.pk).exists()  # no role has ended
    assert run(date(2026, 12, 3))["staff", "staff"]["due"] == 0


# On PostgreSQL nothing is sealed before its transaction has ended.
@pytest.mark.django_db(transaction=True)
def test_sealed_log_and_what_was_given_out_go_after_their_years(people: People) -> None:
    audit.record(
        actor="person:1",
        action="view_pupil",
        purpose=Purpose.ATTENDANCE,
        target="pupil:1",
        reason="r",
        at=build.NOW,
    )
    LogRelease.objects.create(
        pupil_id=1,
        released_by=people.greta,
        released_at=build.NOW,
        reason="r",
        kind="csv",
        names_staff=False,
        first_day=build.TODAY,
        last_day=build.TODAY,
        events=1,
        sha256="0" * 64,
    )
    with transaction.atomic():
        seal_log(now=build.NOW)
    assert run(date(2031, 11, 24))["access_log", "events"]["due"] == 0
    lines = run(date(2031, 11, 26))
    assert int(str(lines["access_log", "events"]["gone"])) > 0
    assert lines["access_log", "oversight.LogRelease"]["gone"] == 1
    assert not LogRelease.objects.exists()
    assert not AccessEvent.objects.filter(action="view_pupil").exists()


def test_files_go_after_their_months_those_of_the_watched_folder_too(
    people: People, settings: object
) -> None:
    import os
    from pathlib import Path

    map_types(people.home.municipality)
    send(own_csv({}), people.home.municipality)
    done = Path(str(settings.WATCHED_FOLDER)) / "done"  # type: ignore[attr-defined]  # pytest-django's
    done.mkdir(parents=True)
    (done / "old.csv").write_text("k7B1")
    os.utime(done / "old.csv", (build.NOW.timestamp(), build.NOW.timestamp()))
    assert run(date(2027, 12, 28))["batch", "files"]["due"] == 1
    assert not (done / "old.csv").exists()
    lines = run(date(2028, 2, 1))
    assert lines["batch", "files"]["gone"] == 1
    assert Batch.objects.get().is_purged


def test_a_run_that_was_killed_is_gone_on_with(
    leaver: Pupil, monkeypatch: pytest.MonkeyPatch
) -> None:
    cleared: list[bool] = []
    monkeypatch.setattr(job_erasing, "clear_traces", lambda: cleared.append(True))

    def die(*_args: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setitem(retention.DOES, CountedFrom.END_OF_EMPLOYMENT, die)
        with pytest.raises(KeyboardInterrupt):
            run(date(2027, 6, 1))
    cut_off = RetentionRun.objects.get()
    assert cut_off.finished_at is None
    assert {one["rule"] for one in cut_off.lines} >= {"pupil"}
    assert not Pupil.objects.unscoped("test").filter(pk=leaver.pk).exists()
    assert not cleared
    run(date(2027, 6, 2))
    assert cleared == [True]
    assert RetentionRun.objects.filter(finished_at=None).count() == 1
    run(date(2027, 6, 3))
    assert cleared == [True]


def test_every_rule_is_reported_and_the_officer_reads_why(
    leaver: Pupil, people: People
) -> None:
    nobody_knows = Pupil.objects.unscoped("test").create(
        municipality=people.home.municipality
    )
    lines = run(date(2027, 6, 1))
    assert {rule for rule, _ in lines} == set(catalog.current().retention.by_id)
    assert lines["pupil", "pupils"]["stays"] == 1
    assert Pupil.objects.unscoped("test").filter(pk=nobody_knows.pk).exists()
    people.greta.language = "en"
    people.greta.save()
    client = Client()
    client.force_login(people.greta)
    page = client.get(reverse("retention:report")).content.decode()
    assert "nobody can say when they left" in page
    assert "Lähtijä" not in page
    assert AccessEvent.objects.filter(action="retention").count() == 1


def test_models_of_a_written_rule_say_when() -> None:
    for rule in catalog.current().retention.rules:
        if rule.counted_from is CountedFrom.WRITTEN and rule.id != "batch":
            for model, field in due.written_models(rule.id):
                assert model._meta.get_field(field) is not None
    logs = {model._meta.label for model, _ in due.written_models("access_log")}
    assert {"oversight.LogRelease", "retention.Erasure", "retention.GivenFile"} <= logs


def test_sessions_that_have_ended_are_forgotten(people: People) -> None:
    client = Client()
    client.force_login(people.aino)
    client.force_login(people.greta)
    old = Session.objects.get(pk=client.session.session_key)
    Client().force_login(people.aino)
    old.expire_date = build.NOW - timedelta(days=3650)
    old.save()
    before = Session.objects.count()
    run(build.TODAY, dry_run=True)
    assert Session.objects.count() == before
    run(build.TODAY)
    assert Session.objects.count() == before - 1


def test_the_first_half_year_erases_nothing(people: People) -> None:
    before = Pupil.objects.unscoped("test").count()
    lines = run(build.TODAY + timedelta(days=180))
    assert sum(int(str(one["gone"])) for one in lines.values()) == 0
    assert Pupil.objects.unscoped("test").count() == before
