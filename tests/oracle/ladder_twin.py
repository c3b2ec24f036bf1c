"""Every trigger of the ladders, in plain loops over lists of dicts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from math import fsum
from typing import Any

from koulutie.core.definitions.base import Level
from koulutie.core.definitions.ladder import Ladder
from koulutie.core.definitions.steps import Step
from koulutie.core.definitions.triggers import (
    Amount,
    AmountUnit,
    Check,
    Compared,
    Event,
    Op,
    Pattern,
    PatternBy,
    Range,
    Unresolved,
)
from tests.oracle.exposure_twin import Exposure, Schools, Stay
from tests.oracle.indicator_twin import as_float32
from tests.oracle.world import Row, World

Day = timedelta(days=1)
Key = tuple[int, str, str]


class LadderTwin:
    """Crossings of a world, slowly."""

    def __init__(self, world: World, ladder: Ladder) -> None:
        self.world = world
        self.ladder = ladder
        self.schools = Schools(world)
        self.exposures: dict[tuple[int, date, date], Exposure] = {}

    def crossings(self) -> dict[Key, Row]:
        found = {}
        for step in self.ladder.runnable_steps:
            for window, levels in self.windows(step).items():
                for pupil in self.schools.stays:
                    for row in self.of_pupil(step, window, levels, pupil):
                        key = (pupil, step.id, row["window_key"])
                        assert key not in found
                        found[key] = row
        return found

    def windows(self, step: Step) -> dict[str, list[str]]:
        """Return the levels by window; levels with one window are one rule."""
        if isinstance(step.trigger, Unresolved):
            return {"school_year": [level.value for level in Level]}
        found: dict[str, list[str]] = {}
        for level in Level:
            window = self.ladder.window_for(step, level=level)
            if window:
                found.setdefault(window, []).append(level.value)
        return found

    def of_pupil(
        self, step: Step, window: str, levels: list[str], pupil: int
    ) -> Iterator[Row]:
        match step.trigger:
            case Unresolved() as trigger:
                yield from self.unresolved(step, trigger, pupil)
            case Check() as check:
                yield from self.checks(step, check, window, levels, pupil)
            case Pattern() as pattern:
                yield from self.patterns(step, pattern, window, levels, pupil)
            case _:
                yield from self.amounts(step, window, levels, pupil)

    # --- the ground -----------------------------------------------------------------------

    def days(self, kinds: frozenset[Any], pupil: int) -> dict[date, list[Row]]:
        """Return the pupil's counted marks by day, in order."""
        found: dict[date, list[Row]] = {}
        for mark in self.world["marks"]:
            if (
                mark["pupil_id"] == pupil
                and mark["kind"] in kinds
                and mark["date"] <= self.world.as_of
                and self.schools.stay_on(pupil, mark["date"]) is not None
            ):
                found.setdefault(mark["date"], []).append(mark)
        return dict(sorted(found.items()))

    def stay(self, pupil: int, on: date) -> Stay:
        stay = self.schools.stay_on(pupil, on)
        assert stay is not None
        return stay

    def instance(self, window: str, stay: Stay, on: date) -> tuple[str, date] | None:
        """Return the name and first day of the window's instance on a day at a school."""
        day = self.schools.days[stay.school_id, on]
        year = self.schools.year(stay.school_id, stay.school_year)
        name, _, rest = window.partition(":")
        if name == "term":
            same = [each for each in year if each["term"] == day["term"]]
            return f"{stay.school_year}-{day['term']}", same[0]["date"]
        if name == "study_period":
            if day["study_period"] is None:
                return None
            same = [e for e in year if e["study_period"] == day["study_period"]]
            return f"{stay.school_year}-p{day['study_period']}", same[0]["date"]
        if name == "rolling":
            school_days = [e["date"] for e in year if e["is_school_day"]]
            so_far = [each for each in school_days if each <= on]
            first = so_far[-int(rest) :][0] if so_far else school_days[0]
            return f"{stay.school_year}-{day['term']}/{rest}", first
        if name == "check_date" and place(f"{on:%m-%d}") > place(rest):
            return None
        opens = min(
            each["date"]
            for each in self.world["calendar"]
            if each["school_year"] == stay.school_year
        )
        return str(stay.school_year), opens

    def concerns(self, step: Step, levels: list[str], stay: Stay) -> bool:
        return stay.level in levels and step.concerns(stay.grade)

    def exposure(self, pupil: int, first: date, last: date) -> Exposure:
        key = (pupil, first, last)
        if key not in self.exposures:
            self.exposures[key] = self.schools.exposure(pupil, first, last)
        return self.exposures[key]

    def crossing(
        self, *, stay: Stay, key: str, first: date, on: date, **rest: Any
    ) -> Row:
        exposure = self.exposure(stay.pupil_id, first, on)
        return {
            "window_key": key,
            "school_year": stay.school_year,
            "school_id": stay.school_id,
            "class_id": stay.class_id,
            "crossed_on": on,
            "coverage": exposure.coverage,
            **rest,
        }

    def measured(
        self, step: Step, amount: float, pupil: int, first: date, on: date
    ) -> float | None:
        """Return the amount, or its percentage of offered lessons where it says enough."""
        trigger = step.trigger
        unit = getattr(trigger, "unit", AmountUnit.LESSON)
        if unit is not AmountUnit.PERCENT:
            return amount
        offered = self.exposure(pupil, first, on).offered
        minimum = self.ladder.minimum_offered_lessons(step)
        if offered is None or offered <= 0 or offered < minimum:
            return None
        return 100.0 * amount / offered

    # --- the triggers ---------------------------------------------------------------------

    def amounts(
        self, step: Step, window: str, levels: list[str], pupil: int
    ) -> Iterator[Row]:
        trigger = step.trigger
        assert isinstance(trigger, Amount | Range | Event)
        kinds = (
            trigger.mark_kinds
            if isinstance(trigger, Event)
            else self.ladder.kinds_for(step)
        )
        days = self.days(kinds, pupil)
        done = set()
        for on in days:
            stay = self.stay(pupil, on)
            instance = self.instance(window, stay, on)
            if instance is None or instance[0] in done:
                continue
            key, first = instance
            if not self.concerns(step, levels, stay):
                continue
            marks = self.in_instance(days, window, pupil, key, first, on)
            amount = (
                float(len(marks))
                if isinstance(trigger, Event)
                else round(fsum(as_float32(mark["lessons"]) for mark in marks), 6)
            )
            value = self.measured(step, amount, pupil, first, on)
            limit = limit_of(trigger, stay.level)
            if value is not None and is_reached(trigger, value, limit):
                done.add(key)
                yield self.crossing(
                    stay=stay,
                    key=key,
                    first=first,
                    on=on,
                    value=value,
                    threshold=limit,
                    rows_counted=len(marks),
                )

    def in_instance(
        self,
        days: dict[date, list[Row]],
        window: str,
        pupil: int,
        key: str,
        first: date,
        on: date,
    ) -> list[Row]:
        """Return the marks up to a day that belong to the same instance.

        A rolling window is a stretch of days; of the others each day tells its instance in
        the school where the pupil was on it.
        """
        found = []
        for day, marks in days.items():
            if day > on:
                break
            stay = self.stay(pupil, day)
            if window.startswith("rolling"):
                same = first <= day and stay.school_year == int(key[:4])
            else:
                instance = self.instance(window, stay, day)
                same = instance is not None and instance[0] == key
            if same:
                found.extend(marks)
        return found

    def patterns(
        self, step: Step, trigger: Pattern, window: str, levels: list[str], pupil: int
    ) -> Iterator[Row]:
        assert trigger.minimum_count is not None
        assert trigger.minimum_share is not None
        days = self.days(self.ladder.kinds_for(step), pupil)
        done = set()
        for on in days:
            stay = self.stay(pupil, on)
            instance = self.instance(window, stay, on)
            if instance is None or instance[0] in done:
                continue
            if not self.concerns(step, levels, stay):
                continue
            key, first = instance
            marks = self.in_instance(days, window, pupil, key, first, on)
            reached = []
            for order, by in enumerate(trigger.by):
                counts, rows, today = self.gathered(by, marks, pupil, on)
                for value in today:
                    share = counts[value] / sum(counts.values())
                    enough = counts[value] >= trigger.minimum_count
                    if enough and share >= trigger.minimum_share:
                        best = (-counts[value], order, value)
                        reached.append((best, rows[value]))
            if reached:
                (fewest, *_), rows_counted = min(reached)
                done.add(key)
                yield self.crossing(
                    stay=stay,
                    key=key,
                    first=first,
                    on=on,
                    value=float(-fewest),
                    threshold=float(trigger.minimum_count),
                    rows_counted=rows_counted,
                )

    def gathered(
        self, by: PatternBy, marks: list[Row], pupil: int, on: date
    ) -> tuple[Counter[str], Counter[str], set[str]]:
        """Return how often each value stands, its marks, and the values of the day."""
        counts: Counter[str] = Counter()
        rows: Counter[str] = Counter()
        today = set()
        if by is PatternBy.WEEKDAY:
            kept = [
                mark
                for mark in marks
                if self.schools.is_school_day(
                    self.stay(pupil, mark["date"]), mark["date"]
                )
            ]
            for day in {mark["date"] for mark in kept}:
                counts[str(day.isoweekday())] += 1
            for mark in kept:
                value = str(mark["date"].isoweekday())
                rows[value] += 1
                if mark["date"] == on:
                    today.add(value)
            return counts, rows, today
        for mark in marks:
            value_or_none = value_of(by, mark)
            if value_or_none is None:
                continue
            counts[value_or_none] += 1
            rows[value_or_none] += 1
            if mark["date"] == on:
                today.add(value_or_none)
        return counts, rows, today

    def unresolved(self, step: Step, trigger: Unresolved, pupil: int) -> Iterator[Row]:
        opened: dict[int, dict[date, int]] = {}
        for on, marks in self.days(frozenset({"absence_unresolved"}), pupil).items():
            stay = self.stay(pupil, on)
            count = sum(not mark["is_cleared"] for mark in marks)
            if count and step.concerns(stay.grade):
                opened.setdefault(stay.school_year, {})[on] = count
        for days in opened.values():
            oldest = min(days)
            stay = self.stay(pupil, oldest)
            due = self.after(stay, oldest, trigger)
            if due is not None and due <= self.world.as_of:
                yield self.crossing(
                    stay=stay,
                    key=oldest.isoformat(),
                    first=oldest,
                    on=due,
                    value=float(trigger.days),
                    threshold=float(trigger.days),
                    rows_counted=days[oldest],
                )

    def after(self, stay: Stay, on: date, trigger: Unresolved) -> date | None:
        if trigger.day_kind == "calendar":
            return on + Day * trigger.days
        later = [
            row["date"]
            for row in self.schools.year(stay.school_id, stay.school_year)
            if row["is_school_day"] and row["date"] > on
        ]
        return later[trigger.days - 1] if len(later) >= trigger.days else None

    def checks(
        self, step: Step, check: Check, window: str, levels: list[str], pupil: int
    ) -> Iterator[Row]:
        for year in sorted({row["school_year"] for row in self.world["calendar"]}):
            on = self.day_in(year, check.date)
            stay = self.schools.stay_on(pupil, on)
            if on > self.world.as_of or stay is None or stay.school_year != year:
                continue
            instance = self.instance(window, stay, on)
            if instance is None or not self.concerns(step, levels, stay):
                continue
            first = instance[1]
            earlier = self.check_before(check)
            if check.measure is Compared.ADDED_SINCE_LAST_CHECK and earlier:
                days = self.schools.year(stay.school_id, year)
                last = self.day_in(year, earlier)
                # A check outside the teaching time did not take place.
                if not days[0]["date"] <= last <= days[-1]["date"]:
                    continue
                first = last + Day
            marks = [
                mark
                for day, marks in self.days(self.ladder.kinds_for(step), pupil).items()
                for mark in marks
                if first <= day <= on and self.stay(pupil, day).school_year == year
            ]
            if not marks:
                continue
            amount = round(fsum(as_float32(mark["lessons"]) for mark in marks), 6)
            value = self.measured(step, amount, pupil, first, on)
            if value is not None and is_reached(check, value, check.threshold):
                yield self.crossing(
                    stay=stay,
                    key=on.isoformat(),
                    first=first,
                    on=on,
                    value=value,
                    threshold=check.threshold,
                    rows_counted=len(marks),
                )

    def day_in(self, year: int, month_day: str) -> date:
        month, day = (int(part) for part in month_day.split("-"))
        calendar_year = year if month >= 8 else year + 1
        if (month, day) == (2, 29) and calendar_year % 4:
            day = 28
        return date(calendar_year, month, day)

    def check_before(self, check: Check) -> str | None:
        dates = [
            step.trigger.date
            for step in self.ladder.runnable_steps
            if isinstance(step.trigger, Check)
            and place(step.trigger.date) < place(check.date)
        ]
        return max(dates, key=place) if dates else None


def place(month_day: str) -> tuple[int, int]:
    month, day = (int(part) for part in month_day.split("-"))
    return (month - 8) % 12, day


def limit_of(trigger: Amount | Range | Event, level: str) -> float:
    match trigger:
        case Amount():
            return float(trigger.limit(Level(level)))
        case Range():
            return float(trigger.from_)
        case Event():
            assert trigger.count is not None
            return float(trigger.count)


def is_reached(
    trigger: Amount | Range | Event | Check, value: float, limit: float
) -> bool:
    if isinstance(trigger, Range):
        return trigger.from_ <= value < trigger.to
    return value > limit if trigger.op is Op.GT else value >= limit


def value_of(by: PatternBy, mark: Row) -> str | None:
    if by is PatternBy.SUBJECT:
        found = mark["subject_code"]
    elif by is PatternBy.TEACHER:
        found = mark["teacher_code"]
    else:
        start = mark["start_minute"]
        found = None if start is None else start // 60
    return None if found is None else str(found)
