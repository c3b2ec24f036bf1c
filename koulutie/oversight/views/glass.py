"""Break-the-glass: find a pupil by name, open with a reason, close before the time."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from koulutie.core.definitions.roles import Action
from koulutie.core.scope import Purpose, Scope
from koulutie.oversight.forms import FindForm, OpenForm
from koulutie.registry import finding
from koulutie.registry.access import policy, scope_for
from koulutie.registry.actions import close_opened, open_with_reason
from koulutie.registry.audit import Kind, Opened
from koulutie.registry.models import Grant
from koulutie.ui.http import Request


@require_http_methods(["GET", "POST"])
@policy(Action.BREAK_GLASS, Purpose.ATTENDANCE, Purpose.SUPPORT)
def find(request: Request) -> HttpResponse:
    """Find pupils by name; of those outside one's scope only name and school are told."""
    form = FindForm(request.POST or None)
    found: list[finding.Found] = []
    has_more = is_asked = False
    if request.method == "POST" and form.is_valid():
        is_asked = True
        found, has_more = finding.by_name(
            scope=request.scope,
            opened=own_scope(request),
            words=form.cleaned_data["name"],
            on=request.today,
        )
    ids = frozenset(one.pupil_id for one in found)
    request.opened = Opened(target="search", kind=Kind.SEARCH, pupil_ids=ids)
    context = {
        "form": form,
        "found": found,
        "has_more": has_more,
        "is_asked": is_asked,
    }
    status = 422 if form.errors else 200
    return render(request, "oversight/find.html", context, status=status)


@require_http_methods(["GET", "POST"])
@policy(Action.BREAK_GLASS, Purpose.ATTENDANCE, Purpose.SUPPORT)
def open_pupil(request: Request, pk: int) -> HttpResponse:
    """Open a pupil outside one's scope for three hours, with a written reason."""
    opened = own_scope(request)
    pupil = finding.get_findable(request.scope, opened, pk)
    request.opened = Opened(target=f"pupil:{pk}", pupil_ids=frozenset({pk}))
    if pk in opened.pupil_ids:
        return redirect("casework:pupil", pk=pk)
    form = OpenForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        open_with_reason(
            pupil=pupil,
            reason=form.cleaned_data["reason"],
            verdict=request.verdict,
            by=request.user,
            now=request.now,
        )
        return redirect("casework:pupil", pk=pk)
    context = {
        "form": form,
        "name": pupil.sorting_name,
        "school": finding.school_name_of(pk, on=request.today),
    }
    status = 422 if form.errors else 200
    return render(request, "oversight/open.html", context, status=status)


@require_POST
@policy(Action.BREAK_GLASS, Purpose.ATTENDANCE, Purpose.SUPPORT)
def close(request: Request, pk: int) -> HttpResponse:
    """Close what I opened, before its time."""
    grant = Grant.objects.filter(
        pk=pk, person=request.user, ends_at__isnull=False
    ).first()
    if grant is None:
        raise Http404
    close_opened(grant=grant, by=request.user, now=request.now)
    messages.success(request, _("Closed. The pupil’s data are no longer open to you."))
    return redirect("oversight:find")


def own_scope(request: Request) -> Scope:
    """Return the pupils whose pages are open to the person for the request's purpose."""
    return scope_for(
        person=request.user,
        action=Action.VIEW_PUPIL,
        purpose=request.scope.purpose,
        on=request.today,
        now=request.now,
    ).scope
