"""The request as our views see it: the middleware has filled it in."""

from __future__ import annotations

from datetime import date, datetime

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from koulutie.core.scope import Scope
from koulutie.registry.access import Policy, Verdict
from koulutie.registry.audit import Opened
from koulutie.registry.models import Person


class Request(HttpRequest):
    """A signed-in person's request to a view that carries a policy."""

    user: Person
    now: datetime
    today: date
    htmx: HtmxDetails
    id: str  # for the access log and the error page
    policy: Policy
    verdict: Verdict
    scope: Scope
    opened: Opened  # set by the view: what it shows, for the access log
