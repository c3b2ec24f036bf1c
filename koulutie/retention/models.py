"""Runs of retention, erasures of persons in two steps, files given out. Ids, never names."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from koulutie.registry.models import Classified, Municipality, Person


class RetentionRun(models.Model):
    """One run of the retention rules: what was due, what went, what stays and why.

    ``lines`` are plain values, one for each rule and kind of record; nothing about a person.
    A run that was killed has no `finished_at`; the next one goes on where it stopped.
    """

    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    is_dry_run = models.BooleanField()
    rules_hash = models.CharField(max_length=64)  # of the retention.yaml in force
    lines = models.JSONField(default=list, blank=True)

    class Meta:
        ordering: ClassVar = ["-started_at", "-pk"]

    class Privacy:
        fields: Classified = {
            "started_at": ("none", "permanent"),
            "finished_at": ("none", "permanent"),
            "is_dry_run": ("none", "permanent"),
            "rules_hash": ("none", "permanent"),
            "lines": ("none", "permanent"),
        }

    def __str__(self) -> str:
        return f"retention_run:{self.pk}"


class Erasure(models.Model):
    """A pupil who is to be erased: prepared by one person, confirmed by another.

    Like the access log it has no foreign key to the pupil: it outlives what it names.
    """

    class State(models.TextChoices):
        PREPARED = "prepared", _("waiting for a second person")
        CONFIRMED = "confirmed", _("confirmed, will be done")
        DONE = "done", _("erased")
        WITHDRAWN = "withdrawn", _("withdrawn")

    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT)
    pupil_id = models.BigIntegerField(db_index=True)
    state = models.CharField(
        max_length=10, choices=State.choices, default=State.PREPARED
    )
    reason = models.CharField(max_length=300, blank=True)  # blank once it is done
    prepared_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    prepared_at = models.DateTimeField()
    confirmed_by = models.ForeignKey(
        Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    confirmed_at = models.DateTimeField(null=True, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)
    # Rows by kind: what was found when it was prepared, and what went.
    planned = models.JSONField(default=dict, blank=True)
    erased = models.JSONField(default=dict, blank=True)
    # Files that name the pupil and wait for a decision: the erasure waits for them.
    waiting_for = models.JSONField(default=list, blank=True)

    class Meta:
        ordering: ClassVar = ["-prepared_at", "-pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["pupil_id"],
                condition=Q(state__in=["prepared", "confirmed"]),
                name="one_erasure_of_a_pupil",
            ),
            models.CheckConstraint(
                condition=Q(confirmed_by=None) | ~Q(confirmed_by=F("prepared_by")),
                name="erasure_by_two_persons",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["confirmed", "done"])
                | Q(confirmed_by__isnull=False),
                name="erasure_is_confirmed",
            ),
        ]

    class Privacy:
        fields: Classified = {
            "municipality": ("none", "access_log"),
            "pupil_id": ("personal", "access_log"),
            "state": ("internal", "access_log"),
            "reason": ("personal", "access_log"),
            "prepared_by": ("personal", "access_log"),
            "prepared_at": ("internal", "access_log"),
            "confirmed_by": ("personal", "access_log"),
            "confirmed_at": ("internal", "access_log"),
            "done_at": ("internal", "access_log"),
            "planned": ("internal", "access_log"),
            "erased": ("internal", "access_log"),
            "waiting_for": ("internal", "access_log"),
        }

    def __str__(self) -> str:
        return f"erasure:{self.pk}"


class GivenFile(models.Model):
    """All data of one pupil given out as a file. The file is not kept, its hash is."""

    pupil_id = models.BigIntegerField(db_index=True)  # as in the log: no foreign key
    given_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    given_at = models.DateTimeField()
    reason = models.CharField(max_length=300, blank=True)
    sha256 = models.CharField(max_length=64)

    class Meta:
        ordering: ClassVar = ["-given_at", "-pk"]

    class Privacy:
        fields: Classified = {
            "pupil_id": ("personal", "access_log"),
            "given_by": ("personal", "access_log"),
            "given_at": ("internal", "access_log"),
            "reason": ("personal", "access_log"),
            "sha256": ("none", "access_log"),
        }

    def __str__(self) -> str:
        return f"given_file:{self.pk}"
