"""An OpenID provider on this machine, which follows the protocol or forges, as it is told."""

from __future__ import annotations

import hashlib
import json
import secrets
import threading
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

from tests import builders as build

CLIENT, SECRET = "koulutie-test", "a secret/with signs:"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
STRANGER = rsa.generate_private_key(public_exponent=65537, key_size=2048)
Claims = dict[str, Any]


def as_told(claims: Claims) -> Claims:
    return claims


def sign(claims: Claims) -> str:
    return jwt.encode(claims, KEY, algorithm="RS256", headers={"kid": "one"})


class Idp:
    """What the provider says. Tests change its parts to make it forge."""

    def __init__(self, address: str) -> None:
        self.issuer = address
        self.subject = "subject-1"
        self.about: Claims = {}  # further claims of whoever signs in
        self.acr = "strong"
        self.now = build.NOW.timestamp()
        self.change: Callable[[Claims], Claims] = as_told  # of the ID token
        self.sign: Callable[[Claims], str] = sign
        self.userinfo: Callable[[Claims], Claims] = as_told
        self.answer: Callable[[dict[str, str]], dict[str, str]] = as_told
        self.asked: list[dict[str, str]] = []  # questions, as they came
        self.codes: dict[str, dict[str, str]] = {}
        self.document: Callable[[Claims], Claims] = as_told

    def authorize(self, question: dict[str, str]) -> str:
        """Return where the browser is sent back to, as if somebody had signed in."""
        self.asked.append(question)
        code = secrets.token_urlsafe(16)
        self.codes[code] = question
        told = self.answer(
            {"code": code, "state": question["state"], "iss": self.issuer}
        )
        return f"{question['redirect_uri']}?{urlencode(told)}"

    def token(self, form: dict[str, str], basic: str) -> Claims | None:
        """Return the tokens of a code: once, to our client, with the right verifier."""
        question = self.codes.pop(form.get("code", ""), None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = urlsafe_b64encode(digest).rstrip(b"=").decode()
        is_client = b64decode(basic).decode() == (
            f"{CLIENT}:a%20secret%2Fwith%20signs%3A"
        )
        if (
            question is None
            or not is_client
            or question["code_challenge"] != challenge
            or question["redirect_uri"] != form.get("redirect_uri")
        ):
            return None
        claims = self.change(
            {
                "iss": self.issuer,
                "sub": self.subject,
                "aud": CLIENT,
                "iat": int(self.now),
                "exp": int(self.now) + 300,
                "nonce": question["nonce"],
                "acr": self.acr,
            }
        )
        return {
            "access_token": "the-token",
            "token_type": "Bearer",
            "id_token": self.sign(claims),
        }

    def discovery(self) -> Claims:
        return self.document(
            {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "userinfo_endpoint": f"{self.issuer}/userinfo",
                "jwks_uri": f"{self.issuer}/keys",
                "authorization_response_iss_parameter_supported": True,
            }
        )

    def keys(self) -> Claims:
        public = jwt.algorithms.RSAAlgorithm.to_jwk(KEY.public_key(), as_dict=True)
        return {"keys": [{**public, "kid": "one", "use": "sig", "alg": "RS256"}]}


class Handler(BaseHTTPRequestHandler):
    idp: Idp

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        match parts.path:
            case "/authorize":
                query = {key: one[0] for key, one in parse_qs(parts.query).items()}
                self.send_response(302)
                self.send_header("Location", self.idp.authorize(query))
                self.send_header("Content-Length", "0")
                self.end_headers()
            case "/.well-known/openid-configuration":
                self.tell(self.idp.discovery())
            case "/keys":
                self.tell(self.idp.keys())
            case "/userinfo":
                is_asked = self.headers["Authorization"] == "Bearer the-token"
                about = {"sub": self.idp.subject, **self.idp.about}
                self.tell(self.idp.userinfo(about) if is_asked else None)

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers["Content-Length"])).decode()
        form = {key: one[0] for key, one in parse_qs(raw).items()}
        basic = self.headers["Authorization"].removeprefix("Basic ")
        self.tell(self.idp.token(form, basic))

    def tell(self, told: Claims | None) -> None:
        body = json.dumps(told or {"error": "invalid_grant"}).encode()
        self.send_response(200 if told else 400)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: object) -> None:
        """Say nothing."""


@contextmanager
def running() -> Iterator[Idp]:
    """Run a provider for as long as the block lasts."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    idp = Idp(f"http://127.0.0.1:{server.server_port}")
    server.RequestHandlerClass = type("Bound", (Handler,), {"idp": idp})
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield idp
    server.shutdown()
    thread.join()
    server.server_close()


def settings_for(idp: Idp) -> dict[str, Any]:
    return {
        "issuer": idp.issuer,
        "client_id": CLIENT,
        "client_secret": SECRET,
        "title": "Joutsenmäki",
        "scope": "openid profile",
        "acr": ["strong"],
        "staff_claim": "employeeNumber",
        "staff_source": "primus",
        "pupils": True,
    }
