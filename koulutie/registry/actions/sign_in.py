"""Signing in with a local account, and holding back who guesses.

Attempts are counted in the database, so the limits hold across processes. One is written
before the password is looked at, so parallel guesses are all counted.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db.models import Q

from koulutie.core.errors import DomainError, gettext_noop
from koulutie.core.scope import Purpose
from koulutie.registry import audit
from koulutie.registry.models import Person, SignInAttempt

WINDOW = timedelta(minutes=5)
# A whole school signs in from one address and an account may be guessed at from many, so
# the pair of both is what is locked first; the wider limits stop slow guessing around it.
TRIES_OF_PAIR = 5
TRIES_OF_ACCOUNT = 25
TRIES_OF_ADDRESS = 100


def sign_in(*, username: str, password: str, address: str, now: datetime) -> Person:
    """Return whose account it is.

    An unknown name, a closed account and a wrong password take the same time and get the
    same sentence, so that nobody learns which names exist.

    Raises
    ------
    DomainError
        The name or password is wrong, or there were too many tries.
    """
    attempt = count_try(name=username, address=address, now=now)
    person = _person_with(username, password)
    if person is None:
        _log(None, now, audit.Outcome.DENIED, "wrong user name or password")
        raise DomainError(
            gettext_noop("The user name or the password is not right. Try again.")
        )
    forget_tries(attempt)
    _log(person, now, audit.Outcome.ALLOWED, "password")
    return person


def count_try(*, name: str, address: str, now: datetime) -> SignInAttempt:
    """Count a try to prove to be somebody, before it is looked at.

    Raises
    ------
    DomainError
        There were too many in the last five minutes.
    """
    SignInAttempt.objects.filter(at__lte=now - WINDOW).delete()
    account = _account_key(name)
    attempt = SignInAttempt.objects.create(account=account, address=address, at=now)
    if _is_locked(attempt, now):
        # A try during the lock does not make it longer.
        attempt.delete()
        _log(None, now, audit.Outcome.DENIED, "too many tries")
        raise DomainError(
            gettext_noop("There were too many tries. Wait five minutes and try again.")
        )
    return attempt


def forget_tries(attempt: SignInAttempt) -> None:
    """Forget the tries before one that was right, from the same address."""
    SignInAttempt.objects.filter(
        account=attempt.account, address=attempt.address
    ).delete()


def _person_with(username: str, password: str) -> Person | None:
    person = Person.objects.filter(username=username).first()
    if person is None:
        make_password(password)  # costs what checking one would
        return None
    is_right = person.check_password(password)
    return person if is_right and person.is_active else None


def _is_locked(attempt: SignInAttempt, now: datetime) -> bool:
    """Say whether earlier tries of the last five minutes use up a limit."""
    earlier = SignInAttempt.objects.filter(at__gt=now - WINDOW).exclude(pk=attempt.pk)
    of_account = Q(account=attempt.account)
    of_address = Q(address=attempt.address)
    return any(
        earlier.filter(which).count() >= limit
        for which, limit in (
            (of_account & of_address, TRIES_OF_PAIR),
            (of_account, TRIES_OF_ACCOUNT),
            (of_address, TRIES_OF_ADDRESS),
        )
    )


def _account_key(username: str) -> str:
    key = settings.SECRET_KEY.encode()
    return hmac.new(key, username.strip().lower().encode(), hashlib.sha256).hexdigest()


def _log(
    person: Person | None, now: datetime, outcome: audit.Outcome, reason: str
) -> None:
    audit.record(
        actor=audit.actor_of(person) if person else "anonymous",
        action="sign_in",
        purpose=Purpose.OVERSIGHT,
        target=audit.actor_of(person) if person else "",
        outcome=outcome,
        reason=reason,
        at=now,
    )
