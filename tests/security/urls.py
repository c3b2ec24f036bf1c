"""Views that behave well and badly, to hold the middleware to its word."""

from __future__ import annotations

from django.db import transaction
from django.http import HttpResponse
from django.urls import include, path

from koulutie.core.definitions.roles import Action
from koulutie.core.errors import AccessDenied, SourceError, gettext_noop
from koulutie.core.scope import Purpose
from koulutie.registry.access import get_pupil, policy, public
from koulutie.registry.audit import Opened
from koulutie.registry.models import School
from koulutie.ui.http import Request


@policy(Action.VIEW_PUPIL, Purpose.ATTENDANCE)
def pupil(request: Request, pk: int) -> HttpResponse:
    found = get_pupil(request.scope, pk)
    request.opened = Opened(target=f"pupil:{pk}", pupil_ids=frozenset({pk}))
    return HttpResponse(found.first_name)


@policy(Action.VIEW_PUPIL, Purpose.ATTENDANCE)
def forgetful(request: Request) -> HttpResponse:
    return HttpResponse("somebody's name")


@policy(Action.VIEW_DEFINITION, Purpose.ATTENDANCE)
def nobody_shown(request: Request) -> HttpResponse:
    return HttpResponse("a definition")


@policy(Action.VIEW_SCHOOL, Purpose.ATTENDANCE, Purpose.STATISTICS)
def school(request: Request) -> HttpResponse:
    return HttpResponse(request.scope.purpose)


@policy(Action.HANDLE_TASK, Purpose.ATTENDANCE)
def rolled_back(request: Request, pk: int) -> HttpResponse:
    request.opened = Opened(target=f"pupil:{pk}", pupil_ids=frozenset({pk}))
    with transaction.atomic():
        School.objects.update(name="changed")
        raise SourceError(
            gettext_noop("%(file)s is broken. Take it again."), file="a.csv"
        )


@policy(Action.VIEW_PUPIL, Purpose.ATTENDANCE)
def inside_but_refused(request: Request, pk: int) -> HttpResponse:
    request.opened = Opened(target=f"pupil:{pk}", pupil_ids=frozenset({pk}))
    raise AccessDenied(gettext_noop("You have no role that is valid today."))


def unmarked(request: Request) -> HttpResponse:
    return HttpResponse("nobody thought about this one")


@public("the tests ask for it")
def anybody(request: Request) -> HttpResponse:
    return HttpResponse("hello")


urlpatterns = [
    path("pupil/<int:pk>", pupil, name="pupil"),
    path("forgetful", forgetful, name="forgetful"),
    path("definition", nobody_shown, name="definition"),
    path("school", school, name="school"),
    path("rolled-back/<int:pk>", rolled_back, name="rolled-back"),
    path("refused/<int:pk>", inside_but_refused, name="refused"),
    path("unmarked", unmarked, name="unmarked"),
    path("anybody", anybody, name="anybody"),
    path("product/", include("koulutie.config.urls")),  # refusals link to the product
]
