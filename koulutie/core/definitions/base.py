"""What all definitions share: the strict frozen base, texts in three languages, the hash.

A definition is read from YAML in which every scalar is text, so each type here takes text
and says in one sentence what it expected. Each sentence names file, line and key, which
`core.definitions.reading` fills in.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from enum import StrEnum
from functools import cached_property
from typing import Annotated, ClassVar, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from koulutie.core.errors import Fault, gettext_noop

# Where a value stands in a file: keys and item numbers from the top.
Path = tuple[str | int, ...]


class Unexpected(ValueError):
    """A value that a definition may not hold; the sentence is located by the reader.

    Parameters
    ----------
    message
        A sentence marked with `gettext_noop`; may use ``%(file)s``, ``%(line)d`` and
        ``%(key)s``, which the reader knows.
    **params
        What its other placeholders stand for.
    """

    def __init__(self, message: str, **params: object) -> None:
        self.message = message
        self.params = params
        super().__init__(message)


def each_once(ids: Sequence[str]) -> None:
    """Raise `Unexpected` where an id stands more than once."""
    twice = sorted({one for one in ids if ids.count(one) > 1})
    if twice:
        raise Unexpected(
            gettext_noop(
                "%(file)s, line %(line)d, %(key)s: stands more than once: %(names)s. "
                "Expected each id once."
            ),
            names=", ".join(twice),
        )


class Part(BaseModel):
    """A piece of a definition: frozen, and no key beyond the declared ones."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        allow_inf_nan=False,
        str_min_length=1,
        str_strip_whitespace=True,
        use_attribute_docstrings=True,
    )

    # Fields that say about the definition, not what it means; outside the hash.
    about: ClassVar[frozenset[str]] = frozenset()


class LocalText(Part):
    """A text in the three languages of the interface. All three are required."""

    fi: str
    """the text in Finnish; all three languages are required."""
    sv: str
    """the text in Swedish; all three languages are required."""
    en: str
    """the text in English; all three languages are required."""

    def in_language(self, language: str) -> str:
        """Return the text in ``fi``, ``sv`` or ``en``; unknown languages read English."""
        return {"fi": self.fi, "sv": self.sv}.get(language, self.en)


def check_id(value: str) -> str:
    """Accept small letters, digits, ``_`` and ``-``, beginning with a letter."""
    if not re.fullmatch(r"[a-z][a-z0-9_-]*", value):
        raise Unexpected(
            gettext_noop(
                "%(file)s, line %(line)d, %(key)s: %(found)s cannot be an id. Expected "
                "small letters a-z, digits, _ and -, beginning with a letter."
            ),
            found=value,
        )
    return value


Id = Annotated[str, AfterValidator(check_id)]


def check_window(value: str) -> str:
    """Accept the windows that `core.calendar.Window` runs."""
    if not re.fullmatch(
        r"school_year|term|study_period|rolling:[1-9][0-9]{0,2}"
        r"|check_date:(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])",
        value,
    ):
        raise Unexpected(
            gettext_noop(
                "%(file)s, line %(line)d, %(key)s: %(found)s is not a window. Expected "
                "school_year, term, study_period, rolling:N (N school days) or "
                "check_date:MM-DD."
            ),
            found=value,
        )
    return value


WindowText = Annotated[str, AfterValidator(check_window)]


class Level(StrEnum):
    """The two levels of basic education by which ladders differ."""

    PRIMARY = "primary"  # grades 1-6
    LOWER_SECONDARY = "lower_secondary"  # grades 7-9


class Definition(Part):
    """A whole definition file."""

    about: ClassVar[frozenset[str]] = frozenset({"version"})

    id: Id
    """The name by which all else refers to this definition; the same as the file's name."""
    version: int = Field(ge=1)
    """Raised by one whenever the meaning changes, never for wording."""

    @cached_property
    def hash(self) -> str:
        """SHA-256 (hex) of the meaning as canonical JSON: no texts, owners or dates of review."""
        text = json.dumps(
            meaning(self), sort_keys=True, ensure_ascii=False, separators=(",", ":")
        )
        return hashlib.sha256(text.encode()).hexdigest()


class Reviewed(Definition):
    """A definition that somebody answers for and looks at again by a date."""

    about: ClassVar[frozenset[str]] = Definition.about | {
        "owner",
        "reviewed_on",
        "review_by",
        "sources",
    }

    title: LocalText
    """Its name on screens."""
    owner: str
    """The office or working group that answers for it."""
    reviewed_on: dt.date
    """The day it was last read through, YYYY-MM-DD."""
    review_by: dt.date
    """The day by which it is to be read through again, YYYY-MM-DD."""
    sources: tuple[str, ...] = Field(min_length=1)
    """Where it comes from: addresses, laws, papers."""

    @model_validator(mode="after")
    def _is_reviewed_again(self) -> Self:
        if self.reviewed_on >= self.review_by:
            raise Unexpected(
                gettext_noop(
                    "%(file)s, line %(line)d, %(key)s: review_by is not after "
                    "reviewed_on. Expected a later day."
                )
            )
        return self


def meaning(value: object) -> object:
    """Return what a definition means as JSON values: texts and unset fields left out."""
    match value:
        case Part():
            return dict(_meaningful(value))
        case tuple() | list():
            return [meaning(item) for item in value if not isinstance(item, LocalText)]
        case dict():
            return {str(key): meaning(item) for key, item in value.items()}
        case dt.date():
            return value.isoformat()
        case str() | int() | float() | None:
            return value
        case _:
            raise Fault(f"a definition holds a {type(value).__name__}")


def _meaningful(part: Part) -> Iterator[tuple[str, object]]:
    """Yield the fields that carry meaning; what equals its default is as good as unsaid."""
    for name, field in type(part).model_fields.items():
        value = getattr(part, name)
        if name in part.about or isinstance(value, LocalText):
            continue
        if not field.is_required() and value == field.get_default():
            continue
        yield name, meaning(value)
