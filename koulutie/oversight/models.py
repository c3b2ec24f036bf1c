"""What left the access log as a file, by whose decision."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from koulutie.registry.models import Classified, Person


class LogRelease(models.Model):
    """One pupil's log given out by a person. The file itself is not kept, its hash is."""

    class FileKind(models.TextChoices):
        CSV = "csv", "CSV"
        HTML = "html", "HTML"

    pupil_id = models.BigIntegerField(db_index=True)  # as in the log: no foreign key
    released_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    released_at = models.DateTimeField()
    reason = models.CharField(max_length=300)  # who asked, on what ground
    kind = models.CharField(max_length=4, choices=FileKind.choices)
    names_staff = models.BooleanField()
    first_day = models.DateField()
    last_day = models.DateField()
    events = models.IntegerField()
    sha256 = models.CharField(max_length=64)

    class Meta:
        ordering: ClassVar = ["-released_at"]

    class Privacy:
        fields: Classified = {
            "pupil_id": ("personal", "access_log"),
            "released_by": ("personal", "access_log"),
            "released_at": ("internal", "access_log"),
            "reason": ("personal", "access_log"),
            "kind": ("none", "access_log"),
            "names_staff": ("internal", "access_log"),
            "first_day": ("internal", "access_log"),
            "last_day": ("internal", "access_log"),
            "events": ("internal", "access_log"),
            "sha256": ("none", "access_log"),
        }

    def __str__(self) -> str:
        return f"log_release:{self.pk}"
