"""Words that belong to another register, and the finding of them in a text.

The same list is matched here and, while somebody types, in the browser: so patterns are
plain globs over whole words, not regular expressions.

``masennu*`` begins a word, ``*lääkär*`` is anywhere in one, ``adhd`` is the whole word, and
several of them with blanks between match words that follow each other. A word matched by
a pattern of ``harmless`` counts for nothing.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from koulutie.core.definitions.base import (
    Id,
    LocalText,
    Part,
    Reviewed,
    Unexpected,
    each_once,
)
from koulutie.core.errors import gettext_noop

_WORD = re.compile(r"[^\W_]+")
_LEAST_LETTERS = 3  # of an open pattern; a shorter one would match every other word


def check_pattern(value: str) -> str:
    """Accept words of small letters and digits, each with ``*`` before, after or both."""
    for word in value.split(" "):
        if not re.fullmatch(r"\*?[^\W_]+\*?", word) or word != plain(word):
            raise Unexpected(
                gettext_noop(
                    "%(file)s, line %(line)d, %(key)s: %(found)s is no pattern. Expected "
                    "words in small letters, each with * before it, after it or both."
                ),
                found=value,
            )
        if "*" in word and len(word.strip("*")) < _LEAST_LETTERS:
            raise Unexpected(
                gettext_noop(
                    "%(file)s, line %(line)d, %(key)s: %(found)s would match too many "
                    "words. Expected at least three letters beside *."
                ),
                found=value,
            )
    return value


Pattern = Annotated[str, AfterValidator(check_pattern)]


class Patterns(Part):
    """Patterns by language. Every text is held against all three: people mix them."""

    fi: tuple[Pattern, ...] = ()
    """Finnish words."""
    sv: tuple[Pattern, ...] = ()
    """Swedish words."""
    en: tuple[Pattern, ...] = ()
    """English words."""

    @property
    def all(self) -> tuple[str, ...]:
        """The patterns of the three languages."""
        return (*self.fi, *self.sv, *self.en)


class Subject(Part):
    """One kind of content that belongs elsewhere, and the way there."""

    id: Id
    """Its name."""
    title: LocalText
    """What the text seems to be about."""
    route: LocalText
    """Where the matter goes: whom to turn to, and how."""
    words: Patterns
    """What gives it away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A subject that a text seems to be about."""

    subject: Subject
    words: tuple[str, ...]  # as they stand in the text, each once


class WordList(Reviewed):
    """All subjects."""

    subjects: tuple[Subject, ...] = Field(min_length=1)
    """The subjects, each once."""
    harmless: Patterns = Patterns()
    """Words that look like one of the others and are not."""

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        each_once([one.id for one in self.subjects])
        return self

    def find(self, text: str) -> tuple[Found, ...]:
        """Return the subjects that the text seems to be about, in the list's order."""
        words = [word for word in words_of(text) if not self._is_harmless(word)]
        said = " ".join(words)
        plain_said = plain(said)
        if len(plain_said) != len(said):  # a letter that is two in small, as İ is
            said = plain_said
        found = []
        for subject, patterns in self._patterns:
            spans = (
                match.span() for one in patterns for match in one.finditer(plain_said)
            )
            hits = dict.fromkeys(said[start:end] for start, end in spans)
            if hits:
                found.append(Found(subject=subject, words=tuple(hits)))
        return tuple(found)

    def _is_harmless(self, word: str) -> bool:
        return any(one.fullmatch(plain(word)) for one in self._harmless)

    @cached_property
    def _harmless(self) -> tuple[re.Pattern[str], ...]:
        return tuple(map(compiled, self.harmless.all))

    @cached_property
    def _patterns(self) -> tuple[tuple[Subject, tuple[re.Pattern[str], ...]], ...]:
        return tuple(
            (subject, tuple(map(compiled, subject.words.all)))
            for subject in self.subjects
        )


def words_of(text: str) -> list[str]:
    """Return the words of a text as they stand: runs of letters and digits."""
    return _WORD.findall(unicodedata.normalize("NFC", text))


def plain(word: str) -> str:
    """Return a word in small letters."""
    return word.lower()


def compiled(pattern: str) -> re.Pattern[str]:
    """Return what finds a pattern in words in small letters with one blank between."""
    inside = re.escape(pattern).replace(r"\*", "[^ ]*").replace(r"\ ", " ")
    return re.compile(f"(?<![^ ]){inside}(?![^ ])")
