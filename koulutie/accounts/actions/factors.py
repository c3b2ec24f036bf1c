"""The second step: a code of an app (RFC 6238), a passkey, or a code from the paper."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import struct
from base64 import b32decode, b32encode, urlsafe_b64encode
from datetime import date, datetime
from urllib.parse import quote, urlencode

from cryptography.fernet import Fernet
from django.conf import settings
from django.db import transaction

from koulutie.accounts.models import Factor
from koulutie.core.scope import Purpose
from koulutie.registry import audit, queries
from koulutie.registry.models import Person

STEP_SECONDS = 30
DIGITS = 6
RECOVERY_CODES = 10
CODE = Factor.Kind.CODE
RECOVERY = Factor.Kind.RECOVERY


def is_asked_of(person: Person, *, on: date) -> bool:
    """Say whether a person's password is only the first step: by own choice, or by a role."""
    if Factor.objects.filter(person=person).exclude(kind=RECOVERY).exists():
        return True
    wanted = settings.SECOND_STEP
    return "all" in wanted or any(
        grant.role in wanted for grant in queries.grants_on(person, on=on)
    )


def factors_of(person: Person) -> list[Factor]:
    """Return a person's factors, oldest first."""
    return list(Factor.objects.filter(person=person).order_by("pk"))


# --- codes of an app -------------------------------------------------------------------------


def new_key() -> str:
    """Return a new key for an app, in base 32 (160 bits, RFC 4226 section 4)."""
    return b32encode(secrets.token_bytes(20)).decode()


def app_address(key: str, person: Person) -> str:
    """Return what an app reads from the picture."""
    label = quote(f"Koulutie:{person.username}")
    fields = {"secret": key, "issuer": "Koulutie", "digits": DIGITS}
    return f"otpauth://totp/{label}?{urlencode(fields)}"


def code_at(key: str, step: int) -> str:
    """Return the code of one step of 30 seconds since 1970 (RFC 4226 section 5.3)."""
    digest = hmac.new(b32decode(key), struct.pack(">Q", step), hashlib.sha1).digest()
    at = digest[-1] & 15
    number = struct.unpack(">I", digest[at : at + 4])[0] & 0x7FFF_FFFF
    return f"{number % 10**DIGITS:0{DIGITS}}"


def step_of(key: str, code: str, now: datetime) -> int | None:
    """Return the step whose code it is: this one or a neighbour, for clocks differ."""
    here = int(now.timestamp()) // STEP_SECONDS
    for step in (here, here - 1, here + 1):
        if hmac.compare_digest(code_at(key, step).encode(), code.encode()):
            return step
    return None


def add_app(*, person: Person, key: str, code: str, now: datetime) -> bool:
    """Keep an app's key once its first code is right; it takes the place of an older app."""
    step = step_of(key, plain(code), now)
    if step is None:
        return False
    with transaction.atomic():
        Factor.objects.filter(person=person, kind=CODE).delete()
        Factor.objects.create(
            person=person,
            kind=CODE,
            material=_box().encrypt(key.encode()).decode(),
            counter=step,
            made_at=now,
        )
        log(person, now, "add_factor", "an authenticator app")
    return True


def opens(*, person: Person, code: str, now: datetime) -> bool:
    """Say whether a code of the app or of the paper is right; each opens once."""
    written = plain(code)
    app = Factor.objects.filter(person=person, kind=CODE).first()
    if app is not None:
        key = _box().decrypt(app.material.encode()).decode()
        step = step_of(key, written, now)
        # The database compares, so two requests at once cannot both use the code.
        if step is not None and Factor.objects.filter(
            pk=app.pk, counter__lt=step
        ).update(counter=step):
            log(person, now, "sign_in", "code of an app")
            return True
    paper = Factor.objects.filter(person=person, kind=RECOVERY, material=_hash(written))
    if paper.delete()[0]:
        log(person, now, "sign_in", "recovery code")
        return True
    log(person, now, "sign_in", "wrong code", audit.Outcome.DENIED)
    return False


# --- codes on paper --------------------------------------------------------------------------


def new_recovery_codes(*, person: Person, now: datetime) -> tuple[str, ...]:
    """Return ten new codes, shown this once; the codes before open nothing any more."""
    codes = tuple(
        b32encode(secrets.token_bytes(10)).decode() for _ in range(RECOVERY_CODES)
    )
    with transaction.atomic():
        Factor.objects.filter(person=person, kind=RECOVERY).delete()
        Factor.objects.bulk_create(
            Factor(
                person=person, kind=RECOVERY, material=_hash(plain(code)), made_at=now
            )
            for code in codes
        )
        log(person, now, "recovery_codes", "new recovery codes")
    return codes


def remove(*, person: Person, pk: int, now: datetime) -> None:
    """Take a factor away; with the last one its recovery codes go too."""
    with transaction.atomic():
        Factor.objects.filter(person=person, pk=pk).exclude(kind=RECOVERY).delete()
        if not Factor.objects.filter(person=person).exclude(kind=RECOVERY).exists():
            Factor.objects.filter(person=person).delete()
        log(person, now, "remove_factor", f"factor:{pk}")


def plain(code: str) -> str:
    """Return a code without the spaces and dashes that people write."""
    return code.replace(" ", "").replace("-", "").upper()


def log(
    person: Person,
    now: datetime,
    action: str,
    reason: str,
    outcome: audit.Outcome = audit.Outcome.ALLOWED,
) -> None:
    """Write what happened to a person's way in."""
    audit.record(
        actor=audit.actor_of(person),
        action=action,
        purpose=Purpose.OVERSIGHT,
        target=f"person:{person.pk}",
        outcome=outcome,
        reason=reason,
        at=now,
    )


def _box() -> Fernet:
    digest = hashlib.sha256(
        f"authenticator app:{settings.FACTOR_KEY}".encode()
    ).digest()
    return Fernet(urlsafe_b64encode(digest))


def _hash(code: str) -> str:
    key = f"recovery code:{settings.FACTOR_KEY}".encode()
    return hmac.new(key, code.encode(), hashlib.sha256).hexdigest()
