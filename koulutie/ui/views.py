"""The first page, the language, the page that says no, and the gallery of components."""

from __future__ import annotations

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language, gettext
from django.views.decorators.http import require_GET, require_POST

from koulutie import __version__
from koulutie.core.definitions.roles import Action
from koulutie.core.scope import Purpose
from koulutie.registry import actions
from koulutie.registry.access import policy, public
from koulutie.registry.models import Person
from koulutie.ui import samples
from koulutie.ui.context import links
from koulutie.ui.http import Request


@public("leads everybody to their own first page")
@require_GET
def start(request: Request) -> HttpResponse:
    """Lead a person to the first page that is open to them."""
    person = signed_in(request)
    if person is None:
        return redirect(settings.LOGIN_URL)
    first = next(iter(links(person, on=request.today)), None)
    return redirect(first.url) if first else render(request, "ui/no_role.html")


def signed_in(request: HttpRequest) -> Person | None:
    """Return who is signed in, on pages that are open to anybody."""
    return request.user if isinstance(request.user, Person) else None


def where_next(request: HttpRequest) -> str:
    """Return where a form wants to go on to, if that is one of our own pages."""
    address = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(
        address, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return address if is_ours else reverse("ui:start")


@public("the sign-in page speaks three languages too")
@require_POST
def choose_language(request: Request) -> HttpResponse:
    """Speak another language from now on, in this browser and for this person."""
    language = request.POST.get("language", "")
    response = HttpResponseRedirect(where_next(request))
    if language not in dict(settings.LANGUAGES):
        return response
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=365 * 24 * 3600,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
        samesite="Lax",
    )
    if person := signed_in(request):
        actions.choose_language(language=language, by=person, now=request.now)
    return response


@policy(Action.VIEW_DEFINITION, Purpose.ATTENDANCE, Purpose.INTAKE, Purpose.OVERSIGHT)
@require_GET
def gallery(request: Request) -> HttpResponse:
    """Show every component in each of its states."""
    context = samples.everything(get_language() or "en", request.today)
    return render(request, "ui/gallery.html", context)


@public("a load balancer asks whether we live; it learns nothing else")
@require_GET
def healthz(_request: HttpRequest) -> HttpResponse:
    """Answer that the process and its database live."""
    connection.ensure_connection()
    return HttpResponse("ok\n", content_type="text/plain; charset=utf-8")


# What the page without a network needs; its own address comes first.
KEPT_FILES = (
    *("tokens.css", "base.css", "layout.css", "door.css"),
    *("mark.svg", "landscape.svg"),
    "fonts/atkinson-hyperlegible-next-latin-wght-normal.woff2",
)


@public("the browser keeps it for when there is no network; it names nobody")
@require_GET
def offline(request: HttpRequest) -> HttpResponse:
    """Say in three languages that there is no network."""
    return render(request, "ui/offline.html")


@public("a script that keeps one page about nobody")
@require_GET
def worker(request: HttpRequest) -> HttpResponse:
    """Return the service worker. It lies at the root, so that it sees every address."""
    files = [reverse("ui:offline"), *(static(f"ui/{name}") for name in KEPT_FILES)]
    context = {"version": __version__, "files": files}
    return render(
        request, "ui/worker.js", context, content_type="text/javascript; charset=utf-8"
    )


# --- what the URL configuration and Django itself call ---------------------------------------


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a request that cannot be understood."""
    sentence = gettext("The request could not be understood. Go back and try again.")
    return refused(request, sentence, status=400)


def not_allowed(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer what Django itself refuses."""
    return refused(request, gettext("Your role does not cover this."), status=403)


def csrf_failed(
    request: HttpRequest, reason: str = ""
) -> HttpResponse:  # Django names it
    """Answer a form whose token is missing or old."""
    sentence = gettext(
        "The page was open so long that its form is no longer valid. Load the page again "
        "and send the form once more."
    )
    return refused(request, sentence, status=400)


def refused(request: HttpRequest, sentence: str, *, status: int) -> HttpResponse:
    """Show one sentence as a page."""
    context = {"sentence": sentence, "status": status}
    return render(request, "ui/refused.html", context, status=status)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer an address that leads nowhere, or outside what the person may know of."""
    return render(request, "ui/not_found.html", status=404)


def fault(request: HttpRequest) -> HttpResponse:
    """Answer when we failed: a page that itself can hardly fail."""
    context = {"id": getattr(request, "id", "")}
    return HttpResponse(render_to_string("ui/fault.html", context), status=500)
