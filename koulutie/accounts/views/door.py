"""The door of local accounts: name and password in, and out again."""

from __future__ import annotations

from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth import login, logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST

from koulutie.accounts.actions import factors, sessions
from koulutie.accounts.forms import SignIn
from koulutie.accounts.queries import contexts_of
from koulutie.core.errors import DomainError
from koulutie.registry import actions
from koulutie.registry.access import public
from koulutie.registry.models import Person
from koulutie.ui.http import Request
from koulutie.ui.views import signed_in


@public("nobody is signed in yet")
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: Request) -> HttpResponse:
    """Ask for name and password, and let in who gives the right ones."""
    if signed_in(request):
        return redirect("ui:start")
    form = SignIn(request.POST if request.method == "POST" else None)
    if form.is_valid() and (person := person_of(form, request)):
        next_address = request.POST.get("next", "")
        if factors.is_asked_of(person, on=request.today):
            return half_way(request, person, next_address)
        return let_in(request, person, next_address)
    asked_for = request.POST.get("next") or request.GET.get("next", "")
    status = 422 if form.is_bound else 200
    context = {"form": form, "next": asked_for, "provider": settings.OIDC["title"]}
    return render(request, "accounts/sign_in.html", context, status=status)


def person_of(form: SignIn, request: Request) -> Person | None:
    """Return whose name and password were given; None with the reason on the form."""
    try:
        return actions.sign_in(
            username=form.cleaned_data["username"],
            password=form.cleaned_data["password"],
            address=address_of(request),
            now=request.now,
        )
    except DomainError as refusal:
        form.add_error(None, gettext(refusal.message))
        return None


PROVED = "proved_at"  # in the session: when somebody last proved who they are
HALF = "half_way"  # in the session: who gave the password and owes the second step


def half_way(request: Request, person: Person, next_address: str) -> HttpResponse:
    """Remember, under a new session key, that the password was right; nothing is open yet."""
    request.session.cycle_key()
    request.session[HALF] = {
        "person": person.pk,
        "at": request.now.timestamp(),
        "next": next_address,
    }
    return redirect("accounts:second")


def let_in(request: Request, person: Person, next_address: str) -> HttpResponse:
    """Sign a person in under a new session key, and go on to where they wanted."""
    request.session.pop(HALF, None)
    login(request, person)
    request.session[PROVED] = int(request.now.timestamp())
    sessions.begin(
        session=request.session,
        person=person,
        user_agent=request.headers.get("User-Agent", ""),
        now=request.now,
    )
    target = our_own(request, next_address)
    if len(contexts_of(person, on=request.today)) > 1:
        query = urlencode({"next": target})
        return HttpResponseRedirect(f"{reverse('accounts:context')}?{query}")
    return HttpResponseRedirect(target)


def address_of(request: HttpRequest) -> str:
    """Return the address of who asks.

    Behind our own proxy every connection comes from the proxy, which writes the asker's
    address last into X-Forwarded-For; earlier ones may be anybody's invention.
    """
    forwarded = request.headers.get("X-Forwarded-For", "")
    if settings.SECURE_PROXY_SSL_HEADER and forwarded:
        return forwarded.rsplit(",", 1)[-1].strip()[:45]
    return str(request.META.get("REMOTE_ADDR", ""))


def our_own(request: HttpRequest, address: str) -> str:
    """Return the address if it is one of our own pages, else the first page."""
    is_ours = url_has_allowed_host_and_scheme(
        address, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return address if is_ours else reverse("ui:start")


@public("who is not signed in may not sign out, which does no harm")
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session; the browser forgets what it kept for us."""
    if request.session.session_key:
        sessions.end(key=request.session.session_key)
    logout(request)
    response = redirect("accounts:sign_in")
    response["Clear-Site-Data"] = '"cache", "storage"'
    return response
