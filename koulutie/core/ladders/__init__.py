"""Ladders: who reached a step on which day, why, and what it would have been."""

from __future__ import annotations

from koulutie.core.ladders.crossings import crossings, crossings_on
from koulutie.core.ladders.deciding import (
    Decision,
    Reached,
    Simulated,
    next_step,
    simulate,
)
from koulutie.core.ladders.explaining import CountedRow, Explanation, explain
from koulutie.core.ladders.rules import Rule, rules_of, tallies_of
from koulutie.core.ladders.sentences import Sentence

__all__ = [
    "CountedRow",
    "Decision",
    "Explanation",
    "Reached",
    "Rule",
    "Sentence",
    "Simulated",
    "crossings",
    "crossings_on",
    "explain",
    "next_step",
    "rules_of",
    "simulate",
    "tallies_of",
]
