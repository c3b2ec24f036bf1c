"""Giving a pupil their data: the file, the record of it, the event in the log."""

from __future__ import annotations

import hashlib
from datetime import datetime

from django.db import transaction

from koulutie.core.definitions.roles import Action
from koulutie.core.scope import Purpose
from koulutie.registry import audit
from koulutie.registry.models import Person
from koulutie.retention.exports import PupilFile, zip_file
from koulutie.retention.models import GivenFile


def give(
    *, pupil_id: int, file: PupilFile, reason: str, by: Person, now: datetime
) -> bytes:
    """Make the ZIP and keep who gave it, when, why, and its hash."""
    content = zip_file(file)
    made = GivenFile(
        pupil_id=pupil_id,
        given_by=by,
        given_at=now,
        reason=reason,
        sha256=hashlib.sha256(content).hexdigest(),
    )
    with transaction.atomic():
        made.full_clean()
        made.save()
        audit.record(
            actor=audit.actor_of(by),
            action=Action.EXPORT_PUPIL,
            purpose=Purpose.OVERSIGHT,
            target=f"given_file:{made.pk}",
            pupil_ids={pupil_id},
            kind=audit.Kind.EXPORT,
            reason=f"{len(content)} bytes; reason in the record",
            at=now,
        )
    return content
