"""The access log from the command line: seal it, and re-read every seal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from koulutie.core.errors import gettext_noop
from koulutie.registry.actions.log import seal_log, verify_log

SOUND = gettext_noop(
    "%(seals)d batches with %(events)d events are as they were sealed; %(waiting)d newer "
    "events wait for their seal."
)
STRAYS = gettext_noop(
    "%(strays)d events came into the access log behind a seal: somebody else put them there."
)
SEALED = gettext_noop("%(sealed)d events of the access log were sealed.")


@dataclass(frozen=True, slots=True, kw_only=True)
class LogReport:
    """What was found or done, as plain values and as sentences."""

    facts: dict[str, Any]
    lines: list[str]
    is_sound: bool = True


def verify(*, now: datetime) -> LogReport:
    """Re-read every seal; nothing is written."""
    found = verify_log()
    counts = {
        "seals": found.seals,
        "events": found.events,
        "waiting": found.waiting,
        "strays": found.strays,
    }
    lines = [str(problem) for problem in found.problems]
    if found.strays:
        lines.append(STRAYS % counts)
    told = [
        {"batch": one.seal, "sentence": str(one), **one.params}
        for one in found.problems
    ]
    return LogReport(
        facts={
            "checked_at": now.isoformat(),
            "is_sound": found.is_sound,
            **counts,
            "problems": told,
        },
        lines=lines or [SOUND % counts],
        is_sound=found.is_sound,
    )


def seal(*, now: datetime) -> LogReport:
    """Seal what waits, between two nights too."""
    facts = {"sealed": seal_log(now=now)}
    return LogReport(facts=facts, lines=[SEALED % facts])
