"""The database's own wall around each request (PostgreSQL; `registry.walls`), and the browser's."""

from __future__ import annotations

from collections.abc import Callable

from django.db import connection
from django.http import HttpRequest, HttpResponseForbidden, HttpResponseNotAllowed
from django.http.response import HttpResponseBase

from koulutie.registry import queries, walls
from koulutie.registry.models import Person

Answer = Callable[[HttpRequest], HttpResponseBase]
REPORTS = "/csp-reports/"
FOREIGN = "Another site sent this. Open the page itself."
SAFE = frozenset({"GET", "HEAD"})
USED = SAFE | {"POST"}
# Where a request that changes something may come from, as browsers tell (Fetch Metadata).
OWN = frozenset({"", "same-origin", "none"})


class SameSiteMiddleware:
    """Refuse methods that no page uses, and changes that another site's page sends.

    The second is a second line behind the form's secret.
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.method not in USED:
            return HttpResponseNotAllowed(sorted(USED))
        if request.method not in SAFE and is_foreign(request):
            return HttpResponseForbidden(FOREIGN, content_type="text/plain")
        return self.get_response(request)


def is_foreign(request: HttpRequest) -> bool:
    """Say whether the browser tells that another site's page sent the request."""
    if request.path == REPORTS:  # browsers send these on their own
        return False
    return request.headers.get("Sec-Fetch-Site", "").lower() not in OWN


class ClosedWallMiddleware:
    """Begin every request with no municipality at all."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        with walls.only(()):
            return self.get_response(request)


class OwnMunicipalityMiddleware:
    """Open the wall to the municipalities that the person's grants reach, and no further."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if connection.vendor != "postgresql" or not isinstance(request.user, Person):
            return self.get_response(request)
        own = queries.municipalities_of(
            request.user,
            on=request.today,  # type: ignore[attr-defined]  # ui.http.Request
        )
        with walls.only(own):
            return self.get_response(request)
