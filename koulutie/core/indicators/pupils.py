"""Per pupil and window: every amount that the indicators ask for, in one wide table."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import narwhals as nw

from koulutie.core import exposure, windows
from koulutie.core.calendar import WindowKind, school_year_of
from koulutie.core.definitions.indicator import By, Count
from koulutie.core.frames import Frame, Frames
from koulutie.core.indicators import blocks
from koulutie.core.indicators.amounts import Amount, Plan
from koulutie.core.tallies import Ground, inside, is_of

_col = nw.col
_WEEKDAYS = range(1, 8)  # ISO
_NOTHING = nw.lit(None, nw.Float64)
MINUTES_AN_HOUR = 60


def homes(stays: Frame, frames: Frames, plan: Plan, *, as_of: dt.date) -> Frame:
    """Return where each pupil of the year is, or was latest, with the windows' first days.

    Columns: `pupil_id`, `school_id`, `class_id`, `school_year`, `came_on` (first day in
    any class), `last_day`, and of each window ``from_i`` and ``key_i``.
    """
    year = stays.filter(
        (_col("school_year") == school_year_of(as_of)) & (_col("first_day") <= as_of)
    )
    latest = year.with_columns(
        came_on=_col("first_day").min().over("pupil_id"),
        latest=_col("first_day").max().over("pupil_id"),
    ).filter(_col("first_day") == _col("latest"))
    here = windows.instances(frames, windows=plan.windows, as_of=as_of)
    return latest.select(
        "pupil_id", "school_id", "class_id", "school_year", "came_on", "last_day"
    ).join(here, on="school_id")


def amounts(ground: Ground, plan: Plan, *, as_of: dt.date) -> Frame:
    """Return `homes` with every amount wanted and the exposure of every window."""
    hold = ground.frames.hold
    home = hold(homes(ground.stays, ground.frames, plan, as_of=as_of))
    wide = home
    for part in _parts(ground, plan, home, as_of):
        wide = wide.join(part, on="pupil_id", how="left")
    counted = [
        column
        for amount, number in plan.wanted
        if amount.count is not Count.DAYS_SINCE_OLDEST
        for column in _columns(amount, number)
    ]
    if counted:
        rounded = _col(counted).fill_null(0.0).round(exposure.DECIMALS)
        wide = wide.with_columns(rounded)
    return wide


def _columns(amount: Amount, number: int) -> list[str]:
    if amount.count is Count.CONCENTRATION:
        return [amount.column(number), amount.column_of_all(number)]
    return [amount.column(number)]


def _parts(ground: Ground, plan: Plan, home: Frame, as_of: dt.date) -> Iterator[Frame]:
    """Yield tables of one row a pupil: `pupil_id` and some of the wide table's columns."""
    of_days = plan.counting(
        Count.LESSONS,
        Count.MARKS,
        Count.DAYS_WITH_ANY,
        Count.DAYS_SINCE_OLDEST,
        Count.CONCENTRATION,
        by=(None, By.WEEKDAY),
    )
    if of_days.wanted:
        yield _from_days(ground, of_days, home, as_of)
    for amount in plan.counting(Count.LONGEST_STREAK).amounts:
        yield _streaks(ground, plan, amount, home, as_of)
    of_blocks = plan.counting(Count.BLOCKS)
    if of_blocks.wanted:
        yield _blocks(ground, of_blocks, home, as_of)
    spread = plan.counting(Count.CONCENTRATION, by=(By.SUBJECT, By.TIME_OF_DAY))
    for amount in spread.amounts:
        yield _concentration(ground, plan, amount, home, as_of)
    for number in range(len(plan.windows)):
        yield _exposure(ground, plan, number, home, as_of)


def _is_in(plan: Plan, number: int, as_of: dt.date) -> nw.Expr:
    """Say whether a row's `date` lies in the pupil's instance of the window."""
    until = windows.latest_day(plan.windows[number], as_of=as_of)
    return (_col("date") >= _col(f"from_{number}")) & (_col("date") <= nw.lit(until))


def _with_starts(rows: Frame, plan: Plan, home: Frame) -> Frame:
    starts = [f"from_{number}" for number in range(len(plan.windows))]
    return rows.join(home.select("pupil_id", *starts), on="pupil_id")


def _from_days(ground: Ground, plan: Plan, home: Frame, as_of: dt.date) -> Frame:
    year = ground.days.filter(
        (_col("school_year") == school_year_of(as_of)) & (_col("date") <= as_of)
    )
    sums: dict[str, nw.Expr] = {}
    for amount, number in plan.wanted:
        sums |= _day_sums(amount, number, _is_in(plan, number, as_of))
    summed = _with_starts(year, plan, home).group_by("pupil_id").agg(**sums)
    kept = {
        name: made
        for amount, number in plan.wanted
        for name, made in _from_sums(amount, number).items()
    }
    return summed.select("pupil_id", **kept)


def _from_sums(amount: Amount, number: int) -> dict[str, nw.Expr]:
    """Return an amount's columns; of a concentration the greatest and the sum of seven."""
    column = amount.column(number)
    if amount.count is not Count.CONCENTRATION:
        return {column: _col(column)}
    parts = [_weekday(amount, number, day) for day in _WEEKDAYS]
    return {
        column: nw.max_horizontal(*parts),
        amount.column_of_all(number): nw.sum_horizontal(*parts),
    }


def _weekday(amount: Amount, number: int, day: int) -> str:
    return f"{amount.column(number)}:{day}"


def _day_sums(amount: Amount, number: int, is_in: nw.Expr) -> dict[str, nw.Expr]:
    """Return the sums over a pupil's days that make up an amount, by column."""
    assert amount.tally is not None
    tally, column = _col(amount.tally.column), amount.column(number)
    is_counted_day = is_in & (tally > 0) & _col("is_school_day")
    match amount.count:
        case Count.DAYS_WITH_ANY:
            return {column: _number_of(is_counted_day)}
        case Count.DAYS_SINCE_OLDEST:
            return {column: nw.when(is_in & (tally > 0)).then(_col("date")).min()}
        case Count.CONCENTRATION:
            weekday = _col("date").dt.weekday()
            return {
                _weekday(amount, number, day): _number_of(
                    is_counted_day & (weekday == day)
                )
                for day in _WEEKDAYS
            }
        case _:
            return {column: nw.when(is_in).then(tally).otherwise(0.0).sum()}


def _number_of(condition: nw.Expr) -> nw.Expr:
    return nw.when(condition).then(nw.lit(1.0)).otherwise(0.0).sum()


def _streaks(
    ground: Ground, plan: Plan, amount: Amount, home: Frame, as_of: dt.date
) -> Frame:
    """Return the longest run of the pupil's school days, each with a counted mark.

    Days in a row have `ordinal` and their number among the counted days rise together, so
    their difference names the run (gaps and islands). A run that began before the window
    counts from the window's first day.
    """
    assert amount.tally is not None
    counted = ground.days.filter(
        (_col("school_year") == school_year_of(as_of))
        & (_col(amount.tally.column) > 0)
        & _col("is_school_day")
    ).select("pupil_id", "date", "ordinal", one=nw.lit(1))
    rank = _col("one").cum_sum().over("pupil_id", order_by="date")
    numbers = plan.numbers_of(amount)
    runs = (
        _with_starts(counted.with_columns(run=_col("ordinal") - rank), plan, home)
        .group_by("pupil_id", "run")
        .agg(
            **{
                amount.column(number): _number_of(_is_in(plan, number, as_of))
                for number in numbers
            }
        )
    )
    columns = [amount.column(number) for number in numbers]
    return runs.group_by("pupil_id").agg(_col(columns).max())


def _blocks(ground: Ground, plan: Plan, home: Frame, as_of: dt.date) -> Frame:
    """Count blocks by day first: a block never leaves its day, so few rows are joined."""
    marks = ground.frames.marks.filter(is_of(plan.kinds) & (_col("date") <= as_of))
    by_day = (
        blocks.by_day(marks)
        .group_by("pupil_id", "date")
        .agg(
            **{
                amount.name: nw.when(is_of(amount.kinds))
                .then(_col("blocks"))
                .otherwise(0.0)
                .sum()
                for amount in plan.amounts
            }
        )
    )
    counted = {
        amount.column(number): nw.when(_is_in(plan, number, as_of))
        .then(_col(amount.name))
        .otherwise(0.0)
        .sum()
        for amount, number in plan.wanted
    }
    days = _with_starts(inside(by_day, ground.stays), plan, home)
    return days.group_by("pupil_id").agg(**counted)


def _concentration(
    ground: Ground, plan: Plan, amount: Amount, home: Frame, as_of: dt.date
) -> Frame:
    """Return the greatest number of marks with one value, and the number of all with any."""
    marks = ground.frames.marks.filter(is_of(amount.kinds))
    valued = marks.select("pupil_id", "date", value=value_of(amount.by)).filter(
        ~_col("value").is_null()
    )
    numbers = plan.numbers_of(amount)
    by_value = (
        _with_starts(inside(valued, ground.stays), plan, home)
        .group_by("pupil_id", "value")
        .agg(
            **{
                f"n_{number}": _number_of(_is_in(plan, number, as_of))
                for number in numbers
            }
        )
    )
    tops = {amount.column(number): _col(f"n_{number}").max() for number in numbers}
    alls = {
        amount.column_of_all(number): _col(f"n_{number}").sum() for number in numbers
    }
    return by_value.group_by("pupil_id").agg(**tops, **alls)


def value_of(by: By | None) -> nw.Expr:
    """Return a mark's weekday (ISO), subject, or clock hour in which its lesson starts."""
    match by:
        case By.WEEKDAY:
            return _col("date").dt.weekday()
        case By.SUBJECT:
            return _col("subject_code").cast(nw.String)
        case _:
            return (_col("start_minute") // MINUTES_AN_HOUR).cast(nw.Int16)


def _exposure(
    ground: Ground, plan: Plan, number: int, home: Frame, as_of: dt.date
) -> Frame:
    """Return the lessons offered and the registers kept in a window, and its coverage.

    Columns with the window's number: `offered` (null: not known on some day), `kept`,
    `not_kept`, `school_days`, `coverage`.
    """
    window = plan.windows[number]
    until = windows.latest_day(window, as_of=as_of)
    points = home.filter(~_col(f"from_{number}").is_null()).select(
        "pupil_id",
        "school_year",
        until=nw.lit(until, nw.Date),
        before=_col(f"from_{number}").dt.offset_by("-1d").cast(nw.Date),
    )
    joined = exposure.with_sums(
        points, stays=ground.stays, tracks=ground.tracks, day="until"
    )
    if window.kind in {WindowKind.SCHOOL_YEAR, WindowKind.CHECK_DATE}:
        added = {name: _col(name) for name in exposure.SUMS}
    else:
        joined = exposure.with_sums(
            joined,
            stays=ground.stays,
            tracks=ground.tracks,
            day="before",
            suffix="_before",
        )
        added = {name: _col(name) - _col(f"{name}_before") for name in exposure.SUMS}
    rounded = {name: sum_.round(exposure.DECIMALS) for name, sum_ in added.items()}
    is_known = rounded["unknown_days"] == 0
    return joined.select(
        "pupil_id",
        nw.when(is_known)
        .then(rounded["offered"])
        .otherwise(_NOTHING)
        .alias(f"offered@{number}"),
        *(
            rounded[name].alias(f"{name}@{number}")
            for name in ("kept", "not_kept", "school_days")
        ),
        exposure.coverage(rounded["kept"], rounded["not_kept"]).alias(
            f"coverage@{number}"
        ),
    )
