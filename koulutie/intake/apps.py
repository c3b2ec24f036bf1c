"""Intake: marks, rosters and offered lessons come in, seen and accepted by a person."""

from django.apps import AppConfig


class IntakeConfig(AppConfig):
    name = "koulutie.intake"
    label = "intake"
