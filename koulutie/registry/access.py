"""Who may do what, to whom, for what: the only maker of `Scope`.

Grants valid on the day -> the roles' table -> a `Scope` of plain ids -> plain IN filters.
Default deny; nobody stands above the table. Outside the scope is 404, so that an address
does not tell whether a pupil exists; inside it but not allowed is 403.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from django.http import Http404
from django.http.response import HttpResponseBase

from koulutie import catalog
from koulutie.core.definitions.roles import Action
from koulutie.core.errors import gettext_noop
from koulutie.core.scope import Purpose, Scope
from koulutie.registry import queries
from koulutie.registry.audit import actor_of
from koulutie.registry.models import Grant, Person, Pupil, School, SchoolClass

View = TypeVar("View", bound=Callable[..., HttpResponseBase])

# What these actions show is named pupils. A grant over a whole municipality never opens
# them: who steers schools sees figures, not children (product.md, the walls).
NAMES_PUPILS = frozenset(
    {Action.VIEW_TODAY, Action.VIEW_CLASS, Action.VIEW_PUPIL, Action.HANDLE_TASK}
)


# --- marks on views ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What a view does and for what; the middleware holds the person to it."""

    action: Action
    purpose: Purpose
    opens_pupils: bool  # the view must say whom it showed (`request.opened`)


@dataclass(frozen=True, slots=True)
class Public:
    """A view that anybody may ask for, and why that is right."""

    reason: str


def policy(
    action: Action, purpose: Purpose, *, opens_pupils: bool | None = None
) -> Callable[[View], View]:
    """Mark a view with what it does and for what purpose.

    `opens_pupils` defaults to whether the action is about named pupils. Such a view sets
    ``request.opened = audit.Opened(target=..., pupil_ids=...)`` before it answers.
    """
    opens = action in NAMES_PUPILS if opens_pupils is None else opens_pupils
    return _marker(Policy(action=action, purpose=purpose, opens_pupils=opens))


def public(reason: str) -> Callable[[View], View]:
    """Mark a view as open to anybody, signed in or not."""
    return _marker(Public(reason))


def mark_of(view: Callable[..., object]) -> Policy | Public | None:
    """Return the view's mark; a view without one is never run."""
    mark = getattr(view, "koulutie_mark", None)
    return mark if isinstance(mark, Policy | Public) else None


def _marker(mark: Policy | Public) -> Callable[[View], View]:
    def put(view: View) -> View:
        view.koulutie_mark = mark  # type: ignore[attr-defined]  # functions take attributes
        if isinstance(mark, Public):
            view.login_required = False  # type: ignore[attr-defined]  # Django's own mark
        return view

    return put


# --- verdicts ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Whether a person may do it now, why, over which rows, and by which grants.

    The reason of a refusal is a sentence to be shown (a message id).
    """

    allowed: bool
    reason: str
    scope: Scope
    grant_ids: tuple[int, ...] = ()


def scope_for(*, person: Person, action: Action, purpose: Purpose, on: date) -> Verdict:
    """Decide from the grants that are valid `on` the day."""
    if not person.is_active:
        return _refusal(person, purpose, gettext_noop("This account is closed."))
    grants = queries.grants_on(person, on=on)
    if not grants:
        return _refusal(
            person, purpose, gettext_noop("You have no role that is valid today.")
        )
    roles = catalog.current().roles
    used = [
        grant
        for grant in grants
        if roles.allows(grant.role, action, purpose)
        and not (action in NAMES_PUPILS and grant.municipality_id)
    ]
    if not used:
        return _refusal(
            person, purpose, gettext_noop("Your role does not cover this.")
        )
    reason = "; ".join(f"{grant.role} of {scope_name(grant)}" for grant in used)
    return Verdict(
        allowed=True,
        reason=reason,
        scope=_scope_of(person, purpose, reason, used, on=on),
        grant_ids=tuple(grant.pk for grant in used),
    )


def system_scope(*, name: str, purpose: Purpose) -> Scope:
    """Return all rows, for what runs without a person: the night, an import."""
    return Scope(
        actor=f"system:{name}",
        purpose=purpose,
        reason=f"the system's own work: {name}",
        is_whole_municipality=True,
    )


def scope_name(grant: Grant) -> str:
    """Name a grant's scope by kind and id, e.g. ``class:3``."""
    for kind, pk in (
        ("municipality", grant.municipality_id),
        ("school", grant.school_id),
        ("class", grant.school_class_id),
        ("pupil", grant.pupil_id),
    ):
        if pk is not None:
            return f"{kind}:{pk}"
    raise AssertionError("the database holds a grant without a scope")


def _refusal(person: Person, purpose: Purpose, reason: str) -> Verdict:
    scope = Scope(actor=actor_of(person), purpose=purpose, reason=reason)
    return Verdict(allowed=False, reason=reason, scope=scope)


def _scope_of(
    person: Person, purpose: Purpose, reason: str, grants: Iterable[Grant], *, on: date
) -> Scope:
    """Resolve grants into ids.

    `pupil_ids` are the pupils whom this scope may name: those enrolled in the granted
    classes and schools on the day, and those granted by name. A scope wider than a class
    does not learn of pupils under protected identity; a grant of their class or of
    themselves names them.
    """
    grants = list(grants)
    municipalities = {grant.municipality_id for grant in grants} - {None}
    schools = {grant.school_id for grant in grants} - {None}
    classes = {grant.school_class_id for grant in grants} - {None}
    near = {grant.pupil_id for grant in grants} - {None}
    near |= queries.enrolled_in_classes(classes, on=on)
    far = queries.enrolled_in_schools(schools, on=on)
    steered = queries.schools_of(municipalities)
    hidden = queries.protected_pupils(schools | steered) - near
    return Scope(
        actor=actor_of(person),
        purpose=purpose,
        reason=reason,
        is_whole_municipality=queries.is_everything(municipalities),
        school_ids=frozenset(schools | steered),
        class_ids=frozenset(classes),
        pupil_ids=frozenset(near | (far - hidden)),
        hidden_pupil_ids=frozenset(hidden),
    )


# --- reading inside a scope -------------------------------------------------------------


class OutsideScope(Http404):
    """The asker's scope does not hold what was asked for, or nothing like it exists."""

    def __init__(self, target: str) -> None:
        self.target = target
        super().__init__(target)


def get_school(scope: Scope, pk: int) -> School:
    """Return one school of the scope, or `OutsideScope`."""
    school = queries.schools_in(scope).filter(pk=pk).first()
    if school is None:
        raise OutsideScope(f"school:{pk}")
    return school


def get_class(scope: Scope, pk: int) -> SchoolClass:
    """Return one class of the scope with its school and year, or `OutsideScope`."""
    found = queries.classes_in(scope).filter(pk=pk).select_related("school", "school_year").first()
    if found is None:
        raise OutsideScope(f"class:{pk}")
    return found


def get_pupil(scope: Scope, pk: int) -> Pupil:
    """Return one pupil whom the scope may name, or `OutsideScope`."""
    pupil = queries.pupils_in(scope).filter(pk=pk).first()
    if pupil is None:
        raise OutsideScope(f"pupil:{pk}")
    return pupil
