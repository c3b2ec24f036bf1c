"""Schools, years, classes, pupils, guardians, staff, grants; the access log; facts versions.

Every model classifies each of its fields in `class Privacy`: (class, retention). Classes:
none, internal, personal, sensitive (GDPR art. 9 or protected identity), secret.
Retention names a rule of `definitions/retention.yaml`.
"""

from __future__ import annotations

from typing import ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

Classified = ClassVar[dict[str, tuple[str, str]]]


class Language(models.TextChoices):
    FINNISH = "fi", _("Finnish")
    SWEDISH = "sv", _("Swedish")
    ENGLISH = "en", _("English")


class Municipality(models.Model):
    """One education provider. A deployment may hold several; rows never cross."""

    code = models.CharField(max_length=3, unique=True)  # kuntanumero, text: "049"
    name_fi = models.CharField(max_length=100)
    name_sv = models.CharField(max_length=100)
    ladder = models.CharField(max_length=60, blank=True)  # id of the ladder in force
    ladder_from = models.DateField(null=True, blank=True)

    class Privacy:
        fields: Classified = {
            "code": ("none", "permanent"),
            "name_fi": ("none", "permanent"),
            "name_sv": ("none", "permanent"),
            "ladder": ("none", "permanent"),
            "ladder_from": ("none", "permanent"),
        }

    def __str__(self) -> str:
        return self.name_fi


class School(models.Model):
    """A school or one site of it (oppilaitosnumero is text with leading zeros)."""

    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT)
    number = models.CharField(max_length=20)
    name = models.CharField(max_length=120)
    language = models.CharField(max_length=2, choices=Language.choices)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["municipality", "number"], name="school_number_once"
            )
        ]

    class Privacy:
        fields: Classified = {
            "municipality": ("none", "permanent"),
            "number": ("none", "permanent"),
            "name": ("none", "permanent"),
            "language": ("none", "permanent"),
        }

    def __str__(self) -> str:
        return self.name


class SchoolYear(models.Model):
    """A municipality's school year: [starts_on, ends_before), two terms, study periods."""

    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT)
    year = models.SmallIntegerField()  # calendar year of the start
    starts_on = models.DateField()
    spring_starts_on = models.DateField()
    ends_before = models.DateField()
    # First days of the study periods (jaksot) of grades 7-9 as ISO dates; empty: no periods.
    period_starts = models.JSONField(default=list, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["municipality", "year"], name="school_year_once"
            ),
            models.CheckConstraint(
                condition=Q(starts_on__lt=F("spring_starts_on"))
                & Q(spring_starts_on__lt=F("ends_before")),
                name="school_year_in_order",
            ),
        ]

    class Privacy:
        fields: Classified = {
            "municipality": ("none", "permanent"),
            "year": ("none", "permanent"),
            "starts_on": ("none", "permanent"),
            "spring_starts_on": ("none", "permanent"),
            "ends_before": ("none", "permanent"),
            "period_starts": ("none", "permanent"),
        }


class CalendarDay(models.Model):
    """A day that differs from the weekly rhythm; the narrower scope wins.

    Scope: whole municipality when language, school and class are all empty.
    """

    class DayKind(models.TextChoices):
        HOLIDAY = "holiday", _("public holiday")
        BREAK = "break", _("school break")
        EXTRA_FREE = "extra_free", _("extra day off")
        SATURDAY = "saturday_school", _("Saturday school day")
        SHORT = "short_day", _("short day")
        TRIP = "trip", _("trip or event: lessons not held")
        OPEN = "school_day", _("ordinary school day after all")

    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT)
    date = models.DateField()
    kind = models.CharField(max_length=20, choices=DayKind.choices)
    language = models.CharField(max_length=2, blank=True, choices=Language.choices)
    school = models.ForeignKey(School, null=True, blank=True, on_delete=models.CASCADE)
    school_class = models.ForeignKey(
        "SchoolClass", null=True, blank=True, on_delete=models.CASCADE
    )
    lessons = models.FloatField(null=True, blank=True)  # of a short day
    name = models.CharField(max_length=120, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["municipality", "date", "language", "school", "school_class"],
                name="calendar_day_once",
                nulls_distinct=False,
            )
        ]

    class Privacy:
        fields: Classified = {
            "municipality": ("none", "permanent"),
            "date": ("none", "permanent"),
            "kind": ("none", "permanent"),
            "language": ("none", "permanent"),
            "school": ("none", "permanent"),
            "school_class": ("none", "permanent"),
            "lessons": ("none", "permanent"),
            "name": ("none", "permanent"),
        }


class LessonTotal(models.Model):
    """Yearly lesson total of a grade: the denominator where no timetable is known."""

    school_year = models.ForeignKey(SchoolYear, on_delete=models.CASCADE)
    school = models.ForeignKey(School, null=True, blank=True, on_delete=models.CASCADE)
    grade = models.SmallIntegerField()
    lessons_per_week = models.FloatField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["school_year", "school", "grade"],
                name="lesson_total_once",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=Q(lessons_per_week__gt=0) & Q(lessons_per_week__lte=60),
                name="lesson_total_sane",
            ),
        ]

    class Privacy:
        fields: Classified = {
            "school_year": ("none", "permanent"),
            "school": ("none", "permanent"),
            "grade": ("none", "permanent"),
            "lessons_per_week": ("none", "permanent"),
        }


class SchoolClass(models.Model):
    """A class of one school in one school year. "7B" of next year is another row."""

    school = models.ForeignKey(School, on_delete=models.PROTECT)
    school_year = models.ForeignKey(SchoolYear, on_delete=models.PROTECT)
    code = models.CharField(max_length=30)
    grade = models.SmallIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["school", "school_year", "code"], name="class_code_once"
            ),
            models.CheckConstraint(
                condition=Q(grade__gte=0) & Q(grade__lte=10), name="class_grade_sane"
            ),
        ]

    class Privacy:
        fields: Classified = {
            "school": ("none", "permanent"),
            "school_year": ("none", "permanent"),
            "code": ("none", "permanent"),
            "grade": ("none", "permanent"),
        }

    def __str__(self) -> str:
        return self.code


class Pupil(models.Model):
    """A pupil. The primary key is the only thing the facts store knows."""

    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT)
    first_name = models.CharField(max_length=100)
    last_name = models.CharField(max_length=100)
    learner_oid = models.CharField(max_length=40, blank=True)  # oppijanumero
    hetu_hmac = models.CharField(max_length=64, blank=True)
    is_protected = models.BooleanField(default=False)  # turvakielto

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


class PupilKey(models.Model):
    """What one source database calls a pupil. Ids are unique only inside a database."""

    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT)
    pupil = models.ForeignKey(Pupil, on_delete=models.CASCADE, related_name="keys")
    source_db = models.CharField(max_length=60)
    key = models.CharField(max_length=80)

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


class Enrolment(models.Model):
    """A pupil in a class over [from_date, to_date)."""

    pupil = models.ForeignKey(Pupil, on_delete=models.CASCADE, related_name="enrolments")
    school_class = models.ForeignKey(
        SchoolClass, on_delete=models.PROTECT, related_name="enrolments"
    )
    from_date = models.DateField()
    to_date = models.DateField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["pupil", "school_class", "from_date"], name="enrolment_once"
            ),
            models.CheckConstraint(
                condition=Q(to_date__isnull=True) | Q(to_date__gt=F("from_date")),
                name="enrolment_in_order",
            ),
        ]

    class Privacy:
        fields: Classified = {
            "pupil": ("personal", "pupil"),
            "school_class": ("personal", "pupil"),
            "from_date": ("personal", "pupil"),
            "to_date": ("personal", "pupil"),
        }


class PartialTimetable(models.Model):
    """An agreed partial timetable (osittainen lukujärjestys): not counted as failure."""

    pupil = models.ForeignKey(Pupil, on_delete=models.CASCADE)
    from_date = models.DateField()
    to_date = models.DateField()
    lessons_per_week = models.FloatField()

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
    source_key = models.CharField(max_length=120, blank=True)

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["first_name", "last_name"]

    objects: ClassVar[PersonManager] = PersonManager()

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
    source_key = models.CharField(max_length=120, blank=True)
    pupils = models.ManyToManyField(Pupil, related_name="guardians")

    class Privacy:
        fields: Classified = {
            "municipality": ("none", "pupil"),
            "first_name": ("personal", "pupil"),
            "last_name": ("personal", "pupil"),
            "language": ("personal", "pupil"),
            "source_key": ("personal", "pupil"),
            "pupils": ("personal", "pupil"),
        }


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
                    Q(municipality__isnull=False, school=None, school_class=None, pupil=None)
                    | Q(municipality=None, school__isnull=False, school_class=None, pupil=None)
                    | Q(municipality=None, school=None, school_class__isnull=False, pupil=None)
                    | Q(municipality=None, school=None, school_class=None, pupil__isnull=False)
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
