"""Absence ladders (poissaoloportaat, frånvarotrappa): a municipality's steps, as stated.

The schema can say everything that the published ladders say, in the words they say it. A
step that a machine cannot follow stays in the ladder and tells why. What a source does not
tell is left out; where the machine needs it, the municipality chooses it openly in `run`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Self

from pydantic import Field, model_validator

from koulutie.core.definitions.base import (
    Level,
    LocalText,
    Path,
    Reviewed,
    Unexpected,
    WindowText,
)
from koulutie.core.definitions.indicator import kinds_of
from koulutie.core.definitions.ladder_parts import (
    Basis,
    Detail,
    Escalation,
    Language,
    LeaveRule,
    NoticeLimits,
    Report,
    RunChoices,
    Sign,
    Status,
    StopRule,
    Term,
    Tool,
)
from koulutie.core.definitions.steps import (
    CONTINUOUS,
    UNKNOWN,
    Counts,
    Measure,
    PartialDate,
    StatedWindow,
    Step,
    WindowByLevel,
    refuse_two_windows,
)
from koulutie.core.definitions.triggers import (
    Amount,
    Check,
    Gap,
    Pattern,
    Range,
    Unresolved,
)
from koulutie.core.errors import gettext_noop
from koulutie.core.marks import Kind


class Ladder(Reviewed):
    """A whole ladder."""

    about: ClassVar[frozenset[str]] = Reviewed.about | {
        "municipality",
        "languages",
        "status",
        "valid_from",
        "valid_to",
        "detail",
        "tool",
    }

    municipality: str
    """Whose ladder it is, as the source names it."""
    languages: tuple[Language, ...] = Field(min_length=1)
    """The languages in which it is published."""
    status: Status
    """What the source says of its validity."""
    valid_from: PartialDate | None = None
    """From when it holds; left out where the source does not say."""
    valid_to: PartialDate | None = None
    """Until when it held, exclusive."""
    detail: Detail
    """How much of the source could be read."""
    tool: Tool | None = None
    """The program that the municipality counts with."""
    window: StatedWindow | None = None
    """The window of all steps that name none of their own."""
    window_by_level: WindowByLevel | None = None
    """The windows where the levels differ."""
    review_window: WindowText | None = None
    """The window in which percentages are looked at, where it is another."""
    counts: Counts | None = None
    """The kinds counted; left out where the source does not say."""
    has_cumulative_steps: bool = False
    """Whether a higher step includes all that the lower ones ask."""
    steps: tuple[Step, ...] = ()
    """The steps, from the first to the last."""
    measures: tuple[Measure, ...] = ()
    """What the source asks without tying it to a step."""
    signs: tuple[Sign, ...] = ()
    """What staff look out for."""
    other_triggers: tuple[LocalText, ...] = ()
    """What else may lead to a step, in words."""
    rules: tuple[LocalText, ...] = ()
    """Rules beside the steps."""
    terms: tuple[Term, ...] = ()
    """Words as the source defines them."""
    reports: tuple[Report, ...] = ()
    """Messages without a step."""
    notice_limits: tuple[NoticeLimits, ...] = ()
    """Who is told at limits whose values are not shown."""
    stop_rule: StopRule | None = None
    """When the ladder rests."""
    escalation: Escalation | None = None
    """When others join."""
    leave: LeaveRule | None = None
    """Who may grant leave."""
    basis: tuple[Basis, ...] = ()
    """Sections of acts that the source names."""
    partners: tuple[LocalText, ...] = ()
    """Services outside the school."""
    consultation: LocalText | None = None
    """How welfare staff may be asked for advice."""
    notes: tuple[LocalText, ...] = ()
    """What a reader should know about the source."""
    run: RunChoices | None = None
    """What the municipality chose so that the machine can run it."""

    @model_validator(mode="after")
    def _steps_are_told_apart(self) -> Self:
        refuse_two_windows(self.window, self.window_by_level)
        ids = [step.id for step in self.steps]
        twice = sorted({name for name in ids if ids.count(name) > 1})
        if twice:
            raise Unexpected(
                gettext_noop(
                    "%(file)s, line %(line)d, %(key)s: stands more than once: %(names)s. "
                    "Expected each step once."
                ),
                names=", ".join(twice),
            )
        return self

    def step(self, step_id: str) -> Step:
        """Return the step; an id that the ladder does not have raises KeyError."""
        return {step.id: step for step in self.steps}[step_id]

    def stated_window(self, step: Step, *, level: Level) -> str:
        """Return the window as the source states it; ``unknown`` where it does not.

        Percentages are looked at in `review_window` where the source names one.
        """
        if step.window or step.window_by_level:
            by_level, window = step.window_by_level, step.window
        elif step.is_in_percent and self.review_window:
            return self.review_window
        else:
            by_level, window = self.window_by_level, self.window
        return (by_level.of(level) if by_level else window) or UNKNOWN

    def window_for(self, step: Step, *, level: Level) -> str | None:
        """Return the window in which the machine counts; None where nobody chose one."""
        stated = self.stated_window(step, level=level)
        if stated not in {UNKNOWN, CONTINUOUS}:
            return stated
        return self.run.window if self.run else None

    def kinds_for(self, step: Step) -> frozenset[Kind]:
        """Return the kinds that the machine counts in the step; empty where not stated."""
        counts = step.counts or self.counts
        if counts:
            return counts.mark_kinds
        return kinds_of(self.run.kinds) if self.run else frozenset()

    def minimum_offered_lessons(self, step: Step) -> float:
        """Return the offered lessons below which a percent step says nothing."""
        own = (
            step.trigger.minimum_offered_lessons
            if isinstance(step.trigger, Amount)
            else 0
        )
        return own or (self.run.minimum_offered_lessons if self.run else 0)

    def responsible_for(self, step: Step) -> tuple[str, ...]:
        """Return who is in charge by the ladder, else by the municipality's choice."""
        return step.responsible or (self.run.responsible if self.run else ())

    def due_school_days(self, step: Step) -> int | None:
        """Return the school days given, 0 for at once; None where nobody chose."""
        if step.due and step.due.at_once:
            return 0
        if step.due and step.due.school_days is not None:
            return step.due.school_days
        return self.run.due_school_days if self.run else None

    def gaps(self, step: Step) -> tuple[Gap, ...]:
        """Return every reason why the machine cannot run the step in this ladder."""
        gaps = list(step.gaps)
        if step.trigger is None:
            return tuple(gaps)
        if not isinstance(step.trigger, Unresolved):
            gaps += self._window_gaps(step)
        gaps += self._count_gaps(step)
        return tuple(gaps)

    def _window_gaps(self, step: Step) -> list[Gap]:
        levels = [
            level
            for level, grades in (
                (Level.PRIMARY, (1, 6)),
                (Level.LOWER_SECONDARY, (7, 9)),
            )
            if any(step.concerns(grade) for grade in grades)
        ]
        stated = {
            self.stated_window(step, level=level)
            for level in levels
            if self.window_for(step, level=level) is None
        }
        sentences = {
            UNKNOWN: gettext_noop(
                "The source does not say over which time absences are added up. The "
                "municipality chooses a window in run."
            ),
            CONTINUOUS: gettext_noop(
                "The source says that absences are followed all the time, which is no "
                "window. The municipality chooses one in run."
            ),
        }
        return [Gap(sentences[window]) for window in sorted(stated)]

    def _count_gaps(self, step: Step) -> list[Gap]:
        trigger = step.trigger
        counts = step.counts or self.counts
        if counts and counts.judged:
            sentence = gettext_noop(
                "The step also counts absences that only an adult can tell apart."
            )
            return [Gap(sentence)]
        if isinstance(trigger, Amount | Range | Check | Pattern) and not self.kinds_for(
            step
        ):
            sentence = gettext_noop(
                "The source does not say which absences are counted. The municipality "
                "chooses them in run."
            )
            return [Gap(sentence)]
        return []

    def parties_named(self) -> Iterator[tuple[Path, str]]:
        """Yield every role or party that the ladder names, with the path to the name."""
        for number, step in enumerate(self.steps):
            here: Path = ("steps", number)
            yield from _listed((*here, "responsible"), step.responsible)
            yield from _listed((*here, "notify"), step.notify)
            for cause, name in step.add_role_by_cause.items():
                yield (*here, "add_role_by_cause", cause.value), name
            for cause, name in step.routes.items():
                yield (*here, "routes", cause.value), name
        for number, report in enumerate(self.reports):
            yield from _listed(("reports", number, "to"), report.to)
        for number, notice in enumerate(self.notice_limits):
            yield from _listed(("notice_limits", number, "notify"), notice.notify)
        if self.run:
            yield from _listed(("run", "responsible"), self.run.responsible)

    @property
    def why_not_runnable(self) -> dict[str, tuple[Gap, ...]]:
        """The reasons by step, for the steps that the machine cannot run."""
        reasons = {step.id: self.gaps(step) for step in self.steps}
        return {step: gaps for step, gaps in reasons.items() if gaps}

    @property
    def runnable_steps(self) -> tuple[Step, ...]:
        """The steps that the machine can run, in the ladder's order."""
        return tuple(step for step in self.steps if not self.gaps(step))


def _listed(path: Path, names: tuple[str, ...]) -> Iterator[tuple[Path, str]]:
    for number, name in enumerate(names):
        yield (*path, number), name
