"""What the identity provider tells of itself, and talking to it: no redirects, small answers."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any
from urllib.error import URLError
from urllib.parse import quote, urlencode, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

import jwt
from django.conf import settings
from django.core.cache import cache

from koulutie.core.errors import DomainError, gettext_noop

SECONDS = 10
LARGEST = 1_000_000  # bytes of an answer
KEPT_SECONDS = 3600
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class ProviderFailed(DomainError):
    """The provider does not answer, or not as the protocol says."""

    def __init__(self) -> None:
        super().__init__(
            gettext_noop(
                "The sign-in service does not answer as it should. Wait a moment and try "
                "again; if it goes on, tell your municipality’s main user."
            )
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """Where the provider's doors are (OpenID Connect Discovery 1.0, section 3)."""

    issuer: str
    authorize_url: str
    token_url: str
    userinfo_url: str
    keys_url: str
    tells_issuer: bool  # its answers carry `iss` (RFC 9207)


class _NoRedirect(HTTPRedirectHandler):
    """A redirect is an error: secrets go where the settings say, and nowhere else."""

    def redirect_request(self, *_args: Any, **_kwargs: Any) -> None:
        return None


def discover() -> Provider:
    """Return the configured provider, asked at most once an hour."""
    issuer = settings.OIDC["issuer"]
    told = _kept("document", f"{issuer.rstrip('/')}/.well-known/openid-configuration")
    if told.get("issuer") != issuer:
        raise ProviderFailed
    doors = [
        _door(told, name)
        for name in (
            *("authorization_endpoint", "token_endpoint"),
            *("userinfo_endpoint", "jwks_uri"),
        )
    ]
    return Provider(
        issuer=issuer,
        authorize_url=doors[0],
        token_url=doors[1],
        userinfo_url=doors[2],
        keys_url=doors[3],
        tells_issuer=bool(told.get("authorization_response_iss_parameter_supported")),
    )


def key_for(provider: Provider, kid: str | None, algorithm: str) -> jwt.PyJWK:
    """Return the provider's key of that name; asked anew where it is not known yet."""
    for again in (False, True):
        told = _kept("keys", provider.keys_url, again=again)
        for one in told.get("keys", []):
            fits = one.get("use", "sig") == "sig" and one.get("kid") == kid
            if fits and one.get("kty") in {"RSA", "EC"}:
                try:
                    return jwt.PyJWK(one, algorithm)
                except jwt.PyJWTError as error:
                    raise ProviderFailed from error
    raise ProviderFailed


def redeem(
    provider: Provider, *, code: str, verifier: str, redirect_uri: str
) -> dict[str, Any]:
    """Exchange a code for tokens, as the client that we are."""
    fields = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": redirect_uri,
        "code_verifier": verifier,
    }
    pair: tuple[str, str] = (settings.OIDC["client_id"], settings.OIDC["client_secret"])
    secret = b64encode(":".join(quote(one, safe="") for one in pair).encode())
    return _ask(
        provider.token_url,
        data=urlencode(fields).encode(),
        headers={"Authorization": f"Basic {secret.decode()}"},
    )


def userinfo(provider: Provider, access_token: str) -> dict[str, Any]:
    """Return what the provider tells about who signed in."""
    return _ask(
        provider.userinfo_url, headers={"Authorization": f"Bearer {access_token}"}
    )


def _door(told: Mapping[str, Any], name: str) -> str:
    """Return an address, which must be TLS wherever the issuer is."""
    address = str(told.get(name, ""))
    parts = urlsplit(address)
    if parts.scheme != "https" and parts.hostname not in LOOPBACK:
        raise ProviderFailed
    return address


def _kept(name: str, address: str, *, again: bool = False) -> dict[str, Any]:
    key = f"oidc-{name}-{address}"
    told: dict[str, Any] | None = None if again else cache.get(key)
    if told is None:
        told = _ask(address)
        cache.set(key, told, KEPT_SECONDS)
    return told


def _ask(
    address: str, *, data: bytes | None = None, headers: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Return the JSON object that an address answers with."""
    question = Request(  # noqa: S310  # https, or this machine: see _door
        address, data=data, headers={"Accept": "application/json", **(headers or {})}
    )
    try:
        with build_opener(_NoRedirect).open(question, timeout=SECONDS) as answer:
            raw = answer.read(LARGEST + 1)
        told = json.loads(raw) if len(raw) <= LARGEST else None
    except (URLError, HTTPException, OSError, ValueError) as error:
        raise ProviderFailed from error
    if not isinstance(told, dict):
        raise ProviderFailed
    return told
