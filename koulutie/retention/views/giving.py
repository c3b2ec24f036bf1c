"""All data of one pupil, given out as a file by a person with a reason."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from koulutie.core.definitions.roles import Action
from koulutie.core.scope import Purpose
from koulutie.registry.access import get_pupil, policy
from koulutie.registry.audit import Opened
from koulutie.registry.models import Pupil
from koulutie.retention.actions.giving import give
from koulutie.retention.forms import GiveForm
from koulutie.retention.models import GivenFile
from koulutie.retention.presenters.pupil_file import pupil_file
from koulutie.ui.http import Request


@require_http_methods(["GET", "POST"])
@policy(Action.EXPORT_PUPIL, Purpose.OVERSIGHT)
def pupils_data(request: Request, pk: int) -> HttpResponse:
    """Give a pupil, or who speaks for them, what is kept about the pupil."""
    pupil = get_pupil(request.scope, pk)
    request.opened = Opened(target=f"data of pupil:{pk}", pupil_ids=frozenset({pk}))
    form = GiveForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        return _given(request, pupil, form.cleaned_data["reason"])
    context = {
        "form": form,
        "name": pupil.sorting_name,
        "given": GivenFile.objects.filter(pupil_id=pk).select_related("given_by"),
    }
    status = 422 if form.errors else 200
    return render(request, "retention/give.html", context, status=status)


def _given(request: Request, pupil: Pupil, reason: str) -> HttpResponse:
    content = give(
        pupil_id=pupil.pk,
        file=pupil_file(pupil, now=request.now),
        reason=reason,
        by=request.user,
        now=request.now,
    )
    name = f"koulutie-{request.today}.zip"
    return HttpResponse(
        content,
        content_type="application/zip",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
