"""Run by `test_walls` on a server of its own; prints one JSON object of what it saw.

The tables belong to one role; the product speaks as another one that owns nothing and is
no superuser (docs/operators/postgresql.md).
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import django
import psycopg

os.environ["DJANGO_SETTINGS_MODULE"] = "koulutie.config.settings"
django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection, connections, transaction  # noqa: E402
from django.test import Client  # noqa: E402
from django.urls import reverse  # noqa: E402

from koulutie.core.scope import Scope  # noqa: E402
from koulutie.registry import access, queries, walls  # noqa: E402
from koulutie.registry.models import Pupil, ScopedManager  # noqa: E402
from koulutie.ui import clock  # noqa: E402
from tests import builders as build  # noqa: E402
from tests.people import People, make_people  # noqa: E402
from tests.postgres.server import APP  # noqa: E402
from tests.security.expectations import EXPECTED  # noqa: E402
from tests.security.routes import all_routes  # noqa: E402
from tests.security.world import MAKERS, World  # noqa: E402

CANARIES = ("-twin", "Toisaalla")
SETTING = walls.SETTING
INSERT = (
    "INSERT INTO registry_pupil "
    "(municipality_id, first_name, last_name, learner_oid, hetu_hmac, is_protected) "
    "VALUES (%s, 'Vieras', 'Vieras', '', '', false)"
)


def main() -> None:
    walls.open_process()
    call_command("migrate", verbosity=0)
    people = make_people()
    world = World(people)
    world_ids = {kind: world.find(kind, "twin") for kind in MAKERS}
    as_the_app()
    told = {
        "unwalled": tables_without_wall(),
        **plain_statements(people),
        "pages": pages(people, world, world_ids),
        "cost": cost(people),
    }
    sys.stdout.write(json.dumps(told))


def as_the_app() -> None:
    """Make the product's own role, and speak as it from now on."""
    with connection.cursor() as cursor:
        for statement in (
            f"GRANT USAGE ON SCHEMA public TO {APP}",
            f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {APP}",
            f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {APP}",
        ):
            cursor.execute(statement)
    connections.close_all()
    connections["default"].settings_dict["USER"] = APP


def address() -> str:
    settings = connection.settings_dict
    return f"postgresql://{APP}@/{settings['NAME']}?host={settings['HOST']}"


def tables_without_wall() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r' "
            "AND relnamespace = 'public'::regnamespace "
            "AND NOT (relrowsecurity AND relforcerowsecurity) ORDER BY relname"
        )
        return [name for (name,) in cursor.fetchall()]


def plain_statements(people: People) -> dict[str, object]:
    """Try the wall with psycopg alone, without anything of ours between."""
    home, twin = people.home.municipality.pk, people.twin.municipality.pk
    count = "SELECT count(*) FROM registry_pupil"
    tell = f"SELECT set_config('{SETTING}', %s, true)"
    with psycopg.connect(address(), autocommit=True) as plain:

        def number() -> int:
            row = plain.execute(count).fetchone()
            return -1 if row is None else int(row[0])

        told: dict[str, object] = {"without setting": number()}
        with plain.transaction():
            plain.execute(tell, [str(home)])
            told["home"] = number()
        told["after commit"] = number()
        with plain.transaction():
            plain.execute(tell, ["*"])
            told["system"] = number()
        told["foreign insert"] = refused(plain, tell, str(home), INSERT, twin)
        told["foreign update"] = refused(
            plain,
            tell,
            str(home),
            "UPDATE registry_pupil SET municipality_id = %s",
            twin,
        )
        told["role"] = plain.execute(
            "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user"
        ).fetchone()
        told["owned"] = plain.execute(
            "SELECT count(*) FROM pg_tables WHERE tableowner = current_user"
        ).fetchone()
    return told


def refused(
    plain: psycopg.Connection, tell: str, own: str, statement: str, foreign: int
) -> str:
    try:
        with plain.transaction():
            plain.execute(tell, [own])
            plain.execute(statement, [foreign])  # type: ignore[arg-type]  # a constant of ours
    except psycopg.Error as error:
        return str(error.sqlstate)
    return "done"


@contextmanager
def scopes_that_hold_everything() -> Iterator[None]:
    """The test's switch: every filter by scope is off, and only the wall is left."""
    kept = ScopedManager.in_scope, queries.schools_in, queries.classes_in

    def everybody(self: ScopedManager[Pupil], _scope: Scope) -> object:
        return self.unscoped("the filter is switched off")

    put(everybody, lambda _scope: queries.School.objects.all(), all_classes)
    try:
        yield
    finally:
        put(*kept)


def all_classes(_scope: Scope) -> object:
    return queries.SchoolClass.objects.all()


def put(in_scope: object, schools_in: object, classes_in: object) -> None:
    ScopedManager.in_scope = in_scope  # type: ignore[method-assign,assignment]
    for room in (queries, access):
        room.schools_in = schools_in  # type: ignore[attr-defined]
        room.classes_in = classes_in  # type: ignore[attr-defined]


def pages(
    people: People, world: World, twin_ids: dict[str, int | str]
) -> dict[str, object]:
    """Walk all pages as everybody of home, with own and foreign ids, the filters off."""
    clock.now = lambda: build.NOW
    leaks: list[str] = []
    faults: list[str] = []
    asked = opened = own_seen = foreign = 0
    with scopes_that_hold_everything():
        assert (
            Pupil.objects.in_scope(
                Scope(actor="person:0", purpose="", reason="")
            ).count()
            == 9
        )  # type: ignore[arg-type]
        for name, person in people.everybody().items():
            if name == "otto":
                continue
            client = Client(raise_request_exception=False, SERVER_NAME="localhost")
            with walls.everything("the test signs somebody in"):
                client.force_login(person)
            for route in all_routes():
                expected = EXPECTED.get(route.name)
                if expected is None or name not in expected.opens:
                    continue
                for things in (
                    [{}]
                    if not expected.things
                    else [
                        {k: world.find(v, "7B") for k, v in expected.things.items()},
                        {k: twin_ids[v] for k, v in expected.things.items()},
                    ]
                ):
                    answer = client.get(reverse(route.name, kwargs=things))
                    text = (
                        b"".join(answer.streaming_content)
                        if answer.streaming
                        else answer.content
                    )  # type: ignore[attr-defined]
                    body = text.decode(errors="replace")
                    asked += 1
                    opened += answer.status_code == 200
                    own_seen += "Esimerkki-7B" in body
                    foreign += (
                        things.get("pk") in twin_ids.values()
                        and answer.status_code == 404
                    )
                    if answer.status_code >= 500:
                        faults.append(f"{name} {route.name} {things}")
                    leaks += [
                        f"{name} {route.name} {things}: {canary}"
                        for canary in CANARIES
                        if canary in body
                    ]
    return {
        "asked": asked,
        "opened": opened,
        "own": own_seen,
        "foreign": foreign,
        "leaks": leaks,
        "faults": faults,
    }


def cost(people: People) -> dict[str, float]:
    """Return milliseconds of one look-up of the class's pupils: inside, and past the wall."""

    def timed(ask: Callable[[], object]) -> float:
        best = 1e9
        for _ in range(200):
            start = time.perf_counter()
            ask()
            best = min(best, time.perf_counter() - start)
        return best * 1000

    pks = [pupil.pk for pupil in people.home.pupils["7B"]]

    def ask() -> list[Pupil]:
        return list(Pupil.objects.unscoped("measured").filter(pk__in=pks))

    with transaction.atomic(), walls.only([people.home.municipality.pk]):
        inside = timed(ask)
    with transaction.atomic(), walls.everything("measured"):
        past = timed(ask)
    with walls.only([people.home.municipality.pk]):
        alone = timed(ask)
    return {"inside": inside, "past": past, "alone": alone}


main()
