"""The access log, and the seals that show whether anybody touched it afterwards.

Nothing here has a foreign key out of the log: an event outlives what it names
(Act 906/2019, 17 §). The database refuses to change or delete a row (migration 0004).
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from koulutie.registry.models.places import Classified


class AccessEvent(models.Model):
    """Who opened whose data, when, how, for what. Ids only, never the data.

    On PostgreSQL each row also has ``xid``, the number of its transaction, from which the
    sealer knows that no earlier row can still appear.
    """

    at = models.DateTimeField(db_index=True)
    actor = models.CharField(max_length=60, db_index=True)
    grant_id = models.BigIntegerField(null=True, blank=True)
    kind = models.CharField(max_length=10)  # audit.Kind
    action = models.CharField(max_length=40)
    purpose = models.CharField(max_length=40)
    target = models.CharField(max_length=120)  # "pupil:17", "class:3", "batch:9"
    outcome = models.CharField(max_length=20)  # allowed | denied
    reason = models.CharField(max_length=300)
    route = models.CharField(max_length=120, blank=True)
    request_id = models.CharField(max_length=40, blank=True)

    class Privacy:
        fields: Classified = {
            "at": ("personal", "access_log"),
            "actor": ("personal", "access_log"),
            "grant_id": ("internal", "access_log"),
            "kind": ("personal", "access_log"),
            "action": ("personal", "access_log"),
            "purpose": ("internal", "access_log"),
            "target": ("personal", "access_log"),
            "outcome": ("internal", "access_log"),
            "reason": ("internal", "access_log"),
            "route": ("internal", "access_log"),
            "request_id": ("internal", "access_log"),
        }

    def __str__(self) -> str:
        return f"access_event:{self.pk}"

    @property
    def pupil_ids(self) -> list[int]:
        """Return whose data was opened, in ascending order."""
        return sorted(row.pupil_id for row in self.pupils.all())


class OpenedPupil(models.Model):
    """One of the pupils whose data an event opened: "who opened this pupil" is one look-up."""

    event = models.ForeignKey(
        AccessEvent, on_delete=models.DO_NOTHING, related_name="pupils"
    )
    pupil_id = models.BigIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["pupil_id", "event"], name="opened_pupil_once"
            )
        ]

    class Privacy:
        fields: Classified = {
            "event": ("internal", "access_log"),
            "pupil_id": ("personal", "access_log"),
        }

    def __str__(self) -> str:
        return f"opened_pupil:{self.pk}"


class LogSeal(models.Model):
    """A batch of events, sealed: ``mac = HMAC(key, previous mac, header, digest of rows)``.

    It stays when the batch's rows are deleted at the end of their retention.
    """

    number = models.IntegerField(primary_key=True)  # 1, 2, 3, without gaps
    sealed_at = models.DateTimeField()
    oldest_at = models.DateTimeField()  # of the batch's events
    newest_at = models.DateTimeField()
    events = models.IntegerField()
    digest = models.CharField(max_length=64)  # SHA-256 of the rows, hexadecimal
    mac = models.CharField(max_length=64)  # HMAC-SHA-256, hexadecimal
    # Where the next batch is looked for: an event id (SQLite), a transaction (PostgreSQL).
    next_from = models.BigIntegerField()

    class Privacy:
        fields: Classified = {
            "number": ("none", "permanent"),
            "sealed_at": ("none", "permanent"),
            "oldest_at": ("none", "permanent"),
            "newest_at": ("none", "permanent"),
            "events": ("none", "permanent"),
            "digest": ("none", "permanent"),
            "mac": ("none", "permanent"),
            "next_from": ("none", "permanent"),
        }

    def __str__(self) -> str:
        return f"log_seal:{self.number}"


class LogSealRange(models.Model):
    """Ids from `first_id` to `last_id` inclusive that belong to a batch.

    Mostly one a batch. An event that is committed late has a lower id than others of an
    earlier batch and comes into the next one, which then has a range of its own for it.
    """

    seal = models.ForeignKey(
        LogSeal, on_delete=models.DO_NOTHING, related_name="ranges"
    )
    first_id = models.BigIntegerField()
    last_id = models.BigIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(last_id__gte=F("first_id")), name="log_range_in_order"
            )
        ]
        indexes: ClassVar = [
            models.Index(fields=["last_id", "first_id"], name="log_range_ids")
        ]

    class Privacy:
        fields: Classified = {
            "seal": ("none", "permanent"),
            "first_id": ("none", "permanent"),
            "last_id": ("none", "permanent"),
        }

    def __str__(self) -> str:
        return f"log_range:{self.pk}"


class LogExpiry(models.Model):
    """A batch has been kept long enough: the only thing that lets its rows be deleted.

    Its own mac shows that the product wrote it, and not somebody with the database alone.
    """

    seal = models.OneToOneField(
        LogSeal, on_delete=models.DO_NOTHING, related_name="expiry"
    )
    before = models.DateTimeField()  # every event of the batch is older than this
    at = models.DateTimeField()
    mac = models.CharField(max_length=64)

    class Privacy:
        fields: Classified = {
            "seal": ("none", "permanent"),
            "before": ("none", "permanent"),
            "at": ("none", "permanent"),
            "mac": ("none", "permanent"),
        }

    def __str__(self) -> str:
        return f"log_expiry:{self.pk}"
