"""Erasing a pupil in two steps: one person prepares, another confirms."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import (
    require_GET,
    require_http_methods,
    require_POST,
)

from koulutie.core.definitions.roles import Action
from koulutie.core.scope import Purpose
from koulutie.registry import finding
from koulutie.registry.access import OutsideScope, Verdict, policy
from koulutie.registry.audit import Opened
from koulutie.retention.actions import erasing
from koulutie.retention.forms import EraseForm, NumberForm
from koulutie.retention.models import Erasure
from koulutie.retention.presenters import plans
from koulutie.ui.context import way_to
from koulutie.ui.http import Request


@require_GET
@policy(Action.VIEW_RETENTION, Purpose.OVERSIGHT)
def erasures(request: Request) -> HttpResponse:
    """Every erasure that was asked for in the reader's municipality, newest first."""
    around = finding.overseen_municipalities(request.verdict)
    found = list(Erasure.objects.filter(municipality__in=around)[:200])
    request.opened = Opened(
        target="erasures", pupil_ids=frozenset(one.pupil_id for one in found)
    )
    context = {
        "rows": plans.listed(found),
        "form": NumberForm() if way_to(request, "retention:choose") else None,
    }
    return render(request, "retention/erasures.html", context)


@require_POST
@policy(Action.ERASE_PUPIL, Purpose.OVERSIGHT)
def choose(request: Request) -> HttpResponse:
    """Go to the pupil of a number, where that pupil may be erased by the asker."""
    form = NumberForm(request.POST)
    if not form.is_valid():
        context = {"form": form, "rows": []}
        return render(request, "retention/erasures.html", context, status=422)
    pupil = finding.get_overseen_pupil(request.verdict, form.cleaned_data["pupil"])
    return redirect("retention:prepare", pk=pupil.pk)


@require_http_methods(["GET", "POST"])
@policy(Action.ERASE_PUPIL, Purpose.OVERSIGHT)
def prepare(request: Request, pk: int) -> HttpResponse:
    """The first step: what goes, what stays and why, and the reason."""
    pupil = finding.get_overseen_pupil(request.verdict, pk)
    request.opened = Opened(target=f"erasure of pupil:{pk}", pupil_ids=frozenset({pk}))
    planned = plans.planned(pk)
    form = EraseForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        erasing.prepare(
            pupil=pupil,
            planned=planned,
            reason=form.cleaned_data["reason"],
            by=request.user,
            now=request.now,
        )
        messages.success(
            request, _("Asked for. The data-protection officer has to confirm it.")
        )
        return redirect("retention:prepare", pk=pk)
    standing = Erasure.objects.filter(pupil_id=pk, state__in=["prepared", "confirmed"])
    context = {
        "form": form,
        "name": pupil.sorting_name if pk in request.scope.pupil_ids else f"#{pk}",
        "parts": plans.parts(planned),
        "stays": plans.stays(pk),
        "standing": plans.listed(list(standing)),
    }
    status = 422 if form.errors else 200
    return render(request, "retention/prepare.html", context, status=status)


@require_GET
@policy(Action.VIEW_RETENTION, Purpose.OVERSIGHT)
def erasure(request: Request, pk: int) -> HttpResponse:
    """One erasure: what goes, what stays, who asked; the second step where it is mine."""
    found = _overseen(request.verdict, pk)
    request.opened = Opened(
        target=f"erasure:{pk}", pupil_ids=frozenset({found.pupil_id})
    )
    may_confirm = bool(way_to(request, "retention:confirm", pk))
    context = {
        "row": plans.listed([found])[0],
        "stays": plans.stays(found.pupil_id),
        "may_confirm": may_confirm and found.prepared_by_id != request.user.pk,
    }
    return render(request, "retention/erasure.html", context)


@require_POST
@policy(Action.CONFIRM_ERASURE, Purpose.OVERSIGHT)
def confirm(request: Request, pk: int) -> HttpResponse:
    """The second step, by another person."""
    found = _overseen(request.verdict, pk)
    erasing.confirm(erasure=found, by=request.user, now=request.now)
    messages.success(
        request,
        _("Confirmed. The pupil is erased within minutes, at the latest at night."),
    )
    return redirect("retention:erasure", pk=pk)


@require_POST
@policy(Action.CONFIRM_ERASURE, Purpose.OVERSIGHT)
def withdraw(request: Request, pk: int) -> HttpResponse:
    """Say no: the pupil stays."""
    found = _overseen(request.verdict, pk)
    erasing.withdraw(erasure=found, by=request.user, now=request.now)
    messages.success(request, _("Withdrawn. Nothing was erased."))
    return redirect("retention:erasure", pk=pk)


def _overseen(verdict: Verdict, pk: int) -> Erasure:
    around = finding.overseen_municipalities(verdict)
    found = Erasure.objects.filter(pk=pk, municipality__in=around).first()
    if found is None:
        raise OutsideScope(f"erasure:{pk}")
    return found
