"""Django's PostgreSQL backend that tells each transaction what it may see (`registry.walls`).

The setting is the transaction's own (``set_config(..., true)``): whoever gets the connection
next, also through a pool of transactions, has to tell it anew.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.db.backends.postgresql import base

from koulutie.registry import walls

TELL = f"SELECT set_config('{walls.SETTING}', %s, true)"
# Statements about rows; others (VACUUM, CREATE DATABASE) may not stand in a transaction.
ABOUT_ROWS = ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH", "DECLARE", "(")


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection that opens no row before it has said for which municipalities it asks."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.told: str | None = None  # in the transaction under way
        self.execute_wrappers.append(self._telling_first)

    def _telling_first(
        self,
        execute: Callable[..., Any],
        sql: Any,
        params: Any,
        many: bool,
        context: Any,
    ) -> Any:
        if not _is_about_rows(sql):
            return execute(sql, params, many, context)
        if not self.get_autocommit():
            self._tell()
            return execute(sql, params, many, context)
        if walls.current() == walls.NOTHING:
            return execute(sql, params, many, context)
        with transaction.atomic(using=self.alias):
            self._tell()
            return execute(sql, params, many, context)

    def _tell(self) -> None:
        wanted = walls.current()
        if wanted != self.told and self.connection is not None:
            self.connection.execute(TELL, [wanted])
            self.told = wanted

    # The end of a transaction, and a return to a savepoint, forget the setting.

    def _commit(self) -> None:
        self.told = None
        super()._commit()  # type: ignore[misc]  # the stubs leave it out

    def _rollback(self) -> None:
        self.told = None
        super()._rollback()  # type: ignore[misc]  # the stubs leave it out

    def _savepoint_rollback(self, sid: str) -> None:
        self.told = None
        super()._savepoint_rollback(sid)  # type: ignore[misc]  # the stubs leave it out

    def _set_autocommit(self, autocommit: bool) -> None:
        self.told = None
        super()._set_autocommit(autocommit)  # type: ignore[misc]  # the stubs leave it out

    def close(self) -> None:
        self.told = None
        super().close()


def _is_about_rows(sql: Any) -> bool:
    return isinstance(sql, str) and sql.lstrip().upper().startswith(ABOUT_ROWS)
