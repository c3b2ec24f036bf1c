"""The second wall: PostgreSQL's row-level security by municipality.

Each transaction tells the database of which municipalities it may see rows
(``koulutie.municipality``: ids with commas, ``*`` for all, nothing for none). What is told
here is what the connection tells (`registry.postgresql`). SQLite has no such wall.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

SETTING = "koulutie.municipality"
EVERYTHING = "*"
NOTHING = ""

_told: ContextVar[str | None] = ContextVar("municipalities", default=None)
_process = NOTHING


def current() -> str:
    """Return what the next transaction tells the database."""
    told = _told.get()
    return _process if told is None else told


def open_process() -> None:
    """Let this process see everything where nothing narrower is said: jobs, commands."""
    global _process  # noqa: PLW0603  # one word a process, said once at its start
    _process = EVERYTHING


@contextmanager
def only(municipality_ids: Iterable[int]) -> Iterator[None]:
    """See rows of these municipalities; of none when there are none."""
    with _telling(",".join(str(int(pk)) for pk in sorted(set(municipality_ids)))):
        yield


@contextmanager
def everything(reason: str) -> Iterator[None]:
    """See all rows for a moment; the reason is for the reader of the code."""
    assert reason
    with _telling(EVERYTHING):
        yield


@contextmanager
def _telling(value: str) -> Iterator[None]:
    token = _told.set(value)
    try:
        yield
    finally:
        _told.reset(token)


# --- policies, for migrations -----------------------------------------------------------------

# Sub-selects are computed once a statement, not once a row.
_SAID = f"(SELECT current_setting('{SETTING}', true))"
_IDS = (
    "(SELECT string_to_array("
    f"nullif(nullif(current_setting('{SETTING}', true), ''), '*'), ',')::bigint[])"
)


def put_up(schema_editor: Any, tables: Mapping[str, str]) -> None:
    """Put tables behind the wall.

    Each table names the column that says its municipality: ``municipality_id`` itself,
    or ``pupil_id registry_pupil``, the table behind the wall that the column points to.
    """
    if schema_editor.connection.vendor != "postgresql":
        return
    for table, way in tables.items():
        column, _, parent = way.partition(" ")
        inside = (
            f"EXISTS (SELECT 1 FROM {parent} up WHERE up.id = {table}.{column})"  # noqa: S608  # names of ours
            if parent
            else f"{column} = ANY ({_IDS}::bigint[])"
        )
        for statement in (
            f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
            f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
            f"CREATE POLICY municipality ON {table} USING ({_SAID} = '*' OR {inside})",
        ):
            schema_editor.execute(statement)


def take_down(schema_editor: Any, tables: Mapping[str, str]) -> None:
    """Take the wall down again."""
    if schema_editor.connection.vendor != "postgresql":
        return
    for table in tables:
        for statement in (
            f"DROP POLICY municipality ON {table}",
            f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY",
            f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY",
        ):
            schema_editor.execute(statement)
