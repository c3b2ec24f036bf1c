"""Running sums inside a window: what had been added up by the evening of each day.

A calendar window (school year, term, study period) adds up from its first day. A rolling
window adds up its latest school days; its instances are the terms, so that a pupil who was
met in autumn is met again in spring, and a correction does not rename a crossing.
"""

from __future__ import annotations

from collections.abc import Sequence

import narwhals as nw

from koulutie.core import exposure, windows
from koulutie.core.calendar import Window, WindowKind
from koulutie.core.frames import Frame, Frames
from koulutie.core.tallies import Ground

_col = nw.col
# What tells a window's instance; the name itself is written only on crossings.
_INSTANCE = {
    WindowKind.TERM: ("school_year", "term"),
    WindowKind.STUDY_PERIOD: ("school_year", "study_period"),
}


def instance(window: Window) -> tuple[str, ...]:
    """Return the columns that tell one instance of the window from another."""
    if window.kind is WindowKind.ROLLING:
        return ("school_year", "term")
    return _INSTANCE.get(window.kind, ("school_year",))


def key_of(window: Window) -> nw.Expr:
    """Return the instance's name, such as ``2026``, ``2026-autumn``, ``2026-autumn/20``."""
    if window.kind is WindowKind.ROLLING:
        term = windows.key_of_row(Window(kind=WindowKind.TERM))
        return nw.concat_str(term, nw.lit(f"/{window.school_days}"))
    return windows.key_of_row(window)


def with_start(rows: Frame, frames: Frames, window: Window) -> Frame:
    """Add `starts_on`, the window's first day in the row's school.

    A school year begins with the first school that opens: see `core.windows`.
    """
    if window.kind is WindowKind.ROLLING:
        return _with_rolling_start(rows, frames, window.school_days or 1)
    keys = ["school_id", *instance(window)]
    if window.kind not in _INSTANCE:
        keys = ["school_year"]
    starts = frames.calendar.group_by(keys).agg(starts_on=_col("date").min())
    return rows.join(starts, on=keys)


def _with_rolling_start(rows: Frame, frames: Frames, days: int) -> Frame:
    year = ["school_id", "school_year"]
    first = _col("ordinal").cast(nw.Int32) - (days - 1)
    needed = frames.calendar.select(
        *year,
        "date",
        first_ordinal=nw.when(first < 1).then(nw.lit(1)).otherwise(first),
    )
    opened = (
        frames.calendar.filter(_col("is_school_day"))
        .group_by([*year, "ordinal"])
        .agg(starts_on=_col("date").min())
        .with_columns(first_ordinal=_col("ordinal").cast(nw.Int32))
        .drop("ordinal")
    )
    starts = needed.join(opened, on=[*year, "first_ordinal"]).drop("first_ordinal")
    return rows.join(starts, on=[*year, "date"])


def added_up(
    rows: Frame,
    frames: Frames,
    *,
    window: Window,
    amounts: Sequence[str],
    within: Sequence[str] = ("pupil_id",),
) -> Frame:
    """Replace amounts of days by what they add up to since the window began.

    Parameters
    ----------
    rows
        One row for each `within` and `date`, with `school_id`, `school_year`, `term` and
        `study_period`.
    amounts
        Columns to add up; the row's own day counts.
    within
        What is added up apart: the pupil, or the pupil and a value.
    """
    if window.kind is not WindowKind.ROLLING:
        parts = [*within, *instance(window)]
        kept = rows
        if window.kind is WindowKind.STUDY_PERIOD:
            kept = rows.filter(~_col("study_period").is_null())
        return kept.with_columns(
            _col(list(amounts)).cum_sum().over(parts, order_by="date")
        ).with_columns(_col(list(amounts)).round(exposure.DECIMALS))
    return _rolling(rows, frames, window, list(amounts), list(within))


def _rolling(
    rows: Frame, frames: Frames, window: Window, amounts: list[str], within: list[str]
) -> Frame:
    """Subtract from the running sum what it was before the window's first day.

    Each row sends a probe to that day: an event without an amount that sorts before the
    day's own marks, so that the running sum at the probe is what had been added up before.
    No engine-specific range frame or as-of join is needed.
    """
    started = with_start(rows, frames, window)
    parts = [*within, "school_year"]
    marks = started.select(
        *parts, *amounts, on=_col("date"), order=nw.lit(1), row_date=_col("date")
    )
    probes = started.select(
        *parts,
        *(nw.lit(0.0).alias(name) for name in amounts),
        on=_col("starts_on"),
        order=nw.lit(0),
        row_date=_col("date"),
    )
    events = nw.concat([marks, probes], how="vertical").with_columns(
        _col(amounts).cum_sum().over(parts, order_by=["on", "order", "row_date"])
    )
    keys = [*parts, "row_date"]
    so_far = events.filter(_col("order") == 1).select(*keys, *amounts)
    before = events.filter(_col("order") == 0).select(*keys, *amounts)
    added = so_far.join(before, on=keys, suffix="_before").select(
        *parts,
        date=_col("row_date"),
        **{
            name: (_col(name) - _col(f"{name}_before")).round(exposure.DECIMALS)
            for name in amounts
        },
    )
    return started.drop(amounts).join(added, on=[*parts, "date"])


def with_exposure(
    rows: Frame, ground: Ground, *, window: Window | None = None
) -> Frame:
    """Add what the pupil was offered from `starts_on` to `date`, both inside.

    Columns: `offered` (null: not known on some day) and `coverage`. Over a school year,
    where that is known to be the rows' window, nothing lies before its first day.
    """
    summed = exposure.with_sums(
        rows, stays=ground.stays, tracks=ground.tracks, day="date"
    )
    is_year = window is not None and instance(window) == ("school_year",)
    if is_year:
        added = {name: _col(name) for name in exposure.SUMS}
        extra = list(exposure.SUMS)
    else:
        before = _col("starts_on").dt.offset_by("-1d").cast(nw.Date)
        summed = exposure.with_sums(
            summed.with_columns(day_before=before),
            stays=ground.stays,
            tracks=ground.tracks,
            day="day_before",
            suffix="_before",
        ).drop("day_before")
        added = {name: _col(name) - _col(f"{name}_before") for name in exposure.SUMS}
        extra = [*exposure.SUMS, *(f"{name}_before" for name in exposure.SUMS)]
    rounded = {name: sum_.round(exposure.DECIMALS) for name, sum_ in added.items()}
    known = nw.when(rounded["unknown_days"] == 0).then(rounded["offered"])
    return (
        summed.with_columns(
            window_offered=known.otherwise(nw.lit(None, nw.Float64)),
            coverage=exposure.coverage(rounded["kept"], rounded["not_kept"]),
        )
        .drop(extra)
        .rename({"window_offered": "offered"})
    )
