"""What a session is held to: how long it lasts, and the grants it acts with."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext

from koulutie.accounts.actions import contexts, sessions
from koulutie.registry.models import Person


class SessionMiddleware:
    """Signs out who was away or here for too long; narrows grants to the chosen context."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if isinstance(request.user, Person) and sessions.is_over(
            session=request.session,
            now=request.now,  # type: ignore[attr-defined]  # ui.http.Request
        ):
            if request.session.session_key:
                sessions.end(key=request.session.session_key)
            logout(request)
            text = gettext("The session ended because of its time. Sign in again.")
            messages.info(request, text)
            return redirect("accounts:sign_in")
        if isinstance(request.user, Person) and (
            chosen := request.session.get(contexts.ACTING)
        ):
            request.user.acting = frozenset(chosen["ids"])
        return self.get_response(request)
