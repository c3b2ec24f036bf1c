"""Sign-in through a provider: a good answer opens, every forged one is refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from django.core.cache import cache
from django.http import HttpResponse
from django.test import Client

from koulutie.accounts.models import ExternalIdentity, PupilAccount
from koulutie.registry.models import AccessEvent, Person
from tests import builders as build
from tests.people import People
from tests.security.idp import (
    CLIENT,
    STRANGER,
    Claims,
    Idp,
    running,
    settings_for,
    sign,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("the_tests_day")]


@pytest.fixture
def idp(settings: Any) -> Iterator[Idp]:
    cache.clear()
    with running() as provider:
        settings.OIDC = settings_for(provider)
        yield provider


@pytest.fixture
def aino(people: People) -> Person:
    """Aino of the staff register has the number 4711."""
    people.aino.source_key = "primus/4711"
    people.aino.save()
    return people.aino


def leave(client: Client, query: str = "", **fields: str) -> str:
    """Ask to sign in; return the address at the provider."""
    answer = client.post(f"/sign-in/provider/{query}", fields)
    assert answer.status_code == 302
    return answer["Location"]


def at_the_provider(address: str) -> str:
    """Let the browser visit the provider; return our own address it is sent back to."""
    parts = urlsplit(address)
    connection = HTTPConnection(parts.netloc, timeout=10)
    connection.request("GET", f"{parts.path}?{parts.query}")
    back = connection.getresponse().headers["Location"]
    connection.close()
    parts = urlsplit(back)
    return f"{parts.path}?{parts.query}"


def sign_in(client: Client, **fields: str) -> HttpResponse:
    return client.get(at_the_provider(leave(client, **fields)))


def is_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def refused_because(client: Client, answer: HttpResponse) -> str:
    """Return what the log says of a refusal, after making sure that it is one."""
    assert answer.status_code == 400
    assert not is_in(client)
    return (
        AccessEvent.objects.filter(action="sign_in", outcome="denied")
        .latest("pk")
        .reason
    )


def test_a_number_of_the_register_opens(idp: Idp, aino: Person, client: Client) -> None:
    idp.about = {"employeeNumber": "4711", "email": "aino@example.invalid"}
    client.get("/sign-in/")
    client.session.save()
    answer = sign_in(client, next="/gallery/")
    assert answer["Location"] == "/gallery/"
    assert client.session["_auth_user_id"] == str(aino.pk)
    identity = ExternalIdentity.objects.get()
    assert (identity.person, identity.subject) == (aino, "subject-1")
    idp.about = {}  # known by now; the number need not be told again
    again = Client()
    sign_in(again)
    assert again.session["_auth_user_id"] == str(aino.pk)


def test_the_session_key_changes_at_the_door(
    idp: Idp, aino: Person, client: Client
) -> None:
    idp.about = {"employeeNumber": "4711"}
    address = leave(client)
    before = client.session.session_key
    client.get(at_the_provider(address))
    assert is_in(client)
    assert client.session.session_key != before


def test_the_question_is_complete_and_takes_nothing_from_our_address(
    idp: Idp, client: Client
) -> None:
    leave(client)
    address = leave(client, "?acr_values=weak&scope=all&prompt=none&claims=x")
    asked = {key: one[0] for key, one in parse_qs(urlsplit(address).query).items()}
    assert asked["code_challenge_method"] == "S256"
    assert asked["acr_values"] == "strong"
    assert asked["scope"] == "openid profile"
    assert len(asked["state"]) > 40
    assert len(asked["nonce"]) > 40
    assert not {"prompt", "claims"} & set(asked)
    kept = client.session["oidc"]
    assert kept["verifier"] not in address


def changed(**claims: Any) -> Callable[[Idp], None]:
    def forge(idp: Idp) -> None:
        idp.change = lambda told: {**told, **claims}

    return forge


def left_out(name: str) -> Callable[[Idp], None]:
    def forge(idp: Idp) -> None:
        idp.change = lambda told: {key: one for key, one in told.items() if key != name}

    return forge


def signed(by: Callable[[Claims], str]) -> Callable[[Idp], None]:
    def forge(idp: Idp) -> None:
        idp.sign = by

    return forge


def answered(**fields: str) -> Callable[[Idp], None]:
    def forge(idp: Idp) -> None:
        idp.answer = lambda told: {**told, **fields}

    return forge


def without_issuer(idp: Idp) -> None:
    idp.answer = lambda told: {"code": told["code"], "state": told["state"]}


def other_userinfo(idp: Idp) -> None:
    idp.userinfo = lambda told: {**told, "sub": "somebody-else"}


def own_key(claims: Claims) -> str:
    return jwt.encode(claims, STRANGER, algorithm="RS256", headers={"kid": "one"})


def unsigned(claims: Claims) -> str:
    return jwt.encode(claims, None, algorithm="none", headers={"kid": "one"})


def shared_secret(claims: Claims) -> str:
    """The classic confusion: the public thing as the key of an HMAC."""
    return jwt.encode(
        claims, "the public key, as text" * 4, algorithm="HS256", headers={"kid": "one"}
    )


def tampered(claims: Claims) -> str:
    head, _, tail = sign(claims).split(".")
    body = sign({**claims, "sub": "victim"}).split(".")[1]
    return f"{head}.{body}.{tail}"


LATE = int(build.NOW.timestamp()) - 3600
FORGED: dict[str, tuple[Callable[[Idp], None], str]] = {
    "nonce": (changed(nonce="of another session"), "nonce"),
    "no nonce": (left_out("nonce"), "MissingRequiredClaimError"),
    "audience": (changed(aud="another-client"), "InvalidAudienceError"),
    "audiences": (changed(aud=[CLIENT, "another"]), "azp"),
    "party": (changed(azp="another-client"), "azp"),
    "issuer": (changed(iss="https://evil.example"), "InvalidIssuerError"),
    "expired": (changed(exp=LATE), "exp"),
    "no expiry": (left_out("exp"), "MissingRequiredClaimError"),
    "expiry no time": (changed(exp="never"), "a time that is no number"),
    "from the future": (changed(iat=LATE + 7200), "iat"),
    "acr downgrade": (changed(acr="weak"), "acr"),
    "no acr": (left_out("acr"), "acr"),
    "no subject": (changed(sub=""), "sub"),
    "wrong key": (signed(own_key), "InvalidSignatureError"),
    "alg none": (signed(unsigned), "alg"),
    "shared secret": (signed(shared_secret), "alg"),
    "tampered": (signed(tampered), "InvalidSignatureError"),
    "no token": (signed(lambda _claims: ""), "DecodeError"),
    "userinfo of another": (other_userinfo, "sub of userinfo"),
    "iss of the answer": (
        answered(iss="https://mixed-up.example"),
        "iss of the answer",
    ),
    "no iss in the answer": (without_issuer, "iss of the answer"),
    "state": (answered(state="x" * 43), "state"),
    "error": (answered(error="access_denied"), "the provider refused"),
}


@pytest.mark.parametrize("kind", FORGED)
def test_a_forged_answer_is_refused(
    kind: str, idp: Idp, aino: Person, client: Client
) -> None:
    forge, why = FORGED[kind]
    idp.about = {"employeeNumber": "4711"}
    forge(idp)
    answer = sign_in(client)
    assert refused_because(client, answer) == why
    assert not ExternalIdentity.objects.exists()


def test_an_answer_serves_once(idp: Idp, aino: Person, client: Client) -> None:
    idp.about = {"employeeNumber": "4711"}
    back = at_the_provider(leave(client))
    assert client.get(back).status_code == 302
    client.post("/sign-out/")
    assert refused_because(client, client.get(back)) == "state"


def test_a_code_serves_once_whoever_brings_it(
    idp: Idp, aino: Person, client: Client
) -> None:
    """Somebody who caught the code puts it into an answer to their own question."""
    idp.about = {"employeeNumber": "4711"}
    caught = parse_qs(urlsplit(at_the_provider(leave(client))).query)["code"][0]
    thief = Client()
    idp.answer = lambda told: {**told, "code": caught}
    answer = sign_in(thief)
    assert answer.status_code == 400  # the verifier is not the thief's
    assert not is_in(thief)


def test_an_answer_belongs_to_its_session(
    idp: Idp, aino: Person, client: Client
) -> None:
    idp.about = {"employeeNumber": "4711"}
    back = at_the_provider(leave(client))
    stranger = Client()
    assert refused_because(stranger, stranger.get(back)) == "state"


def test_an_answer_comes_soon(
    idp: Idp, aino: Person, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    from datetime import timedelta

    from koulutie.ui import clock

    back = at_the_provider(leave(client))
    monkeypatch.setattr(clock, "now", lambda: build.NOW + timedelta(minutes=11))
    assert refused_because(client, client.get(back)) == "answer too late"


def test_a_document_of_another_issuer_is_not_believed(idp: Idp, client: Client) -> None:
    idp.document = lambda told: {**told, "issuer": "https://evil.example"}
    assert client.post("/sign-in/provider/").status_code == 400


def test_secrets_are_not_sent_without_tls(idp: Idp, client: Client) -> None:
    idp.document = lambda told: {**told, "token_endpoint": "http://evil.example/t"}
    assert client.post("/sign-in/provider/").status_code == 400


# --- closed sign-up ------------------------------------------------------------------------


def test_an_equal_email_opens_nothing(idp: Idp, people: People, client: Client) -> None:
    people.cecilia.email = "cecilia@example.invalid"
    people.cecilia.save()
    before = Person.objects.count()
    idp.about = {"email": "cecilia@example.invalid", "email_verified": True}
    answer = sign_in(client)
    assert answer.status_code == 403
    assert "No access yet" in answer.content.decode() or "koodi" in (
        answer.content.decode()
    )
    assert not is_in(client)
    assert Person.objects.count() == before


def test_the_main_user_ties_who_waits(idp: Idp, people: People, client: Client) -> None:
    sign_in(client)
    code = ExternalIdentity.objects.get().code
    main_user = Client()
    main_user.force_login(people.daniel)
    fields = {"code": f"{code[:4]}-{code[4:]}".lower(), "person": people.iris.pk}
    assert main_user.post("/accounts/tie/", fields).status_code == 302
    assert main_user.post("/accounts/tie/", fields).status_code == 422  # used up
    sign_in(client)
    assert client.session["_auth_user_id"] == str(people.iris.pk)


def test_a_closed_account_stays_closed(idp: Idp, aino: Person, client: Client) -> None:
    idp.about = {"employeeNumber": "4711"}
    aino.is_active = False
    aino.save()
    assert sign_in(client).status_code == 400
    assert not is_in(client)


def test_a_role_told_by_the_provider_gives_no_right(
    idp: Idp, people: People, client: Client
) -> None:
    people.iris.source_key = "primus/7"
    people.iris.save()
    idp.about = {
        "employeeNumber": "7",
        "urn:mpass.id:role": [
            "1.2.246.562.99.00000000001;10001;7A;Rehtori;3;1.2.246.562.99.3;",
            "Joutsenmäki;10002;3A;Rehtori",
        ],
    }
    sign_in(client)
    assert is_in(client)
    assert client.session["told_schools"] == ["10001", "10002"]
    assert client.get("/schools/").status_code in {403, 404}


def test_a_pupil_of_the_register_comes_in_and_sees_nothing_of_others(
    idp: Idp, people: People, client: Client
) -> None:
    pupil = people.home.pupils["7B"][0]
    pupil.learner_oid = "1.2.246.562.24.00000000001"
    pupil.save()
    idp.about = {"urn:oid:1.3.6.1.4.1.16161.1.1.27": pupil.learner_oid}
    sign_in(client)
    account = PupilAccount.objects.get()
    assert account.pupil == pupil
    assert client.session["_auth_user_id"] == str(account.person_id)
    assert not account.person.has_usable_password()
    other = people.home.pupils["7B"][1]
    assert client.get(f"/pupils/{other.pk}/").status_code in {403, 404}


def test_without_a_provider_its_doors_are_shut(client: Client, settings: Any) -> None:
    settings.OIDC = {**settings.OIDC, "issuer": "", "title": ""}
    assert client.post("/sign-in/provider/").status_code == 404
    assert client.get("/sign-in/answer/").status_code == 404
