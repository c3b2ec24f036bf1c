"""Words become facts: who, where, what it means; and why a row cannot become one."""

from __future__ import annotations

import json
from datetime import date

import pyarrow as pa
import pytest

from koulutie.core.marks import Kind
from koulutie.core.resolving import (
    FOR_ANOTHER_SCHOOL,
    NOT_ENROLLED,
    OTHER_SCHOOL,
    UNKNOWN_PUPIL,
    Brought,
    Lookup,
    Meaning,
    resolve,
)
from koulutie.core.tables import ENROLMENT, MARK, REJECTION
from tests.builders import TODAY, raw_marks, table

HEALTH = Meaning(kind=Kind.HEALTH, lessons=1.0)
UNRESOLVED = Meaning(kind=Kind.UNRESOLVED, lessons=1.0)
PRAISE = Meaning(kind=Kind.FEEDBACK_POSITIVE, lessons=0.0)


def enrolments(*rows, **defaults) -> pa.Table:
    year = {
        "pupil_id": 1,
        "school_id": 1,
        "class_id": 11,
        "school_year": 2026,
        "grade": 7,
        "level": "lower_secondary",
        "language": "fi",
        "from_": date(2026, 8, 1),
        "to": date(2027, 8, 1),
    }
    return table(ENROLMENT, *rows, **(year | defaults))


def lookup(**given) -> Lookup:
    known = {
        "source_db": "primus",
        "pupils": {"p1": 1, "p2": 2},
        "schools": {"10001": 1, "10002": 2},
        "enrolments": enrolments({}, {"pupil_id": 2, "school_id": 2, "class_id": 21}),
        "meanings": {
            (None, "Poissaolo"): UNRESOLVED,
            (None, "Terveydellinen syy"): HEALTH,
            (None, "Hyvä!"): PRAISE,
        },
        "school_days": {},
    }
    return Lookup(**(known | given))


BROUGHT = Brought(batch_id=5, exported_at=1_000)


def rows(resolved, *names) -> list[tuple[object, ...]]:
    return [tuple(row[name] for name in names) for row in resolved.marks.to_pylist()]


def test_it_works():
    found = resolve(raw_marks({}), lookup=lookup(), brought=BROUGHT)
    (mark,) = found.marks.to_pylist()
    assert found.marks.schema == MARK
    assert found.rejections.schema == REJECTION
    assert not len(found.rejections)
    assert found.period == (TODAY, TODAY)
    expected = {
        "school_year": 2026,
        "month": 11,
        "school_id": 1,
        "class_id": 11,
        "pupil_id": 1,
        "date": TODAY,
        "start_minute": 540,
        "kind": "absence_unresolved",
        "lessons": 1.0,
        "version_at": 1_000,
        "batch_id": 5,
    }
    assert {name: mark[name] for name in expected} == expected


def test_no_rows_are_no_marks():
    found = resolve(raw_marks(), lookup=lookup(), brought=BROUGHT)
    assert not len(found.marks)
    assert found.period is None
    assert not found.unmapped


def test_spring_belongs_to_the_school_year_that_began_in_autumn():
    days = [date(2026, 8, 1), date(2027, 1, 31), date(2027, 7, 31)]
    found = resolve(
        raw_marks(*({"date": day} for day in days)), lookup=lookup(), brought=BROUGHT
    )
    assert rows(found, "school_year", "month") == [(2026, 8), (2026, 1), (2026, 7)]


def test_an_unmapped_type_is_named_and_neither_counted_nor_rejected():
    raw = raw_marks(
        {}, {"type_name": "Outo"}, {"type_name": "Outo"}, {"type_name": None}
    )
    found = resolve(raw, lookup=lookup(), brought=BROUGHT)
    assert found.unmapped == {"Outo": 2, "": 1}
    assert len(found.marks) == 1
    assert not len(found.rejections)


def test_a_school_may_mean_something_else_by_the_same_word():
    meanings = lookup().meanings | {(2, "Poissaolo"): HEALTH}
    raw = raw_marks({}, {"pupil_key": "p2", "school_number": None})
    found = resolve(raw, lookup=lookup(meanings=meanings), brought=BROUGHT)
    assert rows(found, "pupil_id", "kind") == [
        (1, "absence_unresolved"),
        (2, "absence_health"),
    ]


@pytest.mark.parametrize(
    ("said", "brought", "reason"),
    [
        ({"pupil_key": "p9"}, BROUGHT, UNKNOWN_PUPIL),
        ({"pupil_key": None}, BROUGHT, UNKNOWN_PUPIL),
        ({"date": date(2026, 7, 31)}, BROUGHT, NOT_ENROLLED),
        ({"date": date(2027, 8, 1)}, BROUGHT, NOT_ENROLLED),
        ({"date": date(1969, 12, 31)}, BROUGHT, NOT_ENROLLED),
        ({"school_number": "10002"}, BROUGHT, OTHER_SCHOOL),
        ({"school_number": "99999"}, BROUGHT, OTHER_SCHOOL),
        (
            {"school_number": None},
            Brought(batch_id=5, exported_at=1, school_id=2),
            OTHER_SCHOOL,
        ),
        (
            {"school_number": "10001"},
            Brought(batch_id=5, exported_at=1, school_id=2),
            FOR_ANOTHER_SCHOOL,
        ),
        (
            {"school_number": "99999", "pupil_key": "p9"},
            Brought(batch_id=5, exported_at=1, school_id=2),
            FOR_ANOTHER_SCHOOL,
        ),
    ],
)
def test_a_row_that_fits_nobody_is_rejected_with_its_sentence(said, brought, reason):
    found = resolve(raw_marks({}, said), lookup=lookup(), brought=brought)
    rejected = found.rejections.to_pylist()[-1]
    assert rejected["line"] == 3
    assert rejected["reason"] == reason
    assert reason % json.loads(rejected["params"])
    assert "Poissaolo" in rejected["raw"]
    assert len(found.marks) + len(found.rejections) == 2


def test_the_words_of_a_rejection_survive_json():
    key = 'a"b\\c\né'
    found = resolve(raw_marks({"pupil_key": key}), lookup=lookup(), brought=BROUGHT)
    (rejected,) = found.rejections.to_pylist()
    assert json.loads(rejected["params"])["pupil"] == key
    assert found.unknown_pupils == {key: 1}


def test_a_page_about_one_pupil_needs_no_key_in_its_rows():
    brought = Brought(batch_id=5, exported_at=1, pupil_id=2)
    raw = raw_marks({"pupil_key": None, "school_number": None})
    assert rows(resolve(raw, lookup=lookup(), brought=brought), "pupil_id") == [(2,)]


def test_of_two_stays_the_later_begun_holds_and_a_short_one_does_not_hide_the_long():
    short = [
        {"class_id": 20 + n, "from_": date(2026, 9, n), "to": date(2026, 9, n + 1)}
        for n in range(1, 9)
    ]
    known = lookup(enrolments=enrolments({}, *short))
    days = [date(2026, 8, 31), date(2026, 9, 3), date(2026, 9, 30)]
    found = resolve(
        raw_marks(*({"date": day} for day in days)), lookup=known, brought=BROUGHT
    )
    assert rows(found, "class_id") == [(11,), (23,), (11,)]


def test_an_enrolment_without_an_end_goes_on():
    known = lookup(enrolments=enrolments({"to": None, "from_": date(1900, 1, 1)}))
    found = resolve(
        raw_marks({"date": date(2031, 5, 5)}), lookup=known, brought=BROUGHT
    )
    assert len(found.marks) == 1


def test_a_mark_on_a_free_day_stays_and_is_told():
    known = lookup(school_days={1: frozenset({TODAY})})
    free = date(2026, 12, 25)
    raw = raw_marks({}, {"date": free}, {"date": free, "start_minute": 600})
    found = resolve(raw, lookup=known, brought=BROUGHT)
    assert found.free_days == {free: 2}
    assert len(found.marks) == 3


def test_cleared_later_by_another_teacher_it_is_the_same_mark():
    raw = raw_marks(
        {"teacher_code": "T01"},
        {"teacher_code": "T02", "type_name": "Terveydellinen syy", "is_cleared": True},
        {"type_name": "Hyvä!"},
    )
    keys = resolve(raw, lookup=lookup(), brought=BROUGHT).marks["mark_key"].to_pylist()
    assert keys[0] == keys[1] != keys[2]


def test_lessons_are_told_by_start_else_by_number():
    raw = raw_marks(
        {"start_minute": None, "lesson_no": 1},
        {"start_minute": None, "lesson_no": 2},
        {"start_minute": None, "lesson_no": 2},
        {"start_minute": 540, "lesson_no": 2},
    )
    keys = resolve(raw, lookup=lookup(), brought=BROUGHT).marks["mark_key"].to_pylist()
    assert len(set(keys)) == 3
    assert keys[1] == keys[2]


def test_the_same_number_of_two_databases_is_two_marks():
    raw = raw_marks({"source_mark_id": "7", "type_name": "Hyvä!"})
    ours, theirs = (
        resolve(raw, lookup=lookup(source_db=name), brought=BROUGHT).marks["mark_key"]
        for name in ("primus-one", "primus-two")
    )
    assert ours != theirs


def test_blocks_make_no_difference():
    raw = pa.concat_tables(
        [
            raw_marks({}, {"pupil_key": "p9"}, {"type_name": "Outo"}),
            raw_marks(
                {"pupil_key": "p2", "school_number": "10002"}, {"type_name": "Hyvä!"}
            ),
        ]
    )
    whole = resolve(raw, lookup=lookup(), brought=BROUGHT)
    for block in (1, 2, 3):
        cut = resolve(raw, lookup=lookup(), brought=BROUGHT, block=block)
        assert cut.marks.to_pylist() == whole.marks.to_pylist()
        assert cut.rejections.to_pylist() == whole.rejections.to_pylist()
        assert (cut.unmapped, cut.unknown_pupils) == (
            whole.unmapped,
            whole.unknown_pupils,
        )
