"""Accounts: who may sign in."""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime

from django.contrib.auth.password_validation import validate_password
from django.db import transaction

from koulutie.core.scope import Purpose
from koulutie.registry import audit
from koulutie.registry.models import Language, Person


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
