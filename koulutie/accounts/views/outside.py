"""The door of the municipality's own sign-in service, and tying who came through it."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from koulutie.accounts.actions import oidc, tying
from koulutie.accounts.actions.mpassid import school_numbers
from koulutie.accounts.forms import TieForm
from koulutie.accounts.queries import staff
from koulutie.accounts.views.door import let_in
from koulutie.core.definitions.roles import Action
from koulutie.core.errors import DomainError
from koulutie.core.scope import Purpose
from koulutie.registry import audit
from koulutie.registry.access import policy, public
from koulutie.registry.audit import Opened
from koulutie.ui.http import Request

QUESTION = "oidc"  # in the session, until its one answer
TOLD_SCHOOLS = "told_schools"  # school numbers that the provider told, for the context


@public("nobody is signed in yet")
@require_POST
def leave(request: Request) -> HttpResponse:
    """Send the browser to the provider with a question that only this session knows."""
    if not settings.OIDC["issuer"]:
        raise Http404
    begun = oidc.begin(next_address=request.POST.get("next", ""), now=request.now)
    address = oidc.address_to_ask(
        begun, redirect_uri=return_address(request), language=get_language() or "fi"
    )
    request.session[QUESTION] = begun.kept()
    return HttpResponseRedirect(address)


@public("the provider sends who has no session yet")
@require_GET
def come_back(request: Request) -> HttpResponse:
    """Let in whom the provider's answer proves; a question is answered once."""
    if not settings.OIDC["issuer"]:
        raise Http404
    kept = request.session.pop(QUESTION, None)
    begun = oidc.Begun(**kept) if kept else None
    try:
        identity = oidc.finish(
            begun=begun,
            answer={key: request.GET[key] for key in request.GET},
            redirect_uri=return_address(request),
            now=request.now,
        )
        arrival = tying.arrive(identity=identity, now=request.now)
    except DomainError as refusal:
        why = refusal.why if isinstance(refusal, oidc.NotProven) else refusal.message
        note(request, "anonymous", why, audit.Outcome.DENIED)
        raise
    if arrival.person is None:
        note(request, "anonymous", "in no register", audit.Outcome.DENIED)
        context = {"code": f"{arrival.code[:4]}-{arrival.code[4:]}"}
        return render(request, "accounts/no_access.html", context, status=403)
    note(request, audit.actor_of(arrival.person), "provider", audit.Outcome.ALLOWED)
    request.session[TOLD_SCHOOLS] = sorted(school_numbers(identity.roles))
    return let_in(request, arrival.person, begun.next if begun else "")


def return_address(request: Request) -> str:
    """Return the one address that the provider knows of us."""
    return request.build_absolute_uri(reverse("accounts:come_back"))


def note(request: Request, actor: str, reason: str, outcome: audit.Outcome) -> None:
    """Log who came or was refused; which check failed is told here and not on the page."""
    audit.record(
        actor=actor,
        action="sign_in",
        purpose=Purpose.OVERSIGHT,
        target="" if actor == "anonymous" else actor,
        outcome=outcome,
        reason=reason,
        at=request.now,
    )


@require_http_methods(["GET", "POST"])
@policy(Action.EDIT_GRANTS, Purpose.OVERSIGHT)
def tie(request: Request) -> HttpResponse:
    """Tie a waiting sign-in to a person of the register."""
    form = TieForm(
        request.POST if request.method == "POST" else None,
        people=staff(request.scope),
    )
    request.opened = Opened(target="identities")
    if form.is_valid():
        person = form.cleaned_data["person"]
        try:
            tying.tie(
                code=form.cleaned_data["code"],
                person=person,
                by=request.user,
                now=request.now,
            )
        except DomainError as refusal:
            form.add_error("code", _(refusal.message))
        else:
            text = _("%(name)s can now sign in through the municipality’s service.")
            messages.success(request, text % {"name": person.full_name})
            return redirect("accounts:tie")
    status = 422 if form.is_bound else 200
    return render(request, "accounts/tie.html", {"form": form}, status=status)
