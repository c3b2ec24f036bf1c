"""Batches of imported rows, what mark types mean here, saved layouts of files.

The queue is `Batch.state` (docs/adr/0002): views move a batch to ``received`` and
``accepted``, `jobs` does what takes long.
"""

from __future__ import annotations

from typing import ClassVar, Self

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from koulutie.core.marks import Kind
from koulutie.registry.models import Classified, Municipality, School, ScopedManager


class Batch(models.Model):
    """One file on its way in, or the memory of one that is in.

    ``shape``, ``types``, ``alarms`` and ``checks`` are what the preview found, as plain
    values; none of them holds anything about a named pupil.
    """

    class State(models.TextChoices):
        RECEIVED = "received", _("received")
        READING = "reading", _("being read")
        PREVIEWED = "previewed", _("waiting for a decision")
        ACCEPTED = "accepted", _("accepted")
        TAKING_IN = "taking_in", _("being taken in")
        TAKEN_IN = "taken_in", _("taken in")
        REJECTED = "rejected", _("not taken in")
        FAILED = "failed", _("could not be read")

    class Via(models.TextChoices):
        UPLOAD = "upload", _("sent in the browser")
        FOLDER = "folder", _("from the watched folder")
        COMMAND = "command", _("from the command line")

    class Contents(models.TextChoices):
        UNKNOWN = "", _("not known yet")
        MARKS = "marks", _("lesson marks")
        OFFERED = "offered", _("offered lessons")
        ROSTER = "roster", _("a roster")

    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT)
    file_name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64, db_index=True)
    size = models.BigIntegerField()  # bytes
    via = models.CharField(max_length=10, choices=Via.choices)

    # What the sender said about the file.
    school = models.ForeignKey(School, null=True, blank=True, on_delete=models.PROTECT)
    class_code = models.CharField(max_length=30, blank=True)
    pupil_key = models.CharField(max_length=80, blank=True)
    profile = models.CharField(max_length=60, blank=True)
    exported_at = models.DateTimeField(null=True, blank=True)

    # What the preview found.
    dialect = models.CharField(max_length=40, blank=True)
    source_db = models.CharField(max_length=60, blank=True)
    contents = models.CharField(
        max_length=10, blank=True, choices=Contents.choices, default=Contents.UNKNOWN
    )
    counts = models.JSONField(default=dict, blank=True)
    types = models.JSONField(default=list, blank=True)
    unmapped = models.JSONField(default=list, blank=True)
    alarms = models.JSONField(default=list, blank=True)
    shape = models.JSONField(default=dict, blank=True)
    checks = models.JSONField(default=list, blank=True)
    failure = models.JSONField(default=dict, blank=True)  # {"message", "params"}

    state = models.CharField(
        max_length=10, choices=State.choices, default=State.RECEIVED
    )
    state_at = models.DateTimeField()
    progress = models.SmallIntegerField(default=0)  # percent of the step under way
    received_at = models.DateTimeField()
    received_by = models.ForeignKey(
        "registry.Person",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    accepted_at = models.DateTimeField(null=True, blank=True)
    accepted_by = models.ForeignKey(
        "registry.Person",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    taken_in_at = models.DateTimeField(null=True, blank=True)
    facts_version = models.IntegerField(null=True, blank=True)
    is_purged = models.BooleanField(default=False)  # file and rejected rows erased

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["municipality", "-received_at"], name="batch_newest"),
            models.Index(fields=["state"], name="batch_queue"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(progress__gte=0) & Q(progress__lte=100),
                name="batch_progress_percent",
            ),
            models.CheckConstraint(
                condition=Q(accepted_by__isnull=True) | Q(accepted_at__isnull=False),
                name="batch_accepted_pair",
            ),
            models.CheckConstraint(
                condition=~Q(state="taken_in") | Q(taken_in_at__isnull=False),
                name="batch_taken_in_when",
            ),
        ]

    class Privacy:
        fields: Classified = {
            "municipality": ("none", "permanent"),
            "file_name": ("internal", "permanent"),
            "sha256": ("internal", "permanent"),
            "size": ("none", "permanent"),
            "via": ("none", "permanent"),
            "school": ("none", "permanent"),
            "class_code": ("internal", "permanent"),
            "pupil_key": ("personal", "batch"),
            "profile": ("none", "permanent"),
            "exported_at": ("none", "permanent"),
            "dialect": ("none", "permanent"),
            "source_db": ("none", "permanent"),
            "contents": ("none", "permanent"),
            "counts": ("none", "permanent"),
            "types": ("none", "permanent"),
            "unmapped": ("none", "permanent"),
            "alarms": ("none", "permanent"),
            "shape": ("internal", "permanent"),
            "checks": ("internal", "permanent"),
            "failure": ("internal", "permanent"),
            "state": ("none", "permanent"),
            "state_at": ("none", "permanent"),
            "progress": ("none", "permanent"),
            "received_at": ("none", "permanent"),
            "received_by": ("personal", "staff"),
            "accepted_at": ("none", "permanent"),
            "accepted_by": ("personal", "staff"),
            "taken_in_at": ("none", "permanent"),
            "facts_version": ("none", "permanent"),
            "is_purged": ("none", "permanent"),
        }

    def __str__(self) -> str:
        return f"batch:{self.pk}"

    @property
    def is_at_work(self) -> bool:
        """Say whether something happens to the batch without anybody doing anything."""
        return self.state in {
            self.State.RECEIVED,
            self.State.READING,
            self.State.ACCEPTED,
            self.State.TAKING_IN,
        }


class RejectedRow(models.Model):
    """A row that was not understood, as it stood in the file, and why."""

    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="rejected")
    line = models.IntegerField()
    reason = models.TextField()  # message id, see core.errors
    params = models.JSONField(default=dict)
    raw = models.TextField(blank=True)

    objects: ClassVar[ScopedManager[Self]] = ScopedManager()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["batch", "line"], name="rejected_in_order")
        ]

    class Privacy:
        fields: Classified = {
            "batch": ("none", "batch"),
            "line": ("none", "batch"),
            "reason": ("none", "batch"),
            "params": ("personal", "batch"),
            "raw": ("sensitive", "batch"),
        }

    def __str__(self) -> str:
        return f"rejected_row:{self.pk}"


class MarkTypeMapping(models.Model):
    """What a mark type's name means in a municipality, or in one school of it.

    A school's own row wins over its municipality's. A row is never changed: it is replaced
    by a newer one and stays as history.
    """

    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT)
    school = models.ForeignKey(School, null=True, blank=True, on_delete=models.CASCADE)
    type_name = models.CharField(max_length=300)
    kind = models.CharField(max_length=30, choices=[(one, one) for one in Kind])
    lessons = models.FloatField()  # absent lessons that one mark counts for, 0-1
    set_at = models.DateTimeField()
    set_by = models.ForeignKey(
        "registry.Person",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    replaced_at = models.DateTimeField(null=True, blank=True)
    # False while marks that are already in still stand under the earlier meaning.
    is_applied = models.BooleanField(default=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                "municipality",
                Coalesce("school", 0),
                "type_name",
                condition=Q(replaced_at__isnull=True),
                name="mapping_in_force_once",
            ),
            models.CheckConstraint(
                condition=Q(lessons__gte=0) & Q(lessons__lte=1),
                name="mapping_lessons_sane",
            ),
            models.CheckConstraint(
                condition=Q(replaced_at__isnull=True) | Q(replaced_at__gte=F("set_at")),
                name="mapping_in_order",
            ),
        ]

    class Privacy:
        fields: Classified = {
            "municipality": ("none", "permanent"),
            "school": ("none", "permanent"),
            "type_name": ("none", "permanent"),
            "kind": ("none", "permanent"),
            "lessons": ("none", "permanent"),
            "set_at": ("none", "permanent"),
            "set_by": ("personal", "staff"),
            "replaced_at": ("none", "permanent"),
            "is_applied": ("none", "permanent"),
        }

    def __str__(self) -> str:
        return f"{self.type_name} = {self.kind}"


class SavedProfile(models.Model):
    """How one municipality's own export is laid out, as the YAML of a `MappingProfile`."""

    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT)
    name = models.CharField(max_length=60)  # the definition's id
    text = models.TextField()
    saved_at = models.DateTimeField()
    saved_by = models.ForeignKey(
        "registry.Person",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    replaced_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["municipality", "name"],
                condition=Q(replaced_at__isnull=True),
                name="profile_in_force_once",
            )
        ]

    class Privacy:
        fields: Classified = {
            "municipality": ("none", "permanent"),
            "name": ("none", "permanent"),
            "text": ("none", "permanent"),
            "saved_at": ("none", "permanent"),
            "saved_by": ("personal", "staff"),
            "replaced_at": ("none", "permanent"),
        }

    def __str__(self) -> str:
        return self.name


class FolderRule(models.Model):
    """What happens to a file that appears in the watched folder of a school, or in its top.

    Without a rule a file waits for a person, like one sent in the browser.
    """

    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT)
    school = models.ForeignKey(School, null=True, blank=True, on_delete=models.CASCADE)
    profile = models.CharField(max_length=60, blank=True)
    # Take in without a person, where nothing is unmapped and no alarm is raised.
    accepts = models.BooleanField(default=False)
    set_at = models.DateTimeField()
    set_by = models.ForeignKey(
        "registry.Person",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                "municipality", Coalesce("school", 0), name="folder_rule_once"
            )
        ]

    class Privacy:
        fields: Classified = {
            "municipality": ("none", "permanent"),
            "school": ("none", "permanent"),
            "profile": ("none", "permanent"),
            "accepts": ("none", "permanent"),
            "set_at": ("none", "permanent"),
            "set_by": ("personal", "staff"),
        }

    def __str__(self) -> str:
        return f"folder_rule:{self.pk}"
