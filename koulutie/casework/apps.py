"""Casework: what an adult is asked to do when a pupil reaches a step."""

from django.apps import AppConfig


class CaseworkConfig(AppConfig):
    name = "koulutie.casework"
    label = "casework"
