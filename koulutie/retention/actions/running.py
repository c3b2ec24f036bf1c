"""A run of the retention rules: its record, and what it deletes from the database."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import ProtectedError, RestrictedError

from koulutie import catalog
from koulutie.core.scope import Purpose
from koulutie.registry import audit
from koulutie.registry.models import Grant, Person
from koulutie.retention.models import RetentionRun
from koulutie.retention.queries.belonging import Belonging

ERASED_NAME = "erased-"  # of an account whose person is not known any more


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What one rule found of one kind of record. `why` tells what keeps the rest."""

    rule: str
    kind: str  # "pupils", "files", "events", or a model's label
    due: int
    gone: int = 0
    stays: int = 0
    why: str = ""  # a key of presenters.runs.WHY


def begin(*, is_dry_run: bool, now: datetime) -> RetentionRun:
    """Record that a run has begun."""
    return RetentionRun.objects.create(
        started_at=now,
        is_dry_run=is_dry_run,
        rules_hash=catalog.current().retention.hash,
    )


def was_cut_off() -> bool:
    """Say whether the latest real run was killed before its end."""
    latest = RetentionRun.objects.filter(is_dry_run=False).first()
    return latest is not None and latest.finished_at is None


def note(run: RetentionRun, line: Line) -> None:
    """Add what one rule did, at once: a killed run tells how far it came."""
    run.lines = [*run.lines, asdict(line)]
    run.save(update_fields=["lines"])


def finish(run: RetentionRun, *, now: datetime) -> None:
    """Record the end of a run, with one event where anything was erased."""
    with transaction.atomic():
        run.finished_at = now
        run.save(update_fields=["finished_at"])
        gone = sum(line["gone"] for line in run.lines)
        if gone and not run.is_dry_run:
            audit.record(
                actor=audit.actor_of(None),
                action="retention",
                purpose=Purpose.OVERSIGHT,
                target=f"retention_run:{run.pk}",
                reason=f"{gone} records erased: kept long enough",
                at=now,
            )


def delete_of(belonging: Belonging, pupil_ids: Collection[int]) -> int:
    """Delete one kind of the pupils' records; return how many."""
    with transaction.atomic():
        rows = belonging.rows(pupil_ids)
        number = rows.count()
        belonging.model._base_manager.filter(pk__in=rows.values("pk")).delete()
    return int(number)


def erase_person(person_id: int) -> bool:
    """Delete somebody who works here no more; False where only the number can stay.

    What they wrote still stands and names them by number: then everything personal about
    the account is blanked instead.
    """
    person = Person._base_manager.get(pk=person_id)
    try:
        with transaction.atomic():
            person.delete()
    except (ProtectedError, RestrictedError):
        with transaction.atomic():
            _blank(person)
        return False
    return True


def _blank(person: Person) -> None:
    person.username = f"{ERASED_NAME}{person.pk}"
    person.first_name, person.last_name = "", f"#{person.pk}"
    person.email = person.source_key = ""
    person.is_active, person.last_login = False, None
    person.set_unusable_password()
    person.save()
    Grant._base_manager.filter(person=person).delete()
