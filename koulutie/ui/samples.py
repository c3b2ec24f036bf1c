"""Invented values for the gallery: every component in each of its states."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django import forms
from django.core.paginator import Page, Paginator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from koulutie.core.marks import Kind
from koulutie.ui import charts


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleWeek:
    """A week of nobody's school year."""

    monday: date
    lessons: dict[str, float]
    school_days: int


class SampleForm(forms.Form):
    """Every kind of field."""

    name = forms.CharField(
        label=_("A line of text"), help_text=_("With a sentence of help.")
    )
    on = forms.DateField(
        label=_("A day"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    one = forms.ChoiceField(
        label=_("One of several"),
        choices=[("a", _("The first way")), ("b", _("The second way"))],
        widget=forms.RadioSelect,
        initial="a",
    )
    chosen = forms.ChoiceField(
        label=_("One of many"),
        choices=[(str(grade), str(grade)) for grade in range(1, 10)],
    )
    agreed = forms.BooleanField(label=_("Something agreed"), required=False)
    words = forms.CharField(
        label=_("Several lines"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    file = forms.FileField(label=_("A file"), required=False)


def everything(language: str, today: date) -> dict[str, Any]:
    """Return what the gallery shows; `today` ends its invented weeks."""
    return {
        "form": SampleForm(prefix="empty"),
        "wrong_form": SampleForm({"wrong-on": "31.2."}, prefix="wrong"),
        "weekly": charts.weekly_absence(weeks(today), language=language),
        "weekdays": charts.weekday_pattern([12, 4, 3, 3, 9], language=language),
        "coverage": charts.coverage_by_class(
            [("7A", 1.0), ("7B", 0.93), ("7C", 0.58), ("7D", None)], language=language
        ),
        "classes": CLASSES,
        "sheet": sheet(),
        "steps": (
            (gettext("Send a file"), "done"),
            (gettext("Say what the marks mean"), "current"),
            (gettext("Look through and accept"), "next"),
        ),
        "crumbs": ((gettext("Schools"), "#crumbs"), ("7B", "#crumbs")),
        "kinds": tuple(CLASSES[0][2]),
    }


def sheet() -> Page[int]:
    """Return the second of several pages."""
    return Paginator(range(1, 120), 25).page(2)


# Pupil, step, lessons by kind, weekday shares, coverage
CLASSES: tuple[
    tuple[str, int, dict[str, float], tuple[float, ...], float | None], ...
] = (
    (
        "Esimerkki Eeva",
        3,
        {
            Kind.HEALTH: 21,
            Kind.PREAPPROVED: 6,
            Kind.OTHER_EXPLAINED: 4,
            Kind.UNAUTHORISED: 5,
            Kind.UNRESOLVED: 7,
        },
        (0.31, 0.05, 0.04, 0.08, 0.2),
        0.97,
    ),
    ("Mallinen Väinö", 1, {Kind.HEALTH: 12}, (0.02, 0.02, 0.04, 0.03, 0.02), 1.0),
    ("Verrokki Åsa", 0, {"absence": 3}, (0.0, 0.0, 0.03, 0.0, 0.0), 0.58),
    ("Näyte Öjar", 0, {}, (0.0, 0.0, 0.0, 0.0, 0.0), None),
)


def weeks(today: date) -> list[SampleWeek]:
    """Return fifteen weeks up to today, one of them without school."""
    monday = today - timedelta(days=today.weekday())
    found = []
    for number in range(15):
        free = number == 9
        found.append(
            SampleWeek(
                monday=monday - timedelta(weeks=14 - number),
                lessons={} if free else sample_lessons(number),
                school_days=0 if free else 5,
            )
        )
    return found


def sample_lessons(number: int) -> dict[str, float]:
    """Return one week's absent lessons by kind."""
    plan: dict[int, dict[str, float]] = {
        2: {Kind.HEALTH: 6},
        3: {Kind.HEALTH: 11, Kind.UNRESOLVED: 2},
        6: {Kind.OTHER_EXPLAINED: 3, Kind.UNAUTHORISED: 2},
        8: {Kind.PREAPPROVED: 10},
        11: {Kind.UNAUTHORISED: 3, Kind.HEALTH: 2},
        13: {Kind.HEALTH: 2, Kind.OTHER_EXPLAINED: 1, Kind.UNRESOLVED: 5},
        14: {Kind.UNRESOLVED: 4},
    }
    return plan.get(number, {})
