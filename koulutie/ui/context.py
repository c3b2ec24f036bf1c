"""What every page's frame shows: the ways that are open to this person, and the facts' age."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import cast

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import NoReverseMatch, resolve, reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext_lazy as _

from koulutie.registry.access import Policy, mark_of, may
from koulutie.registry.models import FactsVersion, Person
from koulutie.registry.queries import latest_version


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One entry of the navigation."""

    route: str
    label: str  # lazy: in the language of the page that shows it
    under: tuple[str, ...] = ()  # further routes for which it counts as the current one


WAYS = (
    Way(
        route="casework:today",
        label=cast(str, _("Today")),
        under=("casework:task", "casework:pupil"),
    ),
    Way(
        route="casework:schools",
        label=cast(str, _("Schools and classes")),
        under=("casework:school", "casework:class_list"),
    ),
    Way(route="insight:figures", label=cast(str, _("Figures")), under=("insight:",)),
    Way(
        route="intake:batches",
        label=cast(str, _("Imports")),
        under=("intake:batch", "intake:upload", "intake:profile", "intake:folder"),
    ),
    Way(
        route="intake:mapping",
        label=cast(str, _("Mark types")),
    ),
    Way(
        route="intake:calendar",
        label=cast(str, _("School days")),
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A way that is open to the person, as the page shows it."""

    url: str
    label: str
    is_current: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """A language of the interface, named in itself."""

    code: str
    name: str


LANGUAGES = (
    Language(code="fi", name="Suomi"),
    Language(code="sv", name="Svenska"),
    Language(code="en", name="English"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What the base template shows around a page."""

    person: Person | None
    links: tuple[Link, ...]
    facts: FactsVersion | None


def page(request: HttpRequest) -> dict[str, object]:
    """Return the frame, worked out only when a template looks at it."""
    return {
        "frame": SimpleLazyObject(lambda: frame(request)),
        "interface_languages": LANGUAGES,
    }


def frame(request: HttpRequest) -> Frame:
    """Return the frame of one page; who is not signed in sees no ways and no facts."""
    person = getattr(request, "user", None)
    today = getattr(request, "today", None)
    if not isinstance(person, Person) or today is None:
        return Frame(person=None, links=(), facts=None)
    match = request.resolver_match
    route = match.view_name if match else ""
    return Frame(
        person=person,
        links=tuple(links(person, on=today, route=route)),
        facts=latest_version(),
    )


def links(person: Person, *, on: date, route: str = "") -> Iterable[Link]:
    """Yield the ways whose views' own policies are open to the person."""
    policies = {way: policy for way in WAYS if (policy := policy_of(way.route))}
    opened = may(person=person, policies=policies.values(), on=on)
    for way, policy in policies.items():
        if policy in opened:
            is_current = bool(route) and route.startswith((way.route, *way.under))
            yield Link(url=reverse(way.route), label=way.label, is_current=is_current)


def policy_of(route: str) -> Policy | None:
    """Return the policy of the view behind a route; None where there is no such page."""
    try:
        view: Callable[..., HttpResponseBase] = resolve(reverse(route)).func
    except NoReverseMatch:
        return None
    mark = mark_of(view)
    return mark if isinstance(mark, Policy) else None
