"""The embedded engine: one DuckDB in the process, a cursor for each piece of work.

The protocol is what another engine (Spark at national scale) has to offer; everything
above it speaks Narwhals or Arrow.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, Protocol

import duckdb
import narwhals as nw
import pyarrow as pa

from koulutie.core.tables import FACTS

PARTITIONS = ("school_year", "month")
_HIVE_TYPES = "{'school_year': SMALLINT, 'month': TINYINT}"


class Engine(Protocol):
    """Opens the files of a table as a lazy relation."""

    def open(self, name: str, files: Sequence[str]) -> duckdb.DuckDBPyRelation:
        """Return the rows of the files, with the columns of the canonical schema."""


class Embedded:
    """DuckDB in this process."""

    def __init__(self) -> None:
        self.cursor = _process().cursor()
        self.held = 0

    def open(self, name: str, files: Sequence[str]) -> duckdb.DuckDBPyRelation:
        """Return a relation over Parquet files; without files, an empty one."""
        schema = FACTS[name]
        columns = ", ".join(f'"{column}"' for column in schema.names)
        if not files:
            empty = plain(schema).empty_table()
            return self.cursor.from_arrow(empty).project(columns)
        listed = ", ".join("'" + file.replace("'", "''") + "'" for file in files)
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


@cache
def _process() -> duckdb.DuckDBPyConnection:
    """Return the process's DuckDB: in memory, without extensions from the network."""
    connection = duckdb.connect(":memory:")
    for setting in (
        # Rows have no order of their own here; keeping one costs memory and time.
        "SET preserve_insertion_order = false",
        "SET autoinstall_known_extensions = false",
        "SET autoload_known_extensions = false",
    ):
        connection.execute(setting)
    return connection


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
