"""Indicators: what is counted, divided by what, over which window, and how to read it."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, ClassVar, Self

from pydantic import Field, PlainValidator, WithJsonSchema, model_validator

from koulutie.core.definitions.base import (
    Id,
    LocalText,
    Part,
    Reviewed,
    Unexpected,
    WindowText,
)
from koulutie.core.errors import gettext_noop
from koulutie.core.marks import ABSENCES, Kind

LATES = frozenset({Kind.LATE_SHORT, Kind.LATE_LONG})


class KindGroup(StrEnum):
    """Names for sets of kinds that definitions use often."""

    ABSENCES = "absences"
    LATES = "lates"


KIND_NAMES: dict[str, KindGroup | Kind] = {
    **{group.value: group for group in KindGroup},
    **{kind.value: kind for kind in Kind},
}


def named_kind(value: object) -> KindGroup | Kind:
    """Return the kind or group of the name."""
    if isinstance(value, str) and value in KIND_NAMES:
        return KIND_NAMES[value]
    raise Unexpected(
        gettext_noop(
            "%(file)s, line %(line)d, %(key)s: found “%(found)s”. Expected one of: "
            "%(known)s."
        ),
        found=value,
        known=", ".join(KIND_NAMES),
    )


KindName = Annotated[
    KindGroup | Kind,
    PlainValidator(named_kind),
    WithJsonSchema({"type": "string", "enum": list(KIND_NAMES)}),
]


def kinds_of(names: tuple[KindGroup | Kind, ...]) -> frozenset[Kind]:
    """Return the kinds that a list of kinds and group names stands for."""
    groups = {KindGroup.ABSENCES: ABSENCES, KindGroup.LATES: LATES}
    kinds: set[Kind] = set()
    for name in names:
        kinds |= groups[name] if isinstance(name, KindGroup) else {name}
    return frozenset(kinds)


class Unit(StrEnum):
    """What a value is measured in."""

    LESSONS = "lessons"  # 45-minute lessons
    MARKS = "marks"
    BLOCKS = "blocks"  # marks of one double lesson counted once
    DAYS = "days"  # calendar days
    SCHOOL_DAYS = "school_days"
    PERCENT = "percent"  # 0-100


class Direction(StrEnum):
    """Which way is better for the pupil."""

    LOWER_IS_BETTER = "lower_is_better"
    HIGHER_IS_BETTER = "higher_is_better"
    NEUTRAL = "neutral"


class Count(StrEnum):
    """What the numerator is. Only marks whose kind is in `where.kinds` take part."""

    LESSONS = "lessons"  # sum of MARK.lessons
    MARKS = "marks"  # number of marks
    BLOCKS = "blocks"  # adjacent marks of one day, group, type and teacher are one
    DAYS_WITH_ANY = "days_with_any"  # school days with at least one mark
    LONGEST_STREAK = (
        "longest_streak"  # school days in a row, each with at least one mark
    )
    # The greatest number of one value of `by`; divided by the number over all values.
    CONCENTRATION = "concentration"
    # Calendar days from the oldest mark that is not cleared to `as_of`.
    DAYS_SINCE_OLDEST = "days_since_oldest"


class By(StrEnum):
    """What a concentration is looked for in, and what it is counted in."""

    WEEKDAY = (
        "weekday"  # school days with any mark; 5 values, so an even spread is 20 %
    )
    SUBJECT = "subject"  # marks
    TIME_OF_DAY = "time_of_day"  # marks, by the clock hour in which the lesson starts


class Over(StrEnum):
    """What the numerator is divided by."""

    OFFERED = "offered"  # lessons offered to the pupil in the window, see core.exposure
    KEPT = "kept"  # of these, lessons whose register was kept
    LESSONS = "lessons"  # sum of lessons of the marks in its own `where`
    MARKS = "marks"  # number of marks in its own `where`
    BLOCKS = "blocks"  # blocks of the marks in its own `where`
    SCHOOL_DAYS = "school_days"  # school days on which the pupil was enrolled


class Where(Part):
    """Which marks take part."""

    kinds: tuple[KindName, ...] = Field(min_length=1)
    """Kinds of mark, or the group names absences and lates."""


class Numerator(Part):
    """What is counted."""

    count: Count
    """The way of counting."""
    where: Where
    """The marks that take part."""
    by: By | None = None
    """Only with concentration: what it is looked for in."""

    @model_validator(mode="after")
    def _by_belongs_to_concentration(self) -> Self:
        if (self.by is not None) != (self.count is Count.CONCENTRATION):
            raise Unexpected(
                gettext_noop(
                    "%(file)s, line %(line)d, %(key)s: by and count do not go together. "
                    "Expected by (weekday, subject, time_of_day) with count: "
                    "concentration, and only there."
                )
            )
        return self

    @property
    def kinds(self) -> frozenset[Kind]:
        """The kinds that take part."""
        return kinds_of(self.where.kinds)


class Denominator(Part):
    """What it is divided by."""

    count: Over
    """The way of counting."""
    where: Where | None = None
    """The marks that take part, where marks are counted."""

    @model_validator(mode="after")
    def _where_belongs_to_marks(self) -> Self:
        counts_marks = self.count in {Over.LESSONS, Over.MARKS, Over.BLOCKS}
        if (self.where is not None) != counts_marks:
            raise Unexpected(
                gettext_noop(
                    "%(file)s, line %(line)d, %(key)s: where and count do not go "
                    "together. Expected where with lessons, marks and blocks, and only "
                    "there."
                )
            )
        return self

    @property
    def kinds(self) -> frozenset[Kind]:
        """The kinds that take part; none where no marks are counted."""
        return kinds_of(self.where.kinds) if self.where else frozenset()


class Label(Part):
    """A word for values at or above a limit."""

    id: Id
    """The label's name in the code."""
    at: float = Field(gt=0)
    """The limit in the indicator's unit; the limit itself is inside."""
    title: LocalText
    """The word."""
    explanation: LocalText
    """What the word says and does not say."""


class Indicator(Reviewed):
    """One figure. Value = numerator, or numerator / denominator (x 100 in percent)."""

    about: ClassVar[frozenset[str]] = Reviewed.about | {"direction"}

    why_it_matters: LocalText
    """Why anybody looks at it."""
    how_to_read: LocalText
    """What a value says, and what it does not say."""
    unit: Unit
    """What the value is measured in."""
    direction: Direction
    """Which way is better."""
    numerator: Numerator
    """What is counted."""
    denominator: Denominator | None = None
    """What it is divided by; left out where nothing is."""
    windows: tuple[WindowText, ...] = Field(min_length=1)
    """The windows over which it is computed."""
    minimum_denominator: float = Field(default=0, ge=0)
    """Below this denominator the value is withheld, never 0."""
    minimum_count: float = Field(default=0, ge=0)
    """Of a concentration: below so many counted days or marks the value is withheld."""
    labels: tuple[Label, ...] = ()
    """Words for high values, the lowest limit first."""
    is_sensitive: bool = False
    """Whether the figure tells of health (GDPR article 9)."""

    @model_validator(mode="after")
    def _is_a_whole(self) -> Self:
        self._check_division()
        self._check_labels()
        return self

    def _check_division(self) -> None:
        is_concentration = self.numerator.count is Count.CONCENTRATION
        divides = self.denominator is not None or is_concentration
        if divides != (self.unit is Unit.PERCENT) or (
            is_concentration and self.denominator is not None
        ):
            raise Unexpected(
                gettext_noop(
                    "%(file)s, line %(line)d, %(key)s: unit and denominator do not go "
                    "together. Expected unit: percent exactly where there is a "
                    "denominator or a concentration, which brings its own."
                )
            )
        if (self.minimum_denominator and self.denominator is None) or (
            self.minimum_count and not is_concentration
        ):
            raise Unexpected(
                gettext_noop(
                    "%(file)s, line %(line)d, %(key)s: a minimum stands where nothing is "
                    "divided. Expected minimum_denominator with a denominator, and "
                    "minimum_count with a concentration."
                )
            )

    def _check_labels(self) -> None:
        limits = [label.at for label in self.labels]
        if limits != sorted(set(limits)):
            raise Unexpected(
                gettext_noop(
                    "%(file)s, line %(line)d, %(key)s: the labels' limits are not in "
                    "order. Expected the lowest first, each once."
                )
            )

    def label_for(self, value: float | None) -> Label | None:
        """Return the highest label that the value reaches; none for a withheld value."""
        reached = [
            label for label in self.labels if value is not None and value >= label.at
        ]
        return reached[-1] if reached else None
