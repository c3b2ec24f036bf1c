"""A type's meaning changes after its marks came in: the marks follow, history stays."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings

from koulutie.core.marks import Kind
from koulutie.core.scope import Purpose
from koulutie.facts.scoped import open_scoped
from koulutie.facts.store import Store, Version
from koulutie.intake.actions.mapping import clear_mapping, set_mapping
from koulutie.intake.models import MarkTypeMapping
from koulutie.intake.queries.mappings import unapplied
from koulutie.jobs import intake
from koulutie.registry.access import system_scope
from koulutie.registry.queries import latest_version
from tests.builders import NOW
from tests.jobs.files import map_types, own_csv
from tests.jobs.test_taking_in import bring, marks

pytestmark = pytest.mark.django_db(transaction=True)
LATER = NOW + timedelta(hours=1)


@pytest.fixture
def home(people):
    map_types(people.home.municipality)
    return people.home


def mean(home, name, kind, school=None, **more):
    set_mapping(
        municipality=home.municipality,
        school=school,
        type_name=name,
        kind=kind,
        by=None,
        now=LATER,
        **more,
    )
    return intake.remap(now=LATER)


def kinds():
    return [(row["kind"], row["lessons"]) for row in marks()]


def history_at(number):
    latest = latest_version()
    version = Version(number=latest.number, tables=latest.tables)
    scope = system_scope(name="test", purpose=Purpose.INTAKE)
    store = Store(settings.FACTS_ROOT)
    with open_scoped(store, version, scope, as_of_number=number) as reader:
        rows = reader.frame("marks").collect(backend="pyarrow").to_native().to_pylist()
    return sorted(row["kind"] for row in rows)


def test_an_absence_class_is_corrected_and_the_old_form_stays_readable(home):
    bring(own_csv({}, {"start": "10:00"}), home.municipality)
    assert mean(home, "Selvittämätön poissaolo", Kind.UNAUTHORISED) == 1
    assert kinds() == [("absence_unauthorised", 1.0)] * 2
    assert latest_version().number == 2
    assert history_at(1) == ["absence_unresolved"] * 2
    assert not unapplied().exists()


def test_a_meaning_of_a_type_that_is_not_in_makes_no_version(home):
    bring(own_csv({}), home.municipality)
    assert mean(home, "Muu syy", Kind.OTHER_EXPLAINED) == 1
    assert latest_version().number == 1
    assert not unapplied().exists()


def test_half_a_lesson_is_half_a_lesson(home):
    bring(own_csv({}), home.municipality)
    mean(home, "Selvittämätön poissaolo", Kind.UNRESOLVED, lessons=0.5)
    assert kinds() == [("absence_unresolved", 0.5)]


def test_one_schools_meaning_changes_only_its_marks(home):
    content = own_csv(
        {}, {"pupil_key": "k3A1", "school_number": "10002", "class_code": "3A"}
    )
    bring(content, home.municipality)
    mean(home, "Selvittämätön poissaolo", Kind.HEALTH, school=home.schools["sv"])
    by_school = {row["school_id"]: row["kind"] for row in marks()}
    assert by_school == {
        home.schools["fi"].pk: "absence_unresolved",
        home.schools["sv"].pk: "absence_health",
    }
    own = MarkTypeMapping.objects.get(school=home.schools["sv"], replaced_at=None)
    clear_mapping(mapping=own, by=None, now=LATER)
    intake.remap(now=LATER)
    assert {row["kind"] for row in marks()} == {"absence_unresolved"}


@pytest.mark.parametrize("source_id", ["", "m1"])
def test_what_turns_out_to_be_an_absence_is_known_as_one(home, source_id):
    """The identity moves along, so that the same file again still changes nothing."""
    content = own_csv({"type_name": "Hyvä!", "source_mark_id": source_id})
    bring(content, home.municipality)
    mean(home, "Hyvä!", Kind.UNRESOLVED)
    assert kinds() == [("absence_unresolved", 1.0)]
    batch = bring(content, home.municipality, now=LATER)
    assert (batch.counts["new"], batch.counts["unchanged"]) == (0, 1)
    mean(home, "Hyvä!", Kind.FEEDBACK_POSITIVE)
    assert kinds() == [("feedback_positive", 0.0)]
    batch = bring(content, home.municipality, now=LATER)
    assert (batch.counts["new"], batch.counts["unchanged"]) == (0, 1)


def test_remapping_twice_changes_nothing_more(home):
    bring(own_csv({}), home.municipality)
    mean(home, "Selvittämätön poissaolo", Kind.HEALTH)
    MarkTypeMapping.objects.filter(replaced_at=None).update(is_applied=False)
    assert intake.remap(now=LATER) == 4
    assert latest_version().number == 2
