"""What an import did, for people and for machines."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from koulutie import catalog
from koulutie.intake.actions.concluding import rejected_rows
from koulutie.intake.models import Batch
from koulutie.intake.presenters.rejections import Rejection, rejection_rows
from koulutie.intake.presenters.sentences import (
    alarm_cards,
    failure_of,
    warnings_of,
)
from koulutie.intake.queries.batches import rejections

LISTED = 20  # rejected rows that a report shows

COUNTS = (
    *("read", "new", "changed", "unchanged", "stale", "duplicate", "withdrawn"),
    *("rejected", "absent_lessons", "mark_types", "pupils"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeUsed:
    """A mark type of the file: how often it is there, what it means or might mean."""

    name: str
    count: int
    kind: str | None  # what it means; None: nobody has said
    suggestion: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """What became of one file. Lessons are absent lessons, not marks."""

    file: str
    state: str  # of the batch; "dry_run" where nothing was written
    batch: int | None
    is_refused: bool
    sentence: str
    read: int
    new: int
    changed: int
    unchanged: int
    stale: int
    duplicate: int
    withdrawn: int
    rejected: int
    absent_lessons: float
    mark_types: int  # that the file names, used or not
    pupils: int  # whose marks could be read
    types: tuple[TypeUsed, ...]
    unmapped: tuple[str, ...]
    by_exact_name: tuple[
        str, ...
    ]  # types that were given a meaning by their exact name
    facts_version: int | None
    alarms: tuple[str, ...]
    warnings: tuple[str, ...]
    checks: tuple[dict[str, Any], ...]
    rejections: tuple[Rejection, ...]
    shape: dict[str, Any]

    @property
    def facts(self) -> dict[str, Any]:
        """Return all of it as plain values, for ``--json``."""
        plain = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return plain | {
            "types": [_as_dict(one) for one in self.types],
            "rejections": [_as_dict(one) for one in self.rejections],
        }

    @property
    def notes(self) -> list[str]:
        """Return what a person should read besides the counts."""
        used = [f"by its exact name: {name}" for name in self.by_exact_name]
        rows = [f"line {one.line}: {one.reason}" for one in self.rejections]
        return [*self.alarms, *self.warnings, *used, *self.mapping_lines, *rows]

    @property
    def mapping_lines(self) -> list[str]:
        """Return the types without a meaning as lines that `--map` takes, as suggested."""
        waiting = [one for one in self.types if one.kind is None]
        if not waiting:
            return []
        lines = [f"{one.name};{one.suggestion or '?'}" for one in waiting]
        return ["suggested for --map:", *lines]


def together(told: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return several files' reports as one: counts summed, names united, each file's own."""

    def united(values: Iterable[str]) -> list[str]:
        return sorted(set(values))

    read = [one for one in told if "read" in one]  # the others could not be opened
    names = united(kind["name"] for one in read for kind in one["types"])
    return {
        **{name: sum(one[name] for one in read) for name in COUNTS},
        "mark_types": len(names),
        "unmapped": united(name for one in read for name in one["unmapped"]),
        "facts_version": max((one["facts_version"] or 0 for one in read), default=0)
        or None,
        "is_refused": any(one["is_refused"] for one in told),
        "files": list(told),
    }


def _as_dict(value: Any) -> dict[str, Any]:
    return {name: getattr(value, name) for name in value.__dataclass_fields__}


def report_of(
    batch: Batch,
    *,
    sentence: str,
    is_refused: bool,
    by_exact_name: Sequence[str] = (),
    rejected: pa.Table | None = None,
    facts_version: int | None = None,
) -> ImportReport:
    """Return the report of a batch; `rejected` are the rows of one that is not saved."""
    counts = {name: batch.counts.get(name, 0) for name in COUNTS}
    return ImportReport(
        file=batch.file_name,
        state=batch.state if batch.pk else "dry_run",
        batch=batch.pk,
        is_refused=is_refused,
        sentence=sentence or failure_of(batch),
        types=tuple(types_of(batch)),
        unmapped=tuple(batch.unmapped),
        by_exact_name=tuple(by_exact_name),
        facts_version=batch.facts_version or facts_version,
        alarms=tuple(f"{one.what} {one.advice}" for one in alarm_cards(batch)),
        warnings=tuple(warnings_of(batch)),
        checks=tuple(batch.checks),
        rejections=tuple(_rejections(batch, rejected)),
        shape={
            name: batch.shape.get(name)
            for name in ("reader", "first", "last", "legend")
            if name in batch.shape
        },
        **counts,
    )


def types_of(batch: Batch) -> list[TypeUsed]:
    """Return the mark types of the batch with what they mean or might mean."""
    kinds = catalog.current().mark_kinds
    unmapped = set(batch.unmapped)
    found = []
    for one in batch.types:
        suggested = kinds.suggest(one["name"])
        found.append(
            TypeUsed(
                name=one["name"],
                count=one["count"],
                kind=None if one["name"] in unmapped else one.get("kind"),
                suggestion=suggested.value if suggested else None,
            )
        )
    return found


def _rejections(batch: Batch, rejected: pa.Table | None) -> list[Rejection]:
    """Return the first rejected rows, of a saved batch or as they were just found."""
    if rejected is not None:
        return rejection_rows(rejected_rows(batch, rejected.slice(0, LISTED)))
    return rejection_rows(rejections(batch)[:LISTED]) if batch.pk else []
