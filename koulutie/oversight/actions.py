"""Giving one pupil's log out: the file, the record of it, the event in the log."""

from __future__ import annotations

import hashlib
from datetime import datetime

from django.db import transaction

from koulutie.core.definitions.roles import Action
from koulutie.core.scope import Purpose
from koulutie.oversight import exports
from koulutie.oversight.models import LogRelease
from koulutie.registry import audit
from koulutie.registry.models import Person


def release(  # noqa: PLR0913  # a release's own columns
    *,
    pupil_id: int,
    log: exports.PupilLog,
    kind: LogRelease.FileKind,
    names_staff: bool,
    reason: str,
    by: Person,
    now: datetime,
) -> bytes:
    """Make the file and keep who gave it out, when, why, and its hash."""
    is_table = kind == LogRelease.FileKind.CSV
    content = exports.csv_file(log) if is_table else exports.html_file(log)
    made = LogRelease(
        pupil_id=pupil_id,
        released_by=by,
        released_at=now,
        reason=reason,
        kind=kind,
        names_staff=names_staff,
        first_day=log.first,
        last_day=log.last,
        events=len(log.lines),
        sha256=hashlib.sha256(content).hexdigest(),
    )
    with transaction.atomic():
        made.full_clean()
        made.save()
        audit.record(
            actor=audit.actor_of(by),
            action=Action.RELEASE_LOG,
            purpose=Purpose.OVERSIGHT,
            target=f"log_release:{made.pk}",
            pupil_ids={pupil_id},
            reason=f"{made.events} events as {made.kind}; reason in the release",
            at=now,
        )
    return content
