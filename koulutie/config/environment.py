"""Typed readers of ``KOULUTIE_*``, and what keeps a deployment from starting.

A deployment that others can reach is a production one, whatever it calls itself: it answers
to a name beyond this machine, or is served over HTTPS. It does not start when an error page
could show data, a key could be guessed, or a limit would hold in one process only.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]", "::1", "testserver"})
LEAST_KEY = 50  # characters of a key, as Django asks
LEAST_SIGNS = 12  # different ones among them
PER_PROCESS = ("locmem", "dummy")
SAMPLE_WORDS = ("insecure", "changeme", "change-me", "secret", "example", "koulutie")


def text(name: str, default: str) -> str:
    """Read a text setting; ``NAME_FILE`` names a file that holds it instead."""
    if path := os.environ.get(f"{name}_FILE"):
        return Path(path).read_text().strip()
    return os.environ.get(name, default)


def flag(name: str, *, default: bool) -> bool:
    """Read a yes/no setting."""
    value = text(name, "1" if default else "0").lower()
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off", ""}:
        return False
    raise ImproperlyConfigured(f"{name} is {value!r}. Write 1 or 0.")


def number(name: str, default: int) -> int:
    """Read a whole number."""
    value = text(name, str(default))
    try:
        return int(value)
    except ValueError as error:
        raise ImproperlyConfigured(
            f"{name} is {value!r}. Write a whole number."
        ) from error


def secret(name: str, home: Path) -> str:
    """Read a secret: from the environment, ``NAME_FILE``, or a systemd credential.

    Where none is given, one is made on first use and kept in the home folder.
    """
    if value := text(name, "") or credential(name):
        return value
    path = home / "secrets" / name.lower()
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(50))
    return path.read_text()


def credential(name: str) -> str:
    """Return what ``LoadCredential=name:...`` of a systemd unit hands over."""
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    path = Path(folder) / name.lower() if folder else None
    return path.read_text().strip() if path and path.is_file() else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """What decides whether a deployment may start."""

    debug: bool
    https: bool
    hosts: Collection[str]
    keys: Mapping[str, str]  # name to value
    cache: str  # the class of the default cache

    @property
    def is_production(self) -> bool:
        """Say whether others than this machine can reach it."""
        return self.https or any(host not in LOOPBACK for host in self.hosts)

    def refusals(self) -> Iterator[str]:
        """Yield a sentence for each reason not to start; none where it may."""
        if not [host for host in self.hosts if host]:
            yield "KOULUTIE_HOSTS is empty. Write the names by which it is reached."
        if not self.is_production:
            return
        if self.debug:
            yield "KOULUTIE_DEBUG is on, and its error pages show data. Turn it off."
        if not self.https:
            yield (
                "KOULUTIE_HOSTS names a host beyond this machine and KOULUTIE_HTTPS is off. "
                "Serve it behind TLS and write KOULUTIE_HTTPS=1."
            )
        yield from self._host_refusals()
        yield from self._key_refusals()
        if any(kind in self.cache for kind in PER_PROCESS):
            yield (
                f"The cache {self.cache} is each process's own, so limits would be too. "
                "Leave KOULUTIE_CACHE out, or name a Redis server."
            )

    def _host_refusals(self) -> Iterator[str]:
        for host in self.hosts:
            if not host or "*" in host or host.startswith("."):
                yield (
                    f"KOULUTIE_HOSTS holds {host!r}, which stands for hosts that are not "
                    "ours. Write each name in full."
                )

    def _key_refusals(self) -> Iterator[str]:
        for name, key in self.keys.items():
            if len(key) < LEAST_KEY or len(set(key)) < LEAST_SIGNS:
                yield (
                    f"{name} is too short or too simple. Leave it out, and a good one is "
                    f"made, or give at least {LEAST_KEY} random characters."
                )
            elif any(word in key.lower() for word in SAMPLE_WORDS):
                yield f"{name} looks like a sample. Give random characters."
        if len(set(self.keys.values())) < len(self.keys):
            yield f"{', '.join(self.keys)} must differ from each other."


def insist(deployment: Deployment) -> None:
    """Stop the start with every reason at once."""
    if reasons := list(deployment.refusals()):
        raise ImproperlyConfigured("Koulutie does not start:\n" + "\n".join(reasons))


def insist_on_provider(oidc: Mapping[str, object]) -> None:
    """Stop the start with a sign-in service that is named in part, or spoken to without TLS."""
    issuer = str(oidc["issuer"])
    if not issuer:
        return
    for name in ("client_id", "client_secret", "title"):
        if not oidc[name]:
            raise ImproperlyConfigured(
                f"KOULUTIE_OIDC_ISSUER is given and KOULUTIE_OIDC_{name.upper()} is not."
            )
    parts = urlsplit(issuer)
    if parts.scheme != "https" and parts.hostname not in LOOPBACK:
        raise ImproperlyConfigured(
            f"KOULUTIE_OIDC_ISSUER is {issuer!r}. Write an address that begins with https://."
        )


def origin_of(address: str) -> str:
    """Return scheme, host and port of an address, as a content policy names them."""
    parts = urlsplit(address)
    if not parts.scheme or not parts.netloc:
        raise ImproperlyConfigured(f"{address!r} is no address. Write https://host.")
    return f"{parts.scheme}://{parts.netloc}"


def cache_of(address: str) -> dict[str, object]:
    """Return the default cache: the database, which all processes share, or Redis.

    ``memory`` is each process's own, for trying something out on one machine.
    """
    backends = "django.core.cache.backends"
    if not address:
        backend = f"{backends}.db.DatabaseCache"
        return {"BACKEND": backend, "LOCATION": "koulutie_cache"}
    if address == "memory":
        return {"BACKEND": f"{backends}.locmem.LocMemCache"}
    if address.startswith(("redis://", "rediss://", "unix://")):
        return {"BACKEND": f"{backends}.redis.RedisCache", "LOCATION": address}
    raise ImproperlyConfigured(
        "KOULUTIE_CACHE is neither empty, memory nor an address redis://..."
    )
