"""Marks as they were known at an older facts version, from the rows themselves."""

from __future__ import annotations

import duckdb

from koulutie.core.tables import MARK


def marks_at(
    marks: duckdb.DuckDBPyRelation, history: duckdb.DuckDBPyRelation, number: int
) -> duckdb.DuckDBPyRelation:
    """Return the marks that were current at facts version `number`.

    What is current now and already was then, and what was replaced or withdrawn since.
    """
    columns = ", ".join(f'"{column}"' for column in MARK.names)
    then = f"from_version <= {int(number)}"
    now = marks.filter(then).project(columns)
    past = history.filter(f"{then} AND to_version > {int(number)}").project(columns)
    return now.union(past)
