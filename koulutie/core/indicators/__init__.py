"""Indicators: definitions compiled to Narwhals expressions over the canonical tables."""

from __future__ import annotations

from koulutie.core.indicators.amounts import Plan
from koulutie.core.indicators.figures import Withheld, figure_tables, figures

__all__ = ["Plan", "Withheld", "figure_tables", "figures"]
