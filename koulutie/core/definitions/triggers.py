"""What makes a ladder's step be reached, and why a machine can or cannot follow it.

A source that names no number is written down without one. Nothing is guessed: such a
trigger says so in `gaps` and stays for an adult's eye.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from koulutie.core.definitions.base import Level, LocalText, Part, Unexpected
from koulutie.core.definitions.indicator import KindName, kinds_of
from koulutie.core.errors import gettext_noop
from koulutie.core.marks import Kind


@dataclass(frozen=True, slots=True)
class Gap:
    """One reason why a machine cannot run a step; `message` is a gettext message id."""

    message: str
    params: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        return self.message % dict(self.params)


class AmountUnit(StrEnum):
    """What a limit is measured in."""

    LESSON = "lesson"
    PERCENT = "percent"  # of offered lessons, 0-100


class Op(StrEnum):
    """When a limit is reached."""

    GTE = "gte"  # the limit itself is enough
    GT = "gt"  # only more than the limit


class PerLevel(Part):
    """A limit for each level."""

    primary: float = Field(gt=0)
    """Grades 1-6."""
    lower_secondary: float = Field(gt=0)
    """Grades 7-9."""


class Amount(Part):
    """So many absent lessons, or percent of offered lessons, in the window."""

    type: Literal["amount"]
    """The kind of trigger."""
    unit: AmountUnit
    """What the limit is measured in."""
    op: Op
    """Whether the limit itself is enough."""
    threshold: float | None = Field(default=None, gt=0)
    """The limit for all levels."""
    threshold_by_level: PerLevel | None = None
    """The limits where the levels differ."""
    minimum_offered_lessons: float = Field(default=0, ge=0)
    """Percent only: with fewer offered lessons in the window nothing is said."""

    @model_validator(mode="after")
    def _one_limit(self) -> Self:
        if (self.threshold is None) == (self.threshold_by_level is None):
            raise Unexpected(
                gettext_noop(
                    "%(file)s, line %(line)d, %(key)s: found no limit or two. Expected "
                    "either threshold or threshold_by_level."
                )
            )
        return self

    def limit(self, level: Level) -> float:
        """Return the limit for pupils of the level."""
        if self.threshold_by_level is None:
            assert self.threshold is not None
            return self.threshold
        if level is Level.PRIMARY:
            return self.threshold_by_level.primary
        return self.threshold_by_level.lower_secondary

    def gaps(self) -> tuple[Gap, ...]:
        """Return nothing: an amount can always be counted."""
        return ()


class Range(Part):
    """From so many lessons or percent up to, but not including, so many.

    It is reached on the day when the amount comes to `from`. Coming to `to` does not undo
    it: there another step, or nothing, takes over.
    """

    type: Literal["range"]
    """The kind of trigger."""
    unit: AmountUnit
    """What the limits are measured in."""
    from_: float = Field(alias="from", ge=0)
    """The lower limit; inside."""
    to: float = Field(gt=0)
    """The upper limit; outside."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.from_ >= self.to:
            raise Unexpected(
                gettext_noop(
                    "%(file)s, line %(line)d, %(key)s: from is not below to. Expected "
                    "the lower limit in from."
                )
            )
        return self

    def gaps(self) -> tuple[Gap, ...]:
        """Return why a range from 0 is not followed: it concerns every pupil."""
        if self.from_ > 0:
            return ()
        sentence = gettext_noop(
            "The step begins at 0, so it concerns every pupil and is everyday work, not "
            "a limit."
        )
        return (Gap(sentence),)


class Pair(Part):
    """A pair of limits whose meaning the source does not explain; kept as it stands."""

    type: Literal["pair"]
    """The kind of trigger."""
    quoted: str
    """The limits word for word."""
    op: Op
    """Whether the limit itself is enough."""

    def gaps(self) -> tuple[Gap, ...]:
        """Return that nobody knows what the two numbers mean."""
        sentence = gettext_noop(
            "The source gives the limits as “%(quoted)s” and does not say what the two "
            "numbers mean."
        )
        return (Gap(sentence, (("quoted", self.quoted),)),)


class Event(Part):
    """So many marks of the kinds in the window, without adding up lessons."""

    type: Literal["event"]
    """The kind of trigger."""
    event: LocalText
    """The event in the source's own sense, such as an absence without notice."""
    kinds: tuple[KindName, ...] = ()
    """The kinds of mark it shows in; left out where the source leaves it to judgement."""
    count: int | None = Field(default=None, ge=1)
    """How many such marks are enough; left out where the source names no number."""
    op: Op = Op.GTE
    """Whether that number itself is enough."""

    @property
    def mark_kinds(self) -> frozenset[Kind]:
        """The kinds of mark that are counted."""
        return kinds_of(self.kinds)

    def gaps(self) -> tuple[Gap, ...]:
        """Return what the source leaves to an adult's judgement."""
        if self.kinds and self.count:
            return ()
        sentence = gettext_noop(
            "The source leaves it to an adult to judge what counts as this event: it "
            "names no kinds of mark or no number."
        )
        return (Gap(sentence),)


class Unresolved(Part):
    """An absence whose cause nobody has told for so many days."""

    type: Literal["unresolved"]
    """The kind of trigger."""
    days: int = Field(ge=1)
    """So many days after the day of the absence it is still unresolved."""
    day_kind: Literal["calendar", "school"] = "calendar"
    """Which days are counted."""

    def gaps(self) -> tuple[Gap, ...]:
        """Return nothing: open marks can always be found."""
        return ()


class PatternBy(StrEnum):
    """In what an absence repeats itself."""

    WEEKDAY = "weekday"
    SUBJECT = "subject"
    TEACHER = "teacher"
    TIME_OF_DAY = "time_of_day"


class Pattern(Part):
    """Absence that gathers on one weekday, subject, teacher or time of day.

    Weekdays are counted in school days with any counted absence, all else in marks. The
    step is reached when one value has at least `minimum_count` of them and at least
    `minimum_share` of all in the window.
    """

    type: Literal["pattern"]
    """The kind of trigger."""
    by: tuple[PatternBy, ...] = Field(min_length=1)
    """In what it repeats itself; one of these is enough."""
    minimum_count: int | None = Field(default=None, ge=2)
    """So many days or marks at least; left out where the source names no number."""
    minimum_share: float | None = Field(default=None, gt=0, le=1)
    """Share 0-1 of all days or marks at least."""

    def gaps(self) -> tuple[Gap, ...]:
        """Return that without numbers a pattern is for an adult's eye."""
        if self.minimum_count is not None and self.minimum_share is not None:
            return ()
        sentence = gettext_noop(
            "The source names the pattern but no number, so an adult looks for it."
        )
        return (Gap(sentence),)


def check_month_day(value: str) -> str:
    """Accept a day of the year as MM-DD."""
    try:
        if not re.fullmatch(r"[0-9]{2}-[0-9]{2}", value):
            raise ValueError
        dt.date.fromisoformat(f"2000-{value}")
    except ValueError:
        raise Unexpected(
            gettext_noop(
                "%(file)s, line %(line)d, %(key)s: %(found)s is not a day of the year. "
                "Expected MM-DD."
            ),
            found=value,
        ) from None
    return value


class Compared(StrEnum):
    """What is compared with the limit on a check date."""

    TOTAL = "total"  # since the window began
    ADDED_SINCE_LAST_CHECK = "added_since_last_check"


class Check(Part):
    """An amount that is looked at only on one date of the school year."""

    type: Literal["check"]
    """The kind of trigger."""
    date: Annotated[str, AfterValidator(check_month_day)]
    """The day of the check, MM-DD."""
    measure: Compared
    """The whole amount, or what was added since the check before."""
    unit: AmountUnit
    """What the limit is measured in."""
    op: Op
    """Whether the limit itself is enough."""
    threshold: float = Field(gt=0)
    """The limit."""

    def gaps(self) -> tuple[Gap, ...]:
        """Return nothing: the date and the limit are known."""
        return ()


Trigger = Annotated[
    Amount | Range | Pair | Event | Unresolved | Pattern | Check,
    Field(discriminator="type"),
]
