"""What each kind of mark is called and counts for, and which kind a type's name suggests."""

from __future__ import annotations

import re
from functools import cached_property
from typing import Self

from pydantic import Field, model_validator

from koulutie.core.definitions.base import LocalText, Part, Reviewed, Unexpected
from koulutie.core.errors import gettext_noop
from koulutie.core.marks import ABSENCES, Kind


class MarkKind(Part):
    """One kind of mark, in words and weights."""

    kind: Kind
    """The kind."""
    title: LocalText
    """Its name on screens."""
    description: LocalText
    """What belongs to it, in a sentence or two."""
    counts_as_lesson: int = Field(ge=0, le=1)
    """How many absent lessons one mark stands for: 1 for absences, 0 for all else."""
    is_absence: bool
    """Whether it is one of the five national absence classes."""
    needs_clearing: bool
    """Whether somebody still has to find out the cause."""
    is_sensitive: bool
    """Whether the kind alone tells of health (GDPR article 9)."""
    names: tuple[str, ...] = ()
    """Whole names of types that mean this kind in every school where they were seen."""

    @model_validator(mode="after")
    def _agrees_with_the_core(self) -> Self:
        if self.is_absence != (self.kind in ABSENCES):
            raise Unexpected(
                gettext_noop(
                    "%(file)s, line %(line)d, %(key)s: is_absence does not fit %(kind)s. "
                    "Expected true for the five national absence classes, else false."
                ),
                kind=self.kind.value,
            )
        if self.counts_as_lesson != int(self.is_absence):
            raise Unexpected(
                gettext_noop(
                    "%(file)s, line %(line)d, %(key)s: counts_as_lesson does not fit "
                    "%(kind)s. Expected 1 for absences and 0 for all else."
                ),
                kind=self.kind.value,
            )
        return self


class Suggestion(Part):
    """A rule that reads a type's name. Rules are tried in order; the first that fits wins."""

    kind: Kind | None = None
    """The kind it suggests; left out where such a name is known to be unclear."""
    any: tuple[str, ...] = Field(min_length=1)
    """Beginnings of words or phrases, one of which the name must hold. A phrase that ends
    with a full stop must end where a word ends."""
    none: tuple[str, ...] = ()
    """Beginnings of words or phrases that the name must not hold."""

    def fits(self, words: str) -> bool:
        """Say whether the rule fits a name already brought to its plain form."""
        return any(_holds(words, phrase) for phrase in self.any) and not any(
            _holds(words, phrase) for phrase in self.none
        )


class MarkKinds(Reviewed):
    """All kinds of marks, and the rules that suggest one from a type's name."""

    kinds: tuple[MarkKind, ...] = Field(min_length=1)
    """Every kind, once."""
    suggestions: tuple[Suggestion, ...] = ()
    """The rules, in the order in which they are tried."""

    @model_validator(mode="after")
    def _names_every_kind_once(self) -> Self:
        named = [kind.kind for kind in self.kinds]
        missing = [kind.value for kind in Kind if named.count(kind) != 1]
        if missing:
            raise Unexpected(
                gettext_noop(
                    "%(file)s, line %(line)d, %(key)s: these kinds do not stand here "
                    "exactly once: %(kinds)s. Expected every kind once."
                ),
                kinds=", ".join(missing),
            )
        return self

    @model_validator(mode="after")
    def _gives_a_name_one_kind(self) -> Self:
        names = [plain_words(name) for kind in self.kinds for name in kind.names]
        twice = sorted({name.strip() for name in names if names.count(name) > 1})
        if twice:
            raise Unexpected(
                gettext_noop(
                    "%(file)s, line %(line)d, %(key)s: these names stand more than once: "
                    "%(names)s. Expected each name at one kind."
                ),
                names=", ".join(twice),
            )
        return self

    @cached_property
    def by_kind(self) -> dict[Kind, MarkKind]:
        """Each kind's words and weights."""
        return {kind.kind: kind for kind in self.kinds}

    @cached_property
    def _by_name(self) -> dict[str, Kind]:
        return {
            plain_words(name): kind.kind for kind in self.kinds for name in kind.names
        }

    def exact(self, type_name: str) -> Kind | None:
        """Return the kind whose list holds this whole name; None where none does."""
        return self._by_name.get(plain_words(type_name))

    def suggest(self, type_name: str) -> Kind | None:
        """Return the kind that the name speaks of; None where it is not clear.

        Only words are read. Short codes and colours mean different things in different
        schools: ``LUV`` is permitted in one town and unauthorised in another.
        """
        if (exact := self.exact(type_name)) is not None:
            return exact
        words = plain_words(type_name)
        for suggestion in self.suggestions:
            if suggestion.fits(words):
                return suggestion.kind
        return None


def plain_words(text: str) -> str:
    """Return the text in small letters, a space before each word and at the end.

    A sign before the first word is kept as a word: ``+`` and a dash there tell praise from
    correction in some schools.
    """
    text = text.casefold().strip()
    sign = {"+": " +", "-": " -", "–": " -", "−": " -"}.get(text[:1], "")
    words = re.findall(r"[^\W_]+", text)
    return f"{sign} {' '.join(words)} "


def _holds(words: str, phrase: str) -> bool:
    """Say whether the phrase begins at the beginning of a word."""
    if phrase in {"+", "-"}:
        return words.startswith(f" {phrase} ")
    plain = plain_words(phrase).rstrip()
    return f"{plain} " in words if phrase.endswith(".") else plain in words
