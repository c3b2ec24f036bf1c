"""Links for guardians: the staff's page about a pupil, and where a guardian lands."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from koulutie.accounts.actions.links import make_link, revoke_link, spend_link
from koulutie.accounts.forms import ABOUT, LinkForm
from koulutie.accounts.models import GuardianLink
from koulutie.accounts.queries import links_about, school_of
from koulutie.core.definitions.roles import Action
from koulutie.core.scope import Purpose
from koulutie.registry.access import get_pupil, policy, public
from koulutie.registry.audit import Opened
from koulutie.ui.http import Request


@require_http_methods(["GET", "POST"])
@policy(Action.HANDLE_TASK, Purpose.ATTENDANCE, Purpose.SUPPORT)
def links(request: Request, pk: int) -> HttpResponse:
    """The links about one pupil: make one, withdraw one."""
    pupil = get_pupil(request.scope, pk)
    request.opened = Opened(target=f"pupil:{pk}", pupil_ids=frozenset({pk}))
    withdrawn = request.POST.get("withdraw", "")
    if withdrawn.isdecimal() and len(withdrawn) < len(str(2**63)):
        revoke_link(
            pk=int(withdrawn),
            pupil_id=pk,
            scope=request.scope,
            by=request.user,
            now=request.now,
        )
        messages.success(request, _("The link was withdrawn. It opens nothing."))
        return redirect("accounts:links", pk=pk)
    form = LinkForm(request.POST if request.method == "POST" else None, pupil=pupil)
    address = ""
    if form.is_valid():
        made = make_link(
            pupil_id=pk,
            guardian=form.cleaned_data["guardian"],
            about=GuardianLink.About(form.cleaned_data["about"]),
            scope=request.scope,
            by=request.user,
            now=request.now,
        )
        path = reverse("accounts:link", args=[made.token])
        address = request.build_absolute_uri(path)
    context = {
        "form": form,
        "pupil": pupil,
        "address": address,
        "rows": [(one, ABOUT[one.about]) for one in links_about(pupil, request.scope)],
        "now": request.now,
    }
    status = 422 if form.is_bound and not address else 200
    return render(request, "accounts/links.html", context, status=status)


@public("a guardian has a link and no account; it opens only when it is posted, once")
@require_http_methods(["GET", "POST"])
def land(request: Request, token: str) -> HttpResponse:
    """Ask before spending the link (mail programs fetch addresses), then show what it opens."""
    if request.method == "GET":
        return render(request, "accounts/link.html")
    link = spend_link(token=token, now=request.now)
    context = {
        "link": link,
        "first_name": link.pupil.first_name,
        "about": ABOUT[link.about],
        "school": school_of(link.pupil, on=request.today),
    }
    return render(request, "accounts/link.html", context)
