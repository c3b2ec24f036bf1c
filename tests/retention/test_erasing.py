"""A pupil is erased by two persons, everywhere, and nobody else is touched."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings
from django.db import models
from django.test.utils import isolate_apps

from koulutie.casework.actions.notes import Written, write_note
from koulutie.casework.models import Task
from koulutie.core.errors import DomainError, Fault
from koulutie.core.scope import Purpose
from koulutie.facts.store import Draft, Store, Version
from koulutie.intake.actions import erasing as files_of_intake
from koulutie.intake.actions.deciding import accept
from koulutie.intake.models import Batch, RejectedRow
from koulutie.intake.queries import files
from koulutie.jobs import erasing as job
from koulutie.jobs import intake
from koulutie.oversight.models import LogRelease
from koulutie.registry.access import system_scope
from koulutie.registry.models import (
    AccessEvent,
    FactsVersion,
    Grant,
    Guardian,
    OpenedPupil,
    Person,
    Pupil,
)
from koulutie.registry.queries import latest_version
from koulutie.retention.actions import erasing
from koulutie.retention.models import Erasure
from koulutie.retention.queries import belonging, dictionary
from tests import builders as build
from tests.jobs.files import map_types, own_csv, send
from tests.people import People
from tests.retention.bringing import bring, codes

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("the_tests_day")]

NOW = build.NOW
LATER = NOW + timedelta(hours=1)


@pytest.fixture
def filled(people: People) -> People:
    """Marks, a correction, a note, a guardian for the first pupil of 7B; marks of another."""
    map_types(people.home.municipality)
    one, other = {"pupil_key": "k7B1"}, {"pupil_key": "k7B2"}
    bring(own_csv(one), people.home.municipality, "first.csv")
    corrected = {"type_name": "Terveydellinen syy", "entered_at": "2026-11-18 08:00"}
    bring(own_csv(one | corrected), people.home.municipality, "second.csv")
    bring(
        own_csv(other, {**other, "date": "2026-10-05"}),
        people.home.municipality,
        "other.csv",
    )
    pupil = people.home.pupils["7B"][0]
    guardian = Guardian.objects.unscoped("test").create(
        municipality=people.home.municipality,
        first_name="Veera",
        last_name="Esimerkki-7B",
    )
    guardian.pupils.add(pupil)
    write_note(
        pupil_id=pupil.pk,
        written=Written(kind="delicate", is_restricted=True, text="Between us."),
        scope=system_scope(name="test", purpose=Purpose.ATTENDANCE),
        by=people.aino,
        now=NOW,
    )
    return people


def rows_of(pupil_id: int) -> dict[str, int]:
    latest = latest_version()
    assert latest is not None
    version = Version(number=latest.number, tables=latest.tables)
    draft = Draft(store=Store(settings.FACTS_ROOT), base=version)
    found = {}
    for name in latest.tables:
        if name in {"calendar", "class_days", "lesson_plans"}:
            continue
        rows = draft.relation(name).filter(f"pupil_id = {pupil_id}")
        found[name] = len(rows.fetchall())
    draft.engine.close()
    return found


def asked(people: People, pupil: Pupil) -> Erasure:
    return erasing.prepare(
        pupil=pupil,
        planned={},
        reason="Asked by the guardian.",
        by=people.daniel,
        now=NOW,
    )


def erased(people: People, pupil: Pupil) -> Erasure:
    erasure = asked(people, pupil)
    erasing.confirm(erasure=erasure, by=people.greta, now=NOW)
    assert job.erase_confirmed(now=LATER) == 1
    erasure.refresh_from_db()
    return erasure


def test_everything_of_the_pupil_goes_and_nothing_of_others(filled: People) -> None:
    pupil, other = filled.home.pupils["7B"]
    before = rows_of(other.pk)
    assert rows_of(pupil.pk)["marks"] == 1
    assert rows_of(pupil.pk)["mark_history"] == 1
    assert rows_of(pupil.pk)["figures"] > 0
    erasure = erased(filled, pupil)
    assert not any(rows_of(pupil.pk).values())
    assert rows_of(other.pk) == before
    assert belonging.counts(pupil.pk) == {}
    assert Pupil.objects.unscoped("test").filter(pk=other.pk).exists()
    assert (
        not Guardian.objects.unscoped("test").filter(last_name="Esimerkki-7B").exists()
    )
    assert erasure.state == "done"
    assert erasure.erased["facts"]["marks"] == 1
    assert erasure.erased["rules"]["note"] == 2
    assert erasure.reason == ""


def test_the_pupils_own_account_goes_and_a_guardian_of_another_stays(
    filled: People,
) -> None:
    pupil, other = filled.home.pupils["7B"]
    own = build.a_person("Eeva", "Esimerkki-7B")
    build.a_grant(own, "pupil", pupil)
    guardian = build.a_person("Veera", "Huoltaja")
    build.a_grant(guardian, "guardian", pupil)
    build.a_grant(guardian, "guardian", other)
    erased(filled, pupil)
    assert not Person.objects.filter(pk=own.pk).exists()
    assert Person.objects.filter(pk=guardian.pk).exists()
    assert Person.objects.filter(pk=filled.aino.pk, is_active=True).exists()


def test_older_versions_of_the_facts_go_with_their_files(filled: People) -> None:
    erased(filled, filled.home.pupils["7B"][0])
    kept = FactsVersion.objects.filter(is_kept=True)
    assert [one.number for one in kept] == [latest_version().number]  # type: ignore[union-attr]  # there is one


def test_files_that_name_the_pupil_go_and_other_files_stay(filled: People) -> None:
    erased(filled, filled.home.pupils["7B"][0])
    left = {one.file_name: one.is_purged for one in Batch.objects.all()}
    assert left == {"first.csv": True, "second.csv": True, "other.csv": False}
    assert files.source(Batch.objects.get(file_name="other.csv")).exists()
    assert (
        not RejectedRow.objects.unscoped("test").filter(raw__contains="k7B1").exists()
    )


def test_the_log_keeps_the_number_and_says_that_it_was_done(filled: People) -> None:
    pupil = filled.home.pupils["7B"][0]
    before = OpenedPupil.objects.filter(pupil_id=pupil.pk).count()
    release = LogRelease.objects.create(
        pupil_id=pupil.pk,
        released_by=filled.greta,
        released_at=NOW,
        reason="Eeva Esimerkki-7B asked for it.",
        kind="csv",
        names_staff=False,
        first_day=build.TODAY,
        last_day=build.TODAY,
        events=1,
        sha256="0" * 64,
    )
    erased(filled, pupil)
    events = AccessEvent.objects.filter(pupils__pupil_id=pupil.pk).order_by("pk")
    assert events.count() == before + 3
    told = [one.action for one in events][-3:]
    assert told == ["erase_pupil", "confirm_erasure", "erase_pupil"]
    assert events.last().actor == "system"  # type: ignore[union-attr]  # there are three
    release.refresh_from_db()
    assert release.reason == ""


def test_the_second_person_is_another_one(filled: People) -> None:
    erasure = asked(filled, filled.home.pupils["7B"][0])
    with pytest.raises(DomainError, match="Somebody else has to confirm"):
        erasing.confirm(erasure=erasure, by=filled.daniel, now=NOW)
    assert job.erase_confirmed(now=LATER) == 0
    assert Pupil.objects.unscoped("test").filter(pk=erasure.pupil_id).exists()


def test_the_database_itself_refuses_one_person_alone(filled: People) -> None:
    erasure = asked(filled, filled.home.pupils["7B"][0])
    from django.db import IntegrityError, transaction

    with pytest.raises(IntegrityError), transaction.atomic():
        Erasure.objects.filter(pk=erasure.pk).update(
            state="confirmed", confirmed_by=filled.daniel
        )


def test_nobody_is_asked_for_twice_and_a_withdrawn_one_is_not_done(
    filled: People,
) -> None:
    pupil = filled.home.pupils["7B"][0]
    erasure = asked(filled, pupil)
    with pytest.raises(DomainError, match="already asked"):
        asked(filled, pupil)
    erasing.withdraw(erasure=erasure, by=filled.greta, now=NOW)
    with pytest.raises(DomainError, match="meanwhile"):
        erasing.confirm(erasure=erasure, by=filled.greta, now=NOW)
    assert job.erase_confirmed(now=LATER) == 0
    assert asked(filled, pupil).pk != erasure.pk


def test_it_waits_for_a_file_that_would_bring_the_pupil_back(filled: People) -> None:
    pupil = filled.home.pupils["7B"][0]
    waiting = send(
        own_csv({"pupil_key": "k7B1", "date": "2026-11-20"}), filled.home.municipality
    )
    intake.preview(batch_id=waiting.pk, now=NOW)
    erasure = asked(filled, pupil)
    erasing.confirm(erasure=erasure, by=filled.greta, now=NOW)
    assert job.erase_confirmed(now=LATER) == 0
    erasure.refresh_from_db()
    assert erasure.waiting_for == [waiting.pk]
    assert Pupil.objects.unscoped("test").filter(pk=pupil.pk).exists()
    waiting.refresh_from_db()
    accept(batch=waiting, by=None, now=NOW, seen_alarms=codes(waiting))
    intake.take_in(batch_id=waiting.pk, now=NOW)
    assert job.erase_confirmed(now=LATER) == 1
    assert not any(rows_of(pupil.pk).values())


@pytest.mark.parametrize("part", ["erase_naming", "erase_rows", "clear_traces"])
def test_a_kill_midway_is_made_good_the_next_time(
    filled: People, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    pupil = filled.home.pupils["7B"][0]
    erasure = asked(filled, pupil)
    erasing.confirm(erasure=erasure, by=filled.greta, now=NOW)
    place = {"erase_naming": files_of_intake, "erase_rows": erasing}.get(part, job)

    def die(*_args: object, **_kwargs: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(place, part, die)
        with pytest.raises(KeyboardInterrupt):
            job.erase_confirmed(now=LATER)
    erasure.refresh_from_db()
    assert erasure.state == "confirmed"
    assert job.erase_confirmed(now=LATER) == 1
    erasure.refresh_from_db()
    assert erasure.state == "done"
    assert erasure.erased["facts"]["marks"] == 1
    assert not any(rows_of(pupil.pk).values())


def test_every_row_that_hangs_on_a_pupil_is_found(filled: People) -> None:
    found = {one.label: one.lookup for one in belonging.belongings()}
    assert found["registry.Pupil"] == "pk"
    assert found["casework.Reaction"] == "task__pupil"
    assert found["casework.NoteRevision"] == "note__pupil"
    assert found["registry.Guardian"] == "pupils"
    assert found["accounts.GuardianLink"] == "pupil"  # not all pupils of the guardian
    assert not any("pupils__" in way or "__pupils" in way for way in found.values())
    assert "registry.AccessEvent" not in found
    named = {model._meta.label for model in belonging.numbered()}
    assert {
        "registry.OpenedPupil",
        "oversight.LogRelease",
        "retention.Erasure",
    } <= named
    assert {Task, Grant} <= {one.model for one in belonging.belongings()}


@isolate_apps("koulutie.retention")
def test_a_model_that_would_hold_a_pupil_back_is_a_fault(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Clinging(models.Model):
        pupil = models.ForeignKey(Pupil, on_delete=models.PROTECT)

        class Privacy:
            fields = {"pupil": ("personal", "pupil")}

        class Meta:
            app_label = "retention"

        def __str__(self) -> str:
            return "clinging"

    known = list(dictionary.our_models())
    monkeypatch.setattr(belonging, "our_models", lambda: iter([*known, Clinging]))
    with pytest.raises(Fault, match="from being erased"):
        belonging.belongings()
