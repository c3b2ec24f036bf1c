"""Indicators: definitions compiled to Narwhals expressions over the canonical tables."""

from __future__ import annotations

from koulutie.core.indicators.amounts import Plan
from koulutie.core.indicators.behind import Behind, rows_behind
from koulutie.core.indicators.figures import Withheld, figure_tables, figures

__all__ = ["Behind", "Plan", "Withheld", "figure_tables", "figures", "rows_behind"]
