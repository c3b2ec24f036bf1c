"""The guard of free text: risky sentences are seen, harmless ones are left in peace."""

from __future__ import annotations

import time

import pytest

from koulutie import catalog
from koulutie.core.definitions import DefinitionProblems, parse_word_list
from koulutie.core.definitions.word_list import compiled, words_of
from tests.core.definitions.sentences import HARMLESS, RISKY

WORDS = catalog.current().word_list


@pytest.mark.parametrize(("subject", "text"), RISKY, ids=lambda one: str(one)[:40])
def test_a_risky_sentence_is_seen_for_what_it_is(subject: str, text: str) -> None:
    assert subject in {found.subject.id for found in WORDS.find(text)}


@pytest.mark.parametrize("text", HARMLESS, ids=lambda one: one[:40])
def test_a_harmless_sentence_is_left_in_peace(text: str) -> None:
    assert [found.words for found in WORDS.find(text)] == []


def test_the_lists_are_long_and_in_three_languages() -> None:
    assert len(RISKY) >= 75
    assert len(HARMLESS) >= 60


def test_every_subject_is_tried() -> None:
    assert {subject for subject, _ in RISKY} == {one.id for one in WORDS.subjects}


def test_words_are_told_as_they_stand_and_once() -> None:
    (found,) = WORDS.find("Masennus. MASENNUKSESTA puhuttiin; masennus.")
    assert found.words == ("Masennus", "MASENNUKSESTA", "masennus")
    assert "terveydenhoitajan" in found.subject.route.fi


def test_a_word_is_the_same_however_its_letters_are_composed() -> None:
    assert words_of("a\u0308iti") == ["äiti"]
    assert WORDS.find("la\u0308a\u0308kitys")


@pytest.mark.parametrize(
    ("word", "pattern", "fits"),
    [
        ("masennuksesta", "masennu*", True),
        ("emasennus", "masennu*", False),
        ("koululääkärille", "*lääkär*", True),
        ("adhd", "adhd", True),
        ("adhdx", "adhd", False),
        ("itsemurha", "*murha", True),
        ("murhaaja", "*murha", False),
    ],
)
def test_a_pattern_is_a_glob_over_one_word(word: str, pattern: str, fits: bool) -> None:
    assert bool(compiled(pattern).fullmatch(word)) is fits


TEXT = """\
id: word_list
version: 1
title: {{fi: a, sv: a, en: a}}
owner: us
reviewed_on: 2026-11-24
review_by: 2027-08-01
sources: [here]
subjects:
  - id: health
    title: {{fi: a, sv: a, en: a}}
    route: {{fi: a, sv: a, en: a}}
    words: {{fi: ["{pattern}"]}}
"""


@pytest.mark.parametrize("pattern", ["Masennu*", "ma*", "a b*", "a.b", "*", "ma*sennu"])
def test_a_pattern_that_would_match_wrongly_stops_the_start(pattern: str) -> None:
    with pytest.raises(DefinitionProblems, match=r"word_list\.yaml, line 12"):
        parse_word_list(TEXT.format(pattern=pattern), where="word_list.yaml")


def test_the_same_text_with_a_good_pattern_is_read() -> None:
    read = parse_word_list(TEXT.format(pattern="masennu*"), where="word_list.yaml")
    assert [one.subject.id for one in read.find("masennusta")] == ["health"]


def test_a_long_note_is_looked_through_in_a_moment() -> None:
    text = " ".join([text for _, text in RISKY[::2]] + HARMLESS)[:4000]
    WORDS.find(text)
    began = time.perf_counter()
    assert len(WORDS.find(text)) == 4
    assert time.perf_counter() - began < 0.1


def test_a_letter_that_is_two_in_small_changes_nothing() -> None:
    (found,) = WORDS.find("İİ masennus")
    assert found.words == ("masennus",)
