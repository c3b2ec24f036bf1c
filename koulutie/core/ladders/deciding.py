"""Which step adults should act on now, and what a ladder would have asked of a past year."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from koulutie.core.calendar import school_year_of
from koulutie.core.definitions.ladder import Ladder
from koulutie.core.definitions.steps import Step
from koulutie.core.errors import gettext_noop
from koulutie.core.frames import Frames
from koulutie.core.ladders.crossings import crossings
from koulutie.core.ladders.sentences import Sentence

NOTHING_REACHED = gettext_noop("No step has been reached this school year.")
ALL_ANSWERED = gettext_noop("Every step reached this school year has been answered.")
HIGHEST_OPEN = gettext_noop(
    "%(step)s was reached on %(crossed_on)s and nobody has answered it."
)
INCLUDES = gettext_noop(
    "It includes what the lower step %(step)s asks, reached on %(crossed_on)s."
)
BESIDE = gettext_noop(
    "The lower step %(step)s, reached on %(crossed_on)s, is open too."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """A step that a pupil reached, and whether an adult has answered it."""

    step: str
    crossed_on: dt.date
    is_answered: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The step to act on now, if any, with the reasons."""

    step: Step | None
    reasons: tuple[Sentence, ...]


def next_step(
    *, ladder: Ladder, history: Iterable[Reached], as_of: dt.date
) -> Decision:
    """Return the highest step of this school year that nobody has answered.

    Where the ladder's steps are cumulative it includes the lower open ones; else they stay
    open beside it. `history` may hold other years and steps the ladder no longer has.
    """
    order = {step.id: number for number, step in enumerate(ladder.steps)}
    current = [
        one
        for one in history
        if one.step in order
        and one.crossed_on <= as_of
        and school_year_of(one.crossed_on) == school_year_of(as_of)
    ]
    waiting = sorted(
        (one for one in current if not one.is_answered),
        key=lambda one: (order[one.step], one.crossed_on),
    )
    if not waiting:
        message = ALL_ANSWERED if current else NOTHING_REACHED
        return Decision(step=None, reasons=(Sentence(message=message),))
    highest = waiting[-1]
    others = INCLUDES if ladder.has_cumulative_steps else BESIDE
    lower = [one for one in waiting[:-1] if one.step != highest.step]
    reasons = [_reason(HIGHEST_OPEN, highest), *(_reason(others, one) for one in lower)]
    return Decision(step=ladder.step(highest.step), reasons=tuple(reasons))


def _reason(message: str, one: Reached) -> Sentence:
    params = {"step": one.step, "crossed_on": one.crossed_on}
    return Sentence(message=message, params=params)


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulated:
    """How many pupils would have reached a step in a month."""

    month: dt.date  # its first day
    step: str
    pupils: int


def simulate(
    *, ladder: Ladder, frames: Frames, as_of: dt.date
) -> tuple[Simulated, ...]:
    """Run a ladder over all years in the facts: pupils by step and month of reaching it."""
    found = crossings(ladder=ladder, frames=frames, as_of=as_of)
    columns = found.select(["crossed_on", "step", "pupil_id"]).to_pylist()
    pupils: dict[tuple[dt.date, str], set[int]] = {}
    for row in columns:
        month = row["crossed_on"].replace(day=1)
        pupils.setdefault((month, row["step"]), set()).add(row["pupil_id"])
    order = _places(ladder.steps)
    return tuple(
        Simulated(month=month, step=step, pupils=len(who))
        for (month, step), who in sorted(
            pupils.items(), key=lambda item: (item[0][0], order[item[0][1]])
        )
    )


def _places(steps: Sequence[Step]) -> Mapping[str, int]:
    return {step.id: number for number, step in enumerate(steps)}
