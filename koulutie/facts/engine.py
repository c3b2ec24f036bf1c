"""The embedded engine: one DuckDB for a store, a cursor for each piece of work.

The protocol is what another engine (Spark at national scale) has to offer; everything
above it speaks Narwhals, or hands Arrow tables over.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

import duckdb
import narwhals as nw
import pyarrow as pa

from koulutie.core.tables import FACTS

PARTITIONS = ("school_year", "month")
_HIVE_TYPES = "{'school_year': SMALLINT, 'month': TINYINT}"
# What the engine may hold before it writes to disk; the process needs about as much again.
MEMORY = "1GiB"
_STORES = 4  # whose engines stay open in one process; others are opened anew


class Engine(Protocol):
    """Reads the files of fact tables as lazy frames."""

    def frame(self, name: str, files: Sequence[str], where: str) -> nw.LazyFrame[Any]:
        """Return the rows of the files for which an SQL condition holds."""

    def hold(self, frame: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
        """Compute a frame once and return it as it is kept."""

    def release(self) -> None:
        """Let go of everything that was held."""

    def close(self) -> None:
        """End the work."""


class Embedded:
    """DuckDB in this process, which reads files of one store and nothing else."""

    def __init__(self, root: str) -> None:
        self.cursor = _database(root).cursor()
        self.held = 0

    def frame(self, name: str, files: Sequence[str], where: str) -> nw.LazyFrame[Any]:
        """Return the rows of Parquet files for which the condition holds."""
        return nw.from_native(self.open(name, files).filter(where)).lazy()

    def open(self, name: str, files: Sequence[str]) -> duckdb.DuckDBPyRelation:
        """Return a relation over Parquet files; without files, an empty one."""
        schema = FACTS[name]
        columns = ", ".join(f'"{column}"' for column in schema.names)
        if not files:
            empty = plain(schema).empty_table()
            return self.cursor.from_arrow(empty).project(columns)
        listed = ", ".join(map(_quoted, files))
        hive = ""
        if is_partitioned(name):
            hive = f", hive_partitioning = true, hive_types = {_HIVE_TYPES}"
        return self.cursor.sql(f"SELECT {columns} FROM read_parquet([{listed}]{hive})")

    def hold(self, frame: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
        """Compute a frame once and return the temporary table it is kept in.

        A shared part that is not held is computed anew for everything that uses it.
        """
        self.held += 1
        name = f"held_{self.held}"
        relation = frame.to_native()
        assert isinstance(relation, duckdb.DuckDBPyRelation)
        relation.create_view("to_hold", replace=True)
        self.cursor.execute(f"CREATE TEMP TABLE {name} AS FROM to_hold")
        return nw.from_native(self.cursor.table(name)).lazy()

    def release(self) -> None:
        """Drop every table that was held, and the memory with it."""
        for number in range(1, self.held + 1):
            self.cursor.execute(f"DROP TABLE IF EXISTS held_{number}")
        self.held = 0

    def close(self) -> None:
        """Give the cursor back; what it held goes with it."""
        self.cursor.close()


@lru_cache(maxsize=_STORES)
def _database(root: str) -> duckdb.DuckDBPyConnection:
    """Return the store's DuckDB: in memory, shut off from every other file and the network."""
    connection = duckdb.connect(":memory:")
    told, real = Path(root).absolute(), Path(root).resolve()
    folders = ", ".join(_quoted(f"{folder}/") for folder in (told, real))
    for setting in (
        # Rows have no order of their own here; keeping one costs memory and time.
        "preserve_insertion_order = false",
        # A file never changes once it has a name: its footer is read once.
        "parquet_metadata_cache = true",
        f"memory_limit = '{MEMORY}'",
        f"temp_directory = {_quoted(f'{real}/spill')}",
        f"allowed_directories = [{folders}]",
        "autoinstall_known_extensions = false",
        "autoload_known_extensions = false",
        "enable_external_access = false",
        "lock_configuration = true",
    ):
        connection.execute(f"SET {setting}")
    return connection


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def is_partitioned(name: str) -> bool:
    """Say whether the table's files lie in a folder for each month."""
    return set(PARTITIONS) <= set(FACTS[name].names)


def plain(schema: pa.Schema) -> pa.Schema:
    """Return the schema with plain text in place of dictionary-coded words."""
    return pa.schema(
        [
            field.with_type(field.type.value_type)
            if pa.types.is_dictionary(field.type)
            else field
            for field in schema
        ]
    )
