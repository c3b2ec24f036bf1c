"""How many lessons a pupil was offered, and in how many of them the register was kept.

Everything is a running sum. Each class has a *track*: one row for every day of its
calendar with the lessons offered, kept, not kept so far. Most pupils ride on their class's
track, so what a pupil was offered between two days is a difference of two rows, found by
equality joins; no pupil is ever multiplied by days. Only pupils with a timetable of their
own, or an agreed partial one, get a track of their own.

How a day's lessons are known, the first that holds:

1. an agreed partial timetable: its weekly lessons / 5 on each school day;
2. the pupil's own timetable rows of that day;
3. a short day or trip in the calendar;
4. the class's timetable rows of that day; no rows in a week that has some: no lessons;
5. not a school day: no lessons;
6. the class's lesson plan: weekly lessons / 5;
7. nobody knows. One such day makes the whole window's denominator unknown.

All intervals here are closed, ``first_day`` to ``last_day``, because days are looked up by
equality.
"""

from __future__ import annotations

import datetime as dt

import narwhals as nw

from koulutie.core.frames import Frame, Frames

ALWAYS, NEVER = dt.date.min, dt.date.max
SCHOOL_DAYS_A_WEEK = 5
# Sums of fifths of lessons drift in the last bits; a limit must not depend on them.
DECIMALS = 6
# What a track adds up: lessons, days on which nobody knows the lessons, school days.
SUMS = ("offered", "kept", "not_kept", "unknown_days", "school_days")

_col = nw.col


def stays(frames: Frames) -> Frame:
    """Return where each pupil was when, clipped to the school's calendar; never two at once.

    A later enrolment ends the earlier one. Columns: those of ENROLMENT without its dates,
    `first_day` and `last_day` (both inside).
    """
    year = ["school_id", "school_year"]
    calendar = frames.calendar.group_by(year).agg(
        opens=_col("date").min(), closes=_col("date").max()
    )
    begun = frames.enrolments.with_columns(
        to=_col("to").fill_null(nw.lit(NEVER))
    ).filter(_col("from_") < _col("to"))
    following = _col("from_").shift(-1).over("pupil_id", order_by=["from_", "class_id"])
    return (
        begun.with_columns(to=nw.min_horizontal("to", following))
        .join(calendar, on=year)
        .with_columns(
            first_day=nw.max_horizontal("from_", "opens"),
            last_day=nw.min_horizontal(_day_before("to"), "closes"),
        )
        .filter(_col("first_day") <= _col("last_day"))
        .drop("from_", "to", "opens", "closes")
    )


def _day_before(column: str) -> nw.Expr:
    return _col(column).dt.offset_by("-1d").cast(nw.Date)


def calendar_of_classes(frames: Frames) -> Frame:
    """Return every day of every class: its school's calendar, with the class's own days.

    Columns: `class_id`, `school_year`, `date`, `term`, `study_period`, `is_school_day`,
    `held` (lessons of a short day or trip; else null), `week` (a number for each).
    """
    year = ["school_id", "school_year"]
    days = frames.calendar.with_columns(
        week=(_col("date").dt.weekday() == 1)
        .cast(nw.Int32)
        .cum_sum()
        .over("school_id", order_by="date")
    )
    own = frames.class_days.select(
        "class_id", "date", own_day=_col("is_school_day"), own_lessons=_col("lessons")
    )
    is_own = ~_col("own_day").is_null()
    return (
        frames.enrolments.select(*year, "class_id")
        .unique()
        .join(days, on=year)
        .join(own, on=["class_id", "date"], how="left")
        .select(
            *("class_id", "school_year", "date", "term", "study_period", "week"),
            is_school_day=nw.when(is_own)
            .then(_col("own_day"))
            .otherwise(_col("is_school_day")),
            held=nw.when(is_own)
            .then(_col("own_lessons"))
            .otherwise(_col("lessons"))
            .cast(nw.Float64),
        )
    )


def class_days(frames: Frames) -> Frame:
    """Return what each class was offered on each day of its calendar.

    To `calendar_of_classes` come `offered` (null: not known), `kept`, `not_kept`.
    """
    rows = _timetable(frames, by="class_id")
    plans = frames.lesson_plans.select(
        "class_id",
        "school_year",
        planned=_col("lessons_per_week").cast(nw.Float64) / SCHOOL_DAYS_A_WEEK,
    )
    return (
        calendar_of_classes(frames)
        .join(rows, on=["class_id", "date"], how="left")
        .join(plans, on=["class_id", "school_year"], how="left")
        .with_columns(
            has_rows=(~_col("listed").is_null())
            .max()
            .over("class_id", "school_year", "week"),
        )
        .with_columns(offered=_offered_to_a_class())
        .with_columns(**_kept_of("listed_kept", "listed_known"))
        .select(
            *("class_id", "school_year", "date", "term", "study_period"),
            *("is_school_day", "held", "offered", "kept", "not_kept"),
        )
    )


def _timetable(frames: Frames, *, by: str) -> Frame:
    """Add up the timetable rows of each class or pupil and day."""
    has_pupil = ~_col("pupil_id").is_null()
    rows = frames.offered_lessons.filter(has_pupil if by == "pupil_id" else ~has_pupil)
    lessons = _col("lessons").cast(nw.Float64)
    kept = _col("lessons_kept").cast(nw.Float64)
    return (
        rows.select(
            by,
            "date",
            listed=lessons,
            listed_kept=kept.fill_null(0.0),
            listed_known=nw.when(kept.is_null()).then(nw.lit(0.0)).otherwise(lessons),
        )
        .group_by(by, "date")
        .agg(
            _col("listed").sum(),
            _col("listed_kept").sum(),
            _col("listed_known").sum(),
        )
    )


def _offered_to_a_class() -> nw.Expr:
    """Return the lessons of a class's day; null where nobody knows."""
    return (
        nw.when(_col("is_school_day") & ~_col("held").is_null())
        .then(_col("held"))
        .when(~_col("listed").is_null())
        .then(_col("listed"))
        .when(_col("has_rows") | ~_col("is_school_day"))
        .then(nw.lit(0.0))
        .otherwise(_col("planned"))
    )


def _kept_of(kept: str, known: str) -> dict[str, nw.Expr]:
    """Return kept and not kept lessons, never more than were offered."""
    offered = _col("offered").fill_null(0.0)
    known_lessons = nw.min_horizontal(_col(known).fill_null(0.0), offered)
    kept_lessons = nw.min_horizontal(_col(kept).fill_null(0.0), known_lessons)
    return {"kept": kept_lessons, "not_kept": known_lessons - kept_lessons}


def tracks(frames: Frames, staying: Frame, days: Frame) -> Frame:
    """Return the running sums of every class, and of every pupil with own lessons.

    Columns: `track` (the class's id, or minus the pupil's), `school_year`, `date`, `term`,
    `study_period`, `is_school_day`; each of SUMS up to and including the day; and
    ``before_`` each of SUMS, without the day.
    """
    kept = [
        *("track", "school_year", "date", "term", "study_period", "is_school_day"),
        *("offered", "kept", "not_kept"),
    ]
    of_classes = days.with_columns(track=_col("class_id").cast(nw.Int64)).select(kept)
    of_pupils = _own_days(frames, staying, days).select(kept)
    return _running(nw.concat([of_classes, of_pupils], how="vertical"))


def _running(days: Frame) -> Frame:
    amounts = {
        "offered": _col("offered").fill_null(0.0),
        "kept": _col("kept"),
        "not_kept": _col("not_kept"),
        "unknown_days": _col("offered").is_null().cast(nw.Float64),
        "school_days": _col("is_school_day").cast(nw.Float64),
    }
    sums = {
        name: amount.cum_sum().over("track", "school_year", order_by="date")
        for name, amount in amounts.items()
    }
    before = {f"before_{name}": sums[name] - amounts[name] for name in SUMS}
    keys = ["track", "school_year", "date", "term", "study_period", "is_school_day"]
    return days.select(*keys, **sums, **before)


def own_pupils(frames: Frames) -> Frame:
    """Return the pupils who do not simply follow their class: `pupil_id`, each once."""
    listed = frames.offered_lessons.filter(~_col("pupil_id").is_null())
    return nw.concat(
        [listed.select("pupil_id"), frames.partial_timetables.select("pupil_id")],
        how="vertical",
    ).unique()


def _own_days(frames: Frames, staying: Frame, days: Frame) -> Frame:
    """Return the days of pupils with own lessons, over all their classes."""
    stay = ["class_id", "school_year"]
    here = (
        staying.join(own_pupils(frames), on="pupil_id")
        .select("pupil_id", *stay, "first_day", "last_day")
        .join(days, on=stay)
        .filter(_col("date").is_between(_col("first_day"), _col("last_day")))
    )
    agreed = (
        here.select("pupil_id", "date")
        .join(frames.partial_timetables, on="pupil_id")
        .filter((_col("from_") <= _col("date")) & (_col("date") < _col("to")))
        .group_by("pupil_id", "date")
        .agg(weekly=_col("lessons_per_week").cast(nw.Float64).min())
    )
    pupil_day = ["pupil_id", "date"]
    return (
        here.join(agreed, on=pupil_day, how="left")
        .join(_timetable(frames, by="pupil_id"), on=pupil_day, how="left")
        .with_columns(track=-_col("pupil_id"), **_agreed_lessons())
        .with_columns(**_own_lessons())
    )


def _agreed_lessons() -> dict[str, nw.Expr]:
    """Return the day's agreed lessons, and the share of the class's that this is.

    Registers are kept by the class: of an agreed part the same share counts as kept.
    """
    daily = _col("weekly") / SCHOOL_DAYS_A_WEEK
    agreed = (
        nw.when(_col("weekly").is_null())
        .then(nw.lit(None, nw.Float64))
        .when(~_col("is_school_day"))
        .then(nw.lit(0.0))
        .otherwise(nw.min_horizontal(daily, "held"))
    )
    share = nw.when(_col("offered") > 0).then(1.0 / _col("offered")).otherwise(0.0)
    return {"agreed": agreed, "share": agreed * share}


def _own_lessons() -> dict[str, nw.Expr]:
    is_agreed, is_listed = ~_col("agreed").is_null(), ~_col("listed").is_null()

    def first(agreed: nw.Expr, listed: nw.Expr, of_class: nw.Expr) -> nw.Expr:
        return (
            nw.when(is_agreed)
            .then(agreed)
            .when(is_listed)
            .then(listed)
            .otherwise(of_class)
        )

    known = nw.min_horizontal("listed_known", "listed")
    kept = nw.min_horizontal("listed_kept", known)
    return {
        "offered": first(_col("agreed"), _col("listed"), _col("offered")),
        "kept": first(_col("kept") * _col("share"), kept, _col("kept")),
        "not_kept": first(
            _col("not_kept") * _col("share"), known - kept, _col("not_kept")
        ),
    }


def riding(frames: Frames, staying: Frame, running: Frame) -> Frame:
    """Return each stay with its track and what was added up before it.

    To `stays` come `track` and ``base_`` each of SUMS: base + the track's sum on a day of
    the stay = the pupil's sum since the school year began, over all stays. A day of
    the year belongs to the stay with ``since_day`` <= day < ``next_day``: to the latest
    one begun, or to the first one before it began.
    """
    own = own_pupils(frames).with_columns(is_own=nw.lit(True))
    on_track = staying.join(own, on="pupil_id", how="left").with_columns(
        track=nw.when(_col("is_own"))
        .then(-_col("pupil_id"))
        .otherwise(_col("class_id").cast(nw.Int64))
    )
    starts = running.select(
        "track", *(f"before_{name}" for name in SUMS), first_day=_col("date")
    )
    ends = running.select("track", *SUMS, last_day=_col("date"))
    joined = on_track.join(starts, on=["track", "first_day"]).join(
        ends, on=["track", "last_day"]
    )
    bases = {}
    for name in SUMS:
        before = _col(f"before_{name}")
        added = _col(name) - before
        earlier = (
            added.cum_sum().over("pupil_id", "school_year", order_by="first_day")
            - added
        )
        bases[f"base_{name}"] = earlier - before
    year = ["pupil_id", "school_year"]
    next_day = _col("first_day").shift(-1).over(year, order_by="first_day")
    is_first = _col("first_day") == _col("first_day").min().over(year)
    return joined.with_columns(
        **bases,
        next_day=next_day.fill_null(nw.lit(NEVER)),
        since_day=nw.when(is_first).then(nw.lit(ALWAYS)).otherwise(_col("first_day")),
    ).select(
        *("pupil_id", "school_id", "class_id", "school_year", "grade", "level"),
        *("first_day", "last_day", "since_day", "next_day", "track"),
        *bases,
    )


def with_sums(
    rows: Frame, *, stays: Frame, tracks: Frame, day: str, suffix: str = ""
) -> Frame:
    """Add each row's pupil's sums since the school year began, up to and including a day.

    Parameters
    ----------
    rows
        `pupil_id` and `school_year`, of pupils with a stay in the year, and the day.
    stays, tracks
        Of `riding` and `tracks`.
    day
        The column of the day, which need not be one of a stay.
    suffix
        Of the added columns, SUMS (lessons and days).
    """
    year = ["pupil_id", "school_year"]
    bases = {f"_{name}": _col(f"base_{name}") for name in SUMS}
    named = {f"_{name}": _col(name) for name in _OF_STAY}
    on_stay = rows.join(stays.select(*year, **named, **bases), on=year).filter(
        (_col("_since_day") <= _col(day)) & (_col(day) < _col("_next_day"))
    )
    looked_up = nw.max_horizontal(nw.min_horizontal(day, "_last_day"), "_first_day")
    found = tracks.select(
        _track=_col("track"),
        _looked_up=_col("date"),
        **{f"_{name}_so_far": _col(name) for name in SUMS},
    )
    has_come = _col(day) >= _col("_first_day")
    sums = {
        f"{name}{suffix}": nw.when(has_come)
        .then(_col(f"_{name}") + _col(f"_{name}_so_far"))
        .otherwise(0.0)
        for name in SUMS
    }
    helping = [*named, *bases, "_looked_up", *(f"_{name}_so_far" for name in SUMS)]
    return (
        on_stay.with_columns(_looked_up=looked_up)
        .join(found, on=["_track", "_looked_up"])
        .with_columns(**sums)
        .drop(helping)
    )


_OF_STAY = ("first_day", "last_day", "since_day", "next_day", "track")


def coverage(kept: nw.Expr, not_kept: nw.Expr) -> nw.Expr:
    """Return the share 0-1 of lessons whose register was kept; null: nothing is known."""
    known = kept + not_kept
    return nw.when(known > 0).then(kept / known).otherwise(nw.lit(None, nw.Float64))
