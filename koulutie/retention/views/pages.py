"""What is kept and why: the dictionary, the record of processing, the impact assessment."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_GET

from koulutie.core.definitions.roles import Action
from koulutie.core.scope import Purpose
from koulutie.registry import finding
from koulutie.registry.access import policy
from koulutie.registry.models import Municipality
from koulutie.retention.models import RetentionRun
from koulutie.retention.presenters import documents
from koulutie.retention.presenters.dictionary import data_classes
from koulutie.retention.presenters.runs import rows_of
from koulutie.ui.http import Request

RUNS = 30  # a month of nights


@require_GET
@policy(Action.VIEW_RETENTION, Purpose.OVERSIGHT)
def report(request: Request) -> HttpResponse:
    """The latest run of the rules, and those before it: what went, what stays and why."""
    runs = list(RetentionRun.objects.all()[:RUNS])
    asked = request.GET.get("run", "")
    shown = next(
        (one for one in runs if str(one.pk) == asked), runs[0] if runs else None
    )
    context = {
        "runs": runs,
        "shown": shown,
        "rows": rows_of(shown) if shown else [],
    }
    return render(request, "retention/report.html", context)


@require_GET
@policy(Action.VIEW_RETENTION, Purpose.OVERSIGHT)
def dictionary(request: Request) -> HttpResponse:
    """Every field with its purpose, ground, secrecy and time."""
    context = {"classes": data_classes(get_language() or "fi")}
    return render(request, "retention/dictionary.html", context)


@require_GET
@policy(Action.VIEW_RETENTION, Purpose.OVERSIGHT)
def record(request: Request) -> HttpResponse:
    """The record of processing, to be printed."""
    language = get_language() or "fi"
    document = documents.record_of_processing(_controller(request, language), language)
    context = {"document": document, "here": "record"}
    return render(request, "retention/document.html", context)


@require_GET
@policy(Action.VIEW_RETENTION, Purpose.OVERSIGHT)
def assessment(request: Request) -> HttpResponse:
    """The template of the impact assessment, to be printed."""
    language = get_language() or "fi"
    document = documents.impact_assessment(_controller(request, language), language)
    context = {"document": document, "here": "assessment"}
    return render(request, "retention/document.html", context)


def _controller(request: Request, language: str) -> dict[str, str]:
    """Return who answers for the data; the municipality's name where nothing is set."""
    facts = dict(settings.CONTROLLER)
    if not facts["name"]:
        around = finding.overseen_municipalities(request.verdict)
        names = Municipality.objects.filter(pk__in=around).order_by("code")
        facts["name"] = ", ".join(
            one.name_sv if language == "sv" else one.name_fi for one in names
        )
    return facts
