"""Open the facts version that the database names, for one person's scope."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date

from django.conf import settings

from koulutie.core.scope import Scope
from koulutie.facts.scoped import Reader, open_scoped
from koulutie.facts.store import Store, Version
from koulutie.registry import queries


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """A reader that sees only the scope's rows, and which version it reads."""

    reader: Reader
    number: int
    as_of: date  # the day up to which figures were computed


@contextmanager
def open_facts(scope: Scope) -> Iterator[Facts | None]:
    """Yield the facts in scope; None before the first import has been taken in."""
    latest = queries.latest_version()
    if latest is None:
        yield None
        return
    version = Version(number=latest.number, tables=latest.tables)
    with open_scoped(Store(settings.FACTS_ROOT), version, scope) as reader:
        yield Facts(reader=reader, number=latest.number, as_of=latest.as_of)
