"""Hold a batch while working on it, so that nobody else does, and so that a death shows.

The hold is a lock on a file in the batch's folder. The kernel lets go of it when the
process dies, whatever the database says; `release_dead` then puts the batch back where
the work on it began.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime

from django.db import connection

from koulutie.intake.models import Batch
from koulutie.intake.queries import files

State = Batch.State
# True in the thread that works on a batch; threads that a library starts do not inherit it.
_IS_AT_WORK: ContextVar[bool] = ContextVar("is_at_work", default=False)
BEGUN_FROM = {State.READING: State.RECEIVED, State.TAKING_IN: State.ACCEPTED}


@contextmanager
def held(batch: Batch) -> Iterator[bool]:
    """Hold the batch's lock; yield False, at once, where somebody else holds it."""
    folder = files.folder(batch)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


@contextmanager
def claimed(*, batch_id: int, to: str, now: datetime) -> Iterator[Batch | None]:
    """Hold a batch and move it to the state of the work; None where it is not waiting.

    If the work raises, the batch goes back to where it waited.
    """
    begun = BEGUN_FROM[State(to)]
    batch = Batch.objects.select_related("municipality", "school").get(pk=batch_id)
    with held(batch) as is_ours:
        waiting = Batch.objects.filter(pk=batch_id, state=begun)
        moved = is_ours and waiting.update(state=to, state_at=now, progress=0)
        if not moved:
            yield None
            return
        batch.refresh_from_db()
        at_work = _IS_AT_WORK.set(True)
        try:
            yield batch
        except BaseException:
            Batch.objects.filter(pk=batch_id, state=to).update(state=begun)
            raise
        finally:
            _IS_AT_WORK.reset(at_work)


def release_dead(*, now: datetime) -> int:
    """Put back every batch whose worker has died; return how many."""
    count = 0
    for batch in Batch.objects.filter(state__in=BEGUN_FROM).order_by("pk"):
        with held(batch) as is_ours:
            if is_ours:
                count += Batch.objects.filter(pk=batch.pk, state=batch.state).update(
                    state=BEGUN_FROM[State(batch.state)], state_at=now, progress=0
                )
    return count


def show_progress(batch: Batch, percent: float) -> None:
    """Tell who waits how far the work is. Written at once, outside any transaction.

    Arrow reads ahead in a thread of its own. The connection that Django opens there is
    closed again: nobody else would.
    """
    now = min(100, max(0, round(percent)))
    if now != batch.progress:
        batch.progress = now
        Batch.objects.filter(pk=batch.pk).update(progress=now)
        if not _IS_AT_WORK.get():
            connection.close()
