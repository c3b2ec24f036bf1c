"""Municipalities, schools, school years, classes, and the days that differ."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

Classified = dict[str, tuple[str, str]]


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

    def __str__(self) -> str:
        return f"{self.year}-{(self.year + 1) % 100:02}"


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
            # Coalesce: to SQL no two nulls are alike, to us "no school" is one scope.
            models.UniqueConstraint(
                "municipality",
                "date",
                "language",
                Coalesce("school", 0),
                Coalesce("school_class", 0),
                name="calendar_day_once",
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

    def __str__(self) -> str:
        return f"{self.date} {self.kind}"


class LessonTotal(models.Model):
    """Yearly lesson total of a grade: the denominator where no timetable is known."""

    school_year = models.ForeignKey(SchoolYear, on_delete=models.CASCADE)
    school = models.ForeignKey(School, null=True, blank=True, on_delete=models.CASCADE)
    grade = models.SmallIntegerField()
    lessons_per_week = models.FloatField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                "school_year", Coalesce("school", 0), "grade", name="lesson_total_once"
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

    def __str__(self) -> str:
        return f"grade {self.grade}: {self.lessons_per_week}"
