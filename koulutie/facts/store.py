"""Delta tables under one address, and the versions of them that the database names.

A `Version` says which Delta version of each table belongs together. Writers work on a
`Draft`: it holds the one writer's lock, first brings every table back to the named version,
and remembers the Delta versions it writes. Nobody sees them until the database names them,
so a writer that is killed leaves nothing behind but files that the next one ignores.
"""

from __future__ import annotations

import fcntl
import operator
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache, reduce
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import duckdb
import narwhals as nw
import numpy as np
import pyarrow as pa
import pyarrow.dataset as ds
from deltalake import DeltaTable, WriterProperties, write_deltalake
from deltalake.exceptions import DeltaError

from koulutie.core.errors import StaleVersion, gettext_noop
from koulutie.core.marks import Numbers
from koulutie.core.tables import FACTS, conform
from koulutie.facts.engine import PARTITIONS, Embedded, is_partitioned

Month = tuple[int, int]  # (school_year, month)

CLEARED = gettext_noop(
    "This older state of the figures has been cleared away. Open the page again to see the "
    "newest one."
)
# How rows lie inside a file, so that one pupil's or one class's rows touch few row groups.
_ORDER = ("school_id", "pupil_id", "date", "start_minute", "indicator", "step")
_WRITER = WriterProperties(compression="ZSTD", max_row_group_size=65_536)
_PARTITIONED = pa.schema([FACTS["marks"].field(name) for name in PARTITIONS])
# The log says which files a kept version has, however old: it is never shortened.
_KEEP_LOG = {
    "delta.logRetentionDuration": "interval 36500 days",
    "delta.enableExpiredLogCleanup": "false",
}


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
    except DeltaError as error:
        raise StaleVersion(CLEARED) from error
    files = tuple(sorted(map(_path, table.file_uris())))
    if not all("://" in file or Path(file).exists() for file in files):
        raise StaleVersion(CLEARED)
    return files


def _path(uri: str) -> str:
    """Return a local file's path, and any other address as it is."""
    path = uri.removeprefix("file://")
    return uri if "://" in path else unquote(path)  # å, ä and blanks come encoded


def forget_files() -> None:
    """Forget which files versions have, after some were cleared away."""
    _files.cache_clear()


@dataclass(kw_only=True)
class Draft:
    """New Delta versions on top of a named version, until the database names them."""

    store: Store
    base: Version | None
    tables: dict[str, int] = field(init=False)
    engine: Embedded = field(init=False)

    def __post_init__(self) -> None:
        self.tables = dict(self.base.tables) if self.base else {}
        self.engine = Embedded(self.store.root)

    def files(self, name: str) -> tuple[str, ...]:
        """Return a table's files as the draft has them now."""
        return self.store.files(Version(number=0, tables=self.tables), name)

    def relation(self, name: str) -> duckdb.DuckDBPyRelation:
        """Return a table as the draft has it now."""
        return self.engine.open(name, self.files(name))

    def frame(self, name: str) -> nw.LazyFrame[Any]:
        """Return a table as the draft has it now, for Narwhals expressions."""
        return nw.from_native(self.relation(name)).lazy()

    def read(
        self,
        name: str,
        months: Collection[Month] | None = None,
        without: Collection[int] = (),
    ) -> pa.Table:
        """Return a table, or some months of it, as the draft has it now, in memory.

        Rows of the pupils `without` whom it is asked for are never loaded.
        """
        schema = FACTS[name]
        files = self.files(name)
        if not files or (months is not None and not months):
            return schema.empty_table()
        words = [one.name for one in schema if pa.types.is_dictionary(one.type)]
        coded = ds.ParquetReadOptions(dictionary_columns=words)
        wanted = ds.scalar(True) if months is None else _among(months)
        if without:
            pupils = pa.array(sorted(without), pa.int64())
            wanted &= ~ds.field("pupil_id").isin(pupils)
        table = ds.dataset(
            list(files),
            schema=schema,
            format=ds.ParquetFileFormat(read_options=coded),
            partitioning=ds.partitioning(_PARTITIONED, flavor="hive"),
        ).to_table(filter=wanted)
        return conform(table, schema)

    def write(
        self,
        name: str,
        rows: pa.Table | pa.RecordBatchReader,
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
        if isinstance(rows, pa.Table):
            rows = by_place(conform(rows, FACTS[name])).to_reader()
        only_months = months is not None and not is_new and is_partitioned(name)
        write_deltalake(
            address,
            rows,
            mode="overwrite",
            predicate=_predicate(months or ()) if only_months else None,
            partition_by=list(PARTITIONS) if is_partitioned(name) else None,
            schema_mode=None if only_months else "overwrite",
            writer_properties=_WRITER,
            configuration=_KEEP_LOG,
        )
        self.tables[name] = DeltaTable(address).version()

    def _go_back(self, address: str, delta_version: int) -> None:
        """Undo what a killed writer added after the version that we stand on."""
        table = DeltaTable(address)
        if table.version() != delta_version:
            table.restore(delta_version)


def by_place(rows: pa.Table) -> pa.Table:
    """Return the rows so that one pupil's or one class's lie near each other."""
    rows = rows.unify_dictionaries()
    columns = [rows[name] for name in _ORDER if name in rows.column_names]
    order = _order([_ranks(column) for column in columns], len(rows))
    return rows.take(pa.array(order))


def _order(columns: list[Numbers], size: int) -> Numbers:
    """Return the order of rows by several columns, as one packed number where it fits."""
    packed, span = np.zeros(size, dtype=np.int64), 1
    for column in columns:
        low = int(column.min(initial=0))
        width = int(column.max(initial=0)) - low + 1
        span *= width
        if span >= 2**63:
            return np.lexsort(columns[::-1])
        packed = packed * width + (column - low)
    return np.argsort(packed, kind="stable")


def _ranks(column: pa.ChunkedArray) -> Numbers:
    """Return a number for each value that sorts as the value does; null comes first."""
    if pa.types.is_string(column.type) or pa.types.is_dictionary(column.type):
        texts = column.cast(pa.string()).fill_null("")
        ranks = np.unique(texts.to_numpy().astype(str), return_inverse=True)[1]
        return ranks.astype(np.int64)
    if pa.types.is_date32(column.type):
        column = column.cast(pa.int32())
    numbers: Numbers = column.fill_null(-1).to_numpy().astype(np.int64)
    return numbers


def _among(months: Collection[Month]) -> ds.Expression:
    """Return the condition of being in one of the months, for Arrow."""
    year, month = ds.field("school_year"), ds.field("month")
    first, *more = [(year == y) & (month == m) for y, m in sorted(months)]
    return reduce(operator.or_, more, first)


def _predicate(months: Collection[Month]) -> str:
    """Name the months for Delta: only their files are replaced."""
    return " OR ".join(
        f"(school_year = {year} AND month = {month})" for year, month in sorted(months)
    )
