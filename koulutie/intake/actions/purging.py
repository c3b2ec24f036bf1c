"""Erase files and rejected rows whose time to be kept is over."""

from __future__ import annotations

import shutil
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet

from koulutie import catalog
from koulutie.intake.actions.claiming import held
from koulutie.intake.actions.receiving import log
from koulutie.intake.models import Batch, RejectedRow
from koulutie.intake.queries import files

RULE = "batch"  # of definitions/retention.yaml
DAYS_A_MONTH = 31  # never erase earlier than the rule's months allow
UNFINISHED_HOURS = 24  # a copy that is older was cut off


def purge(*, now: datetime) -> int:
    """Erase what a batch holds about persons once its months are over; return how many.

    The batch itself stays with its counts, so that a facts version keeps its cause.
    """
    old = due(now=now)
    return sum(purge_batch(batch, now=now) for batch in old)


def due(*, now: datetime) -> QuerySet[Batch]:
    """Return the batches whose months are over and which still have their files."""
    months = catalog.current().retention.by_id[RULE].months
    if months is None:
        return Batch.objects.none()
    before = now - timedelta(days=months * DAYS_A_MONTH)
    old = Batch.objects.filter(is_purged=False, received_at__lt=before)
    return old.order_by("pk")


def purge_batch(
    batch: Batch, *, now: datetime, reason: str = "kept long enough"
) -> bool:
    """Erase what one batch holds about persons; False where somebody works on it."""
    with held(batch) as is_ours:
        if not is_ours:
            return False
        with transaction.atomic():
            RejectedRow.objects.unscoped("rows on their way in").filter(
                batch=batch
            ).delete()
            batch.is_purged = True
            batch.pupil_key = ""
            batch.save()
            log(batch, "purge_batch", by=None, now=now, reason=reason)
        shutil.rmtree(files.folder(batch), ignore_errors=True)
    return True


def sweep(*, now: datetime) -> int:
    """Remove copies that were never finished, and folders of batches that never were."""
    if not files.root().is_dir():
        return 0
    limit = now.timestamp() - UNFINISHED_HOURS * 3600
    known = {str(pk) for pk in Batch.objects.values_list("pk", flat=True)}
    strays = [
        path
        for path in files.root().iterdir()
        if path.name not in known and path.stat().st_mtime < limit
    ]
    for path in strays:
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
    return len(strays)
