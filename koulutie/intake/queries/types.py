"""Mark types that still have no meaning, over all batches that wait for one."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from koulutie.core.scope import Scope
from koulutie.intake.models import Batch
from koulutie.intake.queries.batches import batches_in
from koulutie.intake.queries.desks import Desk


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedType:
    """A type's name and how many rows wait for its meaning."""

    name: str
    count: int


def types_to_map(
    scope: Scope, desk: Desk, batch: Batch | None, *, asked: str = ""
) -> list[WantedType]:
    """Return the types without a meaning, of one batch or of all that wait, most rows first.

    `asked` names one type whose meaning is to be changed.
    """
    if asked:
        return [WantedType(name=asked[:300], count=0)]
    waiting = (
        [batch]
        if batch
        else batches_in(scope).filter(
            municipality=desk.municipality, state=Batch.State.PREVIEWED
        )
    )
    counts: Counter[str] = Counter()
    for one in waiting:
        unmapped = set(one.unmapped)
        for row in one.types:
            if row["name"] in unmapped:
                counts[row["name"]] += row["count"]
    return [
        WantedType(name=name, count=count)
        for name, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    ]
