"""Clear away Delta files that no kept version needs."""

from __future__ import annotations

from collections.abc import Collection

from deltalake import DeltaTable

from koulutie.core.tables import FACTS
from koulutie.facts.store import Store, Version, forget_files


def collect(store: Store, keep: Collection[Version]) -> int:
    """Delete every file outside the kept versions; return how many.

    History of marks is in the rows (see `facts.replay`), so no flag loses its evidence. The
    caller holds the writer's lock (`Store.begin`): the files of a draft have no name yet.
    """
    deleted = 0
    for name in FACTS:
        versions = sorted({one.tables[name] for one in keep if name in one.tables})
        address = store.address(name)
        if not versions or not DeltaTable.is_deltatable(address):
            continue
        table = DeltaTable(address)
        # A file that no version holds any more may belong to a writer that was killed.
        gone = table.vacuum(
            retention_hours=0,
            enforce_retention_duration=False,
            dry_run=False,
            full=True,
            keep_versions=versions,
        )
        deleted += len(gone)
    forget_files()
    return deleted
