"""What the pages of intake have in common: the way here, and what the person may do."""

from __future__ import annotations

from django.urls import resolve, reverse
from django.utils.translation import gettext as _

from koulutie.intake.models import Batch
from koulutie.registry.access import Policy, mark_of, may
from koulutie.ui.http import Request

# By the word that templates use: a view whose policy has to be open to the person.
RIGHTS = {"send": "intake:upload", "map": "intake:mapping"}


def crumbs(batch: Batch | None = None) -> list[tuple[str, str]]:
    """Return the way to a page of intake, through a batch where it is about one."""
    way = [(_("Imports"), reverse("intake:batches"))]
    if batch is not None:
        way.append((batch.file_name, reverse("intake:batch", args=[batch.pk])))
    return way


def rights_of(request: Request) -> dict[str, bool]:
    """Return what the person may do at all: send, map, accept."""
    routes = {name: reverse(route) for name, route in RIGHTS.items()}
    routes["accept"] = reverse("intake:accept", args=[0])
    marks = {name: mark_of(resolve(url).func) for name, url in routes.items()}
    policies = {name: mark for name, mark in marks.items() if isinstance(mark, Policy)}
    opened = may(person=request.user, policies=policies.values(), on=request.today)
    return {name: mark in opened for name, mark in policies.items()}
