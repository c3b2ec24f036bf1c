"""Retention: what is kept and how long, erasing a person, a pupil's own data as a file."""

from django.apps import AppConfig


class RetentionConfig(AppConfig):
    name = "koulutie.retention"
    label = "retention"
