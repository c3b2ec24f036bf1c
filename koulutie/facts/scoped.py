"""Reading the facts inside a scope: no scope, no rows.

`open_scoped` is the only way in which a page or an export reads rows about pupils. Tables
that say nothing about a person (calendars, lesson plans, what a whole class is offered) are
open to every scope that holds anything at all.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import narwhals as nw

from koulutie.core.frames import Frames
from koulutie.core.scope import Scope
from koulutie.core.tables import FACTS
from koulutie.facts import replay
from koulutie.facts.engine import Embedded, Engine
from koulutie.facts.store import Store, Version


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """The rows of one facts version that one scope holds."""

    store: Store
    version: Version
    scope: Scope
    engine: Engine
    as_of_number: int | None = None

    def frame(self, name: str) -> nw.LazyFrame[Any]:
        """Return a table's rows in scope, lazily.

        Rows of pupils hidden from the scope (protected identity outside their own class)
        are left out entirely: a count that a reader could take apart would tell of them.
        """
        if name == "marks" and self.as_of_number is not None:
            return replay.marks_at(
                self._rows("marks"), self._rows("mark_history"), self.as_of_number
            )
        return self._rows(name)

    def frames(self) -> Frames:
        """Return the rows in scope as the rules of `core` read them."""
        return Frames.read(self.frame, hold=self.engine.hold)

    def as_known_at(self, number: int) -> Reader:
        """Return a reader of the same scope that shows marks as of an older version."""
        return replace(self, as_of_number=number)

    def _rows(self, name: str) -> nw.LazyFrame[Any]:
        files = self.store.files(self.version, name)
        where = condition(self.scope, FACTS[name].names)
        return self.engine.frame(name, files, where)


@contextmanager
def open_scoped(
    store: Store, version: Version, scope: Scope, as_of_number: int | None = None
) -> Iterator[Reader]:
    """Yield a reader of the version's rows in scope.

    With `as_of_number`, marks are shown as they were known at that older facts version.
    """
    engine = Embedded(store.root)
    try:
        yield Reader(
            store=store,
            version=version,
            scope=scope,
            engine=engine,
            as_of_number=as_of_number,
        )
    finally:
        engine.close()


def condition(scope: Scope, columns: Collection[str]) -> str:
    """Return the SQL condition under which a row of such a table is inside the scope."""
    if scope.is_empty:
        return "false"
    if "pupil_id" not in columns:
        return "true"
    inside = "true" if scope.is_whole_municipality else _listed(scope, columns)
    if "lessons_kept" in columns:  # offered lessons: a whole class's row names nobody
        inside = f"(pupil_id IS NULL OR {inside})"
    if scope.hidden_pupil_ids:
        hidden = _numbers(scope.hidden_pupil_ids)
        inside = f"({inside}) AND (pupil_id IS NULL OR pupil_id NOT IN ({hidden}))"
    return inside


def _listed(scope: Scope, columns: Collection[str]) -> str:
    parts = [
        f"{column} IN ({_numbers(ids)})"
        for column, ids in (
            ("school_id", scope.school_ids),
            ("class_id", scope.class_ids),
            ("pupil_id", scope.pupil_ids),
        )
        if ids and column in columns
    ]
    return f"({' OR '.join(parts)})" if parts else "false"


def _numbers(ids: Collection[int]) -> str:
    return ", ".join(str(int(one)) for one in sorted(ids))
