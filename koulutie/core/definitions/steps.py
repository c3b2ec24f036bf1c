"""One step of an absence ladder: when it is reached, who acts, by when, and what is asked."""

from __future__ import annotations

import datetime as dt
import re
from enum import StrEnum
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from koulutie.core.definitions.base import (
    Id,
    Level,
    LocalText,
    Part,
    Unexpected,
    WindowText,
)
from koulutie.core.definitions.indicator import KindName, kinds_of
from koulutie.core.definitions.triggers import (
    Amount,
    AmountUnit,
    Check,
    Gap,
    Range,
    Trigger,
)
from koulutie.core.errors import gettext_noop
from koulutie.core.marks import Kind

# What a source may say of its window and the machine cannot run as it stands.
UNKNOWN, CONTINUOUS = "unknown", "continuous"


def check_stated_window(value: str) -> str:
    """Accept what a source says: a runnable window of a ladder, continuous, or unknown."""
    if not re.fullmatch(
        r"school_year|term|study_period|rolling:[1-9][0-9]{0,2}|continuous|unknown",
        value,
    ):
        raise Unexpected(
            gettext_noop(
                "%(file)s, line %(line)d, %(key)s: %(found)s is not a window. Expected "
                "school_year, term, study_period, rolling:N, continuous or unknown."
            ),
            found=value,
        )
    return value


def check_partial_date(value: str) -> str:
    """Accept YYYY-MM-DD, or YYYY-MM where the source names only the month."""
    try:
        if not re.fullmatch(r"[0-9]{4}-[0-9]{2}(-[0-9]{2})?", value):
            raise ValueError
        dt.date.fromisoformat(value if len(value) == 10 else f"{value}-01")
    except ValueError:
        raise Unexpected(
            gettext_noop(
                "%(file)s, line %(line)d, %(key)s: %(found)s is not a date. Expected "
                "YYYY-MM-DD, or YYYY-MM where only the month is known."
            ),
            found=value,
        ) from None
    return value


def check_grades(value: str) -> str:
    """Accept ``1-6`` or ``7``."""
    match = re.fullmatch(r"([0-9])(?:-([0-9]))?", value)
    if not match or int(match[1]) > int(match[2] or match[1]):
        raise Unexpected(
            gettext_noop(
                "%(file)s, line %(line)d, %(key)s: %(found)s are no grades. Expected one "
                "grade, such as 7, or the first and the last, such as 1-6."
            ),
            found=value,
        )
    return value


StatedWindow = Annotated[str, AfterValidator(check_stated_window)]
PartialDate = Annotated[str, AfterValidator(check_partial_date)]
Grades = Annotated[str, AfterValidator(check_grades)]


class Doing(StrEnum):
    """Kinds of measures, so that contacts and meetings can be counted across ladders."""

    PREVENT = "prevent"
    MONITOR = "monitor"
    TALK_WITH_PUPIL = "talk_with_pupil"
    CONTACT_GUARDIAN = "contact_guardian"
    FIND_CAUSES = "find_causes"
    CONSULT_WELFARE = "consult_welfare"
    OFFER_SERVICES = "offer_services"
    RECORD = "record"
    INFORM = "inform"
    MEETING = "meeting"
    PLAN_SUPPORT = "plan_support"
    EXPERT_GROUP = "expert_group"
    SERVICE_NEED = (
        "service_need"  # request for assessment, contact under social welfare
    )
    CHILD_PROTECTION = "child_protection"
    NAME_ADULT = "name_adult"
    RETURN = "return"
    FOLLOW_UP = "follow_up"


class Measure(Part):
    """What the model asks of adults."""

    doing: Doing
    """What kind of measure it is."""
    text: LocalText
    """The measure in words."""


class Due(Part):
    """By when. A source's own words stand in `text`."""

    school_days: int | None = Field(default=None, ge=1, le=60)
    """So many school days after the step was reached."""
    at_once: bool = False
    """On the same day."""
    text: LocalText | None = None
    """What the source says in words."""

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.at_once == (self.school_days is not None) and (
            self.at_once or self.text is None
        ):
            raise Unexpected(
                gettext_noop(
                    "%(file)s, line %(line)d, %(key)s: the time is not clear. Expected "
                    "school_days or at_once, and text where the source says it in words."
                )
            )
        return self


class ConditionalExclusion(Part):
    """Kinds left out only when an adult sees no concern; a machine counts them."""

    kinds: tuple[KindName, ...] = Field(min_length=1)
    """The kinds."""
    text: LocalText
    """The condition in words."""


class Counts(Part):
    """Which marks a ladder or step counts."""

    kinds: tuple[KindName, ...] = Field(min_length=1)
    """Kinds or group names that are counted."""
    excludes: tuple[Kind, ...] = ()
    """Kinds that the source names as left out."""
    excludes_if_no_concern: ConditionalExclusion | None = None
    """Kinds left out when nobody is concerned."""
    judged: tuple[LocalText, ...] = ()
    """What is counted besides and only an adult can tell, such as concerning absence."""

    @property
    def mark_kinds(self) -> frozenset[Kind]:
        """The kinds that a machine counts."""
        return kinds_of(self.kinds) - frozenset(self.excludes)


class WindowByLevel(Part):
    """Windows where the levels differ."""

    primary: StatedWindow
    """Grades 1-6."""
    lower_secondary: StatedWindow
    """Grades 7-9."""

    def of(self, level: Level) -> str:
        """Return the level's window."""
        return self.primary if level is Level.PRIMARY else self.lower_secondary


class Cause(StrEnum):
    """Groups of causes by which a source chooses who takes part."""

    HEALTH = "health"
    BEHAVIOUR = "behaviour"
    LEARNING_OR_MENTAL = "learning_or_mental"
    OTHER_OR_UNCLEAR = "other_or_unclear"


class ExampleAmount(Part):
    """A source's own example of what a percentage is in lessons."""

    weekly_lessons: int = Field(ge=1)
    """Lessons a week of the example."""
    window: WindowText
    """The window of the example."""
    lessons: float = Field(gt=0)
    """Absent lessons."""


class Step(Part):
    """One step. Without a trigger it is everyday work or an adult's judgement."""

    id: Id
    """The step's name in the ladder."""
    title: LocalText
    """Its name on screens."""
    grades: Grades | None = None
    """The grades it concerns; left out: all."""
    window: StatedWindow | None = None
    """Its own window; left out: the ladder's."""
    window_by_level: WindowByLevel | None = None
    """Its own windows where the levels differ."""
    counts: Counts | None = None
    """Its own kinds; left out: the ladder's."""
    trigger: Trigger | None = None
    """What makes it be reached; left out where only an adult can tell."""
    responsible: tuple[Id, ...] = ()
    """Roles or parties in charge; which of them is the one whom the pupil has."""
    due: Due | None = None
    """By when; left out where the source does not say."""
    measures: tuple[Measure, ...] = ()
    """What is asked."""
    forms: tuple[LocalText, ...] = ()
    """Forms that are filled in."""
    notify: tuple[Id, ...] = ()
    """Roles or parties that are told."""
    add_role_by_cause: dict[Cause, Id] = {}
    """Who is asked to join, by the cause."""
    routes: dict[Cause, Id] = {}
    """To whom the pupil is guided, by the cause."""
    examples: tuple[ExampleAmount, ...] = ()
    """The source's own examples."""

    @model_validator(mode="after")
    def _one_window(self) -> Self:
        refuse_two_windows(self.window, self.window_by_level)
        return self

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """Why a machine cannot follow the step, whatever the ladder says."""
        if self.trigger is None:
            sentence = gettext_noop(
                "The step has no limit: it is everyday work, or an adult judges when it "
                "is reached."
            )
            return (Gap(sentence),)
        return self.trigger.gaps()

    @property
    def is_runnable(self) -> bool:
        """Whether the step by itself says enough; see also `Ladder.why_not_runnable`."""
        return not self.gaps

    @property
    def is_in_percent(self) -> bool:
        """Whether its limit is a percentage of offered lessons."""
        trigger = self.trigger
        return (
            isinstance(trigger, Amount | Range | Check)
            and trigger.unit is AmountUnit.PERCENT
        )

    def concerns(self, grade: int) -> bool:
        """Say whether the step concerns pupils of the grade."""
        if self.grades is None:
            return True
        return int(self.grades[0]) <= grade <= int(self.grades[-1])


def refuse_two_windows(window: str | None, by_level: WindowByLevel | None) -> None:
    if window is not None and by_level is not None:
        raise Unexpected(
            gettext_noop(
                "%(file)s, line %(line)d, %(key)s: found two windows. Expected either "
                "window or window_by_level."
            )
        )
