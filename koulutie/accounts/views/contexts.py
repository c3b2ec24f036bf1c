"""Choosing the role that a session acts in."""

from __future__ import annotations

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from koulutie import catalog
from koulutie.accounts.actions import contexts
from koulutie.accounts.forms import ContextForm
from koulutie.accounts.queries import Context, contexts_of
from koulutie.accounts.views.door import our_own
from koulutie.registry.access import public
from koulutie.ui.http import Request
from koulutie.ui.views import signed_in

ALL = "all"


@public("narrows only what whoever asks may do; others are led to the door")
@require_http_methods(["GET", "POST"])
def choose(request: Request) -> HttpResponse:
    """Let a person with several roles choose the one to act in."""
    person = signed_in(request)
    if person is None:
        return redirect("accounts:sign_in")
    found = {one.key: one for one in contexts_of(person, on=request.today)}
    told = request.session.get("told_schools", [])
    fit = contexts.fitting(found.values(), told)
    form = ContextForm(
        request.POST if request.method == "POST" else None,
        choices=[*((key, words(one)) for key, one in found.items()), (ALL, _("All"))],
        initial={"context": fit.key if fit else ALL},
    )
    if form.is_valid():
        chosen = found.get(form.cleaned_data["context"])
        contexts.choose(
            session=request.session, context=chosen, by=person, now=request.now
        )
        return HttpResponseRedirect(our_own(request, request.POST.get("next", "")))
    asked_for = request.POST.get("next") or request.GET.get("next", "")
    status = 422 if form.is_bound else 200
    context = {"form": form, "next": asked_for}
    return render(request, "accounts/context.html", context, status=status)


def words(context: Context) -> str:
    """Name a context as the page does."""
    title = catalog.current().roles.title_of(context.role)
    place = context.place or _("pupils given to you by name")
    return f"{title.in_language(get_language() or 'fi')}, {place}"
