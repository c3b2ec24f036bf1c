"""Figures and crossings anew for touched pupils, everybody else's kept as they were."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from itertools import chain

import narwhals as nw
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from koulutie.core import indicators as core_indicators
from koulutie.core import ladders as core_ladders
from koulutie.core.calendar import school_year_of
from koulutie.core.definitions import Indicator, Ladder
from koulutie.core.frames import Frames
from koulutie.core.tables import CROSSING, FIGURE, conform, empty
from koulutie.core.tallies import Ground
from koulutie.facts.store import Draft

# Rows of one figure in a block; fifty figures of so many pupils are two row groups.
BLOCK = 2_600
# What makes a crossing one.
KEY = ("pupil_id", "ladder", "step", "window_key")
# What, when it differs, means that other rows stand behind the crossing.
COMPARED = (
    *("crossed_on", "value", "threshold", "rows_counted"),
    *("ladder_hash", "school_id", "class_id"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossingChange:
    """What became of the crossings; each a CROSSING table, `gone` as it was before."""

    new: pa.Table
    changed: pa.Table
    gone: pa.Table


def refresh(
    draft: Draft,
    *,
    indicators: Collection[Indicator],
    ladders: Mapping[int | None, Ladder],
    as_of: date,
    pupil_ids: Collection[int] | None = None,
    school_years: Collection[int] | None = None,
) -> CrossingChange:
    """Write `figures` and `crossings` into the draft and return what changed in the latter.

    Parameters
    ----------
    ladders
        The ladder in force in each school; under None that of all other schools.
    as_of
        Figures are of the windows that hold this day; crossings are all up to it.
    pupil_ids
        Pupils whose marks, stays or timetables changed; None: everybody. The night asks for
        everybody, because denominators and open days grow without any mark.
    school_years
        Years whose crossings are looked for anew, that of `as_of` always among them; None:
        every year. Crossings of other years stay as they are.
    """
    pa.default_memory_pool().release_unused()  # by reading; DuckDB has a pool of its own
    with ThreadPoolExecutor(max_workers=1) as aside:
        # The rules keep one core busy; the untouched rows are read on another meanwhile.
        untouched = aside.submit(_untouched, draft, pupil_ids)
        years = _years(school_years, as_of)
        figures, crossings = _computed(
            _frames(draft, pupil_ids, years),
            indicators=indicators,
            ladders=ladders,
            as_of=as_of,
        )
        draft.engine.release()
        _write_figures(draft, untouched.result(), figures)
    return _write_crossings(draft, crossings, pupil_ids, years)


def _untouched(draft: Draft, pupil_ids: Collection[int] | None) -> pa.Table:
    """Return the figures that stay as they are."""
    if pupil_ids is None:
        return empty(FIGURE)
    return draft.read("figures", without=pupil_ids)


def _computed(
    frames: Frames,
    *,
    indicators: Collection[Indicator],
    ladders: Mapping[int | None, Ladder],
    as_of: date,
) -> tuple[list[pa.Table], list[pa.Table]]:
    """Return figures and crossings anew, in parts."""
    plan = core_indicators.Plan.of(indicators)
    by_ladder = _schools_by_ladder(ladders)
    tallies = set(plan.tallies)
    for ladder, _ in by_ladder:
        tallies |= core_ladders.tallies_of(core_ladders.rules_of(ladder))
    ground = Ground.lay(frames, tallies)
    figures = list(
        core_indicators.figure_tables(ground, indicators=indicators, as_of=as_of)
    )
    crossings = [
        core_ladders.crossings_on(ground, ladder=ladder, as_of=as_of, where=where)
        for ladder, where in by_ladder
    ]
    return figures, crossings


def _years(school_years: Collection[int] | None, as_of: date) -> frozenset[int] | None:
    if school_years is None:
        return None
    return frozenset(school_years) | {school_year_of(as_of)}


def _frames(
    draft: Draft,
    pupil_ids: Collection[int] | None,
    years: frozenset[int] | None,
) -> Frames:
    frames = Frames.read(draft.frame, hold=draft.engine.hold)
    if years is not None:
        frames = frames.of_years(years)
    if pupil_ids is not None:
        touched = draft.engine.cursor.from_arrow(_touched(pupil_ids))
        frames = frames.joined(nw.from_native(touched).lazy())
    return frames


def _touched(pupil_ids: Collection[int]) -> pa.Table:
    return pa.table({"pupil_id": pa.array(sorted(pupil_ids), pa.int64())})


def _schools_by_ladder(
    ladders: Mapping[int | None, Ladder],
) -> list[tuple[Ladder, nw.Expr]]:
    """Return each ladder once, with the condition on `school_id` under which it holds."""
    named = sorted(school for school in ladders if school is not None)
    found: dict[tuple[str, str], list[int | None]] = {}
    for school in [*named, *([None] if None in ladders else [])]:
        ladder = ladders[school]
        found.setdefault((ladder.id, ladder.hash), []).append(school)
    result = []
    for schools in found.values():
        here = [school for school in schools if school is not None]
        where = nw.col("school_id").is_in(here)
        if None in schools:
            where = ~nw.col("school_id").is_in([s for s in named if s not in here])
        result.append((ladders[schools[0]], where))
    return result


def _write_figures(draft: Draft, untouched: pa.Table, parts: list[pa.Table]) -> None:
    """Write the untouched figures in the order they have, then the new ones.

    Until the night lays everybody anew, the rows of a class may lie in two places.
    """
    new = _side_by_side([part for part in parts if part.num_rows])
    batches = chain(untouched.to_batches(), new)
    draft.write("figures", pa.RecordBatchReader.from_batches(FIGURE, batches))


def _side_by_side(parts: list[pa.Table]) -> Iterator[pa.RecordBatch]:
    """Yield the rows of sorted tables so that a pupil's rows come to lie near each other.

    Blocks of pupils are cut from all tables in turn: nothing is copied, and the repeated
    words stay codes. Sorted as text, a city's three million figures need a gigabyte.
    """
    places = [_places(part) for part in parts]
    longest = max(places, key=len, default=np.empty(0, np.int64))
    starts = [0] * len(parts)
    for edge in [*longest[BLOCK::BLOCK], None]:
        for number, part in enumerate(parts):
            end = len(part) if edge is None else places[number].searchsorted(edge)
            yield from part.slice(starts[number], end - starts[number]).to_batches()
            starts[number] = end


def _places(rows: pa.Table) -> NDArray[np.int64]:
    """Return one whole number to sort by: pupils of a school together, schools apart."""
    school = rows["school_id"].to_numpy().astype(np.int64)
    places: NDArray[np.int64] = (school << 40) | rows["pupil_id"].to_numpy()
    return places


def _write_crossings(
    draft: Draft,
    parts: list[pa.Table],
    pupil_ids: Collection[int] | None,
    years: frozenset[int] | None,
) -> CrossingChange:
    """Replace the touched pupils' crossings of the years looked at."""
    fresh = pa.concat_tables(parts) if parts else empty(CROSSING)
    before = conform(draft.read("crossings"), CROSSING)
    is_asked = _is_in(before["pupil_id"], pupil_ids)
    is_asked = pc.and_(is_asked, _is_in(before["school_year"], years))
    kept, asked = before.filter(pc.invert(is_asked)), before.filter(is_asked)
    draft.write("crossings", pa.concat_tables([kept, fresh]))
    return compare(asked, fresh)


def _is_in(column: pa.ChunkedArray, values: Collection[int] | None) -> pa.ChunkedArray:
    """Say of each row whether its value is named; None names every value."""
    if values is None:
        return pa.chunked_array([pa.repeat(True, len(column))], pa.bool_())
    return pc.is_in(column, value_set=pa.array(sorted(values), column.type))


def compare(before: pa.Table, after: pa.Table) -> CrossingChange:
    """Return which crossings appeared, stand on other rows now, or went away."""
    keys = list(KEY)
    return CrossingChange(
        new=_sorted(after.join(before.select(keys), keys, join_type="left anti")),
        changed=_sorted(
            after.join(_differing(before, after), keys, join_type="left semi")
        ),
        gone=_sorted(before.join(after.select(keys), keys, join_type="left anti")),
    )


def _differing(before: pa.Table, after: pa.Table) -> pa.Table:
    """Return the keys of crossings that stand in both and differ."""
    keys = list(KEY)
    both = after.select([*KEY, *COMPARED]).join(
        before.select([*KEY, *COMPARED]), keys, join_type="inner", right_suffix=":old"
    )
    differs = pc.not_equal(both[COMPARED[0]], both[f"{COMPARED[0]}:old"])
    for name in COMPARED[1:]:
        differs = pc.or_(differs, pc.not_equal(both[name], both[f"{name}:old"]))
    return both.filter(differs).select(keys)


def _sorted(table: pa.Table) -> pa.Table:
    return table.sort_by([(name, "ascending") for name in KEY])
