"""Jobs: the order in which the rooms' work is done. No rules of its own, no tables."""

from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "koulutie.jobs"
    label = "jobs"
