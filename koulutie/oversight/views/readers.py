"""Who can see one pupil, why, and when they last did."""

from __future__ import annotations

from datetime import timedelta

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from koulutie.core.definitions.roles import Action
from koulutie.core.scope import Purpose
from koulutie.oversight.presenters import readers as shown
from koulutie.oversight.queries import log as log_queries
from koulutie.registry import finding
from koulutie.registry.access import policy
from koulutie.registry.audit import Opened
from koulutie.ui.http import Request

LAST_YEAR = timedelta(
    days=365
)  # the days in which all openings are looked up from here


@require_GET
@policy(
    Action.VIEW_READERS,
    Purpose.ATTENDANCE,
    Purpose.SUPPORT,
    Purpose.OVERSIGHT,
    opens_pupils=True,
)
def readers(request: Request, pk: int) -> HttpResponse:
    """Each person whose role shows the pupil; and who opened it and may not any more."""
    pupil = finding.get_overseen_pupil(request.verdict, pk)
    request.opened = Opened(target=f"readers of pupil:{pk}", pupil_ids=frozenset({pk}))
    where = finding.where_is(pupil, on=request.today)
    opened = log_queries.last_opened(pk)
    found = shown.readers(
        finding.grants_over(where, on=request.today, now=request.now),
        is_protected=pupil.is_protected,
        opened=opened,
    )
    is_named = pk in request.scope.pupil_ids
    context = {
        "pk": pk,
        "name": pupil.sorting_name if is_named else f"#{pk}",
        "is_named": is_named,
        "is_protected": pupil.is_protected,
        "readers": found,
        "first": request.today - LAST_YEAR,
        "last": request.today,
        "former": shown.former(opened, found),
        "glass_roles": shown.roles_that_may_open(is_protected=pupil.is_protected),
    }
    return render(request, "oversight/readers.html", context)
