"""Delta tables under one address, and the versions of them that the database names.

A `Version` says which Delta version of each table belongs together. Writers work on a
`Draft`: it holds the one writer's lock, first brings every table back to the named version,
and remembers the Delta versions it writes. Nobody sees them until the database names them,
so a writer that is killed leaves nothing behind but files that the next one ignores.
"""

from __future__ import annotations

import fcntl
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import duckdb
import narwhals as nw
import pyarrow as pa
from deltalake import DeltaTable, WriterProperties, write_deltalake

from koulutie.core.errors import StaleVersion, gettext_noop
from koulutie.core.tables import FACTS, conform
from koulutie.facts.engine import PARTITIONS, Embedded, is_partitioned, plain

Month = tuple[int, int]  # (school_year, month)

# How rows lie inside a file, so that one pupil's or one class's rows touch few row groups.
_ORDER = ("school_id", "pupil_id", "date", "start_minute", "indicator", "step")
_WRITER = WriterProperties(compression="ZSTD", max_row_group_size=65_536)


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """Version N of the facts: the Delta version of each table it has."""

    number: int
    tables: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Store:
    """All tables under one address (a folder; an object store's address later)."""

    root: str

    def address(self, name: str) -> str:
        """Return where a table lies."""
        return f"{self.root.rstrip('/')}/{name}"

    def files(self, version: Version | None, name: str) -> tuple[str, ...]:
        """Return a table's files in a version; none where the version lacks the table.

        Raises
        ------
        StaleVersion
            When the files were cleared away.
        """
        if version is None or name not in version.tables:
            return ()
        return _files(self.address(name), version.tables[name])

    @contextmanager
    def begin(self, version: Version | None) -> Iterator[Draft]:
        """Yield a draft on top of the version; the lock is held until the end.

        The lock belongs to the process: when that dies, the system lets go of it.
        """
        Path(self.root).mkdir(parents=True, exist_ok=True)
        with (Path(self.root) / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            draft = Draft(store=self, base=version)
            try:
                yield draft
            finally:
                draft.engine.close()


@lru_cache(maxsize=512)
def _files(address: str, delta_version: int) -> tuple[str, ...]:
    """List the files of one Delta version; it never changes, so it is read once."""
    try:
        table = DeltaTable(address, version=delta_version)
    except Exception as error:
        raise StaleVersion(
            gettext_noop(
                "This older state of the figures has been cleared away. Open the page "
                "again to see the newest one."
            )
        ) from error
    return tuple(sorted(uri.removeprefix("file://") for uri in table.file_uris()))


@dataclass(kw_only=True)
class Draft:
    """New Delta versions on top of a named version, until the database names them."""

    store: Store
    base: Version | None
    tables: dict[str, int] = field(default_factory=dict)
    engine: Embedded = field(default_factory=Embedded)

    def __post_init__(self) -> None:
        self.tables = dict(self.base.tables) if self.base else {}

    def files(self, name: str) -> tuple[str, ...]:
        """Return a table's files as the draft has them now."""
        return self.store.files(Version(number=0, tables=self.tables), name)

    def relation(self, name: str) -> duckdb.DuckDBPyRelation:
        """Return a table as the draft has it now."""
        return self.engine.open(name, self.files(name))

    def frame(self, name: str) -> nw.LazyFrame[Any]:
        """Return a table as the draft has it now, for Narwhals expressions."""
        return nw.from_native(self.relation(name)).lazy()

    def read(self, name: str) -> pa.Table:
        """Return a table as the draft has it now, in memory."""
        return self.relation(name).to_arrow_table()

    def write(
        self,
        name: str,
        rows: pa.Table | duckdb.DuckDBPyRelation | pa.RecordBatchReader,
        months: Collection[Month] | None = None,
    ) -> None:
        """Replace a whole table, or only the named months of it.

        `rows` must hold every row of the months and none of others. No months: nothing.
        A reader is written as it comes: its rows are in order already.
        """
        if months is not None and not months:
            return
        address = self.store.address(name)
        is_new = name not in self.tables
        if not is_new:
            self._go_back(address, self.tables[name])
        only_months = months is not None and not is_new and is_partitioned(name)
        write_deltalake(
            address,
            self._in_order(name, rows),
            mode="overwrite",
            predicate=_predicate(months or ()) if only_months else None,
            partition_by=list(PARTITIONS) if is_partitioned(name) else None,
            schema_mode=None if only_months else "overwrite",
            writer_properties=_WRITER,
        )
        self.tables[name] = DeltaTable(address).version()

    def _go_back(self, address: str, delta_version: int) -> None:
        """Undo what a killed writer added after the version that we stand on."""
        table = DeltaTable(address)
        if table.version() != delta_version:
            table.restore(delta_version)

    def _in_order(
        self,
        name: str,
        rows: pa.Table | duckdb.DuckDBPyRelation | pa.RecordBatchReader,
    ) -> pa.RecordBatchReader:
        if isinstance(rows, pa.RecordBatchReader):
            return rows
        schema = plain(FACTS[name])
        if isinstance(rows, pa.Table):
            rows = self.engine.cursor.from_arrow(conform(rows, FACTS[name]))
        columns = ", ".join(f'"{column}"' for column in schema.names)
        order = [column for column in _ORDER if column in schema.names]
        ordered = rows.project(columns)
        if order:
            ordered = ordered.order(", ".join(order))
        reader = ordered.to_arrow_reader(262_144)
        return pa.RecordBatchReader.from_batches(
            schema, (batch.cast(schema) for batch in reader)
        )


def _predicate(months: Collection[Month]) -> str:
    """Name the months for Delta: only their files are replaced."""
    return " OR ".join(
        f"(school_year = {year} AND month = {month})" for year, month in sorted(months)
    )
