"""Grants, notices, attempts to sign in, and the facts version in force."""

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

    An interval may be empty: ended before it began, and kept because the log names it.
    Exactly one of municipality, school, school_class and pupil is the scope. A grant with
    `ends_at` was taken by its holder with a reason, for hours (break-the-glass); it is of
    the reach `ScopeKind.OPENED_PUPIL` and not of `PUPIL`.
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
    ends_at = models.DateTimeField(null=True, blank=True)  # exclusive, to the second
    # Narrows the role's purposes; empty: all of them.
    purposes = models.JSONField(default=list, blank=True)
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
                condition=Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from")),
                name="grant_in_order",
            ),
            models.CheckConstraint(
                condition=Q(ends_at=None) | Q(pupil__isnull=False),
                name="only_a_pupil_is_opened_for_hours",
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
            "ends_at": ("internal", "staff"),
            "purposes": ("internal", "staff"),
            "granted_by": ("personal", "staff"),
            "reason": ("personal", "staff"),
        }

    def __str__(self) -> str:
        return f"grant:{self.pk}"


class Notice(models.Model):
    """Tells somebody that a pupil was opened with a reason; read in the product only."""

    grant = models.ForeignKey(Grant, on_delete=models.CASCADE, related_name="notices")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="notices")
    made_at = models.DateTimeField()
    seen_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["grant", "person"], name="notice_once")
        ]

    class Privacy:
        fields: Classified = {
            "grant": ("personal", "staff"),
            "person": ("personal", "staff"),
            "made_at": ("internal", "staff"),
            "seen_at": ("internal", "staff"),
        }

    def __str__(self) -> str:
        return f"notice:{self.pk}"


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
