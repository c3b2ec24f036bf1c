"""The access log: what it holds, and that nobody changes it, not even with SQL."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, connection, transaction

from koulutie.core.scope import Purpose
from koulutie.registry import audit
from koulutie.registry.models import AccessEvent
from tests import builders as build

pytestmark = pytest.mark.django_db


def an_event() -> AccessEvent:
    return audit.record(
        actor="person:1",
        action="view_pupil",
        purpose=Purpose.ATTENDANCE,
        target="pupil:7",
        pupil_ids={9, 7},
        reason="homeroom_teacher of class:3",
        at=build.NOW,
    )


def test_an_event_holds_who_whom_what_for(db: None) -> None:
    event = AccessEvent.objects.get(pk=an_event().pk)
    assert event.pupil_ids == [7, 9]
    assert (event.purpose, event.outcome) == ("attendance", "allowed")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE registry_accessevent SET actor = 'person:2'",
        "DELETE FROM registry_accessevent",
        "TRUNCATE registry_accessevent CASCADE",
    ],
)
def test_the_database_refuses_to_change_the_log(statement: str) -> None:
    if statement.startswith("TRUNCATE") and connection.vendor == "sqlite":
        return  # SQLite has no TRUNCATE; a DELETE without WHERE is the test above
    event = an_event()
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # else they stop a TRUNCATE
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            cursor.execute(statement)
    assert AccessEvent.objects.get(pk=event.pk).actor == "person:1"


def test_the_orm_is_refused_too() -> None:
    event = an_event()
    with pytest.raises(DatabaseError), transaction.atomic():
        AccessEvent.objects.filter(pk=event.pk).update(actor="person:2")
    with pytest.raises(DatabaseError), transaction.atomic():
        event.delete()
    assert AccessEvent.objects.filter(pk=event.pk).exists()


def test_long_texts_are_cut_and_not_lost_with_the_event() -> None:
    audit.record(
        actor="system",
        action="take_in_roster",
        purpose=Purpose.INTAKE,
        target="x" * 500,
        reason="y" * 500,
        at=build.NOW,
    )
    assert len(AccessEvent.objects.get().reason) == 300
