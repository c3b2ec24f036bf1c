"""What every page's frame shows: the ways that are open to this person, and the facts' age."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import cast

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import NoReverseMatch, resolve, reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from koulutie import catalog
from koulutie.registry.access import Policy, mark_of, may
from koulutie.registry.finding import open_now, unread_notices
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
    Way(
        route="oversight:find",
        label=cast(str, _("Find a pupil")),
        under=("oversight:open_pupil",),
    ),
    Way(
        route="oversight:week",
        label=cast(str, _("Access log")),
        under=("oversight:log", "oversight:notices", "oversight:release"),
    ),
    Way(
        route="oversight:grants",
        label=cast(str, _("Roles given")),
        under=("oversight:give", "oversight:end", "oversight:roles"),
    ),
    Way(
        route="retention:report",
        label=cast(str, _("Keeping and erasing")),
        under=("retention:",),
    ),
)


NOTICES = "oversight:week"  # the way on which notices of openings are read


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A way that is open to the person, as the page shows it."""

    url: str
    label: str
    is_current: bool
    news: int = 0  # what waits there for the reader


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
class OpenPupil:
    """A pupil whom the reader opened with a reason, and how long it still lasts."""

    grant_id: int
    pupil_id: int
    name: str
    ends_at: datetime
    left: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What the base template shows around a page."""

    person: Person | None
    links: tuple[Link, ...]
    facts: FactsVersion | None
    opened: tuple[OpenPupil, ...] = ()
    acting: str = ""  # the role and place chosen for this session


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
        acting=acting_in_words(request),
        opened=tuple(opened_by(person, now=request.now)),  # type: ignore[attr-defined]  # ui.http.Request
    )


def acting_in_words(request: HttpRequest) -> str:
    """Return the role and place that the session acts in; empty where it acts in all."""
    chosen = request.session.get("acting")
    if not chosen:
        return ""
    title = catalog.current().roles.title_of(chosen["role"])
    words = (title.in_language(get_language() or "fi"), chosen["place"])
    return ", ".join(word for word in words if word)


def opened_by(person: Person, *, now: datetime) -> Iterable[OpenPupil]:
    """Yield what the person opened with a reason and what has not ended."""
    for grant in open_now(person, now=now):
        if grant.pupil is None or grant.ends_at is None:
            continue
        yield OpenPupil(
            grant_id=grant.pk,
            pupil_id=grant.pupil.pk,
            name=grant.pupil.sorting_name,
            ends_at=grant.ends_at,
            left=time_left(grant.ends_at - now),
        )


def time_left(left: timedelta) -> str:
    """Return hours and minutes, rounded up: the last minute is one minute."""
    hours, minutes = divmod(-(-int(left.total_seconds()) // 60), 60)
    if hours:
        return gettext("%(hours)d h %(minutes)d min") % {
            "hours": hours,
            "minutes": minutes,
        }
    return gettext("%(minutes)d min") % {"minutes": minutes}


def links(person: Person, *, on: date, route: str = "") -> Iterable[Link]:
    """Yield the ways whose views' own policies are open to the person."""
    policies = {way: policy for way in WAYS if (policy := policy_of(way.route))}
    opened = may(person=person, policies=policies.values(), on=on)
    for way, policy in policies.items():
        if policy in opened:
            is_current = bool(route) and route.startswith((way.route, *way.under))
            yield Link(
                url=reverse(way.route),
                label=way.label,
                is_current=is_current,
                news=unread_notices(person) if way.route == NOTICES else 0,
            )


def way_to(request: HttpRequest, route: str, *args: object) -> str:
    """Return the address of a page that is open to the reader at all, else nothing."""
    policy, person = policy_of(route, *args), getattr(request, "user", None)
    if policy is None or not isinstance(person, Person):
        return ""
    on: date = request.today  # type: ignore[attr-defined]  # ui.http.Request
    is_open = may(person=person, policies=[policy], on=on)
    return reverse(route, args=args) if is_open else ""


def policy_of(route: str, *args: object) -> Policy | None:
    """Return the policy of the view behind a route; None where there is no such page."""
    try:
        address = reverse(route, args=args)
        view: Callable[..., HttpResponseBase] = resolve(address).func
    except NoReverseMatch:
        return None
    mark = mark_of(view)
    return mark if isinstance(mark, Policy) else None
