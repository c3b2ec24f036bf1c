"""Grants: who has which role, giving one, ending one; and the roles' matrix."""

from __future__ import annotations

from datetime import timedelta

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from koulutie import catalog
from koulutie.core.definitions.roles import Action
from koulutie.core.errors import DomainError
from koulutie.core.scope import Purpose
from koulutie.oversight.forms import EndForm, GrantFilter, GrantForm, places_of
from koulutie.oversight.presenters import grants as shown
from koulutie.oversight.presenters.matrix import matrix
from koulutie.oversight.presenters.readers import municipality_name
from koulutie.oversight.queries import grants as grant_queries
from koulutie.registry import actions
from koulutie.registry.access import Policy, mark_of, may, policy
from koulutie.registry.audit import Opened
from koulutie.ui.http import Request

ONE_DAY = timedelta(days=1)
PAGE = 50  # grants on a page


@require_GET
@policy(Action.VIEW_GRANTS, Purpose.OVERSIGHT)
def grants(request: Request) -> HttpResponse:
    """The grants in the scope by person: those that hold, those to come, the history."""
    found = grant_queries.grants_in(request.verdict)
    form = GrantFilter(request.GET, language=request.LANGUAGE_CODE)
    asked = form.cleaned_data if form.is_valid() else {}
    state = shown.state_of(request.GET.get("state"))
    chosen = grant_queries.in_state(
        grant_queries.filtered(found, role=asked.get("role", "")),
        state,
        on=request.today,
        now=request.now,
    )
    sheet = Paginator(chosen, PAGE).get_page(request.GET.get("page"))
    request.opened = Opened(target="grants")
    context = {
        "form": form,
        "state": state,
        "sheet": sheet,
        "rows": [shown.row(one, request) for one in sheet],
        "may_give": _may_give(request),
    }
    return render(request, "oversight/grants.html", context)


@require_http_methods(["GET", "POST"])
@policy(Action.EDIT_GRANTS, Purpose.OVERSIGHT)
def give(request: Request) -> HttpResponse:
    """Give somebody a role."""
    request.opened = Opened(target="grants")
    form = _grant_form(request)
    if request.method == "POST" and form.is_valid() and _given(request, form):
        messages.success(request, _("The role is given."))
        return redirect("oversight:grants")
    status = 422 if form.errors else 200
    return render(request, "oversight/give.html", {"form": form}, status=status)


@require_http_methods(["GET", "POST"])
@policy(Action.EDIT_GRANTS, Purpose.OVERSIGHT)
def end(request: Request, pk: int) -> HttpResponse:
    """End a grant; it stays in the list as history."""
    grant = grant_queries.grants_in(request.verdict).filter(pk=pk).first()
    if grant is None:
        raise Http404
    request.opened = Opened(target=f"grant:{pk}")
    form = EndForm(
        request.POST or None, today=request.today, initial={"on": request.today}
    )
    if request.method == "POST" and form.is_valid():
        on = form.cleaned_data["on"]
        actions.revoke(grant=grant, on=on, by=request.user, now=request.now)
        messages.success(request, _("The role is ended."))
        return redirect("oversight:grants")
    context = {"form": form, "row": shown.row(grant, request)}
    status = 422 if form.errors else 200
    return render(request, "oversight/end.html", context, status=status)


@require_GET
@policy(Action.VIEW_GRANTS, Purpose.OVERSIGHT)
def roles(request: Request) -> HttpResponse:
    """What each role may do, for what, and what it then sees."""
    request.opened = Opened(target="roles")
    table = matrix(catalog.current().roles, request.LANGUAGE_CODE)
    return render(request, "oversight/roles.html", {"table": table})


def _grant_form(request: Request) -> GrantForm:
    reach = grant_queries.reach_of(request.verdict, on=request.today)
    return GrantForm(
        request.POST or None,
        people=[one for one in reach.people if one.pk != request.user.pk],
        places=places_of(
            municipalities=[
                (one.pk, municipality_name(one)) for one in reach.municipalities
            ],
            schools=reach.schools,
            classes=reach.classes,
            pupil=_("One pupil, by number"),
        ),
        language=request.LANGUAGE_CODE,
        initial={"valid_from": request.today},
    )


def _given(request: Request, form: GrantForm) -> bool:
    """Give what the form says; a refusal becomes a sentence in the form."""
    data = form.cleaned_data
    place = grant_queries.place_of(
        request.verdict, data["place"], data["pupil"], on=request.today
    )
    if place is None:
        form.add_error("pupil", _("There is no such pupil in your municipality."))
        return False
    last = data["valid_to"]
    try:
        actions.grant(
            person=data["person"],
            role=data["role"],
            place=place,
            purposes=[Purpose(one) for one in data["purposes"]],
            valid_from=data["valid_from"],
            valid_to=last + ONE_DAY if last else None,
            reason=data["reason"],
            by=request.user,
            now=request.now,
        )
    except DomainError as refusal:
        form.add_error(None, _(refusal.message) % refusal.params)
    except ValidationError as wrong:
        form.add_error(None, wrong.messages)
    return not form.errors


def _may_give(request: Request) -> bool:
    mark = mark_of(give)
    policies = [mark] if isinstance(mark, Policy) else []
    return bool(may(person=request.user, policies=policies, on=request.today))
