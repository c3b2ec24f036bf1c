"""What a mark type means: set, replaced, taken away, read from a file."""

from __future__ import annotations

from datetime import timedelta

import pytest

from koulutie.core.errors import IntakeError
from koulutie.core.marks import Kind
from koulutie.core.resolving import Meaning
from koulutie.intake.actions.mapping import (
    clear_mapping,
    read_mapping_file,
    set_mapping,
)
from koulutie.intake.models import MarkTypeMapping
from koulutie.intake.queries.mappings import history, meanings, unapplied
from koulutie.registry.models import AccessEvent
from tests.builders import NOW, a_municipality, a_school

pytestmark = pytest.mark.django_db


def say(municipality, name, kind, school=None, now=NOW, **more):
    return set_mapping(
        municipality=municipality,
        school=school,
        type_name=name,
        kind=kind,
        by=None,
        now=now,
        **more,
    )


def test_a_schools_own_meaning_wins_over_everybodys():
    municipality = a_municipality()
    school = a_school(municipality)
    say(municipality, "LUV", Kind.OTHER_EXPLAINED)
    say(municipality, "LUV", Kind.UNAUTHORISED, school=school)
    found = meanings(municipality)
    assert found.of(school_id=school.pk, type_name="LUV").kind is Kind.UNAUTHORISED
    assert found.of(school_id=0, type_name="LUV").kind is Kind.OTHER_EXPLAINED
    assert found.of(school_id=None, type_name="luv") is None


def test_a_new_meaning_replaces_the_old_one_and_keeps_it_as_history():
    municipality = a_municipality()
    first = say(municipality, "Muu syy", Kind.OTHER_EXPLAINED)
    later = say(municipality, "Muu syy", Kind.HEALTH, now=NOW + timedelta(days=1))
    first.refresh_from_db()
    assert first.replaced_at == later.set_at
    assert [one.kind for one in history(municipality, "Muu syy")] == [
        Kind.HEALTH,
        Kind.OTHER_EXPLAINED,
    ]
    assert list(unapplied()) == [later]


def test_the_same_meaning_again_changes_nothing():
    municipality = a_municipality()
    first = say(municipality, "Tiedoksi", Kind.INFO)
    events = AccessEvent.objects.count()
    assert say(municipality, " Tiedoksi ", Kind.INFO) == first
    assert AccessEvent.objects.count() == events
    assert MarkTypeMapping.objects.count() == 1


def test_only_absences_count_and_at_most_one_lesson():
    municipality = a_municipality()
    half = say(municipality, "Poissa tunnin jälkipuoliskon", Kind.HEALTH, lessons=0.5)
    assert half.lessons == 0.5
    assert say(municipality, "Hyvä!", Kind.FEEDBACK_POSITIVE).lessons == 0
    with pytest.raises(IntakeError, match="from 0 to 0"):
        say(municipality, "Hyvä!", Kind.FEEDBACK_POSITIVE, lessons=1)
    with pytest.raises(IntakeError, match="from 0 to 1"):
        say(municipality, "Sairas", Kind.HEALTH, lessons=2)


def test_a_schools_own_meaning_goes_back_to_everybodys():
    municipality = a_municipality()
    school = a_school(municipality)
    wide = say(municipality, "SEL", Kind.UNRESOLVED, is_applied=True)
    own = say(municipality, "SEL", Kind.OTHER_EXPLAINED, school=school)
    clear_mapping(mapping=own, by=None, now=NOW)
    assert meanings(municipality).of(school_id=school.pk, type_name="SEL") == Meaning(
        kind=Kind.UNRESOLVED, lessons=1.0
    )
    assert list(unapplied()) == [wide]


def test_the_last_meaning_of_a_name_is_not_taken_away():
    municipality = a_municipality()
    own = say(municipality, "SEL", Kind.UNRESOLVED, school=a_school(municipality))
    with pytest.raises(IntakeError, match="Give it another meaning"):
        clear_mapping(mapping=own, by=None, now=NOW)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Hyvä!: feedback_positive\nSairas: {kind: absence_health}\n", "map.yaml"),
        (
            "type_name;kind\nHyvä!;feedback_positive\n\nSairas;absence_health;1\n",
            "m.csv",
        ),
        ("Hyvä!\tfeedback_positive\nSairas\tabsence_health\t1,0\n", "map.txt"),
        ('"Hyvä!",feedback_positive\r\nSairas,absence_health\r\n', "map.csv"),
    ],
)
def test_a_mapping_file_is_read(text, name):
    assert read_mapping_file(text=text, file_name=name) == {
        "Hyvä!": Meaning(kind=Kind.FEEDBACK_POSITIVE, lessons=0.0),
        "Sairas": Meaning(kind=Kind.HEALTH, lessons=1.0),
    }


@pytest.mark.parametrize(
    ("text", "name", "sentence"),
    [
        ("- a\n- b\n", "map.yaml", "map.yaml does not say what mark types mean"),
        ("a: [", "map.yaml", "map.yaml does not say"),
        ("Hyvä\n", "map.csv", "map.csv does not say"),
        ("Hyvä;good\n", "map.csv", "Hyvä: there is no kind of mark good"),
        ("Hyvä;\n", "map.csv", "Hyvä: there is no kind of mark –"),
        ("Sairas;absence_health;two\n", "map.csv", "two is not a number of lessons"),
        ("Sairas;absence_health;3\n", "map.csv", "cannot count for 3.0 lessons"),
    ],
)
def test_a_broken_mapping_file_is_told_apart(text, name, sentence):
    with pytest.raises(IntakeError, match=sentence):
        read_mapping_file(text=text, file_name=name)
