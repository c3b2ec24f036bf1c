"""Who reached a rule's limit first on which day, by kind of trigger.

Every function returns the same columns, one row for each pupil and window instance:
`pupil_id`, `school_id`, `class_id`, `school_year`, `window_key`, `starts_on` (first day
counted), `date` (the day of the crossing), `value`, `threshold`, `rows_counted`, and for a
pattern `pattern_by` and `pattern_value`, else null.
"""

from __future__ import annotations

import datetime as dt

import narwhals as nw

from koulutie.core.calendar import Window, WindowKind
from koulutie.core.definitions.triggers import (
    Amount,
    Check,
    Compared,
    Event,
    Pattern,
    PatternBy,
    Range,
    Unresolved,
)
from koulutie.core.errors import Fault
from koulutie.core.frames import Frame
from koulutie.core.ladders import running
from koulutie.core.ladders.rules import Rule, value_of
from koulutie.core.tallies import Ground, is_of
from koulutie.core.windows import is_before_close, place_in_year, place_of_date

_col = nw.col
_NO_TEXT = nw.lit(None, nw.String)
PERCENT = 100.0
COLUMNS = (
    *("pupil_id", "school_id", "class_id", "school_year", "window_key"),
    *("starts_on", "date", "value", "threshold", "rows_counted"),
    *("pattern_by", "pattern_value"),
)


def reached(rule: Rule, ground: Ground, *, sums: Frame, as_of: dt.date) -> Frame:
    """Return who reached the rule; `sums` are `running_sums` of its window and kinds."""
    match rule.trigger:
        case Amount() | Range() | Event():
            return by_amount(rule, ground, sums)
        case Pattern():
            return by_pattern(rule, ground, as_of)
        case Unresolved():
            return by_open_days(rule, ground, as_of)
        case Check() as check:
            return by_check(rule, check, ground, as_of)
        case _:
            raise Fault(f"no rule runs a trigger of type {rule.trigger.type}")


def running_sums(rule: Rule, ground: Ground, *, as_of: dt.date) -> Frame:
    """Return the days with counted marks and what had been added up by each evening.

    The columns of the day rows, with `amount` and `rows_counted` added up.
    """
    days = (
        _counted_days(rule, ground, as_of)
        .with_columns(
            amount=_col(rule.amount.column), rows_counted=_col(rule.marks.column)
        )
        .select(*_DAY, "amount", "rows_counted")
    )
    return running.added_up(
        days, ground.frames, window=rule.window, amounts=["amount", "rows_counted"]
    )


def _counted_days(rule: Rule, ground: Ground, as_of: dt.date) -> Frame:
    """Return the day rows with marks of the rule's kinds, up to the day."""
    return ground.days.filter(
        (_col("date") <= as_of)
        & (_col(rule.marks.column) > 0)
        & is_before_close(rule.window)
    )


_DAY = (
    *("pupil_id", "school_id", "class_id", "school_year", "grade", "is_primary"),
    *("date", "term", "study_period"),
)


def by_amount(rule: Rule, ground: Ground, sums: Frame) -> Frame:
    """Find the first day on which lessons, marks or a percentage reached the limit.

    A percentage is looked at on days with a counted mark: on others it only falls.
    """
    concerned = sums.filter(rule.concerns)
    if rule.is_in_percent:
        # Fewer lessons cannot be that share of the fewest offered lessons looked at.
        fewest = rule.limit * rule.minimum_offered / PERCENT
        started = _with_start(
            concerned.filter(_col("amount") >= fewest), ground, rule.window
        )
        measured = running.with_exposure(
            started, ground, window=rule.window
        ).with_columns(measured=_percent("amount", "offered"))
        enough = measured.filter(
            (_col("offered") > 0) & (_col("offered") >= rule.minimum_offered)
        )
        first = _first(enough.filter(rule.reaches(_col("measured"))), rule.window)
    else:
        measured = concerned.with_columns(measured=_col("amount"))
        first = _with_start(
            _first(measured.filter(rule.reaches(_col("measured"))), rule.window),
            ground,
            rule.window,
        )
    return _crossing(first.with_columns(value=_col("measured")), rule)


def _percent(amount: str, offered: str) -> nw.Expr:
    return PERCENT * _col(amount) / _col(offered)


def _with_start(rows: Frame, ground: Ground, window: Window) -> Frame:
    if window.kind is WindowKind.ROLLING and "starts_on" in rows.collect_schema():
        return rows
    return running.with_start(rows, ground.frames, window)


def _first(rows: Frame, window: Window) -> Frame:
    """Keep each pupil's first row in each instance of the window."""
    parts = ["pupil_id", *running.instance(window)]
    return rows.filter(_col("date") == _col("date").min().over(parts))


def _crossing(rows: Frame, rule: Rule, key: nw.Expr | None = None) -> Frame:
    """Bring rows to the common columns."""
    columns = rows.collect_schema().names()
    extra = {
        name: _NO_TEXT
        for name in ("pattern_by", "pattern_value")
        if name not in columns
    }
    return rows.with_columns(
        window_key=running.key_of(rule.window) if key is None else key,
        threshold=rule.limit,
        **extra,
    ).select(*COLUMNS)


def by_pattern(rule: Rule, ground: Ground, as_of: dt.date) -> Frame:
    """Find the first day on which one value had gathered enough of all, and which value.

    On one day the value with the most comes first, then the order of `by`, then the value's
    own order.
    """
    trigger = rule.trigger
    assert isinstance(trigger, Pattern)
    found = [
        _gathered(rule, trigger, by, order, ground, as_of)
        for order, by in enumerate(trigger.by)
    ]
    parts = ["pupil_id", *running.instance(rule.window)]
    rank = ["date", "fewest", "pattern_order", "pattern_value"]
    best = (
        nw.concat(found, how="vertical")
        .with_columns(fewest=-_col("value"), one=nw.lit(1))
        .with_columns(place=_col("one").cum_sum().over(parts, order_by=rank))
        .filter(_col("place") == 1)
    )
    return _crossing(_with_start(best, ground, rule.window), rule)


def _gathered(
    rule: Rule,
    trigger: Pattern,
    by: PatternBy,
    order: int,
    ground: Ground,
    as_of: dt.date,
) -> Frame:
    """Return the days on which a value has at least the minimum count and share."""
    frames, window = ground.frames, rule.window
    every = ground.frames.hold(_values(rule, by, ground, as_of))
    # Most pupils never come near the minimum: running sums are made for the others.
    parts = ["pupil_id", "school_year"]
    if window.kind is not WindowKind.ROLLING:
        parts = ["pupil_id", *running.instance(window)]
    often = (
        every.group_by(*parts, "pattern_value")
        .agg(_col("value").sum())
        .filter(_col("value") >= (trigger.minimum_count or 0))
        .drop("value")
    )
    valued = every.join(often, on=[*parts, "pattern_value"], how="semi")
    of_all = (
        every.join(often, on=parts, how="semi")
        .group_by(*_DAY)
        .agg(total=_col("value").sum())
    )
    totals = running.added_up(of_all, frames, window=window, amounts=["total"])
    one_value = running.added_up(
        valued,
        frames,
        window=window,
        amounts=["value", "rows_counted"],
        within=("pupil_id", "pattern_value"),
    )
    joined = one_value.join(
        totals.select("pupil_id", "date", "total"), on=["pupil_id", "date"]
    )
    enough = (_col("value") >= (trigger.minimum_count or 0)) & (
        _col("value") / _col("total") >= (trigger.minimum_share or 0.0)
    )
    return joined.filter(rule.concerns & enough).select(
        *_DAY,
        *("value", "rows_counted", "pattern_value"),
        pattern_by=nw.lit(by.value),
        pattern_order=nw.lit(order),
    )


def _values(rule: Rule, by: PatternBy, ground: Ground, as_of: dt.date) -> Frame:
    """Return pupil, day and value with `value` (days or marks) and `rows_counted`.

    Weekdays are counted in school days with any mark; all else in marks that tell a value.
    """
    if by is PatternBy.WEEKDAY:
        return (
            _counted_days(rule, ground, as_of)
            .filter(_col("is_school_day"))
            .select(
                *_DAY,
                pattern_value=value_of(by),
                value=nw.lit(1.0),
                rows_counted=_col(rule.marks.column),
            )
        )
    marks = (
        ground.frames.marks.filter((_col("date") <= as_of) & is_of(rule.kinds))
        .select("pupil_id", "date", pattern_value=value_of(by), value=nw.lit(1.0))
        .filter(~_col("pattern_value").is_null())
        .group_by("pupil_id", "date", "pattern_value")
        .agg(_col("value").sum())
    )
    days = _counted_days(rule, ground, as_of).select(*_DAY)
    return marks.join(days, on=["pupil_id", "date"]).select(
        *_DAY, "pattern_value", "value", rows_counted=_col("value")
    )


def by_open_days(rule: Rule, ground: Ground, as_of: dt.date) -> Frame:
    """Find pupils whose oldest unresolved mark has been open for the days asked.

    The oldest open day names the crossing: once it is cleared, the crossing goes, and the
    next open day makes another.
    """
    trigger = rule.trigger
    assert isinstance(trigger, Unresolved)
    column = rule.amount.column
    opened = ground.days.filter(
        (_col("date") <= as_of) & (_col(column) > 0) & rule.concerns
    )
    oldest = _first(opened, rule.window).with_columns(starts_on=_col("date"))
    if trigger.day_kind == "calendar":
        later = _col("date").dt.offset_by(f"{trigger.days}d").cast(nw.Date)
        due = oldest.with_columns(date=later)
    else:
        due = _after_school_days(oldest, ground, trigger.days)
    open_long = due.filter(_col("date") <= as_of).with_columns(
        value=nw.lit(float(trigger.days)), rows_counted=_col(column)
    )
    return _crossing(open_long, rule, key=_col("starts_on").cast(nw.String))


def _after_school_days(rows: Frame, ground: Ground, days: int) -> Frame:
    """Move each row's `date` by so many school days of its school; off the end it goes."""
    year = ["school_id", "school_year"]
    calendar = ground.frames.calendar.with_columns(
        ordinal=_col("ordinal").cast(nw.Int32)
    )
    now = calendar.select(*year, "date", due_ordinal=_col("ordinal") + days)
    then = (
        calendar.group_by(*year, "ordinal")
        .agg(due_on=_col("date").min())
        .rename({"ordinal": "due_ordinal"})
    )
    return (
        rows.join(now, on=[*year, "date"])
        .join(then, on=[*year, "due_ordinal"])
        .with_columns(date=_col("due_on"))
        .drop("due_on", "due_ordinal")
    )


def by_check(rule: Rule, check: Check, ground: Ground, as_of: dt.date) -> Frame:
    """Compare what was added up by the check date; the pupil must be enrolled then."""
    checked = _checked_pupils(rule, check, ground, as_of)
    days = ground.days.select(
        *("pupil_id", "school_year"),
        on=_col("date"),
        amount=_col(rule.amount.column),
        rows_counted=_col(rule.marks.column),
    )
    key = ["pupil_id", "school_year"]
    summed = (
        checked.select(*key, "starts_on", "date")
        .join(days, on=key)
        .filter(_col("on").is_between(_col("starts_on"), _col("date")))
        .group_by(key)
        .agg(_col("amount").sum().round(6), _col("rows_counted").sum())
    )
    measured = checked.join(summed, on=key).filter(rule.concerns)
    if rule.is_in_percent:
        offered = running.with_exposure(measured, ground)
        measured = offered.filter(
            (_col("offered") > 0) & (_col("offered") >= rule.minimum_offered)
        ).with_columns(value=_percent("amount", "offered"))
    else:
        measured = measured.with_columns(value=_col("amount"))
    over = measured.filter(rule.reaches(_col("value")))
    return _crossing(over, rule, key=_col("date").cast(nw.String))


def _checked_pupils(rule: Rule, check: Check, ground: Ground, as_of: dt.date) -> Frame:
    """Return each pupil's stay on the check date, with `date` and `starts_on`."""
    frames = ground.frames
    dates = _day_of_year(frames.calendar, check.date).filter(_col("date") <= as_of)
    started = _with_start(dates, ground, rule.window)
    earlier = _check_before(rule, check)
    if check.measure is Compared.ADDED_SINCE_LAST_CHECK and earlier is not None:
        year = ["school_id", "school_year"]
        last = _day_of_year(frames.calendar, earlier).select(
            *year, after=_col("date").dt.offset_by("1d").cast(nw.Date)
        )
        started = started.join(last, on=year).with_columns(starts_on=_col("after"))
    return (
        ground.stays.with_columns(is_primary=_col("level") == "primary")
        .join(started, on=["school_id", "school_year"])
        .filter(_col("date").is_between(_col("first_day"), _col("last_day")))
        .select(*_DAY, "starts_on")
    )


def _check_before(rule: Rule, check: Check) -> str | None:
    """Return the ladder's latest check date before this one in a school year."""
    dates = [
        step.trigger.date
        for step in rule.ladder.runnable_steps
        if isinstance(step.trigger, Check)
        and place_in_year(step.trigger.date) < place_in_year(check.date)
    ]
    return max(dates, key=place_in_year, default=None)


def _day_of_year(calendar: Frame, month_day: str) -> Frame:
    """Return each school's day MM-DD in each year whose teaching time holds it.

    29 February is the 28th in other years.
    """
    order = place_in_year(month_day)
    ordered = calendar.with_columns(order=place_of_date())
    day = (
        ordered.group_by("school_id", "school_year")
        .agg(
            on=nw.when(_col("order") <= order).then(_col("date")).max(),
            latest=_col("order").max(),
        )
        .filter((_col("latest") >= order) & ~_col("on").is_null())
    )
    return (
        calendar.join(day, on=["school_id", "school_year"])
        .filter(_col("date") == _col("on"))
        .select("school_id", "school_year", "date", "term", "study_period")
    )
