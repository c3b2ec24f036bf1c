"""Who may do what, to whom, for what: the only maker of `Scope`.

Grants valid on the day -> the roles' table -> a `Scope` of plain ids -> plain IN filters.
Default deny; nobody stands above the table. Outside the scope is 404, so that an address
does not tell whether a pupil exists; inside it but not allowed is 403.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar

from django.http import Http404
from django.http.response import HttpResponseBase

from koulutie import catalog
from koulutie.core.definitions.roles import Action, FieldGroup, ScopeKind
from koulutie.core.errors import Fault, gettext_noop
from koulutie.core.scope import Purpose, Scope
from koulutie.registry import queries
from koulutie.registry.audit import actor_of
from koulutie.registry.models import Grant, Person, Pupil, School, SchoolClass
from koulutie.registry.queries import classes_in, pupils_in, schools_in

__all__ = [
    "OPENS_PUPILS",
    "OutsideScope",
    "Policy",
    "Public",
    "Reach",
    "Verdict",
    "classes_in",
    "get_class",
    "get_pupil",
    "get_school",
    "mark_of",
    "may",
    "policy",
    "public",
    "pupils_in",
    "schools_in",
    "scope_for",
    "scope_in_words",
    "scope_of",
    "system_scope",
]

View = TypeVar("View", bound=Callable[..., HttpResponseBase])

# What these actions show is named pupils: each answer must say whom.
OPENS_PUPILS = frozenset(
    {Action.VIEW_TODAY, Action.VIEW_CLASS, Action.VIEW_PUPIL, Action.HANDLE_TASK}
)


# --- marks on views ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What a view does and for what; the middleware holds the person to it."""

    action: Action
    purposes: tuple[Purpose, ...]  # the first one that the person has is the request's
    opens_pupils: bool  # the view must say whom it showed (`request.opened`)


@dataclass(frozen=True, slots=True)
class Public:
    """A view that anybody may ask for, and why that is right."""

    reason: str


def policy(
    action: Action, *purposes: Purpose, opens_pupils: bool | None = None
) -> Callable[[View], View]:
    """Mark a view with what it does and for what purpose, the weightiest first.

    `opens_pupils` defaults to whether the action is about named pupils. Such a view sets
    ``request.opened = audit.Opened(target=..., pupil_ids=...)`` before it answers.
    """
    opens = action in OPENS_PUPILS if opens_pupils is None else opens_pupils
    return _marker(Policy(action=action, purposes=purposes, opens_pupils=opens))


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
class Reach:
    """What one grant opens: which fields, and which pupils by name."""

    grant_id: int
    fields: frozenset[FieldGroup]
    pupil_ids: frozenset[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Whether a person may do it now, why, over which rows, and by which grants.

    The reason of a refusal is a sentence to be shown (a message id).
    """

    allowed: bool
    reason: str
    scope: Scope
    reaches: tuple[Reach, ...] = ()

    @property
    def grant_ids(self) -> tuple[int, ...]:
        """Return the grants that the verdict stands on."""
        return tuple(reach.grant_id for reach in self.reaches)

    @property
    def fields(self) -> frozenset[FieldGroup]:
        """Return what any of the grants shows, for pages that name nobody."""
        return frozenset().union(*(reach.fields for reach in self.reaches))

    def fields_about(self, pupil_id: int) -> frozenset[FieldGroup]:
        """Return what may be shown about one pupil: only grants that reach it count."""
        return frozenset().union(
            *(reach.fields for reach in self.reaches if pupil_id in reach.pupil_ids)
        )

    def grant_for(self, pupil_ids: Collection[int]) -> int | None:
        """Return the first grant that reaches one of the pupils, else the first one."""
        near = [one for one in self.reaches if not one.pupil_ids.isdisjoint(pupil_ids)]
        return next((reach.grant_id for reach in (*near, *self.reaches)), None)


def scope_for(
    *,
    person: Person,
    action: Action,
    purpose: Purpose,
    on: date,
    now: datetime | None = None,
) -> Verdict:
    """Decide from the grants that are valid `on` the day and the roles' table.

    Pupils who were opened with a reason, for hours, count only where `now` is told.
    """
    if not person.is_active:
        return _refusal(person, purpose, gettext_noop("This account is closed."))
    grants = queries.grants_on(person, on=on, now=now)
    if not grants:
        return _refusal(
            person, purpose, gettext_noop("You have no role that is valid today.")
        )
    used = _used(grants, action, purpose)
    if not used:
        return _refusal(person, purpose, gettext_noop("Your role does not cover this."))
    return _permission(person, purpose, used, on=on)


def may(
    *,
    person: Person,
    policies: Collection[Policy],
    on: date,
    now: datetime | None = None,
) -> frozenset[Policy]:
    """Return which of the policies are open to the person at all, somewhere.

    For navigation: it asks for the grants once and resolves no scope.
    """
    grants = queries.grants_on(person, on=on, now=now) if person.is_active else []
    return frozenset(
        policy
        for policy in policies
        if any(_used(grants, policy.action, purpose) for purpose in policy.purposes)
    )


def system_scope(*, name: str, purpose: Purpose) -> Scope:
    """Return all rows, for what runs without a person: the night, an import."""
    return Scope(
        actor=f"system:{name}",
        purpose=purpose,
        reason=f"the system's own work: {name}",
        is_whole_municipality=True,
    )


def scope_of(grant: Grant) -> tuple[ScopeKind, int]:
    """Return the kind and id of what a grant reaches over."""
    pupil = ScopeKind.PUPIL if grant.ends_at is None else ScopeKind.OPENED_PUPIL
    for kind, pk in (
        (ScopeKind.MUNICIPALITY, grant.municipality_id),
        (ScopeKind.SCHOOL, grant.school_id),
        (ScopeKind.SCHOOL_CLASS, grant.school_class_id),
        (pupil, grant.pupil_id),
    ):
        if pk is not None:
            return kind, pk
    raise Fault(f"grant {grant.pk} has no scope")


def scope_in_words(grant: Grant) -> str:
    """Name what a grant reaches over, e.g. ``class:3``."""
    kind, pk = scope_of(grant)
    return f"{kind}:{pk}"


def _refusal(person: Person, purpose: Purpose, reason: str) -> Verdict:
    scope = Scope(actor=actor_of(person), purpose=purpose, reason=reason)
    return Verdict(allowed=False, reason=reason, scope=scope)


Used = tuple[Grant, frozenset[FieldGroup]]


def _used(grants: Iterable[Grant], action: Action, purpose: Purpose) -> list[Used]:
    """Return the grants whose role may do it for the purpose, each with what it shows.

    A grant's own purposes narrow those of its role.
    """
    roles = catalog.current().roles
    used = []
    for grant in grants:
        if grant.purposes and purpose not in grant.purposes:
            continue
        kind, _ = scope_of(grant)
        fields = roles.fields(
            role=grant.role, action=action, purpose=purpose, scope=kind
        )
        if fields is not None:
            used.append((grant, fields))
    return used


def _permission(
    person: Person, purpose: Purpose, used: Sequence[Used], *, on: date
) -> Verdict:
    """Resolve grants into ids.

    `Scope.pupil_ids` are the pupils whom the scope may name: those enrolled in the granted
    classes and schools on the day, and those granted by name, where the role shows names
    at all. A grant over a municipality names nobody, whatever its role: who steers schools
    sees figures, not children. A grant wider than a class does not learn of pupils under protected identity;
    only a grant of their class or of themselves names them.
    """
    reason = "; ".join(f"{grant.role} of {scope_in_words(grant)}" for grant, _ in used)
    classes = _ids(grant.school_class_id for grant, _ in used)
    schools = _ids(grant.school_id for grant, _ in used)
    municipalities = _ids(grant.municipality_id for grant, _ in used)
    all_schools = schools | queries.schools_of(municipalities)
    where = queries.enrolled_on(on=on, school_ids=schools, class_ids=classes)
    protected = queries.protected_pupils(all_schools | _ids(w.school_id for w in where))
    reaches = tuple(_reach(grant, fields, where, protected) for grant, fields in used)
    named = frozenset().union(*(reach.pupil_ids for reach in reaches))
    scope = Scope(
        actor=actor_of(person),
        purpose=purpose,
        reason=reason,
        is_whole_municipality=queries.is_everything(municipalities),
        school_ids=all_schools,
        class_ids=classes,
        pupil_ids=named,
        hidden_pupil_ids=protected - named,
    )
    return Verdict(allowed=True, reason=reason, scope=scope, reaches=reaches)


def _reach(
    grant: Grant,
    fields: frozenset[FieldGroup],
    where: Iterable[queries.Place],
    protected: frozenset[int],
) -> Reach:
    """Return the pupils whom one grant may name."""
    named: set[int] = set()
    if FieldGroup.NAMES not in fields:
        pass
    elif grant.pupil_id is not None:
        named = {grant.pupil_id}
    elif grant.school_class_id is not None:
        named = {one.pupil_id for one in where if one.class_id == grant.school_class_id}
    elif grant.school_id is not None:
        named = {one.pupil_id for one in where if one.school_id == grant.school_id}
        named -= protected
    return Reach(grant_id=grant.pk, fields=fields, pupil_ids=frozenset(named))


def _ids(values: Iterable[int | None]) -> frozenset[int]:
    return frozenset(value for value in values if value is not None)


# --- reading inside a scope -------------------------------------------------------------


class OutsideScope(Http404):
    """The asker's scope does not hold what was asked for, or nothing like it exists."""

    def __init__(self, target: str) -> None:
        self.target = target
        super().__init__(target)


def get_school(scope: Scope, pk: int) -> School:
    """Return one school of the scope, or `OutsideScope`."""
    school = schools_in(scope).filter(pk=pk).first()
    if school is None:
        raise OutsideScope(f"school:{pk}")
    return school


def get_class(scope: Scope, pk: int) -> SchoolClass:
    """Return one class of the scope with its school and year, or `OutsideScope`."""
    found = (
        classes_in(scope).filter(pk=pk).select_related("school", "school_year").first()
    )
    if found is None:
        raise OutsideScope(f"class:{pk}")
    return found


def get_pupil(scope: Scope, pk: int) -> Pupil:
    """Return one pupil whom the scope may name, or `OutsideScope`."""
    pupil = pupils_in(scope.about([pk])).filter(pk=pk).first()
    if pupil is None:
        raise OutsideScope(f"pupil:{pk}")
    return pupil
