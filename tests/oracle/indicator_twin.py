"""Every way of counting of the indicators, in plain loops over lists of dicts."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from math import fsum
from typing import Any

from koulutie.core.definitions.indicator import By, Count, Indicator, Over
from tests.oracle.exposure_twin import Schools, Stay
from tests.oracle.world import Row, World

Day = timedelta(days=1)


@dataclass(frozen=True)
class Span:
    key: str
    first: date
    last: date


def school_year(on: date) -> int:
    return on.year if on.month >= 8 else on.year - 1


def span(schools: Schools, school: int, window: str, as_of: date) -> Span | None:
    """Return the window's instance that holds `as_of` in a school."""
    year = school_year(as_of)
    days = schools.year(school, year)
    so_far = [day for day in days if day["date"] <= as_of]
    if not so_far:
        return None
    today = so_far[-1]
    opens = min(
        row["date"] for row in schools.world["calendar"] if row["school_year"] == year
    )
    name, _, rest = window.partition(":")
    if name == "school_year":
        return Span(str(year), opens, as_of)
    if name == "term":
        same = [day for day in days if day["term"] == today["term"]]
        return Span(f"{year}-{today['term']}", same[0]["date"], as_of)
    if name == "study_period":
        period = today["study_period"]
        if period is None:
            return None
        same = [day for day in days if day["study_period"] == period]
        return Span(f"{year}-p{period}", same[0]["date"], as_of)
    if name == "check_date":
        month, number = (int(part) for part in rest.split("-"))
        check = date(year if month >= 8 else year + 1, month, number)
        return Span(check.isoformat(), opens, check) if check <= as_of else None
    open_days = [day["date"] for day in so_far if day["is_school_day"]]
    length = int(rest)
    first = open_days[-length] if len(open_days) >= length else days[0]["date"]
    return Span(f"{as_of.isoformat()}/{length}", first, as_of)


class Twin:
    """Figures of a world, slowly."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.schools = Schools(world)

    def figures(self, indicator: Indicator) -> dict[tuple[str, int], dict[str, Any]]:
        """Return each figure by window and pupil."""
        found = {}
        as_of = self.world.as_of
        for pupil, stays in self.schools.stays.items():
            year = [
                stay
                for stay in stays
                if stay.school_year == school_year(as_of) and stay.first <= as_of
            ]
            for window in indicator.windows:
                if not year:
                    continue
                here = span(self.schools, year[-1].school_id, window, as_of)
                if here is None or not meets(year, here):
                    continue
                found[window, pupil] = self.figure(indicator, pupil, year[-1], here)
        return found

    def figure(
        self, indicator: Indicator, pupil: int, stay: Stay, here: Span
    ) -> dict[str, Any]:
        numerator, of_all = self.count(
            indicator.numerator.count,
            indicator.numerator.kinds,
            indicator.numerator.by,
            pupil,
            here,
        )
        exposure = self.schools.exposure(pupil, here.first, here.last)
        denominator = of_all
        minimum, reason = indicator.minimum_count, "minimum_count"
        if indicator.denominator is not None:
            minimum, reason = indicator.minimum_denominator, "minimum_exposure"
            match indicator.denominator.count:
                case Over.OFFERED:
                    denominator = exposure.offered
                case Over.KEPT:
                    known = exposure.kept + exposure.not_kept > 0
                    denominator = exposure.kept if known else None
                case Over.SCHOOL_DAYS:
                    denominator = float(exposure.school_days)
                case over:
                    kinds = indicator.denominator.kinds
                    denominator, _ = self.count(
                        Count(over.value), kinds, None, pupil, here
                    )
        value: float | None = numerator
        withheld = None
        if indicator.denominator is not None or indicator.numerator.by is not None:
            if not denominator:
                value, withheld = None, "no_denominator"
            elif denominator < minimum:
                value, withheld = None, reason
            else:
                value = 100.0 * numerator / denominator
        return {
            "window_key": here.key,
            "school_id": stay.school_id,
            "class_id": stay.class_id,
            "numerator": numerator,
            "denominator": denominator,
            "value": value,
            "withheld": withheld,
            "coverage": exposure.coverage,
        }

    def marks(self, kinds: frozenset[Any], pupil: int, here: Span) -> list[Row]:
        return [
            mark
            for mark in self.world["marks"]
            if mark["pupil_id"] == pupil
            and mark["kind"] in kinds
            and here.first <= mark["date"] <= here.last
            and self.schools.stay_on(pupil, mark["date"]) is not None
        ]

    def on_school_days(self, marks: list[Row], pupil: int) -> list[Row]:
        kept = []
        for mark in marks:
            stay = self.schools.stay_on(pupil, mark["date"])
            if stay is not None and self.schools.is_school_day(stay, mark["date"]):
                kept.append(mark)
        return kept

    def count(
        self,
        count: Count,
        kinds: frozenset[Any],
        by: By | None,
        pupil: int,
        here: Span,
    ) -> tuple[float, float | None]:
        """Return the amount and, of a concentration, the number over all values."""
        marks = self.marks(kinds, pupil, here)
        match count:
            case Count.LESSONS:
                return round(fsum(as_float32(m["lessons"]) for m in marks), 6), None
            case Count.MARKS:
                return float(len(marks)), None
            case Count.BLOCKS:
                return float(len(blocks(marks))), None
            case Count.DAYS_WITH_ANY:
                days = {m["date"] for m in self.on_school_days(marks, pupil)}
                return float(len(days)), None
            case Count.LONGEST_STREAK:
                return float(self.streak(marks, pupil, here)), None
            case Count.DAYS_SINCE_OLDEST:
                dates = [m["date"] for m in marks if not m["is_cleared"]]
                return float(
                    (self.world.as_of - min(dates)).days
                ) if dates else 0.0, None
            case Count.CONCENTRATION:
                found = self.values(marks, by, pupil)
                return float(max(found.values(), default=0)), float(sum(found.values()))

    def values(self, marks: list[Row], by: By | None, pupil: int) -> Counter[Any]:
        if by is By.WEEKDAY:
            days = {m["date"] for m in self.on_school_days(marks, pupil)}
            return Counter(day.isoweekday() for day in days)
        if by is By.SUBJECT:
            return Counter(
                m["subject_code"] for m in marks if m["subject_code"] is not None
            )
        return Counter(
            m["start_minute"] // 60 for m in marks if m["start_minute"] is not None
        )

    def streak(self, marks: list[Row], pupil: int, here: Span) -> int:
        absent = {m["date"] for m in marks}
        longest = current = 0
        for day in self.schools.school_days(pupil, school_year(self.world.as_of)):
            if not here.first <= day <= here.last:
                continue
            current = current + 1 if day in absent else 0
            longest = max(longest, current)
        return longest


def meets(stays: list[Stay], here: Span) -> bool:
    """Say whether the pupil had come by the window's end and not left before it began."""
    return stays[0].first <= here.last and stays[-1].last >= here.first


def blocks(marks: list[Row]) -> list[list[Row]]:
    """Put adjacent marks of one day, kind, group, type and teacher together."""
    same: dict[tuple[Any, ...], list[Row]] = {}
    for mark in marks:
        key = tuple(
            mark[name]
            for name in ("date", "kind", "group_code", "type_name", "teacher_code")
        )
        same.setdefault(key, []).append(mark)
    found: list[list[Row]] = []
    for group in same.values():
        group.sort(
            key=lambda m: (
                m["start_minute"] is not None,
                m["start_minute"] or 0,
                m["lesson_no"] is not None,
                m["lesson_no"] or 0,
                m["mark_key"],
            )
        )
        for number, mark in enumerate(group):
            if number and goes_on(group[number - 1], mark):
                found[-1].append(mark)
            else:
                found.append([mark])
    return found


def goes_on(before: Row, mark: Row) -> bool:
    if before["start_minute"] is not None and mark["start_minute"] is not None:
        end = before["start_minute"] + (
            45 if before["minutes"] is None else before["minutes"]
        )
        return bool(mark["start_minute"] - end <= 20)
    if before["lesson_no"] is not None and mark["lesson_no"] is not None:
        return bool(mark["lesson_no"] - before["lesson_no"] <= 1)
    return False


def as_float32(value: float) -> float:
    """Return the number as the column of 32-bit floats keeps it."""
    import struct

    return float(struct.unpack("f", struct.pack("f", value))[0])
