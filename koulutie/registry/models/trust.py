"""Grants, the access log, attempts to sign in, and the facts version in force."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from koulutie.registry.models.people import Person, Pupil
from koulutie.registry.models.places import (
    Classified,
    Municipality,
    School,
    SchoolClass,
)


class Grant(models.Model):
    """A person may act in a role, in a scope, for purposes, for a time. No wildcard.

    Exactly one of municipality, school, school_class and pupil is the scope.
    """

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="grants")
    role = models.CharField(max_length=40)  # id in definitions/roles.yaml
    municipality = models.ForeignKey(
        Municipality, null=True, blank=True, on_delete=models.CASCADE
    )
    school = models.ForeignKey(School, null=True, blank=True, on_delete=models.CASCADE)
    school_class = models.ForeignKey(
        SchoolClass, null=True, blank=True, on_delete=models.CASCADE
    )
    pupil = models.ForeignKey(Pupil, null=True, blank=True, on_delete=models.CASCADE)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)  # exclusive
    granted_by = models.ForeignKey(
        Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    reason = models.CharField(max_length=300)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=(
                    Q(
                        municipality__isnull=False,
                        school=None,
                        school_class=None,
                        pupil=None,
                    )
                    | Q(
                        municipality=None,
                        school__isnull=False,
                        school_class=None,
                        pupil=None,
                    )
                    | Q(
                        municipality=None,
                        school=None,
                        school_class__isnull=False,
                        pupil=None,
                    )
                    | Q(
                        municipality=None,
                        school=None,
                        school_class=None,
                        pupil__isnull=False,
                    )
                ),
                name="grant_has_one_scope",
            ),
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gt=F("valid_from")),
                name="grant_in_order",
            ),
        ]

    class Privacy:
        fields: Classified = {
            "person": ("personal", "staff"),
            "role": ("internal", "staff"),
            "municipality": ("none", "staff"),
            "school": ("none", "staff"),
            "school_class": ("internal", "staff"),
            "pupil": ("personal", "staff"),
            "valid_from": ("internal", "staff"),
            "valid_to": ("internal", "staff"),
            "granted_by": ("personal", "staff"),
            "reason": ("personal", "staff"),
        }

    def __str__(self) -> str:
        return f"grant:{self.pk}"


class AccessEvent(models.Model):
    """Who opened whose data, when, for what. Append-only; ids only, never the data.

    No foreign keys: an event outlives what it names (Act 906/2019, 17 §).
    """

    at = models.DateTimeField(db_index=True)
    actor = models.CharField(max_length=60)
    grant_id = models.BigIntegerField(null=True, blank=True)
    action = models.CharField(max_length=40)
    purpose = models.CharField(max_length=40)
    target = models.CharField(max_length=120)  # "pupil:17", "class:3", "batch:9"
    pupil_ids = models.JSONField(default=list)
    outcome = models.CharField(max_length=20)  # allowed | denied
    reason = models.CharField(max_length=300)
    route = models.CharField(max_length=120, blank=True)
    request_id = models.CharField(max_length=40, blank=True)

    class Privacy:
        fields: Classified = {
            "at": ("personal", "access_log"),
            "actor": ("personal", "access_log"),
            "grant_id": ("internal", "access_log"),
            "action": ("personal", "access_log"),
            "purpose": ("internal", "access_log"),
            "target": ("personal", "access_log"),
            "pupil_ids": ("personal", "access_log"),
            "outcome": ("internal", "access_log"),
            "reason": ("internal", "access_log"),
            "route": ("internal", "access_log"),
            "request_id": ("internal", "access_log"),
        }

    def __str__(self) -> str:
        return f"access_event:{self.pk}"


class SignInAttempt(models.Model):
    """A try to sign in, kept only while it counts against the next one.

    It is written before the password is looked at, so that attempts through several
    processes at once are all counted. What was typed as a user name may be somebody's
    password by mistake, so only its keyed hash is kept.
    """

    account = models.CharField(max_length=64)
    address = models.CharField(max_length=45)  # IPv4 or IPv6
    at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["account", "at"], name="attempt_account"),
            models.Index(fields=["address", "at"], name="attempt_address"),
        ]

    class Privacy:
        fields: Classified = {
            "account": ("secret", "access_log"),
            "address": ("personal", "access_log"),
            "at": ("internal", "access_log"),
        }

    def __str__(self) -> str:
        return f"sign_in_attempt:{self.pk}"


class FactsVersion(models.Model):
    """The commit point: version N of the facts is these Delta versions of these tables.

    The newest row is what every reader uses. It is written in the same transaction as the
    accepted batch and its crossings, after all Delta tables have been written.
    """

    number = models.IntegerField(primary_key=True)
    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT)
    tables = models.JSONField()  # {"marks": 12, ...}: Delta version by table
    as_of = models.DateField()  # day up to which figures were computed
    made_at = models.DateTimeField()
    cause = models.CharField(max_length=120)  # "batch:9", "night", "mapping:4"
    is_kept = models.BooleanField(default=True)  # false once its files are cleared away

    class Privacy:
        fields: Classified = {
            "number": ("none", "permanent"),
            "municipality": ("none", "permanent"),
            "tables": ("none", "permanent"),
            "as_of": ("none", "permanent"),
            "made_at": ("none", "permanent"),
            "cause": ("none", "permanent"),
            "is_kept": ("none", "permanent"),
        }

    def __str__(self) -> str:
        return f"facts:{self.number}"
