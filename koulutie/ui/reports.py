"""Browsers tell here that a page broke the content policy. It is counted, not kept.

A report names addresses and pieces of pages, so only the directive is read from it. A
rising count is a sign of a mistake of ours or of somebody trying; the log says so.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from datetime import date

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from koulutie.registry.access import public
from koulutie.ui.http import Request
from koulutie.ui.models import PolicyViolation

MOST_BYTES = 16 * 1024
MOST_REPORTS = 20  # of one request
OTHER = "other"
log = logging.getLogger(__name__)


@csrf_exempt  # the browser sends it by itself, without a form's secret
@require_POST
@public("a browser reports by itself, signed in or not; only a count is kept")
def csp_report(request: Request) -> HttpResponse:
    """Count the directives that a browser says were broken."""
    for directive in directives_in(request):
        count(directive, on=request.today)
    return HttpResponse(status=204)


def directives_in(request: HttpRequest) -> Iterator[str]:
    """Yield the broken directives of a report, in the old form or the new one."""
    try:
        told = json.loads(request.read(MOST_BYTES))
    except (ValueError, RecursionError):
        return
    reports = told if isinstance(told, list) else [told]
    for report in reports[:MOST_REPORTS]:
        if isinstance(report, dict):
            body = report.get("csp-report") or report.get("body")
            yield named(body if isinstance(body, dict) else {})


def named(body: dict[str, object]) -> str:
    """Return the directive if it is one of ours; anything else may be anybody's text."""
    told = body.get("effectiveDirective") or body.get("effective-directive")
    name = str(told or body.get("violated-directive", "")).split(" ")[0]
    name = name.removesuffix("-elem").removesuffix("-attr")
    return name if name in settings.CONTENT_SECURITY_POLICY["DIRECTIVES"] else OTHER


def count(directive: str, *, on: date) -> None:
    """Add one."""
    with transaction.atomic():
        PolicyViolation.objects.get_or_create(day=on, directive=directive)
        PolicyViolation.objects.filter(day=on, directive=directive).update(
            reports=F("reports") + 1
        )
    log.warning(
        "a browser says that a page broke the content policy",
        extra={"directive": directive},
    )
