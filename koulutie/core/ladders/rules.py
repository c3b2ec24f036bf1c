"""A ladder's runnable steps as rules: one for each step and window."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import narwhals as nw

from koulutie.core.calendar import Window
from koulutie.core.definitions.base import Level
from koulutie.core.definitions.ladder import Ladder
from koulutie.core.definitions.steps import Step
from koulutie.core.definitions.triggers import (
    Amount,
    Check,
    Event,
    Op,
    Pair,
    Pattern,
    PatternBy,
    Range,
    Trigger,
    Unresolved,
)
from koulutie.core.errors import Fault
from koulutie.core.marks import Kind
from koulutie.core.tallies import Of, Tally

_col = nw.col
# An unresolved mark needs no window: the school year is only where it is looked for.
SCHOOL_YEAR = Window.parse("school_year")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One step as the machine follows it, for the levels that share a window."""

    ladder: Ladder
    step: Step
    trigger: Trigger
    window: Window
    levels: tuple[Level, ...]
    kinds: tuple[Kind, ...]  # sorted

    @property
    def marks(self) -> Tally:
        """The number of marks counted."""
        return Tally(Of.MARKS, self.kinds)

    @property
    def amount(self) -> Tally:
        """What is added up: lessons, marks of an event, or open marks."""
        match self.trigger:
            case Event() | Pattern():
                return self.marks
            case Unresolved():
                return Tally(Of.OPEN, self.kinds)
            case _:
                return Tally(Of.LESSONS, self.kinds)

    @property
    def is_in_percent(self) -> bool:
        """Whether the limit is a share of the offered lessons."""
        return self.step.is_in_percent

    @property
    def minimum_offered(self) -> float:
        """Offered lessons below which a percentage says nothing."""
        return self.ladder.minimum_offered_lessons(self.step)

    @property
    def concerns(self) -> nw.Expr:
        """Say of a row with `grade` and `is_primary` whether the rule is about its pupil."""
        grades = [grade for grade in range(11) if self.step.concerns(grade)]
        concerned = _col("grade").is_in(grades)
        if len(self.levels) == 1:
            primary = self.levels[0] is Level.PRIMARY
            return concerned & (_col("is_primary") == nw.lit(primary))
        return concerned

    @property
    def limit(self) -> nw.Expr:
        """The limit for the row's level."""
        match self.trigger:
            case Amount() as amount:
                return (
                    nw.when(_col("is_primary"))
                    .then(nw.lit(float(amount.limit(Level.PRIMARY))))
                    .otherwise(nw.lit(float(amount.limit(Level.LOWER_SECONDARY))))
                )
            case Range(from_=lowest):
                return nw.lit(float(lowest))
            case Check(threshold=threshold):
                return nw.lit(float(threshold))
            case Event(count=count):
                return nw.lit(float(count or 0))
            case Pattern(minimum_count=count):
                return nw.lit(float(count or 0))
            case Unresolved(days=days):
                return nw.lit(float(days))
            case Pair():
                raise Fault("a pair of limits cannot be run")

    def reaches(self, measured: nw.Expr) -> nw.Expr:
        """Say whether a measured amount or percentage reaches the limit."""
        match self.trigger:
            case Range(to=to):
                return (measured >= self.limit) & (measured < to)
            case Amount(op=op) | Check(op=op) | Event(op=op):
                over, reached = measured > self.limit, measured >= self.limit
                return over if op is Op.GT else reached
            case _:
                return measured >= self.limit


def rules_of(ladder: Ladder) -> tuple[Rule, ...]:
    """Return the rules of every step that the machine can run, in the ladder's order."""
    return tuple(
        rule for step in ladder.runnable_steps for rule in _rules(ladder, step)
    )


def _rules(ladder: Ladder, step: Step) -> Iterator[Rule]:
    trigger = step.trigger
    assert trigger is not None
    windows: dict[Window, list[Level]] = {}
    for level in Level:
        if isinstance(trigger, Unresolved):
            windows.setdefault(SCHOOL_YEAR, []).append(level)
        elif text := ladder.window_for(step, level=level):
            windows.setdefault(Window.parse(text), []).append(level)
    for window, levels in windows.items():
        yield Rule(
            ladder=ladder,
            step=step,
            trigger=trigger,
            window=window,
            levels=tuple(levels),
            kinds=tuple(sorted(_kinds(ladder, step))),
        )


def _kinds(ladder: Ladder, step: Step) -> frozenset[Kind]:
    match step.trigger:
        case Event() as event:
            return event.mark_kinds
        case Unresolved():
            return frozenset({Kind.UNRESOLVED})
        case _:
            return ladder.kinds_for(step)


def tallies_of(rules: tuple[Rule, ...]) -> frozenset[Tally]:
    """Return the columns of the day rows that the rules need."""
    return frozenset(tally for rule in rules for tally in (rule.amount, rule.marks))


def value_of(by: PatternBy) -> nw.Expr:
    """Return in what a mark's pattern is looked for, as text; null where not told."""
    match by:
        case PatternBy.WEEKDAY:
            return _col("date").dt.weekday().cast(nw.String)
        case PatternBy.SUBJECT:
            return _col("subject_code").cast(nw.String)
        case PatternBy.TEACHER:
            return _col("teacher_code").cast(nw.String)
        case PatternBy.TIME_OF_DAY:
            return (_col("start_minute") // 60).cast(nw.Int16).cast(nw.String)
