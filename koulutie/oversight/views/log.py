"""The access log: the week's openings, a search, one pupil's log given out, notices."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.views.decorators.http import (
    require_GET,
    require_http_methods,
    require_POST,
)

from koulutie.core.definitions.roles import Action
from koulutie.core.scope import Purpose
from koulutie.oversight import actions
from koulutie.oversight.forms import A_WEEK, ReleaseForm, SearchForm
from koulutie.oversight.models import LogRelease
from koulutie.oversight.presenters import events as shown
from koulutie.oversight.presenters import weeks
from koulutie.oversight.presenters.notices import notice_rows
from koulutie.oversight.presenters.releases import pupil_log, release_rows
from koulutie.oversight.queries import log as log_queries
from koulutie.oversight.queries import notices as notice_queries
from koulutie.oversight.queries.log import Asked
from koulutie.registry import finding
from koulutie.registry.access import policy
from koulutie.registry.actions import see_notices
from koulutie.registry.audit import Kind, Opened
from koulutie.ui.http import Request

PAGE = 50  # events on a page


@require_GET
@policy(Action.VIEW_ACCESS_LOG, Purpose.OVERSIGHT)
def week(request: Request) -> HttpResponse:
    """Who opened what in a week: first what is worth a look, then person by person."""
    first = weeks.monday_of(_day(request.GET.get("week")) or request.today)
    page = weeks.week_page(request.verdict, first=first)
    request.opened = Opened(target=f"log:{first}", pupil_ids=frozenset(page.named))
    context = {
        "page": page,
        "earlier": first - A_WEEK,
        "later": first + A_WEEK if first + A_WEEK <= request.today else None,
        "unseen": finding.unread_notices(request.user),
    }
    return render(request, "oversight/week.html", context)


@require_http_methods(["GET", "POST"])
@policy(Action.VIEW_ACCESS_LOG, Purpose.OVERSIGHT)
def log(request: Request) -> HttpResponse:
    """Search the log. What is looked for is sent and never stands in an address."""
    asked_now = request.method == "POST"
    people = log_queries.readers_for(request.verdict)
    start = {"first": request.today - A_WEEK + timedelta(days=1), "last": request.today}
    form = SearchForm(request.POST if asked_now else None, people=people, initial=start)
    is_wrong = asked_now and not form.is_valid()
    data: dict[str, Any] = form.cleaned_data if asked_now and not is_wrong else start
    found = log_queries.search(request.verdict, _asked(data))
    sheet = Paginator(found, PAGE).get_page(request.POST.get("page"))
    rows, names = shown.rows(list(sheet), request.scope)
    about = {data["pupil"]} if data.get("pupil") and sheet.paginator.count else set()
    request.opened = Opened(
        target="log", kind=Kind.SEARCH, pupil_ids=frozenset(names.shown | about)
    )
    context = {"form": form, "sheet": sheet, "rows": [] if is_wrong else rows}
    status = 422 if is_wrong else 200
    return render(request, "oversight/log.html", context, status=status)


@require_http_methods(["GET", "POST"])
@policy(Action.RELEASE_LOG, Purpose.OVERSIGHT)
def release(request: Request, pk: int) -> HttpResponse:
    """Give one pupil's log out as a file, with a reason that is kept."""
    pupil = finding.get_overseen_pupil(request.verdict, pk)
    request.opened = Opened(target=f"log of pupil:{pk}", pupil_ids=frozenset({pk}))
    start = {"first": request.today.replace(year=request.today.year - 1)}
    form = ReleaseForm(request.POST or None, initial=start | {"last": request.today})
    if request.method == "POST" and form.is_valid():
        return _released(request, pk, form)
    context = {
        "form": form,
        "name": pupil.sorting_name if pk in request.scope.pupil_ids else f"#{pk}",
        "releases": release_rows(LogRelease.objects.filter(pupil_id=pk)),
    }
    status = 422 if form.errors else 200
    return render(request, "oversight/release.html", context, status=status)


def _released(request: Request, pk: int, form: ReleaseForm) -> HttpResponse:
    data = form.cleaned_data
    events = log_queries.of_pupil(pk, first=data["first"], last=data["last"])
    content = actions.release(
        pupil_id=pk,
        log=pupil_log(
            pk,
            events,
            first=data["first"],
            last=data["last"],
            names_staff=data["names_staff"],
        ),
        kind=LogRelease.FileKind(data["kind"]),
        names_staff=data["names_staff"],
        reason=data["reason"],
        by=request.user,
        now=request.now,
    )
    media = "text/csv" if data["kind"] == LogRelease.FileKind.CSV else "text/html"
    name = f"{_('openings')}-{request.today}.{data['kind']}"
    return HttpResponse(
        content,
        content_type=f"{media}; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@require_GET
@policy(Action.VIEW_ACCESS_LOG, Purpose.OVERSIGHT)
def notices(request: Request) -> HttpResponse:
    """Pupils that somebody opened with a reason, newest first."""
    rows, named = notice_rows(notice_queries.notices_of(request.user), request)
    request.opened = Opened(target="notices", pupil_ids=frozenset(named))
    return render(request, "oversight/notices.html", {"rows": rows})


@require_POST
@policy(Action.VIEW_ACCESS_LOG, Purpose.OVERSIGHT)
def notices_seen(request: Request) -> HttpResponse:
    """Mark my notices as read."""
    see_notices(by=request.user, now=request.now)
    return redirect("oversight:notices")


def _asked(data: dict[str, Any]) -> Asked:
    person = data.get("person")
    return Asked(
        first=data["first"],
        last=data["last"],
        person_id=int(person) if person else None,
        pupil_id=data.get("pupil"),
        kind=data.get("kind", ""),
        action=data.get("action", ""),
    )


def _day(text: str | None) -> date | None:
    try:
        return parse_date(text or "")
    except ValueError:
        return None
