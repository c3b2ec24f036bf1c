"""What each incoming mark is to those that stand: new, changed, confirmed, stale, double.

A month at a time, as whole columns: keys are numbers, so two months of a city are compared
in a fraction of a second and without a second copy of their words.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from enum import IntEnum

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from koulutie.core.marks import Numbers
from koulutie.core.tables import MARK
from koulutie.facts.engine import plain

Flags = NDArray[np.bool_]
EPOCH = date(1970, 1, 1)

# What makes two forms of one mark differ. Not: who brought it, when, under which version.
CONTENT = tuple(
    name
    for name in MARK.names
    if name not in {"mark_key", "version_at", "batch_id", "from_version"}
)


class Verdict(IntEnum):
    """What an incoming row does to the standing marks."""

    NEW = 0
    CHANGED = 1  # replaces the standing form
    CONFIRMED = 2  # says the same again, later
    UNCHANGED = 3  # says the same, not later
    STALE = 4  # an older form than the standing one, or not newer than a withdrawn one
    DUPLICATE = 5  # a further row of the same mark in the same table


WRITES = (Verdict.NEW, Verdict.CHANGED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Complete:
    """The incoming marks are all that the source has of a pupil over [from_, to).

    What stands there and does not come again was deleted at the source and is withdrawn.
    """

    pupil_id: int
    from_: date
    to: date
    version_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """The verdicts over one month."""

    verdicts: NDArray[np.int8]  # shape (incoming rows,): Verdict
    confirmed: tuple[Numbers, Numbers]  # standing rows, and their newer version_at
    replaced: Numbers  # standing rows that go to the history: changed or withdrawn
    withdrawn: Numbers  # those of them that nothing takes the place of

    def count(self, verdict: Verdict) -> int:
        """Return the incoming rows of a verdict."""
        return int(np.count_nonzero(self.verdicts == verdict))

    @property
    def writes(self) -> Flags:
        """Say which incoming rows become standing marks."""
        return np.isin(self.verdicts, WRITES)

    @property
    def changes_anything(self) -> bool:
        """Say whether the month has to be written anew."""
        return bool(self.writes.any() or len(self.confirmed[0]) or len(self.withdrawn))


def judge(
    incoming: pa.Table,
    standing: pa.Table,
    past: pa.Table | None,
    complete: Complete | None = None,
    pages: Collection[Complete] = (),
) -> Judged:
    """Compare one month's incoming MARK with the standing ones.

    Parameters
    ----------
    past
        MARK_HISTORY of the month, so that a withdrawn mark does not come back by a form that
        is not newer; None lets it come back.
    pages
        Complete sources that are in already. What they did not have of their pupil does not
        come in by a form that is not newer.
    """
    first = _newest_of_each(incoming)
    keys = _numbers(incoming["mark_key"])[first]
    found, at = _found(_numbers(standing["mark_key"]), keys)
    # `pairs` are incoming rows, `theirs` the standing rows of the same mark.
    theirs, pairs = np.flatnonzero(found), first[at[found]]
    differs = _differs(incoming.take(pa.array(pairs)), standing.take(pa.array(theirs)))
    told = _numbers(incoming["version_at"])[pairs]
    stood = _numbers(standing["version_at"])[theirs]
    verdicts = np.full(len(incoming), Verdict.DUPLICATE, dtype=np.int8)
    verdicts[first] = Verdict.NEW
    verdicts[pairs] = np.select(
        [~differs & (told <= stood), ~differs, told < stood],
        [Verdict.UNCHANGED, Verdict.CONFIRMED, Verdict.STALE],
        Verdict.CHANGED,
    )
    _keep_out(verdicts, incoming, past)
    for page in pages:
        missing = _inside(incoming, page) & (verdicts == Verdict.NEW)
        verdicts[missing] = Verdict.STALE
    confirmed = verdicts[pairs] == Verdict.CONFIRMED
    withdrawn = _withdrawn(standing, ~found, complete)
    changed = theirs[verdicts[pairs] == Verdict.CHANGED]
    return Judged(
        verdicts=verdicts,
        confirmed=(theirs[confirmed], told[confirmed]),
        replaced=np.concatenate([changed, withdrawn]),
        withdrawn=withdrawn,
    )


def _newest_of_each(incoming: pa.Table) -> Numbers:
    """Return one row of each mark, by key: the newest, then the one that sorts last."""
    keys = _numbers(incoming["mark_key"])
    order = np.argsort(keys, kind="stable")
    in_order = keys[order]
    same = in_order[1:] == in_order[:-1]
    if not same.any():
        return order
    is_double = np.append(same, False) | np.insert(same, 0, False)
    doubles = order[is_double]
    rows = incoming.take(pa.array(doubles)).cast(plain(MARK))  # codes do not sort
    by = [("mark_key", "ascending", "at_end"), ("version_at", "descending", "at_end")]
    by += [(name, "descending", "at_end") for name in CONTENT]
    best = doubles[np.asarray(pc.sort_indices(rows, by))]
    is_first = np.insert(keys[best][1:] != keys[best][:-1], 0, True)
    chosen = np.concatenate([order[~is_double], best[is_first]])
    return chosen[np.argsort(keys[chosen], kind="stable")]


def _found(wanted: Numbers, keys: Numbers) -> tuple[Flags, Numbers]:
    """Say which numbers are among the sorted keys, and where."""
    if not len(keys):
        return np.zeros(len(wanted), np.bool_), np.zeros(len(wanted), np.int64)
    at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    found: Flags = keys[at] == wanted
    return found, at


def _differs(ours: pa.Table, theirs: pa.Table) -> Flags:
    """Say row by row whether two tables say something else."""
    differs = np.zeros(len(ours), dtype=np.bool_)
    for name in CONTENT:
        differs |= _unlike(ours[name], theirs[name])
    return differs


def _unlike(ours: pa.ChunkedArray, theirs: pa.ChunkedArray) -> Flags:
    """Say where two columns differ; null is like null only."""
    if pa.types.is_dictionary(ours.type):
        both = pa.chunked_array([*ours.chunks, *theirs.chunks], ours.type)
        codes = pa.chunked_array(
            [chunk.indices for chunk in both.unify_dictionaries().chunks],
            ours.type.index_type,
        )
        ours, theirs = codes.slice(0, len(ours)), codes.slice(len(ours))
    unequal = pc.fill_null(pc.not_equal(ours, theirs), False)
    one_is_null = pc.xor(ours.is_null(), theirs.is_null())
    return np.asarray(pc.or_(unequal, one_is_null), dtype=np.bool_)


def _keep_out(
    verdicts: NDArray[np.int8], incoming: pa.Table, past: pa.Table | None
) -> None:
    """Call stale what would bring a withdrawn mark back and is not newer than it was."""
    if past is None or not len(past):
        return
    new = np.flatnonzero(verdicts == Verdict.NEW)
    keys, versions = _numbers(past["mark_key"]), _numbers(past["version_at"])
    order = np.lexsort((versions, keys))
    latest = order[np.append(keys[order][1:] != keys[order][:-1], True)]
    found, at = _found(_numbers(incoming["mark_key"])[new], keys[latest])
    told = _numbers(incoming["version_at"])[new]
    verdicts[new[found & (told <= versions[latest][at])]] = Verdict.STALE


def _withdrawn(
    standing: pa.Table, did_not_come: Flags, complete: Complete | None
) -> Numbers:
    """Return the standing rows that a complete source no longer has."""
    if complete is None:
        return np.zeros(0, dtype=np.int64)
    return np.flatnonzero(did_not_come & _inside(standing, complete))


def _inside(marks: pa.Table, source: Complete) -> Flags:
    """Say which marks a complete source would hold, if they were there when it was made."""
    days = _numbers(marks["date"].cast(pa.int32()))
    first, end = ((day - EPOCH).days for day in (source.from_, source.to))
    inside: Flags = (days >= first) & (days < end)
    inside &= _numbers(marks["pupil_id"]) == source.pupil_id
    inside &= _numbers(marks["version_at"]) <= source.version_at
    return inside


def _numbers(column: pa.ChunkedArray) -> Numbers:
    numbers: Numbers = column.to_numpy().astype(np.int64, copy=False)
    return numbers
