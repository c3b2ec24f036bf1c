"""The only reader of the clock. Everything else is given `now` or `today`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.utils import timezone


def now() -> datetime:
    """Return this moment, with its time zone. For the edges: requests and commands."""
    return timezone.localtime(timezone.now())


class ClockMiddleware:
    """Give every request one `now` and one `today`."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.now = now()  # type: ignore[attr-defined]  # typed on ui.http.Request
        request.today = request.now.date()  # type: ignore[attr-defined]
        return self.get_response(request)
