"""What a pupil was offered, day by day, in plain loops. Shares no code with the core."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from math import fsum

from tests.oracle.world import Row, World

Day = timedelta(days=1)


@dataclass(frozen=True)
class Stay:
    pupil_id: int
    school_id: int
    class_id: int
    school_year: int
    grade: int
    level: str
    first: date
    last: date

    def holds(self, on: date) -> bool:
        return self.first <= on <= self.last


@dataclass(frozen=True)
class Lessons:
    """Of one day: offered is None where nobody knows."""

    offered: float | None
    kept: float
    not_kept: float
    is_school_day: bool


@dataclass(frozen=True)
class Exposure:
    offered: float | None
    kept: float
    not_kept: float
    school_days: int

    @property
    def coverage(self) -> float | None:
        known = self.kept + self.not_kept
        return self.kept / known if known > 0 else None


class Schools:
    """Looks days up in a world."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.days: dict[tuple[int, date], Row] = {
            (row["school_id"], row["date"]): row for row in world["calendar"]
        }
        self.own = {(row["class_id"], row["date"]): row for row in world["class_days"]}
        self.plans = {
            (row["class_id"], row["school_year"]): row["lessons_per_week"]
            for row in world["lesson_plans"]
        }
        self.timetable: dict[tuple[str, int, date], list[Row]] = {}
        for row in world["offered_lessons"]:
            who = "pupil" if row["pupil_id"] is not None else "class"
            key = (who, row[f"{who}_id"], row["date"])
            self.timetable.setdefault(key, []).append(row)
        self.stays = {
            pupil: self._stays(pupil)
            for pupil in sorted({row["pupil_id"] for row in world["enrolments"]})
        }

    def year(self, school: int, year: int) -> list[Row]:
        return sorted(
            (
                row
                for row in self.world["calendar"]
                if row["school_id"] == school and row["school_year"] == year
            ),
            key=lambda row: row["date"],
        )

    def _stays(self, pupil: int) -> list[Stay]:
        begun = sorted(
            (
                row
                for row in self.world["enrolments"]
                if row["pupil_id"] == pupil and row["from_"] < row["to"]
            ),
            key=lambda row: (row["from_"], row["class_id"]),
        )
        stays = []
        for number, row in enumerate(begun):
            end = row["to"]
            if number + 1 < len(begun):
                end = min(end, begun[number + 1]["from_"])
            days = self.year(row["school_id"], row["school_year"])
            if not days:
                continue
            first = max(row["from_"], days[0]["date"])
            last = min(end - Day, days[-1]["date"])
            if first <= last:
                stays.append(
                    Stay(
                        pupil,
                        row["school_id"],
                        row["class_id"],
                        row["school_year"],
                        row["grade"],
                        row["level"],
                        first,
                        last,
                    )
                )
        return stays

    def stay_on(self, pupil: int, on: date) -> Stay | None:
        for stay in self.stays.get(pupil, []):
            if stay.holds(on):
                return stay
        return None

    def is_school_day(self, stay: Stay, on: date) -> bool:
        own = self.own.get((stay.class_id, on))
        if own is not None:
            return bool(own["is_school_day"])
        return bool(self.days[stay.school_id, on]["is_school_day"])

    def held(self, stay: Stay, on: date) -> float | None:
        own = self.own.get((stay.class_id, on))
        row = own if own is not None else self.days[stay.school_id, on]
        lessons = row["lessons"]
        return None if lessons is None else float(lessons)

    def of_class(self, stay: Stay, on: date) -> Lessons:
        rows = self.timetable.get(("class", stay.class_id, on), [])
        is_school_day = self.is_school_day(stay, on)
        held = self.held(stay, on)
        offered: float | None
        if is_school_day and held is not None:
            offered = held
        elif rows:
            offered = fsum(row["lessons"] for row in rows)
        elif self._week_has_rows(stay, on) or not is_school_day:
            offered = 0.0
        else:
            weekly = self.plans.get((stay.class_id, stay.school_year))
            offered = None if weekly is None else weekly / 5
        known, kept = registers(rows)
        known = min(known, offered or 0.0)
        kept = min(kept, known)
        return Lessons(offered, kept, known - kept, is_school_day)

    def _week_has_rows(self, stay: Stay, on: date) -> bool:
        monday = on - Day * (on.isoweekday() - 1)
        for number in range(7):
            day = monday + Day * number
            row = self.days.get((stay.school_id, day))
            if row is None or row["school_year"] != stay.school_year:
                continue
            if ("class", stay.class_id, day) in self.timetable:
                return True
        return False

    def of_pupil(self, stay: Stay, on: date) -> Lessons:
        of_class = self.of_class(stay, on)
        agreed = [
            row["lessons_per_week"] / 5
            for row in self.world["partial_timetables"]
            if row["pupil_id"] == stay.pupil_id and row["from_"] <= on < row["to"]
        ]
        rows = self.timetable.get(("pupil", stay.pupil_id, on), [])
        if agreed:
            lessons = 0.0
            if of_class.is_school_day:
                held = self.held(stay, on)
                lessons = min(agreed) if held is None else min(*agreed, held)
            share = lessons / of_class.offered if of_class.offered else 0.0
            return Lessons(
                lessons,
                of_class.kept * share,
                of_class.not_kept * share,
                of_class.is_school_day,
            )
        if rows:
            offered = fsum(row["lessons"] for row in rows)
            known, kept = registers(rows)
            return Lessons(offered, kept, known - kept, of_class.is_school_day)
        return of_class

    def exposure(self, pupil: int, first: date, last: date) -> Exposure:
        """Add up a pupil's days from `first` to `last`, both inside."""
        days = []
        for stay in self.stays.get(pupil, []):
            on = max(stay.first, first)
            while on <= min(stay.last, last):
                days.append(self.of_pupil(stay, on))
                on += Day
        unknown = any(day.offered is None for day in days)
        return Exposure(
            None if unknown else round(fsum(day.offered or 0.0 for day in days), 6),
            round(fsum(day.kept for day in days), 6),
            round(fsum(day.not_kept for day in days), 6),
            sum(day.is_school_day for day in days),
        )

    def school_days(self, pupil: int, year: int) -> list[date]:
        """Return the pupil's own school days of a year."""
        days = []
        for stay in self.stays.get(pupil, []):
            on = stay.first
            while stay.school_year == year and on <= stay.last:
                if self.is_school_day(stay, on):
                    days.append(on)
                on += Day
        return days


def registers(rows: list[Row]) -> tuple[float, float]:
    """Return lessons whose register is known of, and those of them that were kept."""
    told = [row for row in rows if row["lessons_kept"] is not None]
    known = fsum(row["lessons"] for row in told)
    kept = fsum(row["lessons_kept"] for row in told)
    return known, kept
