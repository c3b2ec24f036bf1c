"""Files on their way in: the list, sending one, one batch, what was rejected."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import (
    require_GET,
    require_http_methods,
    require_POST,
)

from koulutie.core.definitions.roles import Action
from koulutie.core.errors import IntakeError
from koulutie.core.scope import Purpose
from koulutie.intake.actions import deciding
from koulutie.intake.actions.receiving import receive
from koulutie.intake.forms.uploading import UploadForm
from koulutie.intake.models import Batch
from koulutie.intake.presenters.batches import batch_page
from koulutie.intake.presenters.freshness import school_rows
from koulutie.intake.presenters.rejections import csv_lines, rejection_rows
from koulutie.intake.presenters.sentences import municipality_name, sentence
from koulutie.intake.queries import batches as batch_queries
from koulutie.intake.queries import freshness, mappings
from koulutie.intake.queries.days import school_days_of
from koulutie.intake.queries.desks import desk_for
from koulutie.intake.views.frame import crumbs, rights_of
from koulutie.registry.access import policy
from koulutie.registry.audit import Opened
from koulutie.registry.models import SchoolYear
from koulutie.registry.queries import school_year_on
from koulutie.ui.facts import open_facts
from koulutie.ui.http import Request

PAGE = 25  # batches on a page
ROWS = 100  # rejected rows on a page
FIRST_ROWS = 3  # of them, on the batch's own page


@require_GET
@policy(Action.VIEW_BATCH, Purpose.INTAKE)
def batches(request: Request) -> HttpResponse:
    """How fresh every school is, then every batch, newest first."""
    desk = desk_for(request.scope, request.GET.get("municipality", ""))
    year = school_year_on(desk.municipality, on=request.today)
    found = _freshness(request, year)
    mine = batch_queries.batches_in(request.scope).filter(
        municipality=desk.municipality
    )
    page = Paginator(mine, PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "intake/batches.html",
        {
            "desk": desk,
            "municipality_name": municipality_name(desk.municipality),
            "rights": rights_of(request),
            "year": year,
            "schools": school_rows(list(desk.schools), found, today=request.today),
            "page": page,
            "waiting": mine.filter(state=Batch.State.PREVIEWED).count(),
        },
    )


def _freshness(
    request: Request, year: SchoolYear | None
) -> dict[int, freshness.SchoolFreshness]:
    """Return how fresh the marks of each school are; nothing before the first import."""
    with open_facts(request.scope) as facts:
        if facts is None or year is None:
            return {}
        return freshness.by_school(facts.reader, school_year=year.year)


@require_http_methods(["GET", "POST"])
@policy(Action.RECEIVE_BATCH, Purpose.INTAKE)
def upload(request: Request) -> HttpResponse:
    """Send a file."""
    desk = desk_for(request.scope, request.GET.get("municipality", ""))
    form = UploadForm(request.POST or None, request.FILES or None, desk=desk)
    if request.method == "POST" and form.is_valid():
        batch = receive(
            content=form.file_given,
            file_name=form.file_given.name or "",
            about=form.about(),
            via=Batch.Via.UPLOAD,
            by=request.user,
            now=request.now,
        )
        return redirect("intake:batch", pk=batch.pk)
    status = 422 if form.errors else 200
    context = {"form": form, "desk": desk, "crumbs": crumbs()}
    return render(request, "intake/upload.html", context, status=status)


@require_GET
@policy(Action.VIEW_BATCH, Purpose.INTAKE)
def batch(request: Request, pk: int) -> HttpResponse:
    """One batch; while it is being worked on, the page asks again every second."""
    found = batch_queries.get_batch(request.scope, pk)
    page = batch_page(
        found,
        meanings=mappings.meanings(found.municipality),
        school_days=school_days_of(found),
    )
    if not (request.htmx and found.is_at_work):  # while at work there is nothing to see
        request.opened = Opened(target=f"batch:{pk}")
    template = "intake/_batch.html" if request.htmx else "intake/batch.html"
    rights = rights_of(request)
    rows = batch_queries.rejections(found)[:FIRST_ROWS] if rights["send"] else ()
    context = {
        "page": page,
        "batch": found,
        "rights": rights,
        "rejected": rejection_rows(rows),
        "crumbs": crumbs(),
    }
    return render(request, template, context)


@require_POST
@policy(Action.ACCEPT_BATCH, Purpose.INTAKE)
def accept(request: Request, pk: int) -> HttpResponse:
    """Say that the batch may be taken in."""
    found = batch_queries.get_batch(request.scope, pk)
    request.opened = Opened(target=f"batch:{pk}")
    try:
        deciding.accept(
            batch=found,
            by=request.user,
            now=request.now,
            seen_alarms=request.POST.getlist("seen"),
        )
    except IntakeError as refusal:
        messages.error(request, sentence(refusal.message, refusal.params))
    return redirect("intake:batch", pk=pk)


@require_POST
@policy(Action.ACCEPT_BATCH, Purpose.INTAKE)
def reject(request: Request, pk: int) -> HttpResponse:
    """Leave the batch out."""
    found = batch_queries.get_batch(request.scope, pk)
    deciding.reject(batch=found, by=request.user, now=request.now)
    request.opened = Opened(target=f"batch:{pk}")
    messages.info(request, _("The file was left out. Nothing was changed."))
    return redirect("intake:batches")


@require_POST
@policy(Action.RECEIVE_BATCH, Purpose.INTAKE)
def again(request: Request, pk: int) -> HttpResponse:
    """Read the batch again, with what is known now."""
    found = batch_queries.get_batch(request.scope, pk)
    deciding.read_again(batch=found, by=request.user, now=request.now)
    request.opened = Opened(target=f"batch:{pk}")
    return redirect("intake:batch", pk=pk)


@require_GET
@policy(Action.RECEIVE_BATCH, Purpose.INTAKE)
def batch_rejections(request: Request, pk: int) -> HttpResponse:
    """The rows that were not understood, and why."""
    found = batch_queries.get_batch(request.scope, pk)
    request.opened = Opened(target=f"batch:{pk}:rejected")
    page = Paginator(batch_queries.rejections(found), ROWS).get_page(
        request.GET.get("page")
    )
    return render(
        request,
        "intake/rejections.html",
        {
            "batch": found,
            "page": page,
            "rows": rejection_rows(page.object_list),
            "crumbs": crumbs(found),
        },
    )


@require_GET
@policy(Action.RECEIVE_BATCH, Purpose.INTAKE)
def rejections_csv(request: Request, pk: int) -> StreamingHttpResponse:
    """The same rows as a file, safe to open in a spreadsheet."""
    found = batch_queries.get_batch(request.scope, pk)
    request.opened = Opened(target=f"batch:{pk}:rejected")
    rows = batch_queries.rejections(found).iterator()
    answer = StreamingHttpResponse(
        csv_lines(rows), content_type="text/csv; charset=utf-8"
    )
    answer["Content-Disposition"] = f'attachment; filename="rejected-{pk}.csv"'
    return answer
