"""Links for guardians: made, withdrawn, spent."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet

from koulutie.accounts.models import GuardianLink
from koulutie.core.errors import DomainError, gettext_noop
from koulutie.core.scope import Purpose, Scope
from koulutie.registry import audit, walls
from koulutie.registry.access import get_pupil
from koulutie.registry.models import Guardian, Person

LASTS = timedelta(days=14)


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A new link; the token is known now and never again."""

    link: GuardianLink
    token: str


def make_link(
    *,
    pupil_id: int,
    guardian: Guardian,
    about: GuardianLink.About,
    scope: Scope,
    by: Person,
    now: datetime,
) -> Made:
    """Make a link for a guardian of a pupil in the scope; it holds for 14 days.

    Raises
    ------
    DomainError
        The guardian is not one of the pupil's.
    """
    pupil = get_pupil(scope, pupil_id)
    if not guardian.pupils.filter(pk=pupil.pk).exists():
        raise DomainError(
            gettext_noop(
                "The guardian is not one of this pupil’s. Choose one from the list."
            )
        )
    token = secrets.token_urlsafe(32)
    with transaction.atomic():
        link = GuardianLink.objects.create(
            guardian=guardian,
            pupil=pupil,
            about=about,
            token_hash=_hash(token),
            made_by=by,
            made_at=now,
            expires_at=now + LASTS,
        )
        _log(audit.actor_of(by), "make_link", link, now)
    return Made(link=link, token=token)


def revoke_link(
    *, pk: int, pupil_id: int, scope: Scope, by: Person, now: datetime
) -> None:
    """Withdraw a link about a pupil in the scope; one that is spent or over stays so."""
    pupil = get_pupil(scope, pupil_id)
    with transaction.atomic():
        link = _usable(now).filter(pk=pk, pupil=pupil).first()
        if link is not None:
            link.revoked_at = now
            link.save(update_fields=["revoked_at"])
            _log(audit.actor_of(by), "revoke_link", link, now)


def spend_link(*, token: str, now: datetime) -> GuardianLink:
    """Open a link, which nobody can do again.

    Raises
    ------
    DomainError
        There is no such link, or it is spent, over or withdrawn: the sentence does not tell.
    """
    with (
        walls.everything("a guardian has a link and no account"),
        transaction.atomic(),
    ):
        usable = _usable(now).filter(token_hash=_hash(token))
        # The database decides, so that of two requests at once one opens it.
        if not usable.update(spent_at=now):
            raise DomainError(
                gettext_noop(
                    "This link does not open anything any more. Ask the school for a new one."
                )
            )
        link = _all().select_related("pupil").get(token_hash=_hash(token))
        _log(f"guardian:{link.guardian_id}", "spend_link", link, now)
    return link


def _usable(now: datetime) -> QuerySet[GuardianLink]:
    return _all().filter(spent_at=None, revoked_at=None, expires_at__gt=now)


def _all() -> QuerySet[GuardianLink]:
    return GuardianLink.objects.unscoped("a link is asked for by its hash or its pupil")


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _log(actor: str, action: str, link: GuardianLink, now: datetime) -> None:
    audit.record(
        actor=actor,
        action=action,
        purpose=Purpose.SUPPORT,
        target=str(link),
        pupil_ids=(link.pupil_id,),
        reason=f"link for guardian:{link.guardian_id}, {link.about}",
        at=now,
    )
