"""Pupils, their keys and places, guardians, and whoever signs in."""

from __future__ import annotations

from typing import ClassVar, Self

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import F, Q

from koulutie.registry.models.doors import ScopedManager
from koulutie.registry.models.places import (
    Classified,
    Language,
    Municipality,
    SchoolClass,
)


class Pupil(models.Model):
    """A pupil. The primary key is the only thing the facts store knows.

    The name is empty for a pupil of whom only a page of marks was read.
    """

    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT)
    first_name = models.CharField(max_length=100, blank=True)
    last_name = models.CharField(max_length=100, blank=True)
    learner_oid = models.CharField(max_length=40, blank=True)  # oppijanumero
    hetu_hmac = models.CharField(max_length=64, blank=True)
    is_protected = models.BooleanField(default=False)  # turvakielto

    objects: ClassVar[ScopedManager[Self]] = ScopedManager("pk")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["municipality", "learner_oid"],
                condition=~Q(learner_oid=""),
                name="learner_oid_once",
            ),
            models.UniqueConstraint(
                fields=["municipality", "hetu_hmac"],
                condition=~Q(hetu_hmac=""),
                name="hetu_hmac_once",
            ),
        ]

    class Privacy:
        fields: Classified = {
            "municipality": ("none", "pupil"),
            "first_name": ("personal", "pupil"),
            "last_name": ("personal", "pupil"),
            "learner_oid": ("personal", "pupil"),
            "hetu_hmac": ("secret", "pupil"),
            "is_protected": ("sensitive", "pupil"),
        }

    def __str__(self) -> str:
        return f"pupil:{self.pk}"

    @property
    def sorting_name(self) -> str:
        """Return "Last First", or the number where no name is known."""
        return f"{self.last_name} {self.first_name}".strip() or f"#{self.pk}"


class PupilKey(models.Model):
    """What one source database calls a pupil. Ids are unique only inside a database."""

    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT)
    pupil = models.ForeignKey(Pupil, on_delete=models.CASCADE, related_name="keys")
    source_db = models.CharField(max_length=60)
    key = models.CharField(max_length=80)

    objects: ClassVar[ScopedManager[Self]] = ScopedManager("pupil")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["municipality", "source_db", "key"], name="pupil_key_once"
            )
        ]

    class Privacy:
        fields: Classified = {
            "municipality": ("none", "pupil"),
            "pupil": ("internal", "pupil"),
            "source_db": ("none", "pupil"),
            "key": ("personal", "pupil"),
        }

    def __str__(self) -> str:
        return f"pupil_key:{self.pk}"


class Enrolment(models.Model):
    """A pupil in a class over [from_date, to_date).

    A class is of one school year, so the end is always known: 1 August where nothing else is
    (the school year of the law, Basic Education Act 23 §).
    """

    pupil = models.ForeignKey(
        Pupil, on_delete=models.CASCADE, related_name="enrolments"
    )
    school_class = models.ForeignKey(
        SchoolClass, on_delete=models.PROTECT, related_name="enrolments"
    )
    from_date = models.DateField()
    to_date = models.DateField()

    objects: ClassVar[ScopedManager[Self]] = ScopedManager("pupil")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["pupil", "school_class", "from_date"], name="enrolment_once"
            ),
            models.CheckConstraint(
                condition=Q(to_date__gt=F("from_date")), name="enrolment_in_order"
            ),
        ]

    class Privacy:
        fields: Classified = {
            "pupil": ("personal", "pupil"),
            "school_class": ("personal", "pupil"),
            "from_date": ("personal", "pupil"),
            "to_date": ("personal", "pupil"),
        }

    def __str__(self) -> str:
        return f"enrolment:{self.pk}"


class PartialTimetable(models.Model):
    """An agreed partial timetable (osittainen lukujärjestys): not counted as failure."""

    pupil = models.ForeignKey(Pupil, on_delete=models.CASCADE)
    from_date = models.DateField()
    to_date = models.DateField()
    lessons_per_week = models.FloatField()

    objects: ClassVar[ScopedManager[Self]] = ScopedManager("pupil")

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(to_date__gt=F("from_date")),
                name="partial_timetable_in_order",
            )
        ]

    class Privacy:
        fields: Classified = {
            "pupil": ("personal", "pupil"),
            "from_date": ("personal", "pupil"),
            "to_date": ("personal", "pupil"),
            "lessons_per_week": ("personal", "pupil"),
        }

    def __str__(self) -> str:
        return f"partial_timetable:{self.pk}"


class PersonManager(BaseUserManager["Person"]):
    """Django's authentication needs to find a person by what they type."""

    def get_by_natural_key(self, username: str | None) -> Person:
        return self.get(username=username)


class Person(AbstractBaseUser):
    """Anybody who signs in: staff now; pupils and guardians by their own doors later."""

    username = models.CharField(max_length=150, unique=True)
    first_name = models.CharField(max_length=100)
    last_name = models.CharField(max_length=100)
    email = models.EmailField(blank=True)
    language = models.CharField(
        max_length=2, choices=Language.choices, default=Language.FINNISH
    )
    is_active = models.BooleanField(default=True)
    source_key = models.CharField(max_length=160, blank=True)  # "primus/4711"

    # Ids of the grants that this session acts with; None: all. The session's, never saved.
    acting: frozenset[int] | None = None

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["first_name", "last_name"]

    objects: ClassVar[PersonManager] = PersonManager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["source_key"],
                condition=~Q(source_key=""),
                name="person_source_key_once",
            )
        ]

    class Privacy:
        fields: Classified = {
            "password": ("secret", "staff"),
            "last_login": ("personal", "staff"),
            "username": ("personal", "staff"),
            "first_name": ("personal", "staff"),
            "last_name": ("personal", "staff"),
            "email": ("personal", "staff"),
            "language": ("internal", "staff"),
            "is_active": ("internal", "staff"),
            "source_key": ("personal", "staff"),
        }

    def __str__(self) -> str:
        return f"person:{self.pk}"

    @property
    def full_name(self) -> str:
        return f"{self.first_name} {self.last_name}"


class Guardian(models.Model):
    """A guardian of pupils; contact details stay in the school's own system."""

    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT)
    first_name = models.CharField(max_length=100)
    last_name = models.CharField(max_length=100)
    language = models.CharField(max_length=10, blank=True)
    source_key = models.CharField(max_length=160, blank=True)  # "primus/4711"
    pupils = models.ManyToManyField(Pupil, related_name="guardians")

    objects: ClassVar[ScopedManager[Self]] = ScopedManager("pupils")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["municipality", "source_key"],
                condition=~Q(source_key=""),
                name="guardian_source_key_once",
            )
        ]

    class Privacy:
        fields: Classified = {
            "municipality": ("none", "pupil"),
            "first_name": ("personal", "pupil"),
            "last_name": ("personal", "pupil"),
            "language": ("personal", "pupil"),
            "source_key": ("personal", "pupil"),
            "pupils": ("personal", "pupil"),
        }

    def __str__(self) -> str:
        return f"guardian:{self.pk}"
