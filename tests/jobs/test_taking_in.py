"""From a file to facts and tasks, through the states of a batch."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings

from koulutie.core.errors import IntakeError
from koulutie.core.scope import Purpose
from koulutie.facts.scoped import open_scoped
from koulutie.facts.store import Store, Version
from koulutie.intake.actions.deciding import accept
from koulutie.intake.models import Batch, RejectedRow
from koulutie.jobs import intake
from koulutie.registry.access import system_scope
from koulutie.registry.queries import latest_version
from tests.builders import NOW
from tests.jobs.files import map_types, own_csv, send

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def home(people):
    map_types(people.home.municipality)
    return people.home


def bring(content, municipality, now=NOW, **about):
    """Receive, preview, accept, take in."""
    batch = send(content, municipality, **about)
    batch = intake.preview(batch_id=batch.pk, now=now)
    accept(
        batch=batch,
        by=None,
        now=now,
        seen_alarms=[alarm["code"] for alarm in batch.alarms],
    )
    return intake.take_in(batch_id=batch.pk, now=now)


def marks():
    latest = latest_version()
    if latest is None:
        return []
    scope = system_scope(name="test", purpose=Purpose.INTAKE)
    version = Version(number=latest.number, tables=latest.tables)
    with open_scoped(Store(settings.FACTS_ROOT), version, scope) as reader:
        rows = reader.frame("marks").collect(backend="pyarrow").to_native().to_pylist()
    return sorted(rows, key=lambda row: (row["date"], row["start_minute"] or 0))


def test_a_file_goes_from_received_to_the_facts(home):
    content = own_csv({}, {"start": "10:00", "type_name": "Terveydellinen syy"})
    batch = bring(content, home.municipality)
    assert batch.state == Batch.State.TAKEN_IN
    assert batch.facts_version == latest_version().number == 1
    assert batch.counts["read"] == batch.counts["new"] == 2
    assert batch.counts["absent_lessons"] == 2
    assert [(row["kind"], row["start_minute"]) for row in marks()] == [
        ("absence_unresolved", 540),
        ("absence_health", 600),
    ]


def test_the_same_file_again_changes_nothing(home):
    content = own_csv({}, {"start": "10:00"})
    bring(content, home.municipality)
    before = marks()
    batch = bring(content, home.municipality, now=NOW + timedelta(hours=1))
    assert (batch.counts["new"], batch.counts["unchanged"]) == (0, 2)
    assert batch.facts_version == latest_version().number == 1
    assert marks() == before
    assert [alarm["code"] for alarm in batch.alarms] == ["same_file"]


def test_a_cleared_absence_replaces_the_unresolved_one(home):
    bring(own_csv({}), home.municipality)
    cleared = own_csv(
        {"type_name": "Terveydellinen syy", "entered_at": "2026-11-17 09:00"}
    )
    batch = bring(cleared, home.municipality)
    assert (batch.counts["new"], batch.counts["changed"]) == (0, 1)
    (row,) = marks()
    assert row["kind"] == "absence_health"


def test_a_type_without_meaning_blocks_acceptance_with_the_list(home):
    content = own_csv({}, {"start": "11:00", "type_name": "LUV"})
    batch = send(content, home.municipality)
    batch = intake.preview(batch_id=batch.pk, now=NOW)
    assert batch.unmapped == ["LUV"]
    with pytest.raises(IntakeError, match=r"no meaning yet: LUV\. Say what each"):
        accept(batch=batch, by=None, now=NOW)
    assert latest_version() is None


def test_the_preview_writes_no_facts(home):
    batch = send(own_csv({}), home.municipality)
    batch = intake.preview(batch_id=batch.pk, now=NOW)
    assert batch.state == Batch.State.PREVIEWED
    assert latest_version() is None


def test_an_unknown_pupil_and_a_day_outside_enrolment_are_rejected_rows(home):
    content = own_csv({}, {"pupil_key": "nobody"}, {"date": "2025-10-01"})
    batch = bring(content, home.municipality)
    assert (batch.counts["new"], batch.counts["rejected"]) == (1, 2)
    reasons = RejectedRow.objects.unscoped("test").filter(batch=batch).order_by("line")
    unknown, outside = [row.reason % row.params for row in reasons]
    assert unknown.startswith("No pupil is known by the key nobody in primus.")
    assert outside == (
        "The pupil k7B1 was not enrolled on 2025-10-01. Check the dates in the roster."
    )


def test_a_file_for_one_school_never_touches_another(home):
    content = own_csv({}, {"pupil_key": "k3A1", "school_number": "", "class_code": ""})
    batch = bring(content, home.municipality, school=home.schools["fi"])
    assert (batch.counts["new"], batch.counts["rejected"]) == (1, 1)
    assert {row["school_id"] for row in marks()} == {home.schools["fi"].pk}


def test_a_batch_is_taken_in_once_however_often_it_is_asked(home):
    batch = bring(own_csv({}), home.municipality)
    again = intake.take_in(batch_id=batch.pk, now=NOW)
    assert (again.state, latest_version().number) == ("taken_in", 1)
