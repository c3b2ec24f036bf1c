"""Pages of insight: what the figures mean, and the rows behind one of them."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from koulutie import catalog
from koulutie.core.definitions import Indicator
from koulutie.core.definitions.roles import Action
from koulutie.core.scope import Purpose
from koulutie.insight import presenters, queries
from koulutie.registry import access, audit
from koulutie.registry.access import policy
from koulutie.ui.facts import open_facts
from koulutie.ui.http import Request

# What a figure means is no secret: it can be read for whatever work somebody does here.
ANY_WORK = (
    Purpose.ATTENDANCE,
    Purpose.COACHING,
    Purpose.STATISTICS,
    Purpose.INTAKE,
    Purpose.OVERSIGHT,
)


@require_GET
@policy(Action.VIEW_DEFINITION, *ANY_WORK)
def figures(request: Request) -> HttpResponse:
    """Every figure with what it says, in one list."""
    request.opened = audit.Opened(target="figures")
    return render(
        request,
        "insight/figures.html",
        {"indicators": catalog.current().indicators.values()},
    )


@require_GET
@policy(Action.VIEW_DEFINITION, *ANY_WORK)
def figure(request: Request, name: str) -> HttpResponse:
    """One figure's definition, generated from the file that computes it."""
    indicator = get_indicator(name)
    request.opened = audit.Opened(target=f"figure:{name}")
    context = {"indicator": indicator, "facts": presenters.definition(indicator)}
    return render(request, "insight/figure.html", context)


@require_GET
@policy(Action.VIEW_FIGURE, Purpose.ATTENDANCE, opens_pupils=True)
def rows(request: Request, name: str, pupil_id: int) -> HttpResponse:
    """The rows behind one pupil's figure: counted, and left out with the reason."""
    indicator = get_indicator(name)
    pupil = access.get_pupil(request.scope, pupil_id)
    request.opened = audit.Opened(
        target=f"figure:{name}", pupil_ids=frozenset({pupil_id})
    )
    opened = None
    with open_facts(request.scope) as facts:
        if facts is not None:
            opened = queries.open_figure(facts, indicator=indicator, pupil_id=pupil_id)
    context = {
        "indicator": indicator,
        "pupil": pupil,
        "page": presenters.rows_page(
            indicator, opened, fields=request.verdict.fields_about(pupil_id)
        ),
    }
    return render(request, "insight/rows.html", context)


def get_indicator(name: str) -> Indicator:
    """Return the indicator of the id, or 404."""
    indicator = catalog.current().indicators.get(name)
    if indicator is None:
        raise Http404(name)
    return indicator
