"""Ladders: who reached a step on which day, why, and what it would have been."""

from __future__ import annotations

from koulutie.core.ladders.crossings import crossings, crossings_on
from koulutie.core.ladders.rules import Rule, rules_of, tallies_of

__all__ = ["Rule", "crossings", "crossings_on", "rules_of", "tallies_of"]
