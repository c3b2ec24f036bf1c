"""Every kind of broken file gets its sentence and changes nothing.

The kinds that are a file's content stand in tests/intake/broken.py; those that are a
machine's mishap (a cut connection, a full disk, a death) are here.
"""

from __future__ import annotations

import os
import resource
import signal
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from koulutie.core.errors import DomainError
from koulutie.intake.actions.deciding import accept, read_again
from koulutie.intake.models import Batch, RejectedRow
from koulutie.intake.queries import files
from koulutie.jobs import intake
from koulutie.jobs.intake import import_file
from koulutie.registry.models import (
    CalendarDay,
    Enrolment,
    FactsVersion,
    Pupil,
    PupilKey,
    School,
    SchoolClass,
)
from tests.builders import NOW
from tests.intake.broken import EVERYTHING, Broken
from tests.jobs.files import map_types, own_csv, send
from tests.jobs.test_taking_in import bring, marks

pytestmark = pytest.mark.django_db(transaction=True)
LATER = NOW + timedelta(minutes=5)


def everything() -> dict[str, object]:
    """What must be the same before and after: the facts, and all that the registry knows."""
    models = (
        *(Pupil, PupilKey, Enrolment, School, SchoolClass, CalendarDay),
        FactsVersion,
    )
    counts = {
        model.__name__: sorted(map(str, model._base_manager.values_list()))
        for model in models
    }
    return counts | {"marks": marks()}


@pytest.fixture
def empty_home(people):
    """A municipality into which no marks have come yet."""
    map_types(people.home.municipality)
    return people.home


@pytest.fixture
def home(empty_home):
    """The same with marks in it."""
    bring(own_csv({"date": "2026-11-09", "entered_at": ""}), empty_home.municipality)
    return empty_home


def told_by(report) -> str:
    """All that the importer is told."""
    reasons = [one.reason for one in report.rejections]
    return "\n".join((report.sentence, *reasons, *report.alarms, *report.warnings))


def offer(one: Broken, home, folder: Path, **more) -> str:
    path = folder / one.name
    path.write_bytes(one.content)
    try:
        report = import_file(
            path,
            municipality=home.municipality,
            accept=True,
            now=LATER,
            **one.asked,
            **more,
        )
    except DomainError as refusal:
        return str(refusal)
    return told_by(report)


@pytest.mark.parametrize("one", EVERYTHING, ids=lambda one: one.kind)
def test_it_gets_its_sentence_and_changes_nothing(one, empty_home, tmp_path):
    before = everything()
    assert one.said in offer(one, empty_home, tmp_path)
    assert everything() == before
    assert not Batch.objects.filter(state__in=("reading", "taking_in")).exists()


@pytest.mark.parametrize("dry_run", [False, True])
def test_none_of_them_changes_what_is_in(home, tmp_path, dry_run):
    before = everything()
    batches = Batch.objects.count()
    for one in EVERYTHING:
        offer(one, home, tmp_path, dry_run=dry_run)
    assert everything() == before
    assert (Batch.objects.count() == batches) is dry_run


def test_the_list_is_long():
    assert len(EVERYTHING) >= 60


# --- rows that are right, and yet change nothing or less than they seem ------------------


def test_a_broken_row_does_not_keep_the_good_ones_out(home):
    rows = [{"start": f"{hour:02}:00"} for hour in range(8, 16)]
    lines = own_csv(*rows).decode().splitlines()
    lines.insert(3, "m1;k7B1;only three")
    batch = bring("\n".join(lines).encode(), home.municipality)
    assert (batch.counts["new"], batch.counts["rejected"]) == (8, 1)
    (row,) = RejectedRow.objects.unscoped("test").filter(batch=batch)
    assert (row.line, row.raw) == (4, "m1;k7B1;only three")


def test_marks_on_a_holiday_wait_for_a_person(home):
    batch = send(own_csv({"date": "2026-10-12"}), home.municipality)
    batch = intake.preview(batch_id=batch.pk, now=LATER)
    with pytest.raises(DomainError, match="before a person has looked at what is odd"):
        accept(batch=batch, by=None, now=LATER)
    assert len(marks()) == 1


def test_a_row_twice_in_a_file_is_one_mark(home):
    batch = bring(own_csv({}, {}), home.municipality)
    assert (batch.counts["new"], batch.counts["duplicate"]) == (1, 1)


def test_an_older_form_of_a_mark_changes_nothing(home):
    bring(own_csv({"type_name": "Terveydellinen syy"}), home.municipality)
    before = marks()
    old = own_csv({"entered_at": "2026-11-16 08:00"})
    batch = bring(old, home.municipality)
    assert (batch.counts["changed"], batch.counts["stale"]) == (0, 1)
    assert marks() == before


def test_an_hour_that_comes_twice_is_no_obstacle(home):
    """On 25.10.2026 clocks go back at four: 3.30 comes twice, and is read as the first."""
    content = own_csv({"date": "2026-10-26", "entered_at": "2026-10-25 03:30"})
    assert bring(content, home.municipality).counts["new"] == 1


def test_an_hour_that_never_comes_is_no_obstacle(home):
    """On 29.3.2026 clocks go forward at three: 3.30 is not there."""
    content = own_csv({"entered_at": "2026-03-29 03:30"})
    assert bring(content, home.municipality).counts["new"] == 1


# --- mishaps of the machine ---------------------------------------------------------------


def test_a_folder_in_place_of_a_file(home, tmp_path):
    with pytest.raises(DomainError, match="cannot be opened: Is a directory"):
        import_file(tmp_path, municipality=home.municipality, now=LATER)


def test_a_file_that_was_erased_before_it_was_read(home):
    batch = send(own_csv({}), home.municipality)
    files.source(batch).unlink()
    batch = intake.preview(batch_id=batch.pk, now=LATER)
    assert batch.state == "failed"
    assert "is no longer kept" in batch.failure["message"]


def test_rows_that_were_erased_before_they_were_taken_in(home):
    batch = send(own_csv({}), home.municipality)
    batch = intake.preview(batch_id=batch.pk, now=LATER)
    accept(batch=batch, by=None, now=LATER)
    files.staged(batch).unlink()
    before = everything()
    batch = intake.take_in(batch_id=batch.pk, now=LATER)
    assert batch.state == "failed"
    assert everything() == before


@contextmanager
def small_disk(size: int):
    """Let no file grow beyond so many bytes: a write fails as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, handler)


LIMIT = 64 * 1024
LARGE = own_csv(*({"group_code": os.urandom(40).hex()} for _ in range(4000)))


def test_a_disk_that_is_full_when_the_file_arrives(home):
    before = everything()
    with (
        small_disk(LIMIT),
        pytest.raises(
            DomainError, match=r"nothing was kept: File too large\. Make room"
        ),
    ):
        send(LARGE, home.municipality)
    assert everything() == before
    assert not list(files.root().glob("incoming-*"))


def test_a_disk_that_is_full_when_the_rows_are_kept(home):
    batch = send(LARGE, home.municipality)
    before = everything()
    with small_disk(LIMIT):
        batch = intake.preview(batch_id=batch.pk, now=LATER)
    assert batch.state == "failed"
    assert "could not be read to its end" in batch.failure["message"]
    assert everything() == before
    assert not list(files.folder(batch).glob("*.part"))
    batch = read_again(batch=batch, by=None, now=LATER)
    assert intake.preview(batch_id=batch.pk, now=LATER).state == "previewed"


def test_a_disk_that_is_full_when_the_marks_are_written(home):
    rows = (
        {"type_name": "Hyvä!", "group_code": os.urandom(40).hex()} for _ in range(4000)
    )
    batch = send(own_csv(*rows), home.municipality)
    batch = intake.preview(batch_id=batch.pk, now=LATER)
    seen = [alarm["code"] for alarm in batch.alarms]
    accept(batch=batch, by=None, now=LATER, seen_alarms=seen)
    before = everything()
    with small_disk(LIMIT):
        batch = intake.take_in(batch_id=batch.pk, now=LATER)
    assert batch.state == "failed"
    assert "the disk is full. Nothing was changed" in batch.failure["message"]
    assert everything() == before
    batch = read_again(batch=batch, by=None, now=LATER)
    batch = intake.preview(batch_id=batch.pk, now=LATER)
    accept(batch=batch, by=None, now=LATER, seen_alarms=seen)
    batch = intake.take_in(batch_id=batch.pk, now=LATER)
    assert (batch.state, batch.counts["new"]) == ("taken_in", 4000)
