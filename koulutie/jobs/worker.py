"""The worker: a thread that goes through the queue while the pages are served.

Any number of them may run, in any number of processes: a batch is held by one at a time,
and one writer at a time writes facts.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import close_old_connections

from koulutie.core.errors import DomainError
from koulutie.intake.actions.claiming import release_dead
from koulutie.intake.models import Batch
from koulutie.intake.queries import batches
from koulutie.jobs import intake
from koulutie.jobs.erasing import erase_confirmed
from koulutie.jobs.watch import Watcher
from koulutie.registry.actions.log import seal_log
from koulutie.ui import clock

PAUSE_SECONDS = 1.0
SEAL_EVERY = timedelta(minutes=10)
log = logging.getLogger(__name__)


class Worker(threading.Thread):
    """Does what waits, then looks again after a second."""

    def __init__(self) -> None:
        super().__init__(name="koulutie-worker", daemon=True)
        self.watcher = Watcher()
        self.stopping = threading.Event()
        self.sealed_at: datetime | None = None

    def run(self) -> None:
        """Work until told to stop. A fault is logged; the next round begins anew."""
        while not self.stopping.is_set():
            close_old_connections()
            try:
                busy = self.step(now=clock.now())
            except Exception:
                # The thread is the last to see it: dying here would stop all imports.
                log.exception("the worker met a fault")
                busy = False
            if not busy:
                self.stopping.wait(PAUSE_SECONDS)
        close_old_connections()

    def stop(self) -> None:
        """Stop after the work at hand."""
        self.stopping.set()

    def step(self, *, now: datetime) -> bool:
        """Do everything that waits now; return whether there was anything."""
        release_dead(now=now)
        told = self.watcher.look(now=now)
        busy = drain(now=now) > 0 or bool(told)
        self._seal(now)
        return busy

    def _seal(self, now: datetime) -> None:
        """Seal the access log every few minutes: until then a row could be touched unseen."""
        if self.sealed_at is None or now - self.sealed_at >= SEAL_EVERY:
            seal_log(now=now)
            self.sealed_at = now


def drain(*, now: datetime) -> int:
    """Do all that waits in the database; return how many pieces of work were done."""
    done = 0
    for work in (_previews, _take_ins, _follow_ups):
        done += work(now)
    return done


def _previews(now: datetime) -> int:
    return _each(Batch.State.RECEIVED, intake.preview, now)


def _take_ins(now: datetime) -> int:
    return _each(Batch.State.ACCEPTED, intake.take_in, now)


def _each(state: str, work: Callable[..., object], now: datetime) -> int:
    """Do the work once for every batch that is in the state now, the oldest first."""
    waiting = list(batches.waiting(state))
    for pk in waiting:
        try:
            work(batch_id=pk, now=now)
        except DomainError as refusal:
            # The batch carries the sentence; the log names it for the operator.
            log.warning("batch %s: %s", pk, refusal)
        except Exception:
            # A fault in one batch must not keep the others, or the night, from going on.
            log.exception("batch %s met a fault", pk)
    return len(waiting)


def _follow_ups(now: datetime) -> int:
    done = intake.remap(now=now) + intake.follow_rosters(now=now)
    return done + erase_confirmed(now=now)
