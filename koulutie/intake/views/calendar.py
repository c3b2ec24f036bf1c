"""Which days are school days: the year, the days that differ, the lesson totals."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from koulutie.core.definitions.roles import Action
from koulutie.core.errors import AccessDenied, DomainError, gettext_noop
from koulutie.core.scope import Purpose
from koulutie.intake.forms.calendar import (
    DayFileForm,
    DayForm,
    TotalsForm,
    YearForm,
)
from koulutie.intake.presenters.calendar import Month, months_of, spans_of
from koulutie.intake.presenters.sentences import municipality_name
from koulutie.intake.queries import calendar as calendar_queries
from koulutie.intake.queries.days import days_by_number
from koulutie.intake.queries.desks import Desk, desk_for
from koulutie.registry import actions as registry
from koulutie.registry.access import OutsideScope, policy
from koulutie.registry.audit import Opened
from koulutie.registry.models import CalendarDay, School, SchoolYear
from koulutie.ui.http import Request


def _desk_and_year(request: Request) -> tuple[Desk, SchoolYear]:
    """Return what the page is about; an empty home gets its first year made by an import."""
    desk = desk_for(request.scope, request.GET.get("municipality", ""))
    year = calendar_queries.year_for(
        desk, request.GET.get("year", ""), today=request.today
    )
    if year is None:
        raise OutsideScope("school_year")
    return desk, year


def _school(request: Request, desk: Desk) -> School | None:
    """Return the school whose own totals are shown; a school's own desk starts there."""
    number = request.GET.get("school", "")
    if number:
        return desk.schools.filter(number=number).first()
    return None if desk.is_whole else desk.schools.first()


def _back(year: SchoolYear) -> HttpResponse:
    return redirect(f"{reverse('intake:calendar')}?year={year.year}")


@require_GET
@policy(Action.EDIT_CALENDAR, Purpose.INTAKE)
def calendar(request: Request) -> HttpResponse:
    """The school year: how many school days, which days differ, lessons a week."""
    desk, year = _desk_and_year(request)
    return render(request, "intake/calendar.html", _page(request, desk, year))


def _page(
    request: Request, desk: Desk, year: SchoolYear, **forms: object
) -> dict[str, Any]:
    """Return all that the page shows; `forms` are those that were sent with mistakes."""
    days = list(calendar_queries.days_in(year, desk))
    counts, warnings = calendar_queries.checked(year, desk)
    school = _school(request, desk)
    shown = school or desk.schools.first()
    return {
        "desk": desk,
        "municipality_name": municipality_name(desk.municipality),
        "year": year,
        "last_day": year.ends_before - timedelta(days=1),
        "weekdays": range(7),
        "years": calendar_queries.years_of(desk),
        "spans": spans_of(days, is_whole=desk.is_whole),
        "counts": counts,
        "warnings": warnings,
        "shown": shown,
        "months": _months(year, shown, days),
        "school": school,
        **_forms(desk, year, school),
        **forms,
    }


def _months(
    year: SchoolYear, shown: School | None, days: list[CalendarDay]
) -> list[Month]:
    """Return the year of the school that is shown, with the names of days that hold there."""
    held = days_by_number(year.municipality, [shown.number]) if shown else {}
    here = [day for day in days if shown and calendar_queries.holds_in(day, shown)]
    return months_of(
        year,
        school_days=held[shown.number] if shown else (),
        titles={day.date: day.name or day.get_kind_display() for day in here},
    )


def _forms(desk: Desk, year: SchoolYear, school: School | None) -> dict[str, Any]:
    totals = calendar_queries.totals_of(year, school)
    return {
        "day_form": DayForm(prefix="day", desk=desk, year=year),
        "file_form": DayFileForm(prefix="file", desk=desk, year=year),
        "year_form": YearForm(year=year, prefix="year"),
        "totals_form": TotalsForm(prefix="totals", totals=totals),
    }


def _again(
    request: Request, desk: Desk, year: SchoolYear, **forms: object
) -> HttpResponse:
    """Show the page with the form that has mistakes."""
    page = _page(request, desk, year, **forms)
    return render(request, "intake/calendar.html", page, status=422)


@require_POST
@policy(Action.EDIT_CALENDAR, Purpose.INTAKE)
def add_days(request: Request) -> HttpResponse:
    """Write days that differ."""
    desk, year = _desk_and_year(request)
    form = DayForm(request.POST, prefix="day", desk=desk, year=year)
    if not form.is_valid():
        return _again(request, desk, year, day_form=form)
    return _written(
        request,
        desk,
        year,
        lambda: registry.set_calendar_days(
            where=form.where(), days=form.days(), by=request.user, now=request.now
        ),
        day_form=form,
    )


def _written(
    request: Request,
    desk: Desk,
    year: SchoolYear,
    write: Callable[[], int],
    **forms: Any,
) -> HttpResponse:
    """Write, or show the refusal at the form that asked for it."""
    try:
        count = write()
    except DomainError as refusal:
        (form,) = forms.values()
        text = _(refusal.message)  # a message id, marked where it is made
        form.add_error(None, text % refusal.params if refusal.params else text)
        return _again(request, desk, year, **forms)
    request.opened = Opened(target=f"school_year:{year.pk}")
    told = ngettext(
        "%(count)d day was changed. Figures follow at the next import or at night.",
        "%(count)d days were changed. Figures follow at the next import or at night.",
        count,
    )
    messages.success(request, told % {"count": count})
    return _back(year)


@require_POST
@policy(Action.EDIT_CALENDAR, Purpose.INTAKE)
def calendar_file(request: Request) -> HttpResponse:
    """Write the days of a CSV or iCalendar file."""
    desk, year = _desk_and_year(request)
    form = DayFileForm(request.POST, request.FILES, prefix="file", desk=desk, year=year)
    if not form.is_valid():
        return _again(request, desk, year, file_form=form)
    given = form.cleaned_data["file"]
    return _written(
        request,
        desk,
        year,
        lambda: registry.import_calendar(
            content=given.read(),
            file_name=given.name,
            where=form.where(),
            by=request.user,
            now=request.now,
        ),
        file_form=form,
    )


@require_POST
@policy(Action.EDIT_CALENDAR, Purpose.INTAKE)
def remove_days(request: Request) -> HttpResponse:
    """Take days away, so that the wider rule holds again."""
    desk, year = _desk_and_year(request)
    wanted = [int(pk) for pk in request.POST.get("days", "").split(",") if pk.isdigit()]
    days = calendar_queries.days_in(year, desk).filter(pk__in=wanted)
    if not desk.is_whole:
        days = days.filter(school__in=desk.schools)
    count = sum(
        registry.clear_calendar_days(
            where=registry.Where(
                municipality=year.municipality,
                language=day.language,
                school=day.school,
                school_class=day.school_class,
            ),
            dates=[day.date],
            by=request.user,
            now=request.now,
        )
        for day in days
    )
    request.opened = Opened(target=f"school_year:{year.pk}")
    messages.success(request, _told_removed(count))
    return _back(year)


def _told_removed(count: int) -> str:
    told = ngettext("%(count)d day was removed.", "%(count)d days were removed.", count)
    return told % {"count": count}


@require_POST
@policy(Action.EDIT_CALENDAR, Purpose.INTAKE)
def calendar_year(request: Request) -> HttpResponse:
    """Change when the school year starts, turns and ends; only of the whole municipality."""
    desk, year = _desk_and_year(request)
    if not desk.is_whole:
        raise AccessDenied(
            gettext_noop("Only the main user changes the dates of the school year.")
        )
    form = YearForm(request.POST, year=year, prefix="year")
    if not form.is_valid():
        return _again(request, desk, year, year_form=form)
    registry.set_school_year_dates(
        school_year=form.changed(), by=request.user, now=request.now
    )
    request.opened = Opened(target=f"school_year:{year.pk}")
    messages.success(request, _("The dates of the school year were saved."))
    return _back(year)


@require_POST
@policy(Action.EDIT_CALENDAR, Purpose.INTAKE)
def calendar_totals(request: Request) -> HttpResponse:
    """Say how many lessons a week each grade has."""
    desk, year = _desk_and_year(request)
    school = _school(request, desk)
    form = TotalsForm(request.POST, prefix="totals", totals={})
    if not form.is_valid():
        return _again(request, desk, year, totals_form=form)
    for grade, lessons in form.totals().items():
        registry.set_lesson_total(
            school_year=year,
            grade=grade,
            lessons_per_week=lessons,
            school=school,
            by=request.user,
            now=request.now,
        )
    request.opened = Opened(target=f"school_year:{year.pk}")
    messages.success(request, _("The lessons a week were saved."))
    return _back(year)
