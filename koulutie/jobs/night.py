"""The night: bring everything in line, then clear away what is no longer kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils import translation

from koulutie.core.errors import gettext_noop
from koulutie.intake.actions.claiming import release_dead
from koulutie.intake.actions.purging import sweep
from koulutie.intake.models import Batch
from koulutie.jobs import retention
from koulutie.jobs.facts import Change, clear_versions, commit
from koulutie.jobs.intake.taking_in import write_nothing
from koulutie.jobs.watch import Watcher
from koulutie.jobs.worker import drain
from koulutie.registry.actions.log import seal_log
from koulutie.registry.models import Municipality
from koulutie.registry.queries import latest_version

KEPT_VERSIONS = (
    30  # about a month of nights can be read as they were; rows tell the rest
)

LINES = {
    "released": gettext_noop("%(n)d batches were put back after a process had died."),
    "watched": gettext_noop("%(n)d files of the watched folder were looked at."),
    "worked": gettext_noop("%(n)d batches were read or taken in."),
    "waiting": gettext_noop("%(n)d batches wait for a person."),
    "files_deleted": gettext_noop("%(n)d files of older figures were cleared away."),
    "sealed": gettext_noop("%(n)d events of the access log were sealed."),
    "purged": gettext_noop("%(n)d batches had their files erased: kept long enough."),
    "erased": gettext_noop("%(n)d other records were erased: kept long enough."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class NightReport:
    """What the night did."""

    as_of: date
    facts_version: int | None
    done: dict[str, int]

    @property
    def facts(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {
            "as_of": self.as_of.isoformat(),
            "facts_version": self.facts_version,
            **self.done,
        }

    @property
    def lines(self) -> list[str]:
        """Return it as sentences; what did not happen is not told."""
        version = (
            f"Figures are computed up to {self.as_of}: facts version {self.facts_version}."
            if self.facts_version
            else "Nothing has been imported yet."
        )
        told = [LINES[name] % {"n": n} for name, n in self.done.items() if n]
        return [version, *told]


def run(*, as_of: date, now: datetime) -> NightReport:
    """Do the night's work in its order; each part may be repeated after a kill."""
    with translation.override(None):
        done = {
            "released": release_dead(now=now),
            "watched": len(Watcher().look(now=now)),
            "worked": drain(now=now),
        }
        number = refresh(as_of=as_of, now=now)
        done["waiting"] = Batch.objects.filter(state=Batch.State.PREVIEWED).count()
        done["files_deleted"] = clear_old_versions()
        done["sealed"] = seal_log(now=now)
        done |= retention.run(as_of=as_of, now=now).gone
        sweep(now=now)
    return NightReport(as_of=as_of, facts_version=number, done=done)


def refresh(*, as_of: date, now: datetime) -> int | None:
    """Bring the registry's tables over and compute every figure and crossing anew.

    One version serves all municipalities of the deployment; before the first import there
    is nothing to compute.
    """
    latest = latest_version()
    municipality = Municipality.objects.order_by("pk").first()
    if latest is None or municipality is None:
        return None
    change = Change(
        cause="night",
        municipality=municipality,
        write=write_nothing,
        record=lambda _number: None,
    )
    return commit(change, as_of=as_of, now=now, everybody=True)


def clear_old_versions() -> int:
    """Clear away the files of versions that are no longer kept; return how many files."""
    return clear_versions(keep=KEPT_VERSIONS)
