"""Figures: one row for each indicator, window and pupil, from definitions alone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator
from enum import StrEnum

import narwhals as nw
import pyarrow as pa

from koulutie.core.calendar import school_year_of
from koulutie.core.definitions.indicator import Count, Indicator, Over
from koulutie.core.frames import Frame, Frames
from koulutie.core.indicators import pupils
from koulutie.core.indicators.amounts import Amount, Plan, denominator, numerator
from koulutie.core.tables import FIGURE, WORD, conform, empty
from koulutie.core.tallies import Ground
from koulutie.core.windows import latest_day

_col = nw.col
_NOTHING = nw.lit(None, nw.Float64)
PERCENT = 100.0


class Withheld(StrEnum):
    """Why a figure has no value."""

    NO_DENOMINATOR = "no_denominator"  # not known, or nothing to divide by
    MINIMUM_EXPOSURE = "minimum_exposure"  # the denominator is below the minimum
    MINIMUM_COUNT = "minimum_count"  # too few days or marks for a pattern


def figures(
    *, indicators: Collection[Indicator], frames: Frames, as_of: dt.date
) -> pa.Table:
    """Return FIGURE for every pupil enrolled in the windows that hold `as_of`.

    Marks, timetable and stays up to and including the day count. A window's row is there
    for every pupil with a day of school in it, also when nothing was counted.
    """
    plan = Plan.of(indicators)
    ground = Ground.lay(frames, plan.tallies)
    tables = list(figure_tables(ground, indicators=indicators, as_of=as_of))
    return pa.concat_tables(tables) if tables else empty(FIGURE)


def figure_tables(
    ground: Ground, *, indicators: Collection[Indicator], as_of: dt.date
) -> Iterator[pa.Table]:
    """Yield FIGURE in parts, one for each indicator and window, by school and pupil."""
    plan = Plan.of(indicators)
    amounts = pupils.amounts(ground, plan, as_of=as_of).collect(backend="pyarrow")
    wide = amounts.sort("school_id", "pupil_id").lazy()
    for indicator in indicators:
        for window in indicator.windows:
            number = plan.number(window)
            if latest_day(plan.windows[number], as_of=as_of) is not None:
                part = figure(wide, indicator, plan, number, as_of=as_of)
                yield _table(part, indicator, window, as_of)


def figure(
    wide: Frame, indicator: Indicator, plan: Plan, number: int, *, as_of: dt.date
) -> Frame:
    """Compile one indicator over one window: the wide table's columns to a figure's."""
    until = latest_day(plan.windows[number], as_of=as_of)
    is_there = (_col("last_day") >= _col(f"from_{number}")) & (
        _col("came_on") <= nw.lit(until)
    )
    return (
        wide.filter(is_there)
        .select(
            *("pupil_id", "school_id", "class_id"),
            window_key=_col(f"key_{number}"),
            numerator=_numerator(indicator, number, as_of),
            denominator=_denominator(indicator, number),
            coverage=_col(f"coverage@{number}"),
        )
        .with_columns(withheld=_withheld(indicator))
        .with_columns(value=_value(indicator))
    )


def _numerator(indicator: Indicator, number: int, as_of: dt.date) -> nw.Expr:
    amount = numerator(indicator)
    column = _col(amount.column(number))
    if amount.count is not Count.DAYS_SINCE_OLDEST:
        return column
    age = as_of.toordinal() - day_number(column)
    return nw.when(column.is_null()).then(nw.lit(0.0)).otherwise(age.cast(nw.Float64))


def day_number(date: nw.Expr) -> nw.Expr:
    """Return the day's proleptic Gregorian number, as `datetime.date.toordinal`.

    Engines disagree on the type of a difference of dates; this is a whole number in all.
    """
    years = date.dt.year().cast(nw.Int32) - 1
    leap_days = years // 4 - years // 100 + years // 400
    return years * 365 + leap_days + date.dt.ordinal_day().cast(nw.Int32)


def _denominator(indicator: Indicator, number: int) -> nw.Expr:
    if indicator.numerator.count is Count.CONCENTRATION:
        return _col(numerator(indicator).column_of_all(number))
    match denominator(indicator):
        case None:
            return _NOTHING
        case Amount() as amount:
            return _col(amount.column(number))
        case Over.KEPT:
            # Nobody said of any lesson whether its register was kept.
            is_known = ~_col(f"coverage@{number}").is_null()
            return nw.when(is_known).then(_col(f"kept@{number}")).otherwise(_NOTHING)
        case over:
            return _col(f"{over}@{number}")


def _divides(indicator: Indicator) -> bool:
    return (
        indicator.denominator is not None
        or indicator.numerator.count is Count.CONCENTRATION
    )


def _withheld(indicator: Indicator) -> nw.Expr:
    if not _divides(indicator):
        return nw.lit(None, nw.String)
    minimum, reason = indicator.minimum_denominator, Withheld.MINIMUM_EXPOSURE
    if indicator.numerator.count is Count.CONCENTRATION:
        minimum, reason = indicator.minimum_count, Withheld.MINIMUM_COUNT
    divisor = _col("denominator")
    return (
        nw.when(divisor.is_null() | (divisor == 0))
        .then(nw.lit(Withheld.NO_DENOMINATOR.value))
        .when(divisor < minimum)
        .then(nw.lit(reason.value))
        .otherwise(nw.lit(None, nw.String))
    )


def _value(indicator: Indicator) -> nw.Expr:
    if not _divides(indicator):
        return _col("numerator")
    share = PERCENT * _col("numerator") / _col("denominator")
    return nw.when(_col("withheld").is_null()).then(share).otherwise(_NOTHING)


def _table(part: Frame, indicator: Indicator, window: str, as_of: dt.date) -> pa.Table:
    """Run one compiled indicator and add what is the same in all its rows."""
    table = part.collect(backend="pyarrow").to_native()
    assert isinstance(table, pa.Table)
    n = table.num_rows
    same = {
        "indicator": _repeated(indicator.id, n),
        "definition_version": pa.repeat(
            pa.scalar(indicator.version, FIGURE.field("definition_version").type), n
        ),
        "definition_hash": _repeated(indicator.hash, n),
        "window": _repeated(window, n),
        "as_of": pa.repeat(pa.scalar(as_of, pa.date32()), n),
        "school_year": pa.repeat(pa.scalar(school_year_of(as_of), pa.int16()), n),
    }
    for name, column in same.items():
        table = table.append_column(name, column)
    return conform(table, FIGURE)


def _repeated(word: str, n: int) -> pa.DictionaryArray:
    """Return one word n times, as codes: a city has millions of figures."""
    codes = pa.repeat(pa.scalar(0, WORD.index_type), n)
    return pa.DictionaryArray.from_arrays(codes, pa.array([word]))
