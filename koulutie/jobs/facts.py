"""The commit point: facts first, then one transaction that names them.

A kill at any moment leaves the old state: what was written meanwhile has no name in the
database, and the next writer goes back to the named version before it begins.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypedDict

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from koulutie import catalog
from koulutie.casework.actions import Crossings, follow_crossings
from koulutie.core.definitions import Ladder
from koulutie.facts import ingest, nightly
from koulutie.facts.garbage import collect
from koulutie.facts.store import Draft, Store, Version
from koulutie.registry import exports
from koulutie.registry.actions import commit_version, mark_cleared
from koulutie.registry.models import FactsVersion, Municipality, School
from koulutie.registry.queries import kept_versions, latest_version

Tell = Callable[[float], None]  # percent of the whole work


@dataclass(frozen=True, slots=True, kw_only=True)
class Touched:
    """Whose figures a write asks to be computed anew."""

    pupil_ids: frozenset[int] | None  # None: everybody
    school_years: frozenset[int]  # in which rows changed
    is_anything: bool  # whether rows changed at all


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What is to be written, and what the database is told together with it."""

    cause: str  # "batch:9", "night", "mapping:4"
    municipality: Municipality
    # Write into the draft that becomes the numbered version; return whom it touches.
    write: Callable[[Draft, int], Touched]
    # Called in the transaction that names the version; None: nothing had to be written.
    record: Callable[[int | None], None]


def commit(
    change: Change,
    *,
    as_of: date,
    now: datetime,
    tell: Tell = lambda _percent: None,
    everybody: bool = False,
) -> int | None:
    """Write a change and name it; return the facts version in force afterwards.

    Figures are computed anew for the pupils whom the change touches; for everybody when the
    day has moved on, or when enrolments, calendars or lesson totals have changed.
    """
    with draft_now() as (draft, latest):
        is_registry_new = bring_registry(draft)
        tell(10)
        number = latest.number + 1 if latest else 1
        touched = change.write(draft, number)
        tell(50)
        if not (touched.is_anything or is_registry_new or everybody):
            with transaction.atomic():
                change.record(latest.number if latest else None)
            return latest.number if latest else None
        crossings = nightly.refresh(
            draft,
            indicators=catalog.current().indicators.values(),
            ladders=ladders_in_force(on=as_of),
            as_of=as_of,
            **_asked(touched, latest, as_of, is_registry_new or everybody),
        )
        tell(90)
        with transaction.atomic():
            _name(draft, number, change, as_of=as_of, now=now)
            _follow(crossings, draft, number, now=now)
            change.record(number)
    return number


class Asked(TypedDict):
    """For whom, and in which school years, figures and crossings are looked for anew."""

    pupil_ids: frozenset[int] | None
    school_years: frozenset[int] | None


def _asked(
    touched: Touched, latest: FactsVersion | None, as_of: date, is_wide: bool
) -> Asked:
    if latest is None or is_wide:
        return Asked(pupil_ids=None, school_years=None)
    if latest.as_of != as_of:
        return Asked(pupil_ids=None, school_years=touched.school_years)
    return Asked(pupil_ids=touched.pupil_ids, school_years=touched.school_years)


def _name(
    draft: Draft, number: int, change: Change, *, as_of: date, now: datetime
) -> None:
    commit_version(
        number=number,
        tables=draft.tables,
        municipality=change.municipality,
        as_of=as_of,
        cause=change.cause,
        now=now,
    )


def _follow(
    crossings: nightly.CrossingChange, draft: Draft, number: int, *, now: datetime
) -> None:
    """Let tasks follow the crossings."""
    follow_crossings(
        crossings=Crossings(
            new=crossings.new, changed=crossings.changed, gone=crossings.gone
        ),
        ladders=catalog.current().ladders,
        calendar=draft.read("calendar"),
        version=number,
        now=now,
    )


def ladders_in_force(*, on: date) -> dict[int | None, Ladder]:
    """Return the ladder of each school whose municipality has adopted one by the day."""
    known = catalog.current().ladders
    schools = School.objects.exclude(municipality__ladder="").filter(
        Q(municipality__ladder_from__isnull=True) | Q(municipality__ladder_from__lte=on)
    )
    rows = schools.values_list("pk", "municipality__ladder")
    return {pk: known[ladder] for pk, ladder in rows if ladder in known}


def bring_registry(draft: Draft) -> bool:
    """Bring enrolments, calendars and lesson totals over; say whether any had changed."""
    changed = [
        name
        for name, rows in exports.all_tables().items()
        if ingest.replace(draft, name, rows)
    ]
    return bool(changed)


def clear_versions(*, keep: int) -> int:
    """Clear away the files of all but the newest versions; return how many files.

    With the writer's lock in hand: a half-written version's files have no name yet.
    """
    with draft_now():
        versions = list(kept_versions())
        kept, old = versions[:keep], versions[keep:]
        if not kept:
            return 0
        # The database says so first: a reader is never sent to files that are gone.
        mark_cleared(numbers=[one.number for one in old])
        return collect(
            Store(settings.FACTS_ROOT),
            [Version(number=one.number, tables=one.tables) for one in kept],
        )


@contextmanager
def draft_now() -> Iterator[tuple[Draft, FactsVersion | None]]:
    """Yield a draft on the version in force, once the one writer's lock is ours.

    The version may have moved on while we waited for the lock; then we begin on the new one.
    """
    store = Store(settings.FACTS_ROOT)
    while True:
        latest = latest_version()
        version = (
            Version(number=latest.number, tables=latest.tables) if latest else None
        )
        with store.begin(version) as draft:
            if latest_version() == latest:
                yield draft, latest
                return
