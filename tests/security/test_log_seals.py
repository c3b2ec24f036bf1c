"""The seals over the access log: whoever touches it afterwards is found, batch by batch."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.conf import settings
from django.db import DatabaseError, connection, transaction

from koulutie import cli
from koulutie.core.scope import Purpose
from koulutie.jobs.worker import Worker
from koulutie.registry import audit, audit_chain
from koulutie.registry.actions import log
from koulutie.registry.models import AccessEvent, LogExpiry, LogSeal, OpenedPupil
from tests import builders as build
from tests import log_triggers

# Sealing waits for running transactions, also for the one that a plain test runs in.
pytestmark = pytest.mark.django_db(transaction=True)


def an_event(number: int, *, days: int = 0) -> AccessEvent:
    return audit.record(
        actor=f"person:{number}",
        action="view_pupil",
        purpose=Purpose.ATTENDANCE,
        target=f"pupil:{number}",
        pupil_ids={number, number + 100},
        reason="homeroom_teacher of class:3",
        kind=audit.Kind.LIST,
        at=build.NOW - timedelta(days=days),
    )


def three_batches() -> list[list[int]]:
    """Make three sealed batches of three events each, the first one the oldest."""
    batches = []
    for batch in range(3):
        days = (3 - batch) * 100
        batches.append([an_event(batch * 3 + n, days=days).pk for n in range(1, 4)])
        assert log.seal_log(now=build.NOW) == 3
    return batches


def problems() -> list[tuple[int, str]]:
    return [(one.seal, one.sentence) for one in log.verify_log().problems]


def run(statement: str, *values: str | int | datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def delete(pk: int) -> None:
    run("DELETE FROM registry_openedpupil WHERE event_id = %s", pk)
    run("DELETE FROM registry_accessevent WHERE id = %s", pk)


def test_an_untouched_log_is_sound_and_tells_what_waits() -> None:
    three_batches()
    an_event(40)
    found = log.verify_log()
    assert found.is_sound
    assert (found.seals, found.events, found.waiting, found.strays) == (3, 9, 1, 0)


def test_nothing_is_sealed_twice() -> None:
    three_batches()
    assert log.seal_log(now=build.NOW) == 0
    assert LogSeal.objects.count() == 3


def test_a_large_night_becomes_several_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log, "ROWS_A_BATCH", 4)
    for number in range(10):
        an_event(number)
    assert log.seal_log(now=build.NOW) == 10
    sizes = LogSeal.objects.order_by("number").values_list("events", flat=True)
    assert list(sizes) == [4, 4, 2]
    an_event(11)
    assert log.seal_log(now=build.NOW) == 1
    assert log.verify_log().is_sound


TAMPERINGS: dict[str, Callable[[list[int]], None]] = {
    "an actor is changed": lambda ids: run(
        "UPDATE registry_accessevent SET actor = 'person:9' WHERE id = %s", ids[1]
    ),
    "a time is changed by a second": lambda ids: run(
        "UPDATE registry_accessevent SET at = %s WHERE id = %s",
        build.NOW - timedelta(days=200, seconds=1),
        ids[0],
    ),
    "a pupil is taken out of an event": lambda ids: run(
        "DELETE FROM registry_openedpupil WHERE event_id = %s AND pupil_id > 100",
        ids[2],
    ),
    "a pupil is put into an event": lambda ids: run(
        "INSERT INTO registry_openedpupil (event_id, pupil_id) VALUES (%s, 5000)",
        ids[2],
    ),
    "an event is deleted with its pupils": lambda ids: delete(ids[1]),
}


@pytest.mark.parametrize("what", TAMPERINGS)
def test_with_the_triggers_down_the_tampered_batch_is_named(what: str) -> None:
    batches = three_batches()
    log_triggers.take_down()
    TAMPERINGS[what](batches[1])
    assert problems() == [(2, audit_chain.CHANGED_ROWS)]


def test_a_seal_covers_every_column_that_an_event_has() -> None:
    columns = [field.attname for field in AccessEvent._meta.concrete_fields]
    assert list(audit_chain.COLUMNS) == columns
    whom = {field.attname for field in OpenedPupil._meta.concrete_fields}
    assert whom == {"id", "event_id", "pupil_id"}


OTHER: dict[str, str | int] = {
    "at": "2026-01-01 00:00:00+00:00",
    "grant_id": 77,
    "outcome": "denied",
}


@pytest.mark.parametrize("column", [one for one in audit_chain.COLUMNS if one != "id"])
def test_a_change_in_any_column_is_found(column: str) -> None:
    batches = three_batches()
    log_triggers.take_down()
    value = OTHER.get(column, "other")
    run(
        f"UPDATE registry_accessevent SET {column} = %s WHERE id = %s",
        value,
        batches[0][0],
    )
    assert problems() == [(1, audit_chain.CHANGED_ROWS)]


def test_an_event_put_in_behind_a_seal_is_found() -> None:
    three_batches()
    columns = (
        "at, actor, kind, action, purpose, target, outcome, reason, route, request_id"
    )
    run(
        f"INSERT INTO registry_accessevent (id, {columns}) SELECT -1, {columns} "
        "FROM registry_accessevent ORDER BY id LIMIT 1"
    )
    if (
        connection.vendor == "postgresql"
    ):  # written as if long ago, as SQLite's ids tell
        log_triggers.take_down()
        run("UPDATE registry_accessevent SET xid = '1' WHERE id = -1")
    found = log.verify_log()
    assert (found.strays, found.is_sound) == (1, False)


def test_a_digest_made_to_fit_the_tampered_rows_needs_the_key() -> None:
    batches = three_batches()
    log_triggers.take_down()
    TAMPERINGS["an actor is changed"](batches[1])
    made = audit_chain.summary([(batches[1][0], batches[1][-1])])
    assert made is not None
    run("UPDATE registry_logseal SET digest = %s WHERE number = 2", made.digest)
    assert problems() == [(2, audit_chain.CHANGED_SEAL)]


def test_the_last_batches_cannot_be_taken_away_unseen() -> None:
    batches = three_batches()
    log_triggers.take_down()
    for table, column in (
        ("registry_logsealrange", "seal_id"),
        ("registry_logseal", "number"),
    ):
        run(f"DELETE FROM {table} WHERE {column} = 3")
    run("DELETE FROM registry_openedpupil WHERE event_id >= %s", batches[2][0])
    run("DELETE FROM registry_accessevent WHERE id >= %s", batches[2][0])
    assert problems() == [(3, audit_chain.MISSING_SEAL)]


def test_a_batch_in_the_middle_cannot_be_taken_away_unseen() -> None:
    three_batches()
    log_triggers.take_down()
    run("DELETE FROM registry_logsealrange WHERE seal_id = 2")
    run("DELETE FROM registry_logseal WHERE number = 2")
    assert problems() == [
        (2, audit_chain.MISSING_SEAL),
        (3, audit_chain.CHANGED_SEAL),  # its chain led through the second
    ]


def test_the_second_copy_is_outside_the_database_and_private() -> None:
    three_batches()
    path = audit_chain.second_copy()
    assert path.parent == settings.HOME
    assert path.stat().st_mode & 0o077 == 0
    assert len(path.read_text().splitlines()) == 3
    text = path.read_text().replace("1 ", "1 0000", 1)
    path.write_text(text)
    assert problems() == [(1, audit_chain.OTHER_COPY)]


def test_a_copy_cut_short_by_a_kill_is_made_good_by_the_next_sealing() -> None:
    three_batches()
    path = audit_chain.second_copy()
    whole = path.read_text()
    path.write_text(whole.splitlines(keepends=True)[0])
    assert log.verify_log().is_sound
    log.seal_log(now=build.NOW)
    assert path.read_text() == whole


def test_the_worker_seals_every_ten_minutes() -> None:
    worker = Worker()
    sealed = []
    for minutes in (0, 5, 10):
        an_event(minutes)
        worker.step(now=build.NOW + timedelta(minutes=minutes))
        sealed.append(log.verify_log().events)
    assert sealed == [1, 1, 3]


# --- retention ----------------------------------------------------------------------------

LIMIT = build.NOW - timedelta(days=150)


def test_retention_deletes_whole_old_batches_and_keeps_their_seals() -> None:
    batches = three_batches()
    assert log.delete_sealed_before(LIMIT, build.NOW) == 6
    left = set(AccessEvent.objects.values_list("pk", flat=True))
    assert set(batches[2]) <= left
    assert not left & {*batches[0], *batches[1]}
    assert not OpenedPupil.objects.filter(event_id__in=batches[0]).exists()
    assert LogSeal.objects.count() == 3
    assert AccessEvent.objects.filter(action="delete_log").count() == 2
    assert log.verify_log().is_sound
    assert log.delete_sealed_before(LIMIT, build.NOW) == 0


def test_a_batch_with_one_event_that_is_too_young_stays_whole() -> None:
    for days in (300, 149):
        an_event(days, days=days)
    log.seal_log(now=build.NOW)
    assert log.delete_sealed_before(LIMIT, build.NOW) == 0
    assert AccessEvent.objects.count() == 2


def test_what_is_not_sealed_is_never_deleted() -> None:
    an_event(1, days=900)
    assert log.delete_sealed_before(LIMIT, build.NOW) == 0
    assert AccessEvent.objects.count() == 1


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM registry_accessevent",
        "DELETE FROM registry_openedpupil",
        "UPDATE registry_openedpupil SET pupil_id = 9",
        "DELETE FROM registry_logseal",
        "UPDATE registry_logseal SET events = 0",
        "DELETE FROM registry_logsealrange",
        "UPDATE registry_logsealrange SET last_id = last_id + 1",
    ],
)
def test_the_database_refuses_all_but_the_rows_of_expired_batches(
    statement: str,
) -> None:
    three_batches()
    log.delete_sealed_before(LIMIT, build.NOW)
    with (
        pytest.raises(DatabaseError, match="append-only"),
        transaction.atomic(),
    ):
        run(statement)
    assert log.verify_log().is_sound


def test_an_expiry_forged_in_the_database_is_found() -> None:
    batches = three_batches()
    LogExpiry.objects.create(seal_id=2, before=build.NOW, at=build.NOW, mac="0" * 64)
    run("DELETE FROM registry_openedpupil WHERE event_id = %s", batches[1][0])
    run("DELETE FROM registry_accessevent WHERE id = %s", batches[1][0])
    assert problems() == [(2, audit_chain.FORGED_EXPIRY)]


def test_the_database_lets_no_batch_expire_before_its_time() -> None:
    three_batches()
    newest = LogSeal.objects.get(number=2).newest_at
    for before in (newest - timedelta(days=1), newest):
        with (
            pytest.raises(DatabaseError, match="older than the limit"),
            transaction.atomic(),
        ):
            LogExpiry.objects.create(seal_id=2, before=before, at=build.NOW, mac="0")
    assert log.verify_log().is_sound


# --- the command --------------------------------------------------------------------------


def test_the_command_says_that_all_is_sound(capsys: pytest.CaptureFixture[str]) -> None:
    three_batches()
    assert cli.main(["log", "verify"]) == 0
    assert "3 batches" in capsys.readouterr().out


def test_the_command_names_the_batch_and_fails(
    capsys: pytest.CaptureFixture[str],
) -> None:
    batches = three_batches()
    log_triggers.take_down()
    TAMPERINGS["an actor is changed"](batches[1])
    assert cli.main(["log", "verify"]) == 1
    assert "Batch 2 of the access log" in capsys.readouterr().out
    assert cli.main(["log", "verify", "--json"]) == 1
    facts = json.loads(capsys.readouterr().out)
    assert facts["is_sound"] is False
    assert [one["batch"] for one in facts["problems"]] == [2]
