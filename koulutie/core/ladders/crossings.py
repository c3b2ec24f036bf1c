"""Crossings of a ladder: who reached which step, on which day, from which amount."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import narwhals as nw
import pyarrow as pa

from koulutie.core.calendar import Window
from koulutie.core.definitions.ladder import Ladder
from koulutie.core.definitions.triggers import Amount, Event, Range
from koulutie.core.frames import Frame, Frames, collect
from koulutie.core.ladders import reached, running
from koulutie.core.ladders.rules import Rule, rules_of, tallies_of
from koulutie.core.tables import CROSSING, empty
from koulutie.core.tallies import Ground, Tally

_col = nw.col


def crossings(
    *,
    ladder: Ladder,
    frames: Frames,
    as_of: dt.date,
    where: nw.Expr | None = None,
) -> pa.Table:
    """Return CROSSING of every step that the machine can run, in every year up to `as_of`.

    Parameters
    ----------
    ladder
        Steps that the machine cannot run (`Ladder.why_not_runnable`) are left to people.
    where
        Which crossings are kept, by `school_id`; left out: all.
    """
    rules = rules_of(ladder)
    if not rules:
        return empty(CROSSING)
    ground = Ground.lay(frames, tallies_of(rules))
    return crossings_on(ground, ladder=ladder, as_of=as_of, where=where)


def crossings_on(
    ground: Ground, *, ladder: Ladder, as_of: dt.date, where: nw.Expr | None = None
) -> pa.Table:
    """Return `crossings` from a ground that was laid with the ladder's tallies."""
    found = list(by_rule(ground, ladder=ladder, as_of=as_of))
    if not found:
        return empty(CROSSING)
    together = nw.concat([rows for _, rows in found], how="vertical")
    if where is not None:
        together = together.filter(where)
    held = ground.frames.hold(together)
    covered = running.with_exposure(held, ground)
    return collect(
        covered.select(
            ladder=nw.lit(ladder.id),
            ladder_version=nw.lit(ladder.version),
            ladder_hash=nw.lit(ladder.hash),
            crossed_on=_col("date"),
            **{name: _col(name) for name in _SAME},
        ),
        CROSSING,
    ).sort_by([(name, "ascending") for name in ("pupil_id", "step", "window_key")])


_SAME = (
    *("step", "window_key", "school_year", "school_id", "class_id", "pupil_id"),
    *("value", "threshold", "rows_counted", "coverage"),
)


def by_rule(
    ground: Ground, *, ladder: Ladder, as_of: dt.date
) -> Iterator[tuple[Rule, Frame]]:
    """Yield each rule with who reached it; sums that rules share are made once."""
    shared: dict[tuple[Window, Tally], Frame] = {}
    for rule in rules_of(ladder):
        key = (rule.window, rule.amount)
        if isinstance(rule.trigger, Amount | Range | Event) and key not in shared:
            sums = reached.running_sums(rule, ground, as_of=as_of)
            shared[key] = ground.frames.hold(sums)
        rows = reached.reached(
            rule, ground, sums=shared.get(key, ground.days), as_of=as_of
        )
        yield rule, rows.with_columns(step=nw.lit(rule.step.id))
