"""Passkeys (WebAuthn): the browser signs a challenge for this host and no other."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from fido2.server import Fido2Server
from fido2.webauthn import (
    AttestedCredentialData,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialUserEntity,
    UserVerificationRequirement,
)

from koulutie.accounts.actions.factors import log
from koulutie.accounts.models import Factor
from koulutie.registry.models import Person

PREFERRED = UserVerificationRequirement.PREFERRED


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """The host that keys are for, and the origin that its pages have."""

    host: str  # without a port
    origin: str

    def server(self) -> Fido2Server:
        """Return the protocol's checks for this site."""
        return Fido2Server(
            PublicKeyCredentialRpEntity(name="Koulutie", id=self.host),
            verify_origin=lambda origin: origin == self.origin,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    """What the browser is asked (JSON), and what the session keeps to judge the answer."""

    options: str
    state: Any


def to_register(*, person: Person, site: Site) -> Challenge:
    """Ask the browser to make a key for a person."""
    user = PublicKeyCredentialUserEntity(
        id=f"person:{person.pk}".encode(),
        name=person.username,
        display_name=person.full_name,
    )
    options, state = site.server().register_begin(
        user, _keys(person), user_verification=PREFERRED
    )
    return Challenge(options=json.dumps(dict(options.public_key)), state=state)


def register(
    *, person: Person, site: Site, state: Any, answer: str, now: datetime
) -> bool:
    """Keep the key that the browser made, if its answer is one to our challenge."""
    try:
        made = site.server().register_complete(state, json.loads(answer))
    except (ValueError, KeyError, TypeError):
        return False
    if made.credential_data is None:
        return False
    with transaction.atomic():
        Factor.objects.create(
            person=person,
            kind=Factor.Kind.PASSKEY,
            material=b64encode(made.credential_data).decode(),
            made_at=now,
        )
        log(person, now, "add_factor", "a passkey")
    return True


def to_prove(*, person: Person, site: Site) -> Challenge | None:
    """Ask the browser to use one of a person's keys; None where there is none."""
    keys = _keys(person)
    if not keys:
        return None
    options, state = site.server().authenticate_begin(keys, user_verification=PREFERRED)
    return Challenge(options=json.dumps(dict(options.public_key)), state=state)


def proves(
    *, person: Person, site: Site, state: Any, answer: str, now: datetime
) -> bool:
    """Say whether one of a person's keys signed our challenge."""
    try:
        site.server().authenticate_complete(state, _keys(person), json.loads(answer))
    except (ValueError, KeyError, TypeError):
        return False
    log(person, now, "sign_in", "passkey")
    return True


def _keys(person: Person) -> list[AttestedCredentialData]:
    kept = Factor.objects.filter(person=person, kind=Factor.Kind.PASSKEY)
    return [AttestedCredentialData(b64decode(one.material)) for one in kept]
