"""Look at what was read, against what is known and what is in; write nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from django.conf import settings
from django.utils.timezone import localtime

from koulutie import catalog
from koulutie.core.dialects.reading import Reading
from koulutie.core.errors import IntakeError, gettext_noop
from koulutie.core.resolving import Brought, Meaning, Resolved, resolve
from koulutie.facts.ingest import Comparison, Complete, compare
from koulutie.facts.store import Store, Version
from koulutie.intake.models import Batch
from koulutie.intake.queries import alarms, batches, mappings
from koulutie.intake.queries.days import days_by_number
from koulutie.intake.queries.lookups import lookup_for, pupil_of, pupils_called
from koulutie.intake.queries.mappings import Meanings
from koulutie.registry.queries import latest_version

LISTED = 50  # days or keys that one message lists


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """Marks as facts would have them, what they would change, and what was left out."""

    resolved: Resolved
    comparison: Comparison
    unmapped: tuple[str, ...]  # types without a meaning of their own, most rows first


def examine_marks(batch: Batch, raw: pa.Table, meanings: Meanings) -> Examined:
    """Resolve a batch's marks and compare them with those that are in.

    Types without a meaning are looked at under the meaning their name suggests, so that the
    preview shows what would come; they stay in `unmapped` and block acceptance.
    """
    brought = brought_by(batch)
    resolved = resolve_marks(batch, raw, meanings.with_more(_suggested(raw)))
    unmapped = unmapped_in(batch, raw, meanings, resolved)
    comparison = compare(
        Store(settings.FACTS_ROOT),
        named_version(),
        resolved.marks,
        complete=complete_of(batch, brought),
        pages=pages_before(batch),
    )
    return Examined(resolved=resolved, comparison=comparison, unmapped=unmapped)


def resolve_marks(batch: Batch, raw: pa.Table, meanings: Meanings) -> Resolved:
    """Return the batch's marks as facts have them, under these meanings."""
    lookup = lookup_for(batch, meanings)
    return resolve(raw, lookup=lookup, brought=brought_by(batch))


def named_version() -> Version | None:
    """Return the facts version that every reader uses; None before the first."""
    latest = latest_version()
    return Version(number=latest.number, tables=latest.tables) if latest else None


def brought_by(batch: Batch) -> Brought:
    """Return what the batch says about all of its rows.

    Raises
    ------
    IntakeError
        It is a page about one pupil, and nobody said whose, or nobody is called so.
    """
    pupil_id = None
    if batch.pupil_key:
        pupil_id = pupil_of(batch.municipality, batch.pupil_key)
        if pupil_id is None:
            raise IntakeError(
                gettext_noop(
                    "No pupil is known by the key %(pupil)s. Import the roster first, or "
                    "check the key."
                ),
                pupil=batch.pupil_key,
            )
    return Brought(
        batch_id=batch.pk or 0,
        exported_at=_exported_at(batch),
        pupil_id=pupil_id,
        school_id=batch.school.pk if batch.school else None,
    )


def _exported_at(batch: Batch) -> int:
    # What a file says cannot be newer than the first time that it was seen.
    return int((batch.exported_at or batches.first_seen(batch)).timestamp())


def complete_of(batch: Batch, brought: Brought) -> Complete | None:
    """Return over which days the batch is all that its source has of one pupil."""
    if not batch.shape.get("complete") or brought.pupil_id is None:
        return None
    return _complete(batch, pupil_id=brought.pupil_id, version_at=brought.exported_at)


def pages_before(batch: Batch) -> tuple[Complete, ...]:
    """Return what `complete_of` says of the batches that are in; a file may be older."""
    pages = list(batches.pages_before(batch))
    pupils = pupils_called(batch.municipality, (page.pupil_key for page in pages))
    return tuple(
        _complete(page, pupil_id=pupils[page.pupil_key], version_at=_exported_at(page))
        for page in pages
        if page.pupil_key in pupils
    )


def _complete(batch: Batch, *, pupil_id: int, version_at: int) -> Complete:
    first, end = (date.fromisoformat(day) for day in batch.shape["complete"])
    return Complete(pupil_id=pupil_id, from_=first, to=end, version_at=version_at)


def type_counts(raw: pa.Table) -> dict[str, int]:
    """Return the rows of each mark type, most first."""
    counted = pc.value_counts(raw["type_name"].combine_chunks()).to_pylist()
    rows = {one["values"]: one["counts"] for one in counted if one["values"]}
    return dict(sorted(rows.items(), key=lambda item: (-item[1], item[0])))


def _suggested(raw: pa.Table) -> dict[str, Meaning]:
    kinds = catalog.current().mark_kinds
    found = {}
    for name in type_counts(raw):
        kind = kinds.suggest(name)
        if kind is not None:
            weight = float(kinds.by_kind[kind].counts_as_lesson)
            found[name] = Meaning(kind=kind, lessons=weight)
    return found


def unmapped_in(
    batch: Batch, raw: pa.Table, meanings: Meanings, resolved: Resolved
) -> tuple[str, ...]:
    """Return the types that some school of the batch gives no meaning."""
    everywhere = {name for school, name in meanings.by_name if school is None}
    own: dict[int | None, set[str]] = defaultdict(set)
    for school, name in meanings.by_name:
        own[school].add(name)
    schools = set(pc.unique(resolved.marks["school_id"]).to_pylist())
    if batch.school:
        schools = {batch.school.pk}
    common = set.intersection(*(own[one] for one in schools)) if schools else set()
    return tuple(name for name in type_counts(raw) if name not in everywhere | common)


def describe_marks(batch: Batch, reading: Reading, examined: Examined) -> None:
    """Put what was found on the batch, as plain values; nothing is saved."""
    raw, resolved = reading.marks, examined.resolved
    days = _days_by_school(raw, batch)
    batch.types = list(_types(batch, raw))
    batch.unmapped = list(examined.unmapped)
    batch.counts = mark_counts(
        batch,
        resolved,
        examined.comparison,
        rows=len(raw),
        unread=len(reading.rejections),
    )
    batch.shape |= {
        "days": _iso(_summed(days)),
        "schools": {school: sum(own.values()) for school, own in days.items()},
        "gaps": {} if batch.pupil_key else _gaps(batch, days),
        "free_days": _iso(resolved.free_days),
        "future": _future(batch, _summed(days)),
        "unknown_pupils": len(resolved.unknown_pupils),
    }
    period = sorted(_summed(days))
    if period:
        batch.shape |= {"first": period[0].isoformat(), "last": period[-1].isoformat()}
    batch.checks = _checks(reading, resolved)
    batch.alarms = alarms.alarms_of(
        batch,
        earlier=batches.previous(batch),
        same_file=batches.taken_in_copy(batch),
        known_types=batches.known_types(batch),
    )


def _types(batch: Batch, raw: pa.Table) -> Iterator[dict[str, Any]]:
    """Yield each type with its rows and what it means in the batch's school."""
    meanings = mappings.meanings(batch.municipality)
    school = batch.school.pk if batch.school else None
    for name, count in type_counts(raw).items():
        found = meanings.of(school_id=school, type_name=name)
        kind = found.kind.value if found else None
        yield {"name": name, "count": count, "kind": kind}


def mark_counts(
    batch: Batch, resolved: Resolved, comparison: Comparison, *, rows: int, unread: int
) -> dict[str, Any]:
    """Return the counts of a batch of marks; `unread` rows could not be read at all."""
    lessons = pc.sum(resolved.marks["lessons"]).as_py() or 0.0
    return {
        "read": rows,
        "new": comparison.new,
        "changed": comparison.changed,
        "unchanged": comparison.unchanged,
        "stale": comparison.stale,
        "duplicate": comparison.duplicate,
        "withdrawn": comparison.withdrawn,
        "rejected": unread + len(resolved.rejections),
        "unread": unread,
        "absent_lessons": int(lessons) if lessons == int(lessons) else lessons,
        "mark_types": len(
            {*batch.shape.get("legend", ()), *(one["name"] for one in batch.types)}
        ),
        "pupils": len(pc.unique(resolved.marks["pupil_id"])),
    }


def _days_by_school(raw: pa.Table, batch: Batch) -> dict[str, dict[date, int]]:
    """Return rows by day, by school number; a file about one school names it itself."""
    grouped = (
        pa.table(
            {"school": raw["school_number"].cast(pa.string()), "date": raw["date"]}
        )
        .group_by(["school", "date"])
        .aggregate([([], "count_all")])
    )
    own = batch.school.number if batch.school else ""
    days: dict[str, dict[date, int]] = defaultdict(lambda: defaultdict(int))
    for row in grouped.to_pylist():
        if row["date"] is not None:
            days[row["school"] or own][row["date"]] += row["count_all"]
    return {school: dict(found) for school, found in days.items()}


def _summed(days: dict[str, dict[date, int]]) -> dict[date, int]:
    total: dict[date, int] = defaultdict(int)
    for own in days.values():
        for day, rows in own.items():
            total[day] += rows
    return dict(total)


def _future(batch: Batch, days: dict[date, int]) -> dict[str, object]:
    """Return the marks given on days after the file was made; empty: there are none."""
    made_on = localtime(batch.exported_at or batch.received_at).date()
    late = {day: rows for day, rows in days.items() if day > made_on}
    if not late:
        return {}
    return {"rows": sum(late.values()), "last": max(late).isoformat()}


def _gaps(batch: Batch, days: dict[str, dict[date, int]]) -> dict[str, list[str]]:
    named = [school for school in days if school]
    return alarms.gaps_of(days, days_by_number(batch.municipality, named))


def _iso(days: object) -> dict[str, int]:
    assert isinstance(days, dict)
    return {day.isoformat(): rows for day, rows in sorted(days.items())}


def _checks(reading: Reading, resolved: Resolved) -> list[dict[str, Any]]:
    """Compare the day totals that a page prints with the lessons that were counted."""
    if not reading.page_totals:
        return []
    grouped = resolved.marks.group_by("date").aggregate([("lessons", "sum")])
    counted = {row["date"]: row["lessons_sum"] for row in grouped.to_pylist()}
    differing = [
        day.isoformat()
        for day, total in sorted(reading.page_totals.items())
        if abs(counted.get(day, 0.0) - total) > 0.01
    ]
    expected = sum(reading.page_totals.values())
    return [
        {
            "name": "page_totals",
            "agrees": not differing,
            "params": {
                "expected": _plain(expected),
                "counted": _plain(sum(counted.values())),
                "days": differing[:LISTED],
            },
        }
    ]


def _plain(value: float) -> float | int:
    return int(value) if value == int(value) else round(value, 2)
