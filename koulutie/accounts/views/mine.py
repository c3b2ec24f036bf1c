"""A person's own account: where it is open, and ending that."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from koulutie.accounts.actions import sessions
from koulutie.registry.access import public
from koulutie.ui.http import Request
from koulutie.ui.views import signed_in


@public("shows only what belongs to whoever is signed in; others are led to the door")
@require_GET
def account(request: Request) -> HttpResponse:
    """Show where the account is open."""
    if signed_in(request) is None:
        return redirect("accounts:sign_in")
    context = {
        "sessions": sessions.sessions_of(request.user, now=request.now),
        "has_password": request.user.has_usable_password(),
        "current": request.session.session_key,
        "idle_minutes": int(settings.SESSION_IDLE.total_seconds() // 60),
        "longest_hours": int(settings.SESSION_LONGEST.total_seconds() // 3600),
    }
    return render(request, "accounts/account.html", context)


@public("ends only sessions of whoever is signed in; others are led to the door")
@require_POST
def end_sessions(request: Request) -> HttpResponse:
    """End one of a person's other sessions, or all of them."""
    if signed_in(request) is None:
        return redirect("accounts:sign_in")
    which = request.POST.get("session", "")
    ended = sessions.end_others(
        person=request.user,
        keep=request.session.session_key or "",
        pk=int(which) if which.isdecimal() and len(which) < 19 else None,
        now=request.now,
    )
    text = ngettext("%(n)d session was ended.", "%(n)d sessions were ended.", ended)
    messages.success(request, text % {"n": ended})
    return redirect("accounts:account")
