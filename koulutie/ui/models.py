"""What the frame of every page keeps: how often a browser held to the content policy."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from koulutie.registry.models import Classified


class PolicyViolation(models.Model):
    """How many reports of one kind came on a day. Nothing of what they say is kept."""

    day = models.DateField()
    directive = models.CharField(max_length=40)  # of our own policy, or "other"
    reports = models.PositiveIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["day", "directive"], name="violation_once")
        ]

    class Privacy:
        fields: Classified = {
            "day": ("none", "permanent"),
            "directive": ("none", "permanent"),
            "reports": ("none", "permanent"),
        }

    def __str__(self) -> str:
        return f"violation:{self.pk}"
