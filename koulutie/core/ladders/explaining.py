"""Why a pupil reached a step: the limit, the amount, and every mark that was counted."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import narwhals as nw

from koulutie.core.calendar import Window, WindowKind, school_year_of
from koulutie.core.definitions.ladder import Ladder
from koulutie.core.definitions.triggers import (
    Amount,
    Check,
    Event,
    Op,
    Pattern,
    PatternBy,
    Range,
    Unresolved,
)
from koulutie.core.frames import Frames, rows
from koulutie.core.ladders import running
from koulutie.core.ladders.reached import reached, running_sums
from koulutie.core.ladders.rules import Rule, rules_of, value_of
from koulutie.core.ladders.sentences import Sentence, sentence_of
from koulutie.core.tallies import Ground, is_of

_col = nw.col
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedRow:
    """One mark behind a crossing."""

    mark_key: int
    date: dt.date
    start_minute: int | None  # after midnight
    lesson_no: int | None
    kind: str  # core.marks.Kind
    lessons: float
    type_name: str | None
    subject_code: str | None
    group_code: str | None
    so_far: float  # lessons, marks or days, as the step counts, with this mark


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """A crossing with all that stands behind it. The last row's `so_far` is `amount`."""

    ladder: str
    ladder_version: int
    ladder_hash: str
    step: str
    pupil_id: int
    school_id: int
    class_id: int
    school_year: int
    window: str
    window_key: str
    starts_on: dt.date  # the first day counted
    crossed_on: dt.date
    amount: float  # lessons, marks or days counted by then
    offered: float | None  # of a percentage: lessons offered by then
    value: float  # the amount, or its percentage
    threshold: float
    op: Op
    coverage: float | None  # share 0-1 of offered lessons with register kept
    pattern_by: str | None  # of a pattern: weekday, subject, teacher or time_of_day
    pattern_value: str | None  # ISO weekday, code, or clock hour
    rows: tuple[CountedRow, ...]  # from the oldest
    sentence: Sentence


def explain(
    *,
    ladder: Ladder,
    step: str,
    pupil_id: int,
    window_key: str,
    frames: Frames,
    as_of: dt.date,
) -> Explanation | None:
    """Return why the pupil reached the step; None where these facts do not say so.

    Parameters
    ----------
    window_key
        Of the crossing, such as ``2026`` or ``2026-autumn``.
    frames
        Marks as they are, or as they were known at an older facts version.
    as_of
        Marks after this day are not looked at.
    """
    here = frames.of_pupils([pupil_id]).of_years([_year_in(window_key)])
    for rule in rules_of(ladder):
        if rule.step.id != step:
            continue
        ground = Ground.lay(here, {rule.amount, rule.marks})
        sums = running_sums(rule, ground, as_of=as_of)
        found = reached(rule, ground, sums=here.hold(sums), as_of=as_of)
        crossing = here.hold(found.filter(_col("window_key") == window_key))
        for row in rows(running.with_exposure(crossing, ground)):
            counted = _counted(rule, ground, row)
            return _explanation(rule, pupil_id, row, counted)
    return None


def _year_in(window_key: str) -> int:
    """Return the school year of a key that begins with it, or with a day of it."""
    try:
        return school_year_of(dt.date.fromisoformat(window_key))
    except ValueError:
        return int(window_key[:4])


def _counted(rule: Rule, ground: Ground, crossing: Row) -> tuple[CountedRow, ...]:
    """Return the marks behind a crossing, from the oldest, with what they add up to."""
    marks = ground.frames.marks.filter(
        is_of(rule.kinds) & (_col("date") <= crossing["date"])
    )
    days = ground.days.select("date", "is_school_day", key=running.key_of(rule.window))
    joined = marks.join(days, on="date")
    by = crossing["pattern_by"]
    if by is not None:
        joined = joined.with_columns(pattern=value_of(PatternBy(by)))
    kept = [row for row in rows(joined) if _is_counted(rule, row, crossing)]
    return tuple(_added_up(rule, sorted(kept, key=_order), by))


def _order(row: Row) -> tuple[object, ...]:
    return row["date"], row["start_minute"] or 0, row["lesson_no"] or 0, row["mark_key"]


def _is_counted(rule: Rule, row: Row, crossing: Row) -> bool:
    match rule.trigger:
        case Unresolved():
            return bool(row["date"] == crossing["starts_on"] and not row["is_cleared"])
        case Check():
            return bool(crossing["starts_on"] <= row["date"])
        case _ if not _is_in(rule.window, row, crossing):
            return False
        case Pattern():
            is_day = crossing["pattern_by"] == PatternBy.WEEKDAY
            same = row["pattern"] == crossing["pattern_value"]
            return bool(same and (row["is_school_day"] or not is_day))
        case _:
            return True


def _is_in(window: Window, row: Row, crossing: Row) -> bool:
    """Say whether the mark lies in the crossing's instance of the window."""
    if window.kind is WindowKind.ROLLING:
        return bool(crossing["starts_on"] <= row["date"])
    return bool(row["key"] == crossing["window_key"])


def _added_up(rule: Rule, kept: Iterable[Row], by: str | None) -> Iterable[CountedRow]:
    days: set[dt.date] = set()
    lessons = 0.0
    for number, row in enumerate(kept, start=1):
        lessons += row["lessons"]
        days.add(row["date"])
        match rule.trigger:
            case Amount() | Range() | Check():
                so_far = round(lessons, 6)
            case Pattern() if by == PatternBy.WEEKDAY:
                so_far = float(len(days))
            case _:
                so_far = float(number)
        yield CountedRow(so_far=so_far, **{name: row[name] for name in _SHOWN})


_SHOWN = (
    *("mark_key", "date", "start_minute", "lesson_no", "kind", "lessons"),
    *("type_name", "subject_code", "group_code"),
)
_CROSSING = (
    *("school_id", "class_id", "school_year", "window_key", "starts_on"),
    *("value", "threshold", "coverage", "pattern_by", "pattern_value"),
)


def _explanation(
    rule: Rule, pupil_id: int, row: Row, counted: tuple[CountedRow, ...]
) -> Explanation:
    trigger = rule.trigger
    op = trigger.op if isinstance(trigger, Amount | Check | Event) else Op.GTE
    amount = counted[-1].so_far if counted else 0.0
    return Explanation(
        ladder=rule.ladder.id,
        ladder_version=rule.ladder.version,
        ladder_hash=rule.ladder.hash,
        step=rule.step.id,
        pupil_id=pupil_id,
        window=str(rule.window),
        crossed_on=row["date"],
        amount=amount,
        offered=row["offered"] if rule.is_in_percent else None,
        op=op,
        rows=counted,
        sentence=sentence_of(rule, row, amount),
        **{name: row[name] for name in _CROSSING},
    )
