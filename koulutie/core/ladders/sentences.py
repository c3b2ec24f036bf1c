"""What a crossing says in one sentence: a message id and what its placeholders stand for.

Numbers and dates stay values here; whoever shows the sentence writes them in the reader's
way. `weekday` is an ISO number.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from koulutie.core.definitions.triggers import (
    Amount,
    Check,
    Event,
    Op,
    Pattern,
    PatternBy,
    Range,
    Unresolved,
)
from koulutie.core.errors import Fault, gettext_noop
from koulutie.core.ladders.rules import Rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """A gettext message id and its parameters."""

    message: str
    params: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.message % self.params


LESSONS = {
    Op.GTE: gettext_noop(
        "%(amount)s absent lessons from %(starts_on)s to %(crossed_on)s: the limit of "
        "%(threshold)s was reached."
    ),
    Op.GT: gettext_noop(
        "%(amount)s absent lessons from %(starts_on)s to %(crossed_on)s: more than the "
        "limit of %(threshold)s."
    ),
}
PERCENT = {
    Op.GTE: gettext_noop(
        "%(amount)s of %(offered)s offered lessons missed from %(starts_on)s to "
        "%(crossed_on)s, %(value)s %%: the limit of %(threshold)s %% was reached."
    ),
    Op.GT: gettext_noop(
        "%(amount)s of %(offered)s offered lessons missed from %(starts_on)s to "
        "%(crossed_on)s, %(value)s %%: more than the limit of %(threshold)s %%."
    ),
}
EVENTS = {
    Op.GTE: gettext_noop(
        "%(amount)s such marks from %(starts_on)s to %(crossed_on)s: the limit of "
        "%(threshold)s was reached."
    ),
    Op.GT: gettext_noop(
        "%(amount)s such marks from %(starts_on)s to %(crossed_on)s: more than the limit "
        "of %(threshold)s."
    ),
}
UNRESOLVED = gettext_noop(
    "Nobody has told the cause of the absence on %(starts_on)s; on %(crossed_on)s that had "
    "lasted %(threshold)s days."
)
PATTERNS = {
    PatternBy.WEEKDAY: gettext_noop(
        "Absence on %(amount)s days with the same weekday from %(starts_on)s to "
        "%(crossed_on)s."
    ),
    PatternBy.SUBJECT: gettext_noop(
        "%(amount)s absence marks in the subject %(pattern_value)s from %(starts_on)s to "
        "%(crossed_on)s."
    ),
    PatternBy.TEACHER: gettext_noop(
        "%(amount)s absence marks in the lessons of one teacher from %(starts_on)s to "
        "%(crossed_on)s."
    ),
    PatternBy.TIME_OF_DAY: gettext_noop(
        "%(amount)s absence marks in lessons that begin in the hour from "
        "%(pattern_value)s o'clock, from %(starts_on)s to %(crossed_on)s."
    ),
}


def sentence_of(rule: Rule, crossing: Mapping[str, Any], amount: float) -> Sentence:
    """Return what the crossing says; no teacher is named in it."""
    params = {
        name: crossing[name]
        for name in ("starts_on", "value", "threshold", "offered", "pattern_value")
    }
    return Sentence(
        message=_message(rule, crossing),
        params={**params, "amount": amount, "crossed_on": crossing["date"]},
    )


def _message(rule: Rule, crossing: Mapping[str, Any]) -> str:
    match rule.trigger:
        case Unresolved():
            return UNRESOLVED
        case Pattern():
            return PATTERNS[PatternBy(crossing["pattern_by"])]
        case Event(op=op):
            return EVENTS[op]
        case Amount(op=op) | Check(op=op):
            return PERCENT[op] if rule.is_in_percent else LESSONS[op]
        case Range():
            return PERCENT[Op.GTE] if rule.is_in_percent else LESSONS[Op.GTE]
        case _:
            raise Fault(f"step {rule.step.id} cannot be run, so nobody reached it")
