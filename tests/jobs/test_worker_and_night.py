"""Who does the work that waits, and what the night does in which order."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.conf import settings

from koulutie.facts.store import Store
from koulutie.intake.actions.claiming import claimed, held, release_dead
from koulutie.intake.actions.deciding import accept
from koulutie.intake.actions.purging import purge, sweep
from koulutie.intake.models import Batch, RejectedRow
from koulutie.intake.queries import files
from koulutie.jobs import night
from koulutie.jobs.worker import Worker, drain
from koulutie.registry.actions import set_lesson_total
from koulutie.registry.models import FactsVersion
from koulutie.registry.queries import latest_version
from tests.builders import NOW
from tests.jobs.files import map_types, own_csv, send
from tests.jobs.test_taking_in import bring, marks

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def home(people):
    map_types(people.home.municipality)
    return people.home


def test_the_worker_reads_what_was_sent_and_takes_in_what_was_accepted(home):
    batch = send(own_csv({}), home.municipality)
    worker = Worker()
    assert worker.step(now=NOW)
    batch.refresh_from_db()
    assert batch.state == "previewed"
    accept(batch=batch, by=None, now=NOW)
    assert worker.step(now=NOW)
    batch.refresh_from_db()
    assert (batch.state, len(marks())) == ("taken_in", 1)
    assert not worker.step(now=NOW)


def test_a_batch_that_somebody_holds_is_left_alone(home):
    batch = send(own_csv({}), home.municipality)
    with claimed(batch_id=batch.pk, to="reading", now=NOW) as mine:
        assert mine == batch
        with claimed(batch_id=batch.pk, to="reading", now=NOW) as other:
            assert other is None
        assert release_dead(now=NOW) == 0


def test_a_batch_whose_worker_died_is_put_back(home):
    batch = send(own_csv({}), home.municipality)
    Batch.objects.filter(pk=batch.pk).update(state="reading", progress=40)
    assert release_dead(now=NOW) == 1
    batch.refresh_from_db()
    assert (batch.state, batch.progress) == ("received", 0)


def test_a_fault_in_one_batch_stops_no_other(home, monkeypatch):
    first = send(own_csv({}), home.municipality)
    files.source(first).unlink()
    second = send(own_csv({"start": "11:00"}), home.municipality)
    drain(now=NOW)
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, second.state) == ("failed", "previewed")


def test_the_night_computes_everything_for_its_day(home):
    bring(own_csv({}), home.municipality)
    report = night.run(as_of=date(2026, 11, 25), now=NOW + timedelta(hours=18))
    assert (report.facts["facts_version"], report.facts["as_of"]) == (2, "2026-11-25")
    assert latest_version().as_of == date(2026, 11, 25)
    assert latest_version().cause == "night"
    assert len(marks()) == 1


def test_the_night_of_an_empty_home_says_so(db):
    report = night.run(as_of=NOW.date(), now=NOW)
    assert report.facts["facts_version"] is None
    assert report.lines == ["Nothing has been imported yet."]


def test_the_night_brings_lesson_totals_over(home):
    bring(own_csv({}), home.municipality)
    set_lesson_total(
        school_year=home.classes["7B"].school_year,
        grade=7,
        lessons_per_week=30,
        by=None,
        now=NOW,
    )
    night.run(as_of=NOW.date(), now=NOW)
    assert latest_version().tables["lesson_plans"] > 0


def test_old_versions_are_cleared_away_and_the_marks_stay(home, monkeypatch):
    monkeypatch.setattr(night, "KEPT_VERSIONS", 2)
    bring(own_csv({}), home.municipality)
    for hour in range(1, 4):
        report = night.run(as_of=NOW.date(), now=NOW + timedelta(hours=hour))
    kept = FactsVersion.objects.filter(is_kept=True).values_list("number", flat=True)
    assert sorted(kept) == [3, 4]
    assert report.done["files_deleted"] > 0
    assert len(marks()) == 1
    assert Store(settings.FACTS_ROOT)


def test_files_and_rejected_rows_are_erased_when_their_time_is_over(home):
    batch = bring(own_csv({}, {"pupil_key": "x"}), home.municipality)
    assert purge(now=NOW + timedelta(days=390)) == 0
    assert purge(now=NOW + timedelta(days=410)) == 1
    batch.refresh_from_db()
    assert batch.is_purged
    assert batch.counts["read"] == 2
    assert not files.folder(batch).exists()
    assert not RejectedRow.objects.unscoped("test").exists()
    assert purge(now=NOW + timedelta(days=410)) == 0


def test_a_batch_that_is_being_worked_on_is_not_erased(home):
    batch = send(own_csv({}), home.municipality)
    with held(batch):
        assert purge(now=NOW + timedelta(days=410)) == 0


def test_copies_that_were_never_finished_are_swept(home):
    batch = send(own_csv({}), home.municipality)
    (files.root() / "incoming-1").write_bytes(b"half")
    (files.root() / "999").mkdir()
    assert sweep(now=NOW + timedelta(days=400)) == 2
    assert files.source(batch).exists()
