"""What every request passes: the person's language, the policy and its log, refusals."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from typing import cast

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import translation
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext

from koulutie.core.errors import AccessDenied, DomainError, Fault, StaleVersion
from koulutie.registry import audit
from koulutie.registry.access import OutsideScope, Policy, Public, mark_of, scope_for
from koulutie.registry.models import Person
from koulutie.ui.http import Request

Answer = Callable[[HttpRequest], HttpResponseBase]


class PersonLanguageMiddleware:
    """Speak the signed-in person's language, whatever the browser was told before.

    A school's computer is shared: who signs in next reads another language.
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if isinstance(request.user, Person):
            translation.activate(request.user.language)
            request.LANGUAGE_CODE = translation.get_language()
        return self.get_response(request)


class PolicyMiddleware:
    """Hold every view to its mark, and write the access log before the answer leaves."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request.id = secrets.token_hex(8)  # type: ignore[attr-defined]  # ui.http.Request
        response = self.get_response(request)
        if hasattr(request, "policy"):
            log_opening(cast(Request, request), response)
        response["X-Request-Id"] = request.id  # type: ignore[attr-defined]
        return response

    def process_view(
        self,
        request: HttpRequest,
        view: Callable[..., HttpResponseBase],
        _args: tuple[object, ...],
        _kwargs: Mapping[str, object],
    ) -> HttpResponseBase | None:
        mark = mark_of(view)
        if mark is None:
            raise Fault(f"the view {view.__module__}.{view.__name__} has no policy")
        if isinstance(mark, Public):
            return None
        return decide(cast(Request, request), mark)

    def process_exception(self, request: HttpRequest, error: Exception) -> None:
        """Remember what was asked for outside the scope; Django answers 404."""
        if isinstance(error, OutsideScope):
            request.opened = audit.Opened(target=error.target)  # type: ignore[attr-defined]


def decide(request: Request, policy: Policy) -> HttpResponseBase | None:
    """Give the request its verdict and scope, or refuse it."""
    request.policy = policy
    for purpose in policy.purposes:
        request.verdict = scope_for(
            person=request.user,
            action=policy.action,
            purpose=purpose,
            on=request.today,
            now=request.now,
        )
        request.scope = request.verdict.scope
        if request.verdict.allowed:
            return None
    return refusal(request, AccessDenied(request.verdict.reason))


def log_opening(request: Request, response: HttpResponseBase) -> None:
    """Write the event of a view with a policy: what it showed, or what was refused.

    A view about pupils that answers without having said whom it showed is a fault: better
    no page than one without a trace.
    """
    opened: audit.Opened | None = getattr(request, "opened", None)
    is_denied = response.status_code in {403, 404}
    if opened is None and not is_denied:
        if (
            request.policy.opens_pupils
            and response.status_code == HttpResponse.status_code
        ):
            raise Fault(f"{request.path} did not say whom it showed")
        return
    audit.record(
        actor=audit.actor_of(request.user),
        action=request.policy.action,
        purpose=request.scope.purpose,
        target=opened.target if opened else asked_for(request),
        pupil_ids=opened.pupil_ids if opened and not is_denied else (),
        kind=kind_of(opened, response) if opened else audit.Kind.VIEW,
        outcome=audit.Outcome.DENIED if is_denied else audit.Outcome.ALLOWED,
        reason=request.verdict.reason,
        grant_id=request.verdict.grant_for(opened.pupil_ids if opened else ()),
        route=route_of(request),
        request_id=request.id,
        at=request.now,
    )


def kind_of(opened: audit.Opened, response: HttpResponseBase) -> audit.Kind:
    """Return how it was seen; what leaves as a file is an export whatever the view says."""
    is_file = "attachment" in response.get("Content-Disposition", "")
    return audit.Kind.EXPORT if is_file else opened.how


def route_of(request: HttpRequest) -> str:
    """Return the name of the request's route, e.g. ``casework:pupil``."""
    return request.resolver_match.view_name if request.resolver_match else ""


def asked_for(request: HttpRequest) -> str:
    """Name what was asked for by the ids in the address, e.g. ``pk:17``."""
    match = request.resolver_match
    return (
        ",".join(f"{name}:{value}" for name, value in match.kwargs.items())
        if match
        else ""
    )


class DomainErrorMiddleware:
    """Show a refusal's sentence as a page; faults stay faults."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(
        self, request: HttpRequest, error: Exception
    ) -> HttpResponse | None:
        return refusal(request, error) if isinstance(error, DomainError) else None


def refusal(request: HttpRequest, error: DomainError) -> HttpResponse:
    """Render the sentence in the reader's language with a fitting status."""
    status = 400
    if isinstance(error, AccessDenied):
        status = 403
    elif isinstance(error, StaleVersion):
        status = 410
    sentence = gettext(error.message)
    if error.params:
        sentence %= error.params
    return render(
        request,
        "ui/refused.html",
        {"sentence": sentence, "status": status},
        status=status,
    )


class NoStoreMiddleware:
    """Keep pages out of every cache: after sign-out, "back" shows nothing."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if "Cache-Control" not in response:
            patch_cache_control(response, no_store=True, private=True)
        return response
