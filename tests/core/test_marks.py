"""A mark's identity: what makes two rows one mark, and what keeps them apart."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from koulutie.core.marks import UNTOLD, mark_keys, text_hashes

MAY = 20_600  # days since 1970
KNOWN = 2543653693492643522
KNOWN_HASH = [17581270354220555718]


def key(
    *,
    pupil=1,
    day=MAY,
    slot=540,
    is_presence=True,
    group="MA_7B",
    teacher="T01",
    type_name="Poissaolo",
    source_id=None,
) -> int:
    (found,) = mark_keys(
        pupil_ids=np.array([pupil]),
        dates=np.array([day]),
        slots=np.array([slot]),
        is_presence=np.array([is_presence]),
        words=[
            text_hashes(pa.array([word], pa.string()))
            for word in (group, teacher, type_name)
        ],
        source_ids=text_hashes(pa.array([source_id], pa.string()), salt="primus"),
    )
    return int(found)


@pytest.mark.parametrize(
    "said",
    [
        {"type_name": "Terveydellinen syy"},
        {"teacher": "T99"},
        {"group": None},
        {"source_id": "7"},
    ],
)
def test_a_lesson_has_one_answer_whoever_gives_it(said):
    assert key(**said) == key()


@pytest.mark.parametrize("said", [{"pupil": 2}, {"day": MAY + 1}, {"slot": 600}])
def test_pupil_day_and_lesson_tell_marks_apart(said):
    assert key(**said) != key()
    assert key(is_presence=False, **said) != key(is_presence=False)


@pytest.mark.parametrize(
    "said",
    [{"type_name": "Hyvä!"}, {"teacher": "T99"}, {"group": None}, {"source_id": "7"}],
)
def test_other_marks_of_a_lesson_stand_beside_each_other(said):
    assert key(is_presence=False, **said) != key(is_presence=False)
    assert key(is_presence=False) != key()


def test_a_numbered_mark_is_known_by_its_number_within_the_pupils_day():
    note = {"is_presence": False, "source_id": "7"}
    assert key(**note, type_name="Hyvä!", teacher="T99", slot=600) == key(**note)
    assert key(**note, pupil=2) != key(**note)
    assert key(**note, day=MAY + 1) != key(**note)


def test_without_a_lesson_presence_is_told_apart_by_group_and_teacher_not_type():
    assert key(slot=UNTOLD, type_name="Hyvä!") == key(slot=UNTOLD)
    assert key(slot=UNTOLD, group="EN") != key(slot=UNTOLD)
    assert key(slot=UNTOLD, teacher="T99") != key(slot=UNTOLD)


def test_keys_are_the_same_on_every_machine():
    # Keys are stored for years: another number here would double every mark in the field.
    assert key() == KNOWN
    assert text_hashes(pa.array(["Terveydellinen syy"])).tolist() == KNOWN_HASH


def test_a_million_keys_do_not_collide():
    pupils, days = np.divmod(np.arange(1_000_000), 1000)
    keys = mark_keys(
        pupil_ids=pupils,
        dates=days,
        slots=np.full(len(days), 540),
        is_presence=np.ones(len(days), np.bool_),
        words=[np.zeros(len(days), np.uint64)] * 3,
        source_ids=np.zeros(len(days), np.uint64),
    )
    assert len(np.unique(keys)) == len(keys)


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


@given(st.lists(st.none() | texts, max_size=20))
def test_equal_texts_have_equal_hashes_and_others_do_not(words):
    hashes = text_hashes(pa.array(words, pa.string())).tolist()
    for word, one in zip(words, hashes, strict=True):
        assert (one == 0) == (not word)
        for other, another in zip(words, hashes, strict=True):
            assert (one == another) == ((word or "") == (other or ""))


def test_a_text_hashes_alike_wherever_it_lies_in_a_column():
    words = pa.array(["x", "åäö", "a longer text than eight bytes", None, "åäö"])
    (first, last) = text_hashes(words.slice(1)).tolist()[0::3]
    assert first == last == text_hashes(pa.array(["åäö"]))[0]


def test_a_zero_byte_is_part_of_the_text():
    assert len(set(text_hashes(pa.array(["a", "a\0", "a\0\0"])).tolist())) == 3


def test_equal_texts_of_two_databases_differ():
    ids = pa.array(["1", "2"])
    ours, theirs = text_hashes(ids, salt="primus-a"), text_hashes(ids, salt="primus-b")
    assert not set(ours.tolist()) & set(theirs.tolist())
