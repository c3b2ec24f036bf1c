"""A task in words: why it is here, what is asked, by when."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date

from django.utils.formats import date_format, number_format
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from koulutie.casework.models import Reaction, Task
from koulutie.core.definitions import Ladder, LocalText
from koulutie.core.definitions.steps import Step
from koulutie.core.definitions.triggers import (
    Amount,
    AmountUnit,
    Check,
    Event,
    Pattern,
    Range,
    Unresolved,
)
from koulutie.ui.templatetags.koulutie import role_name, weekday_and_day

# Below this share of kept registers a number is a question about the register first.
LOW_COVERAGE = 0.8


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One task as a card. All texts are in the reader's language."""

    task: Task
    name: str
    class_code: str
    step: str
    rank: int  # how high on the ladder, from 1
    ranks: int
    owner: str
    role: str
    rows_changed: bool
    why: str
    question: str  # asked first when the register is not complete; else empty
    asked: tuple[str, ...]
    due: str
    is_overdue: bool
    is_mine: bool
    look_again_on: date | None
    latest: str  # what was answered, else empty
    also: tuple[str, ...] = ()  # the pupil's other steps in the same list


def cards(
    tasks: Iterable[Task],
    *,
    ladders: Mapping[str, Ladder],
    today: date,
    person_id: int,
) -> tuple[Card, ...]:
    """Return the tasks as cards, in their order."""
    return tuple(
        card(task, ladders=ladders, today=today, person_id=person_id) for task in tasks
    )


def one_a_pupil(found: Iterable[Card]) -> tuple[Card, ...]:
    """Return the highest step of each pupil, the others named on it; one talk answers all."""
    by_pupil: dict[int, list[Card]] = {}
    for one in found:
        by_pupil.setdefault(one.task.pupil_id, []).append(one)
    tops = []
    for own in by_pupil.values():
        top = max(own, key=lambda one: one.rank)
        also = tuple(dict.fromkeys(one.step for one in own if one.step != top.step))
        overdue = any(one.is_overdue for one in own)
        tops.append(replace(top, also=also, is_overdue=overdue))
    return tuple(tops)


def card(
    task: Task, *, ladders: Mapping[str, Ladder], today: date, person_id: int
) -> Card:
    """Return one task as a card."""
    step = step_of(task, ladders)
    rank, ranks = rank_of(task, ladders)
    outcome = getattr(task, "latest_outcome", None)
    return Card(
        rank=rank,
        ranks=ranks,
        owner=task.owner.full_name if task.owner else "",
        role=role_name(task.role),
        rows_changed=task.rows_changed_at is not None,
        task=task,
        name=f"{task.pupil.first_name} {task.pupil.last_name}",
        class_code=task.school_class.code,
        step=local(step.title) if step else task.step,
        why=why(task, step),
        question=coverage_question(task.coverage),
        asked=tuple(local(one.text) for one in step.measures) if step else (),
        due=due(task.due_on, today),
        is_overdue=task.due_on < today,
        is_mine=task.owner_id == person_id,
        look_again_on=getattr(task, "look_again_on", None),
        latest=str(Reaction.Outcome(outcome).label) if outcome else "",
    )


def step_of(task: Task, ladders: Mapping[str, Ladder]) -> Step | None:
    """Return the step's definition; None where the ladder has been taken out of use."""
    ladder = ladders.get(task.ladder)
    if ladder is None or task.step not in {step.id for step in ladder.steps}:
        return None
    return ladder.step(task.step)


def rank_of(task: Task, ladders: Mapping[str, Ladder]) -> tuple[int, int]:
    """Return how high the step stands among the ladder's steps that can be reached."""
    ladder = ladders.get(task.ladder)
    ids = [step.id for step in ladder.runnable_steps] if ladder else []
    return (ids.index(task.step) + 1, len(ids)) if task.step in ids else (1, 1)


def summary(*, waiting: int, again: int) -> str:
    """Return what today asks, in one sentence; the numbers are pupils."""
    if not waiting and not again:
        return _("All quiet. Everybody who reached a step has been met.")
    parts = []
    if waiting:
        parts.append(
            ngettext(
                "%(n)s pupil waits for an adult's word.",
                "%(n)s pupils wait for an adult's word.",
                waiting,
            )
            % {"n": waiting}
        )
    if again:
        parts.append(
            ngettext(
                "You promised to look again at %(n)s pupil.",
                "You promised to look again at %(n)s pupils.",
                again,
            )
            % {"n": again}
        )
    return " ".join(parts)


def local(text: LocalText) -> str:
    """Return a definition's text in the reader's language."""
    return text.in_language(get_language() or "en")


def why(task: Task, step: Step | None) -> str:
    """Return in one sentence what was counted, over which time, against which limit."""
    numbers = {
        "value": amount(task.value),
        "limit": amount(task.threshold),
        "window": window_in_words(task.window_key),
        "day": date_format(task.crossed_on, "SHORT_DATE_FORMAT"),
    }
    return sentence_for(step) % numbers


def sentence_for(step: Step | None) -> str:
    """Return the sentence of the step's trigger, with named placeholders."""
    match step.trigger if step else None:
        case Amount(unit=unit) | Range(unit=unit) | Check(unit=unit):
            if unit is AmountUnit.PERCENT:
                return _(
                    "%(value)s %% of lessons missed %(window)s (limit %(limit)s %%), "
                    "reached on %(day)s."
                )
            return _(
                "%(value)s lessons missed %(window)s (limit %(limit)s), reached on "
                "%(day)s."
            )
        case Unresolved():
            return _(
                "An absence has been without a known cause for %(value)s days (limit "
                "%(limit)s), as of %(day)s."
            )
        case Pattern():
            return _(
                "Absences gather in one place %(window)s: %(value)s of them (limit "
                "%(limit)s), noticed on %(day)s."
            )
        case Event():
            return _("%(value)s such marks %(window)s (limit %(limit)s), on %(day)s.")
        case _:
            return _("Counted %(value)s %(window)s (limit %(limit)s), on %(day)s.")


def amount(value: float) -> str:
    """Return a number without needless decimals, in the reader's form."""
    return number_format(value, 0 if value == int(value) else 1)


def window_in_words(key: str) -> str:
    """Return a window instance in words that fit into a sentence."""
    year, _dash, part = key.partition("-")
    if not part:
        next_year = f"{(int(year) + 1) % 100:02d}"
        return _("in school year %(years)s") % {"years": f"{year}–{next_year}"}
    if part == "autumn":
        return _("in the autumn term of %(year)s") % {"year": year}
    if part == "spring":
        return _("in the spring term of %(year)s") % {"year": int(year) + 1}
    if part.startswith("p"):
        return _("in study period %(number)s") % {"number": part[1:]}
    if "/" in part:
        return _("in %(days)s school days") % {"days": key.rpartition("/")[2]}
    return _("by %(day)s") % {
        "day": date_format(date.fromisoformat(key), "SHORT_DATE_FORMAT")
    }


def coverage_question(coverage: float | None) -> str:
    """Return the question to ask first when many lessons' registers were not kept."""
    if coverage is None or coverage >= LOW_COVERAGE:
        return ""
    return _(
        "The register was kept for %(percent)s %% of the lessons. Is it complete?"
    ) % {"percent": number_format(100 * coverage, 0)}


def due(on: date, today: date) -> str:
    """Return a due date as people say it."""
    days = (on - today).days
    said = weekday_and_day(on)
    if days == 0:
        return _("today")
    if days < 0:
        return ngettext(
            "%(day)s, %(days)d day ago", "%(day)s, %(days)d days ago", -days
        ) % {"day": said, "days": -days}
    return _("by %(day)s") % {"day": said}


def rows_title(rows: int) -> str:
    """Return the heading over the rows behind a step."""
    return ngettext("This %(n)s lesson", "These %(n)s lessons", rows) % {"n": rows}
