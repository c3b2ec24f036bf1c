"""Accounts and grants: who may sign in, and in which role, where, until when."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime

from django.contrib.auth.password_validation import validate_password
from django.db import transaction

from koulutie import catalog
from koulutie.core.definitions.roles import Role, ScopeKind
from koulutie.core.errors import DomainError, gettext_noop
from koulutie.core.scope import Purpose
from koulutie.registry import audit
from koulutie.registry.models import (
    Grant,
    Language,
    Municipality,
    Person,
    Pupil,
    School,
    SchoolClass,
)

Place = Municipality | School | SchoolClass | Pupil


def create_person(  # noqa: PLR0913  # a person's own columns
    *,
    username: str,
    first_name: str,
    last_name: str,
    by: Person | None,
    now: datetime,
    password: str | None = None,
    language: str = Language.FINNISH,
    email: str = "",
) -> Person:
    """Open an account; without a password nobody can sign in to it.

    Raises
    ------
    ValidationError
        The user name is taken, a column is not as it should be, or the password is weak.
    """
    person = Person(
        username=username,
        first_name=first_name,
        last_name=last_name,
        language=language,
        email=email,
    )
    if password is not None:
        validate_password(password, person)
    person.set_password(password)
    with transaction.atomic():
        person.full_clean()
        person.save()
        _log(by, now, "create_person", f"person:{person.pk}", "account opened")
    return person


def set_password(
    *, person: Person, password: str, by: Person | None, now: datetime
) -> None:
    """Give an account a new password; sessions opened with the old one end."""
    validate_password(password, person)
    person.set_password(password)
    with transaction.atomic():
        person.save(update_fields=["password"])
        _log(by, now, "set_password", f"person:{person.pk}", "new password")


def choose_language(*, language: str, by: Person, now: datetime) -> None:
    """Keep the language in which a person reads the pages."""
    by.language = language
    by.full_clean()
    with transaction.atomic():
        by.save(update_fields=["language"])
        _log(by, now, "choose_language", f"person:{by.pk}", f"reads {language}")


def close_person(*, person: Person, by: Person, now: datetime) -> None:
    """Close an account: its grants open nothing from this moment."""
    person.is_active = False
    with transaction.atomic():
        person.save(update_fields=["is_active"])
        _log(by, now, "close_person", f"person:{person.pk}", "account closed")


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
) -> Grant:
    """Let a person act in a role over one place, over [valid_from, valid_to).

    Raises
    ------
    DomainError
        There is no such role, or the role does not reach over such a place.
    """
    check_reach(role=role, place=place)
    made = Grant(
        person=person,
        role=role,
        valid_from=valid_from,
        valid_to=valid_to,
        granted_by=by,
        reason=reason,
    )
    setattr(made, _COLUMNS[type(place)], place)
    with transaction.atomic():
        made.full_clean()
        made.save()
        _log(by, now, "grant", f"grant:{made.pk}", f"{role} to person:{person.pk}")
    return made


def revoke(*, grant: Grant, on: date, by: Person, now: datetime) -> None:
    """End a grant so that it no longer holds on the day.

    One that had not begun before the day leaves no interval and is taken away.
    """
    with transaction.atomic():
        _log(by, now, "revoke", f"grant:{grant.pk}", f"{grant.role} ends on {on}")
        if grant.valid_from >= on:
            grant.delete()
            return
        grant.valid_to = on
        grant.full_clean()
        grant.save(update_fields=["valid_to"])


def check_reach(*, role: str, place: Place) -> None:
    """Raise `DomainError` unless the role is known and may be granted over such a place."""
    known: Role | None = catalog.current().roles.by_id.get(role)
    if known is None:
        raise DomainError(
            gettext_noop(
                "There is no role %(role)s. Choose one from the list of roles."
            ),
            role=role,
        )
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


def username_for(*, first_name: str, last_name: str, taken: set[str]) -> str:
    """Return a free user name such as ``aino.makinen2``, and count it as taken."""
    plain = unicodedata.normalize("NFKD", f"{first_name}.{last_name}".lower())
    base = re.sub(r"[^a-z0-9.]+", "", plain).strip(".")[:140] or "person"
    name, number = base, 1
    while name in taken:
        number += 1
        name = f"{base}{number}"
    taken.add(name)
    return name


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
    by: Person | None, now: datetime, action: str, target: str, reason: str
) -> None:
    audit.record(
        actor=audit.actor_of(by),
        action=action,
        purpose=Purpose.OVERSIGHT,
        target=target,
        reason=reason,
        at=now,
    )
