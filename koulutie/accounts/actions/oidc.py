"""OpenID Connect's code flow, strictly: what somebody brings back must be an answer to us.

Checked: state, age, `iss` of the answer (RFC 9207), PKCE (RFC 7636), and of the ID token
signature, algorithm, iss, aud, azp, exp, iat, nonce, acr, and that userinfo speaks of the same
subject (OpenID Connect Core 1.0, sections 3.1.3.7 and 5.3.2). Every failure says the same
sentence; which check failed goes to the access log.
"""

from __future__ import annotations

import hashlib
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import jwt
from django.conf import settings

from koulutie.accounts.actions.provider import (
    Provider,
    discover,
    key_for,
    redeem,
    userinfo,
)
from koulutie.core.errors import DomainError, gettext_noop

# Public-key signatures only: with a shared secret whoever knows it could sign.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384")
LONGEST = timedelta(minutes=10)  # from our question to the answer
LEEWAY = timedelta(seconds=60)  # between two clocks
# Claims of MPASSid's data model 1.3 beside the standard's own.
LEARNER = "urn:oid:1.3.6.1.4.1.16161.1.1.27"
ROLES = "urn:mpass.id:role"


class NotProven(DomainError):
    """What was brought back does not prove who somebody is."""

    def __init__(self, why: str) -> None:
        super().__init__(
            gettext_noop(
                "The sign-in could not be confirmed. Start again from the sign-in page."
            )
        )
        self.why = why  # for the access log


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """Our question, kept in the session until its one answer."""

    state: str
    nonce: str
    verifier: str
    at: float  # seconds since 1970
    next: str

    def kept(self) -> dict[str, Any]:
        """Return it as plain values."""
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who somebody is, proven. Claims tell who; never what they may."""

    issuer: str
    subject: str
    staff_number: str
    learner_oid: str
    roles: tuple[str, ...]  # as MPASSid writes them


def begin(*, next_address: str, now: datetime) -> Begun:
    """Return a new question."""
    return Begun(
        state=secrets.token_urlsafe(32),
        nonce=secrets.token_urlsafe(32),
        verifier=secrets.token_urlsafe(48),
        at=now.timestamp(),
        next=next_address,
    )


def address_to_ask(begun: Begun, *, redirect_uri: str, language: str) -> str:
    """Return where the browser goes. Nothing of our own address's query is passed on."""
    digest = hashlib.sha256(begun.verifier.encode()).digest()
    fields = {
        "response_type": "code",
        "client_id": settings.OIDC["client_id"],
        "redirect_uri": redirect_uri,
        "scope": settings.OIDC["scope"],
        "state": begun.state,
        "nonce": begun.nonce,
        "code_challenge": urlsafe_b64encode(digest).rstrip(b"=").decode(),
        "code_challenge_method": "S256",
        "ui_locales": language,
    }
    if settings.OIDC["acr"]:
        fields["acr_values"] = " ".join(settings.OIDC["acr"])
    return f"{discover().authorize_url}?{urlencode(fields)}"


def finish(
    *,
    begun: Begun | None,
    answer: Mapping[str, str],
    redirect_uri: str,
    now: datetime,
) -> Identity:
    """Return who came back.

    Raises
    ------
    NotProven
        Some check failed; `why` names it.
    ProviderFailed
        The provider does not answer as the protocol says.
    """
    if begun is None or not secrets.compare_digest(
        begun.state.encode(), answer.get("state", "").encode()
    ):
        raise NotProven("state")
    if now.timestamp() - begun.at > LONGEST.total_seconds():
        raise NotProven("answer too late")
    provider = discover()
    if (provider.tells_issuer or "iss" in answer) and (
        answer.get("iss") != provider.issuer
    ):
        raise NotProven("iss of the answer")
    if "error" in answer or not answer.get("code"):
        raise NotProven("the provider refused")
    tokens = redeem(
        provider,
        code=answer["code"],
        verifier=begun.verifier,
        redirect_uri=redirect_uri,
    )
    claims = verified(str(tokens.get("id_token", "")), provider, begun.nonce, now)
    told = userinfo(provider, str(tokens.get("access_token", "")))
    if told.get("sub") != claims["sub"]:
        raise NotProven("sub of userinfo")
    return _identity(provider, {**told, **claims})


def verified(
    token: str, provider: Provider, nonce: str, now: datetime
) -> dict[str, Any]:
    """Return the claims of an ID token that is signed, ours, current and strong enough."""
    claims = _signed_claims(token, provider)
    audience = claims["aud"]
    if claims.get("azp", settings.OIDC["client_id"]) != settings.OIDC["client_id"] or (
        isinstance(audience, list) and len(audience) > 1 and "azp" not in claims
    ):
        raise NotProven("azp")
    if not _seconds(claims["exp"]) > (now - LEEWAY).timestamp():
        raise NotProven("exp")
    if not _seconds(claims["iat"]) <= (now + LEEWAY).timestamp():
        raise NotProven("iat")
    if not secrets.compare_digest(str(claims["nonce"]).encode(), nonce.encode()):
        raise NotProven("nonce")
    if settings.OIDC["acr"] and claims.get("acr") not in settings.OIDC["acr"]:
        raise NotProven("acr")
    return claims


def _signed_claims(token: str, provider: Provider) -> dict[str, Any]:
    """Return what the provider signed, for us. Times are compared with our own `now`."""
    try:
        header = jwt.get_unverified_header(token)
        algorithm = header.get("alg")
        if algorithm not in ALGORITHMS:
            raise NotProven("alg")
        claims: dict[str, Any] = jwt.decode(
            token,
            key_for(provider, header.get("kid"), algorithm),
            algorithms=[algorithm],
            audience=settings.OIDC["client_id"],
            issuer=provider.issuer,
            options={
                "require": ["iss", "sub", "aud", "exp", "iat", "nonce"],
                "verify_exp": False,
                "verify_iat": False,
                "verify_nbf": False,
            },
        )
    except jwt.PyJWTError as error:
        raise NotProven(type(error).__name__) from error
    if not claims["sub"]:
        raise NotProven("sub")
    return claims


def _seconds(value: object) -> float:
    """Return a time of the token; what is no number proves nothing."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    raise NotProven("a time that is no number")


def _identity(provider: Provider, claims: Mapping[str, Any]) -> Identity:
    roles = claims.get(ROLES, [])
    staff_claim = settings.OIDC["staff_claim"]
    return Identity(
        issuer=provider.issuer,
        subject=str(claims["sub"])[:255],
        staff_number=_word(claims.get(staff_claim)) if staff_claim else "",
        learner_oid=_word(claims.get(LEARNER)),
        roles=tuple(
            str(one) for one in (roles if isinstance(roles, list) else [roles])
        ),
    )


def _word(value: object) -> str:
    """Return a claim's one value; a list with several tells nothing for sure."""
    if isinstance(value, list):
        value = value[0] if len(value) == 1 else ""
    return value.strip() if isinstance(value, str) else ""
