"""Oversight: who opened whose data, who may, and openings with a reason."""

from django.apps import AppConfig


class OversightConfig(AppConfig):
    name = "koulutie.oversight"
    label = "oversight"
