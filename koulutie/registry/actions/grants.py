"""Grants: in which role somebody may act, where, for what, until when."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime

from django.db import transaction

from koulutie import catalog
from koulutie.core.definitions.roles import Role, ScopeKind
from koulutie.core.errors import AccessDenied, DomainError, gettext_noop
from koulutie.core.scope import Purpose
from koulutie.registry import audit
from koulutie.registry.models import (
    Grant,
    Municipality,
    Person,
    Pupil,
    School,
    SchoolClass,
)

Place = Municipality | School | SchoolClass | Pupil


def grant(  # noqa: PLR0913  # a grant's own columns
    *,
    person: Person,
    role: str,
    place: Place,
    valid_from: date,
    reason: str,
    by: Person | None,
    now: datetime,
    valid_to: date | None = None,
    purposes: Collection[Purpose] = (),
) -> Grant:
    """Let a person act in a role over one place, over [valid_from, valid_to).

    `purposes` narrow those of the role; none named: all of them.

    Raises
    ------
    AccessDenied
        Somebody tries to give a role to themselves.
    DomainError
        There is no such role, or it does not reach over such a place or serve the purposes.
    """
    if by is not None and by == person:
        raise AccessDenied(
            gettext_noop(
                "Nobody gives a role to themselves. Ask another main user to give it."
            )
        )
    check_reach(role=role, place=place)
    _check_purposes(role, purposes)
    made = Grant(
        person=person,
        role=role,
        valid_from=valid_from,
        valid_to=valid_to,
        purposes=sorted(purposes),
        granted_by=by,
        reason=reason,
    )
    setattr(made, _COLUMNS[type(place)], place)
    with transaction.atomic():
        made.full_clean()
        made.save()
        _log(by, now, "grant", made, f"{role} to person:{person.pk}")
    return made


def revoke(*, grant: Grant, on: date, by: Person, now: datetime) -> None:
    """End a grant so that it no longer holds on the day.

    It stays as history, for the log names it; one that had not begun before the day is left
    with an empty interval. One that was taken for hours ends at once.
    """
    with transaction.atomic():
        _log(by, now, "revoke", grant, f"{grant.role} ends on {on}")
        if grant.ends_at is not None:
            grant.ends_at = min(grant.ends_at, now)
            grant.save(update_fields=["ends_at"])
            return
        grant.valid_to = max(on, grant.valid_from)
        grant.full_clean()
        grant.save(update_fields=["valid_to"])


def check_reach(*, role: str, place: Place) -> None:
    """Raise `DomainError` unless the role is known and may be granted over such a place."""
    known = _role(role)
    kind = _KINDS[type(place)]
    if kind not in known.scopes:
        raise DomainError(
            gettext_noop(
                "The role %(role)s is not given over a %(kind)s. Choose one of: %(kinds)s."
            ),
            role=role,
            kind=kind.value,
            kinds=", ".join(scope.value for scope in known.scopes),
        )


def _role(role: str) -> Role:
    known: Role | None = catalog.current().roles.by_id.get(role)
    if known is None:
        raise DomainError(
            gettext_noop(
                "There is no role %(role)s. Choose one from the list of roles."
            ),
            role=role,
        )
    return known


def _check_purposes(role: str, purposes: Collection[Purpose]) -> None:
    served = _role(role).purposes
    if strange := sorted(set(purposes) - served):
        raise DomainError(
            gettext_noop(
                "The role %(role)s does not serve these purposes: %(names)s. Choose among: "
                "%(served)s."
            ),
            role=role,
            names=", ".join(strange),
            served=", ".join(sorted(served)),
        )


_KINDS: dict[type[Place], ScopeKind] = {
    Municipality: ScopeKind.MUNICIPALITY,
    School: ScopeKind.SCHOOL,
    SchoolClass: ScopeKind.SCHOOL_CLASS,
    Pupil: ScopeKind.PUPIL,
}
_COLUMNS: dict[type[Place], str] = {
    Municipality: "municipality",
    School: "school",
    SchoolClass: "school_class",
    Pupil: "pupil",
}


def _log(
    by: Person | None, now: datetime, action: str, grant: Grant, reason: str
) -> None:
    audit.record(
        actor=audit.actor_of(by),
        action=action,
        purpose=Purpose.OVERSIGHT,
        target=f"grant:{grant.pk}",
        pupil_ids=() if grant.pupil_id is None else (grant.pupil_id,),
        reason=reason,
        at=now,
    )
