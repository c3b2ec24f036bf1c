"""Run by `test_late_commits`: seals beside a transaction that commits late, prints what it saw.

The database is empty and its address in KOULUTIE_DATABASE. One JSON object on one line.
"""

from __future__ import annotations

import json
import os
import threading
from datetime import UTC, datetime

import django
import psycopg

os.environ["DJANGO_SETTINGS_MODULE"] = "koulutie.config.settings"
django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connections  # noqa: E402

from koulutie.core.scope import Purpose  # noqa: E402
from koulutie.registry import audit  # noqa: E402
from koulutie.registry.actions import log  # noqa: E402
from koulutie.registry.models import AccessEvent, LogSeal  # noqa: E402

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
INSERT = """INSERT INTO registry_accessevent
(at, actor, kind, action, purpose, target, outcome, reason, route, request_id)
VALUES (now(), 'person:1', 'view', 'view_pupil', 'attendance', 'pupil:1', 'allowed', '', '', '')
RETURNING id"""


def an_event() -> int:
    event = audit.record(
        actor="person:2",
        action="view_pupil",
        purpose=Purpose.ATTENDANCE,
        target="pupil:2",
        pupil_ids={2},
        reason="r",
        at=NOW,
    )
    return int(event.pk)


def seal() -> int:
    return log.seal_log(now=NOW)


def ids() -> list[int]:
    return list(AccessEvent.objects.order_by("pk").values_list("pk", flat=True))


def late_commit(other: psycopg.Connection) -> dict[str, object]:
    """A lower id is committed after a higher one was there to be sealed."""
    low = other.execute(INSERT).fetchone()
    high = an_event()
    seen_early, sealed_early = ids(), seal()
    other.commit()
    return {
        "low": low[0] if low else None,
        "high": high,
        "seen_early": seen_early,
        "sealed_early": sealed_early,
        "seen_late": ids(),
        "sealed_late": seal(),
    }


def low_id_in_a_later_batch(other: psycopg.Connection) -> dict[str, object]:
    """A transaction draws an id, is older than another's, and commits after the sealing."""
    other.execute("SELECT pg_current_xact_id()")
    row = other.execute("SELECT nextval('registry_accessevent_id_seq')").fetchone()
    other.rollback()  # the number stays unused: a gap, or somebody's late id
    gap = row[0] if row else 0
    an_event()
    first = seal()
    other.execute(
        INSERT.replace("(at,", "(id, at,").replace("(now()", f"({gap}, now()")
    )
    other.commit()
    second = seal()
    last = LogSeal.objects.order_by("-number")[0]
    ranges = list(last.ranges.values_list("first_id", "last_id"))
    return {"gap": gap, "first": first, "second": second, "ranges": ranges}


def two_sealers() -> dict[str, object]:
    """Many events, two sealers at the same time: each event in exactly one batch."""
    for _ in range(50):
        an_event()
    sealed: list[int] = []

    def work() -> None:
        try:
            sealed.append(seal())
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return {"sealed": sorted(sealed)}


def restored_lower() -> dict[str, object]:
    """The database was restored into a server that counts its transactions from lower on."""
    last = LogSeal.objects.order_by("-number")[0]
    with connections["default"].cursor() as cursor:
        cursor.execute("ALTER TABLE registry_logseal DISABLE TRIGGER USER")
        cursor.execute(
            "UPDATE registry_logseal SET next_from = next_from + 1000000 WHERE number = %s",
            [last.number],
        )
        cursor.execute("ALTER TABLE registry_logseal ENABLE TRIGGER USER")
    an_event()
    return {"sealed": seal(), "again": seal()}


def main() -> None:
    call_command("migrate", verbosity=0, interactive=False)
    with psycopg.connect(os.environ["KOULUTIE_DATABASE"]) as other:
        said: dict[str, object] = {
            "late": late_commit(other),
            "gap": low_id_in_a_later_batch(other),
        }
    said["two"] = two_sealers()
    found = log.verify_log()
    said["sound"] = found.is_sound
    said["counts"] = [found.events, found.waiting, found.strays, len(ids())]
    said["restored"] = restored_lower()
    print(json.dumps(said))  # noqa: T201  # the parent reads it


main()
