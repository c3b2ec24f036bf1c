"""Tying an outside identity to a person of ours. Nobody gets in by the likeness of an e-mail."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from koulutie.accounts.actions.oidc import Identity
from koulutie.accounts.models import ExternalIdentity, PupilAccount
from koulutie.core.errors import DomainError, gettext_noop
from koulutie.core.scope import Purpose
from koulutie.registry import audit, walls
from koulutie.registry.models import Person, Pupil

LETTERS = "ABCDEFGHJKMNPQRSTVWXYZ23456789"  # none that is taken for another
CODE_LETTERS = 8
WAITS = timedelta(days=14)


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """Whose identity it is; else the code by which the main user can tie it."""

    person: Person | None
    code: str = ""


def arrive(*, identity: Identity, now: datetime) -> Arrival:
    """Find whose identity was proven; who is in no register waits with a code.

    Raises
    ------
    DomainError
        The person's account is closed.
    """
    with transaction.atomic():
        ExternalIdentity.objects.filter(person=None, seen_at__lte=now - WAITS).delete()
        known = ExternalIdentity.objects.select_related("person").filter(
            issuer=identity.issuer, subject=identity.subject
        )
        found = known.first() or ExternalIdentity(
            issuer=identity.issuer, subject=identity.subject
        )
        person = found.person or _by_number(identity) or _pupil(identity)
        if person is not None and not person.is_active:
            raise DomainError(
                gettext_noop(
                    "Your account is closed. Ask your municipality’s main user to open it."
                )
            )
        found.seen_at = now
        if person is None:
            found.code = found.code or _new_code()
            found.save()
            return Arrival(person=None, code=found.code)
        is_new = found.person_id is None
        found.person, found.code = person, ""
        found.save()
        if is_new:
            _log(None, now, "tie_identity", f"person:{person.pk}", "number of register")
    return Arrival(person=person)


def tie(*, code: str, person: Person, by: Person, now: datetime) -> None:
    """Tie the waiting identity of a code to a person.

    Raises
    ------
    DomainError
        No identity waits with the code.
    """
    with transaction.atomic():
        written = code.strip().upper().replace("-", "").replace(" ", "")
        waiting = (
            ExternalIdentity.objects.select_for_update()
            .filter(code=written, person=None, seen_at__gt=now - WAITS)
            .exclude(code="")
            .first()
        )
        if waiting is None:
            raise DomainError(
                gettext_noop(
                    "No sign-in waits with this code. Ask for the code that the page "
                    "shows now; it holds for 14 days."
                )
            )
        waiting.person, waiting.code = person, ""
        waiting.save()
        _log(by, now, "tie_identity", f"person:{person.pk}", "by the main user")


def _by_number(identity: Identity) -> Person | None:
    """Return the person of the staff register who has the number."""
    if not identity.staff_number:
        return None
    key = f"{settings.OIDC['staff_source']}/{identity.staff_number}"
    return Person.objects.filter(source_key=key, pupil_account=None).first()


def _pupil(identity: Identity) -> Person | None:
    """Return the account of the pupil who has the learner's number; opened when first asked."""
    if not (settings.OIDC["pupils"] and identity.learner_oid):
        return None
    pupils = Pupil.objects.unscoped("who signs in has no scope yet")
    with walls.everything("who signs in is of no municipality yet"):
        found = list(pupils.filter(learner_oid=identity.learner_oid)[:2])
    if len(found) != 1:  # known to no municipality, or to more than one
        return None
    pupil = found[0]
    account = PupilAccount.objects.select_related("person").filter(pupil=pupil).first()
    return account.person if account else _open_for(pupil)


def _open_for(pupil: Pupil) -> Person:
    person = Person(
        username=f"pupil-{pupil.pk}",
        # No name here: it stands with the pupil only, and goes when the pupil is erased.
        first_name="Oppilas",
        last_name=str(pupil.pk),
    )
    person.set_unusable_password()
    person.full_clean()
    person.save()
    PupilAccount.objects.create(person=person, pupil=pupil)
    return person


def _new_code() -> str:
    return "".join(secrets.choice(LETTERS) for _ in range(CODE_LETTERS))


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
