"""Insight: figures, what they mean, and the rows behind them."""

from django.apps import AppConfig


class InsightConfig(AppConfig):
    name = "koulutie.insight"
    label = "insight"
