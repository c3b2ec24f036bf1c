"""The commit point: which version of the facts is in force."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime

from koulutie.registry.models import FactsVersion, Municipality


def commit_version(
    *,
    number: int,
    tables: Mapping[str, int],
    municipality: Municipality,
    as_of: date,
    cause: str,
    now: datetime,
) -> FactsVersion:
    """Record that version `number` is what every reader uses from now on.

    Call it in the transaction that also records what the version brought (the batch, its
    tasks), after all Delta tables are written. A number taken meanwhile raises
    `IntegrityError`: two writers never make the same version.
    """
    version = FactsVersion(
        number=number,
        municipality=municipality,
        tables=dict(tables),
        as_of=as_of,
        cause=cause,
        made_at=now,
    )
    version.clean_fields()
    version.save(force_insert=True)
    return version


def mark_cleared(*, numbers: Collection[int]) -> int:
    """Record that the files of these versions are cleared away; return how many."""
    return FactsVersion.objects.filter(pk__in=numbers).update(is_kept=False)
