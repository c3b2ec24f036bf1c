"""What mark types mean, how columns are laid out, what the watched folder may do."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from koulutie.core.definitions.roles import Action
from koulutie.core.scope import Purpose
from koulutie.intake.actions.deciding import read_again
from koulutie.intake.actions.folders import set_rule
from koulutie.intake.actions.mapping import set_mapping
from koulutie.intake.actions.profiles import save_profile
from koulutie.intake.forms.folders import FolderForm
from koulutie.intake.forms.layout import LayoutForm
from koulutie.intake.forms.mapping import MappingForm
from koulutie.intake.models import Batch
from koulutie.intake.presenters import mapping as presenter
from koulutie.intake.presenters.sentences import municipality_name
from koulutie.intake.queries import batches as batch_queries
from koulutie.intake.queries import folders, mappings
from koulutie.intake.queries.desks import Desk, desk_for
from koulutie.intake.queries.layout import peek
from koulutie.intake.queries.samples import samples
from koulutie.intake.queries.types import types_to_map
from koulutie.intake.views.frame import crumbs
from koulutie.registry.access import policy
from koulutie.registry.audit import Opened
from koulutie.ui.http import Request


@require_http_methods(["GET", "POST"])
@policy(Action.EDIT_MAPPING, Purpose.INTAKE)
def mapping(request: Request) -> HttpResponse:
    """What each mark type means: those without a meaning first, then all the others."""
    batch = _batch_of(request)
    code = batch.municipality.code if batch else request.GET.get("municipality", "")
    desk = desk_for(request.scope, code)
    wanted = types_to_map(request.scope, desk, batch, asked=request.GET.get("type", ""))
    form = MappingForm(
        request.POST or None,
        names=[one.name for one in wanted],
        initial_kinds=dict(presenter.suggestions(one.name for one in wanted)),
        desk=desk,
    )
    if request.method == "POST" and form.is_valid():
        return _save(request, desk, form, batch)
    context = _page(request, desk, batch) | {
        "form": form,
        "rows": presenter.choice_rows(
            form.rows(), wanted, samples(batch, form.names) if batch else {}
        ),
    }
    status = 422 if form.errors else 200
    return render(request, "intake/mapping.html", context, status=status)


def _page(request: Request, desk: Desk, batch: Batch | None) -> dict[str, object]:
    """Return what the page shows around the choices."""
    return {
        "desk": desk,
        "municipality_name": municipality_name(desk.municipality),
        "crumbs": crumbs(batch),
        "batch": batch,
        "kinds": presenter.kind_cards(request.LANGUAGE_CODE or "en"),
        "known": presenter.known_rows(mappings.in_force(desk.municipality)),
    }


def _batch_of(request: Request) -> Batch | None:
    """Return the batch whose types are asked about, where one is named."""
    pk = request.GET.get("batch", "")
    return batch_queries.get_batch(request.scope, int(pk)) if pk.isdigit() else None


def _save(
    request: Request, desk: Desk, form: MappingForm, batch: Batch | None
) -> HttpResponse:
    """Keep what was chosen; the batch that asked is read again under it."""
    chosen = list(form.chosen())
    for one in chosen:
        set_mapping(
            municipality=desk.municipality,
            school=form.cleaned_data["school"],
            type_name=one.type_name,
            kind=one.kind,
            by=request.user,
            now=request.now,
        )
    request.opened = Opened(target=f"municipality:{desk.municipality.pk}")
    told = ngettext(
        "%(count)d mark type got its meaning.",
        "%(count)d mark types got their meaning.",
        len(chosen),
    )
    messages.success(request, told % {"count": len(chosen)})
    if batch is None:
        return redirect("intake:mapping")
    read_again(batch=batch, by=request.user, now=request.now)
    return redirect("intake:batch", pk=batch.pk)


@require_http_methods(["GET", "POST"])
@policy(Action.EDIT_MAPPING, Purpose.INTAKE)
def profile(request: Request, pk: int) -> HttpResponse:
    """Say what the columns of a file of unknown layout are."""
    batch = batch_queries.get_batch(request.scope, pk)
    form = LayoutForm(request.POST or None, batch=batch, peek=peek(batch))
    if request.method == "POST" and form.is_valid():
        saved = save_profile(
            municipality=batch.municipality,
            definition=form.definition(),
            by=request.user,
            now=request.now,
        )
        read_again(batch=batch, profile=saved.name, by=request.user, now=request.now)
        request.opened = Opened(target=f"batch:{pk}")
        messages.success(request, _("The layout was saved. The file is read with it."))
        return redirect("intake:batch", pk=pk)
    request.opened = Opened(target=f"batch:{pk}")
    status = 422 if form.errors else 200
    context = {"batch": batch, "form": form, "crumbs": crumbs(batch)}
    return render(request, "intake/profile.html", context, status=status)


@require_http_methods(["GET", "POST"])
@policy(Action.EDIT_MAPPING, Purpose.INTAKE)
def folder(request: Request) -> HttpResponse:
    """What happens to files that another system leaves in the watched folder."""
    desk = desk_for(request.scope, request.GET.get("municipality", ""))
    form = FolderForm(request.POST or None, desk=desk)
    if request.method == "POST" and form.is_valid():
        set_rule(
            municipality=desk.municipality,
            school=form.cleaned_data["school"],
            profile=form.cleaned_data["profile"],
            accepts=form.cleaned_data["accepts"],
            by=request.user,
            now=request.now,
        )
        request.opened = Opened(target=f"municipality:{desk.municipality.pk}")
        messages.success(request, _("The rule of the folder was saved."))
        return redirect(reverse("intake:folder"))
    rules = folders.rules(desk.municipality)
    context = {"desk": desk, "form": form, "rules": rules, "crumbs": crumbs()}
    status = 422 if form.errors else 200
    return render(request, "intake/folder.html", context, status=status)
