"""Marks and figures beside the tasks, read from the facts store through a scoped reader.

Every function takes a reader that holds only the rows of the asker's scope and returns
plain values; weeks are named by their Monday.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from typing import Any

import narwhals as nw

from koulutie.casework.models import Task
from koulutie.core.definitions import Ladder
from koulutie.core.ladders import explain
from koulutie.core.marks import ABSENCES
from koulutie.facts.scoped import Reader
from koulutie.registry.models import Enrolment, School, SchoolYear
from koulutie.ui.facts import Facts

Row = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureRow:
    """One figure of one pupil."""

    indicator: str
    window_key: str
    numerator: float | None
    denominator: float | None
    value: float | None
    withheld: str | None
    coverage: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassSums:
    """What a class's figures add up to over a school year."""

    pupils: int
    absent: float  # lessons
    offered: float | None  # lessons; None where nothing is known
    unexplained: float  # lessons not resolved, or unauthorised
    coverage: float | None  # share 0-1

    @property
    def percent(self) -> float | None:
        """Absent lessons in percent of the offered ones."""
        return 100 * self.absent / self.offered if self.offered else None

    @property
    def unexplained_percent(self) -> float | None:
        """Unexplained lessons in percent of the absent ones."""
        return 100 * self.unexplained / self.absent if self.absent else None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassFacts:
    """What a class list shows, by pupil; empty before the first import."""

    number: int | None = None  # facts version
    as_of: date | None = None
    figures: Mapping[int, Mapping[str, FigureRow]] = field(default_factory=dict)
    kinds: Mapping[int, Mapping[str, float]] = field(default_factory=dict)
    weekdays: Mapping[int, tuple[float, ...]] = field(default_factory=dict)


def of_class(facts: Facts | None, pupil_ids: Collection[int], year: int) -> ClassFacts:
    """Return what a class list shows of one school year."""
    if facts is None:
        return ClassFacts()
    reader = facts.reader
    return ClassFacts(
        number=facts.number,
        as_of=facts.as_of,
        figures=figures(
            reader,
            pupil_ids=pupil_ids,
            window="school_year",
            indicators=["absence_rate", "chronic_absence"],
        ),
        kinds=absence_by_kind(reader, pupil_ids=pupil_ids, school_year=year),
        weekdays=absence_by_weekday(reader, pupil_ids=pupil_ids, school_year=year),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PupilFacts:
    """What a pupil's page shows of one school year; empty before the first import."""

    number: int | None = None
    as_of: date | None = None
    figures: Mapping[str, FigureRow] = field(default_factory=dict)
    absences: Mapping[date, Mapping[str, float]] = field(default_factory=dict)
    weekdays: tuple[float, ...] = (0.0,) * 5
    school_days: Mapping[date, int] = field(default_factory=dict)
    marks: Sequence[Row] = ()


def of_pupil(
    facts: Facts | None, pupil_id: int, enrolment: Enrolment | None, *, on: date
) -> PupilFacts:
    """Return what a pupil's page shows of the school year of the enrolment."""
    if facts is None or enrolment is None:
        return PupilFacts()
    reader = facts.reader
    year = enrolment.school_class.school_year.year
    one = [pupil_id]
    weekdays = absence_by_weekday(reader, pupil_ids=one, school_year=year)
    return PupilFacts(
        number=facts.number,
        as_of=facts.as_of,
        figures=figures(reader, pupil_ids=one, window="school_year").get(pupil_id, {}),
        absences=absence_by_week(reader, pupil_id=pupil_id, school_year=year),
        weekdays=weekdays.get(pupil_id, (0.0,) * 5),
        school_days=school_days_by_week(
            reader,
            school_id=enrolment.school_class.school_id,
            school_year=year,
            until=on,
        ),
        marks=marks(reader, pupil_id=pupil_id, school_year=year),
    )


def behind_task(
    facts: Facts | None, task: Task, ladders: Mapping[str, Ladder]
) -> list[Row]:
    """Return the marks that a step counted, newest first, as they were known then.

    The marks are those of the facts version under which the task was born, so that the page
    shows the same rows a year later.
    """
    ladder = ladders.get(task.ladder)
    if facts is None or ladder is None:
        return []
    told = explain(
        ladder=ladder,
        step=task.step,
        pupil_id=task.pupil_id,
        window_key=task.window_key,
        frames=facts.reader.as_known_at(task.facts_version).frames(),
        as_of=task.crossed_on,
    )
    return [asdict(row) for row in reversed(told.rows)] if told else []


@dataclass(frozen=True, slots=True, kw_only=True)
class SchoolFacts:
    """What a school's page shows, by class; empty before the first import."""

    number: int | None = None
    as_of: date | None = None
    fresh_until: date | None = None  # day of the latest mark
    sums: Mapping[int, ClassSums] = field(default_factory=dict)
    steps: Mapping[tuple[int, str], int] = field(default_factory=dict)


def of_school(
    facts: Facts | None, school: School, year: SchoolYear | None, *, on: date
) -> SchoolFacts:
    """Return what a school's page shows; steps since the term began."""
    if facts is None or year is None:
        return SchoolFacts()
    is_spring = on >= year.spring_starts_on
    return SchoolFacts(
        number=facts.number,
        as_of=facts.as_of,
        fresh_until=latest_mark_on(
            facts.reader, school_id=school.pk, school_year=year.year
        ),
        sums=class_sums(facts.reader, school_id=school.pk),
        steps=crossings_by_step(
            facts.reader,
            school_id=school.pk,
            since=year.spring_starts_on if is_spring else year.starts_on,
        ),
    )


def rows_of(frame: nw.LazyFrame[Any]) -> list[Row]:
    """Collect a frame as a list of dicts."""
    rows: list[Row] = frame.collect(backend="pyarrow").to_native().to_pylist()
    return rows


def figures(
    reader: Reader,
    *,
    pupil_ids: Collection[int],
    window: str,
    indicators: Iterable[str] | None = None,
) -> dict[int, dict[str, FigureRow]]:
    """Return each pupil's figures of a window by indicator; all where none are named."""
    frame = reader.frame("figures").filter(
        nw.col("pupil_id").is_in(list(pupil_ids)), nw.col("window") == window
    )
    if indicators is not None:
        frame = frame.filter(nw.col("indicator").is_in(list(indicators)))
    found: dict[int, dict[str, FigureRow]] = defaultdict(dict)
    names = FigureRow.__dataclass_fields__
    for row in rows_of(frame.select("pupil_id", *names)):
        pupil = row.pop("pupil_id")
        found[pupil][row["indicator"]] = FigureRow(**row)
    return dict(found)


def absence_by_kind(
    reader: Reader, *, pupil_ids: Collection[int], school_year: int
) -> dict[int, dict[str, float]]:
    """Return each pupil's absent lessons of a school year by kind."""
    frame = (
        _absences(reader, pupil_ids)
        .filter(nw.col("school_year") == school_year)
        .group_by("pupil_id", "kind")
        .agg(nw.col("lessons").sum())
    )
    found: dict[int, dict[str, float]] = defaultdict(dict)
    for row in rows_of(frame):
        found[row["pupil_id"]][row["kind"]] = row["lessons"]
    return dict(found)


def absence_by_weekday(
    reader: Reader, *, pupil_ids: Collection[int], school_year: int
) -> dict[int, tuple[float, ...]]:
    """Return each pupil's absent lessons from Monday to Friday over a school year."""
    frame = (
        _absences(reader, pupil_ids)
        .filter(nw.col("school_year") == school_year)
        .group_by("pupil_id", "date")
        .agg(nw.col("lessons").sum())
    )
    found: dict[int, list[float]] = defaultdict(lambda: [0.0] * 5)
    for row in rows_of(frame):
        if row["date"].weekday() < 5:
            found[row["pupil_id"]][row["date"].weekday()] += row["lessons"]
    return {pupil: tuple(days) for pupil, days in found.items()}


def absence_by_week(
    reader: Reader, *, pupil_id: int, school_year: int
) -> dict[date, dict[str, float]]:
    """Return a pupil's absent lessons by week and kind."""
    frame = (
        _absences(reader, [pupil_id])
        .filter(nw.col("school_year") == school_year)
        .group_by("date", "kind")
        .agg(nw.col("lessons").sum())
    )
    weeks: dict[date, dict[str, float]] = defaultdict(dict)
    for row in rows_of(frame):
        kinds = weeks[monday_of(row["date"])]
        kinds[row["kind"]] = kinds.get(row["kind"], 0.0) + row["lessons"]
    return dict(sorted(weeks.items()))


def school_days_by_week(
    reader: Reader, *, school_id: int, school_year: int, until: date
) -> dict[date, int]:
    """Return how many school days each week of the year had, up to and including a day."""
    frame = reader.frame("calendar").filter(
        nw.col("school_id") == school_id,
        nw.col("school_year") == school_year,
        nw.col("date") <= until,
    )
    weeks: dict[date, int] = defaultdict(int)
    for row in rows_of(frame.select("date", "is_school_day")):
        weeks[monday_of(row["date"])] += row["is_school_day"]
    return dict(sorted(weeks.items()))


def marks(reader: Reader, *, pupil_id: int, school_year: int) -> list[Row]:
    """Return all marks of a pupil's school year, newest first."""
    frame = reader.frame("marks").filter(
        nw.col("pupil_id") == pupil_id, nw.col("school_year") == school_year
    )
    return newest_first(frame)


def newest_first(marks: nw.LazyFrame[Any]) -> list[Row]:
    """Collect marks with what a table of them shows."""
    columns = ("date", "start_minute", "lesson_no", "kind", "type_name", "lessons")
    rows = rows_of(marks.select(*columns, "subject_code", "group_code", "is_cleared"))
    return sorted(
        rows, key=lambda row: (row["date"], row["start_minute"] or 0), reverse=True
    )


def class_sums(reader: Reader, *, school_id: int) -> dict[int, ClassSums]:
    """Return the sums of the school year by class, from the pupils' figures."""
    wanted = (
        "absence_rate",
        "absence_unresolved_lessons",
        "absence_unauthorised_lessons",
    )
    frame = (
        reader.frame("figures")
        .filter(
            nw.col("school_id") == school_id,
            nw.col("window") == "school_year",
            nw.col("indicator").is_in(list(wanted)),
        )
        .group_by("class_id", "indicator")
        .agg(
            nw.len().alias("pupils"),
            nw.col("numerator").sum(),
            nw.col("denominator").sum(),
            nw.col("coverage").mean(),
        )
    )
    by_class: dict[int, dict[str, Row]] = defaultdict(dict)
    for row in rows_of(frame):
        by_class[row["class_id"]][row["indicator"]] = row
    return {pk: _sums(rows) for pk, rows in by_class.items()}


def _sums(rows: dict[str, Row]) -> ClassSums:
    rate = rows.get("absence_rate", {})
    return ClassSums(
        pupils=rate.get("pupils", 0),
        absent=rate.get("numerator") or 0.0,
        offered=rate.get("denominator") or None,
        unexplained=sum(
            rows.get(name, {}).get("numerator") or 0.0
            for name in ("absence_unresolved_lessons", "absence_unauthorised_lessons")
        ),
        coverage=rate.get("coverage"),
    )


def crossings_by_step(
    reader: Reader, *, school_id: int, since: date
) -> dict[tuple[int, str], int]:
    """Count the pupils who reached each step since a day, by class and step."""
    frame = (
        reader.frame("crossings")
        .filter(nw.col("school_id") == school_id, nw.col("crossed_on") >= since)
        .group_by("class_id", "step")
        .agg(nw.col("pupil_id").n_unique().alias("pupils"))
    )
    return {(row["class_id"], row["step"]): row["pupils"] for row in rows_of(frame)}


def latest_mark_on(reader: Reader, *, school_id: int, school_year: int) -> date | None:
    """Return the day of the school's latest mark: how fresh the figures are."""
    frame = reader.frame("marks").filter(
        nw.col("school_id") == school_id, nw.col("school_year") == school_year
    )
    rows = rows_of(frame.select(nw.col("date").max()))
    return rows[0]["date"] if rows else None


def monday_of(day: date) -> date:
    """Return the Monday of a day's week."""
    return day - timedelta(days=day.weekday())


def _absences(reader: Reader, pupil_ids: Collection[int]) -> nw.LazyFrame[Any]:
    return reader.frame("marks").filter(
        nw.col("pupil_id").is_in(list(pupil_ids)),
        nw.col("kind").is_in([str(kind) for kind in sorted(ABSENCES)]),
    )
