"""The calendar: the year's dates, days that differ, lesson totals."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from koulutie.core.calendar import school_year_of
from koulutie.intake.queries.desks import Desk
from koulutie.registry.actions import Day, Where
from koulutie.registry.models import (
    CalendarDay,
    Language,
    Municipality,
    School,
    SchoolClass,
    SchoolYear,
)

GRADES = range(1, 10)
ONE_DAY = timedelta(days=1)
LONGEST = 100  # days in one go; a longer span is a slip of the year


class DateInput(forms.DateInput):
    """The browser's own date picker."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


def date_field(label: Any, **options: Any) -> forms.DateField:
    """Return a field for one day."""
    return forms.DateField(label=label, widget=DateInput(), **options)


class WhereForm(forms.Form):
    """For whom a day differs: everybody, one language, one school, one class."""

    language = forms.ChoiceField(
        label=_("Language of the schools"),
        required=False,
        choices=[
            ("", _("Both")),
            (Language.FINNISH, Language.FINNISH.label),
            (Language.SWEDISH, Language.SWEDISH.label),
        ],
    )
    school = forms.ModelChoiceField(
        label=_("School"), queryset=School.objects.none(), required=False
    )
    school_class = forms.ModelChoiceField(
        label=_("Class"), queryset=SchoolClass.objects.none(), required=False
    )

    def __init__(
        self,
        *args: Any,
        desk: Desk,
        year: SchoolYear,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.school_year = year
        school = self.fields["school"]
        assert isinstance(school, forms.ModelChoiceField)
        school.queryset = desk.schools
        school.required = not desk.is_whole
        school.empty_label = _("All schools")
        chosen = self.fields["school_class"]
        assert isinstance(chosen, forms.ModelChoiceField)
        chosen.queryset = (
            SchoolClass.objects.filter(school__in=desk.schools, school_year=year)
            .select_related("school")
            .order_by("school__name", "grade", "code")
        )
        chosen.empty_label = _("All classes")

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        school, chosen = data.get("school"), data.get("school_class")
        if chosen and school and chosen.school != school:
            self.add_error(
                "school_class", _("This class is not in the school that you chose.")
            )
        return data

    def where(self) -> Where:
        """Return the scope of a valid form; the narrower of several wins."""
        data = self.cleaned_data
        chosen: SchoolClass | None = data["school_class"]
        school: School | None = data["school"] or (chosen.school if chosen else None)
        municipality: Municipality = self.school_year.municipality
        return Where(
            municipality=municipality,
            language="" if school else data["language"],
            school=school,
            school_class=chosen,
        )


class DayForm(WhereForm):
    """One day that differs, or several in a row."""

    first = date_field(_("From"))
    last = date_field(_("To"), required=False, help_text=_("Empty: one day."))
    kind = forms.ChoiceField(
        label=_("What kind of day"), choices=CalendarDay.DayKind.choices
    )
    lessons = forms.FloatField(
        label=_("Lessons"),
        required=False,
        min_value=0,
        max_value=12,
        help_text=_("Only of a short day."),
    )
    name = forms.CharField(label=_("Name"), max_length=120, required=False)

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        first, last = data.get("first"), data.get("last")
        if first and last and not 0 <= (last - first).days < LONGEST:
            self.add_error(
                "last", _("Give a day after the first one, in the same year.")
            )
        is_short = data.get("kind") == CalendarDay.DayKind.SHORT
        if is_short != (data.get("lessons") is not None):
            self.add_error(
                "lessons",
                _("Give the number of lessons for a short day, and only then."),
            )
        return data

    def days(self) -> Iterator[Day]:
        """Yield the days of a valid form. A break over a weekend leaves the weekend out."""
        data = self.cleaned_data
        first: date = data["first"]
        last: date = data["last"] or first
        for offset in range((last - first).days + 1):
            day = first + timedelta(days=offset)
            if first == last or day.isoweekday() <= 5:
                yield Day(
                    date=day,
                    kind=data["kind"],
                    name=data["name"],
                    lessons=data["lessons"],
                )


class DayFileForm(WhereForm):
    """A file of days: CSV or iCalendar."""

    file = forms.FileField(
        label=_("File"),
        help_text=_(
            "CSV with the columns date (or from and to), kind and name; or an iCalendar "
            "file of whole-day events."
        ),
    )


class YearForm(forms.Form):
    """When the school year starts, turns to spring, and ends."""

    starts_on = date_field(_("First school day"))
    spring_starts_on = date_field(_("First day of the spring term"))
    ends_on = date_field(_("Last school day"))

    def __init__(self, *args: Any, year: SchoolYear, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.year = year
        self.initial = {
            "starts_on": year.starts_on,
            "spring_starts_on": year.spring_starts_on,
            "ends_on": year.ends_before - ONE_DAY,
        }

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        days = [data.get(name) for name in ("starts_on", "spring_starts_on", "ends_on")]
        known = [day for day in days if day is not None]
        if len(known) == len(days) and not known[0] < known[1] < known[2]:
            self.add_error(None, _("The three days must come one after another."))
        elif any(not self._is_inside(day) for day in known):
            self.add_error(None, _("The days must be inside this school year."))
        return data

    def _is_inside(self, day: date) -> bool:
        return school_year_of(day) == self.year.year

    def changed(self) -> SchoolYear:
        """Return the year with the dates of a valid form, not saved."""
        self.year.starts_on = self.cleaned_data["starts_on"]
        self.year.spring_starts_on = self.cleaned_data["spring_starts_on"]
        self.year.ends_before = self.cleaned_data["ends_on"] + ONE_DAY
        return self.year


class TotalsForm(forms.Form):
    """Lessons a week by grade; an empty field leaves the grade as it is."""

    def __init__(self, *args: Any, totals: dict[int, float], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for grade in GRADES:
            self.fields[f"grade_{grade}"] = forms.FloatField(
                label=_("Grade %(grade)s") % {"grade": grade},
                required=False,
                min_value=1,
                max_value=60,
                initial=totals.get(grade),
                widget=forms.NumberInput(attrs={"step": "0.5", "inputmode": "decimal"}),
            )

    def totals(self) -> dict[int, float]:
        """Return the totals that were filled in, of a valid form."""
        given = {grade: self.cleaned_data[f"grade_{grade}"] for grade in GRADES}
        return {grade: value for grade, value in given.items() if value is not None}
