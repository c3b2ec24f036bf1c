"""What a ladder says beside its steps: reports, leave, stop rule, basis, open choices."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum

from pydantic import Field

from koulutie.core.definitions.base import Id, LocalText, Part, WindowText
from koulutie.core.definitions.indicator import KindName
from koulutie.core.definitions.steps import PartialDate
from koulutie.core.definitions.triggers import PatternBy


class Status(StrEnum):
    """What the source says of its own validity."""

    IN_FORCE = "in_force"
    NEWER_COPY = "newer_copy"  # the newer of two copies seen
    SUPERSEDED = "superseded"
    OLD_PAGE = "old_page"
    NOT_STATED = "not_stated"
    DEMO = "demo"  # made for the demo municipality


class Detail(StrEnum):
    """How much of the source could be read."""

    PARTIAL = "partial"  # what is missing here is unknown, not absent
    FULL = "full"


class Language(StrEnum):
    """Languages in which a ladder is published."""

    FI = "fi"
    SV = "sv"
    EN = "en"


class Sign(Part):
    """Something staff are asked to look out for."""

    by: PatternBy | None = None
    """The pattern, where it is one that marks show."""
    text: LocalText
    """The sign in words."""


class ReportWhen(StrEnum):
    """When a report without a step is sent."""

    MONTHLY = "monthly"
    AT_LIMITS = "at_limits"
    ON_CHECK_DATES = "on_check_dates"


class Report(Part):
    """A message that goes out without any step."""

    when: ReportWhen
    """When it is sent."""
    limits_lessons: tuple[float, ...] = ()
    """With at_limits: absent lessons at which it is sent."""
    to: tuple[Id, ...] = ()
    """Roles or parties that get it."""
    text: LocalText | None = None
    """What the source says of it."""


class NoticeLimits(Part):
    """Who is told at message limits whose values the source does not show."""

    limits: str
    """Which of the limits, as counted by the source, such as 1-2."""
    notify: tuple[Id, ...] = Field(min_length=1)
    """Roles or parties that are told."""


class StopRule(Part):
    """When the ladder rests though a limit is passed."""

    even_at_lessons: float = Field(gt=0)
    """Absent lessons at which it may still rest."""
    reasons: tuple[LocalText, ...] = Field(min_length=1)
    """The reasons, one of which is enough."""


class Escalation(Part):
    """When others are asked to join."""

    conditions: tuple[LocalText, ...] = Field(min_length=1)
    """The conditions, one of which is enough."""
    then: LocalText
    """What follows."""


class LeaveRule(Part):
    """Who may grant leave (poissaololupa)."""

    teacher_max_days: int = Field(ge=1)
    """School days that a teacher may grant."""
    principal_above: bool
    """Whether the principal decides on longer leave."""
    guardian_cannot_grant: bool = False
    """Whether the source says that a guardian cannot grant leave."""


class Act(StrEnum):
    """Acts that ladders name as their basis."""

    BASIC_EDUCATION = "basic_education"  # perusopetuslaki 628/1998
    COMPULSORY_EDUCATION = "compulsory_education"  # oppivelvollisuuslaki 1214/2020
    STUDENT_WELFARE = "student_welfare"  # oppilas- ja opiskelijahuoltolaki 1287/2013


class Basis(Part):
    """A section of an act."""

    act: Act
    """The act."""
    section: str
    """The section's number."""


class Term(Part):
    """A word as the source defines it."""

    id: Id
    """The word's name in the code."""
    text: LocalText
    """The definition."""


class Tool(Part):
    """The program that counts today."""

    name: str
    """Its name."""
    since: PartialDate | None = None
    """When it was taken into use."""


class RunChoices(Part):
    """What the municipality chose where its published ladder does not say it."""

    window: WindowText | None = None
    """The window in place of one that is unknown or continuous."""
    kinds: tuple[KindName, ...] = ()
    """The counted kinds in place of ones that are not stated."""
    responsible: tuple[Id, ...] = ()
    """Who gets the task of a step that names nobody."""
    due_school_days: int | None = Field(default=None, ge=1, le=60)
    """By when, for a step that names no number of school days."""
    minimum_offered_lessons: float = Field(default=0, ge=0)
    """Percent steps that name no minimum say nothing below this."""
    chosen_by: str
    """Who decided."""
    chosen_on: dt.date
    """When, YYYY-MM-DD."""
