"""The invented municipality: schools, classes, pupils, lessons, school days."""

from __future__ import annotations

import datetime as dt
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

import holidays
import numpy as np
from faker import Faker
from numpy.typing import NDArray

Ints = NDArray[np.int64]

FINNISH_SCHOOLS = (
    "Koivurannan koulu", "Mäntyniemen koulu", "Kirkonkylän koulu", "Harjun koulu",
    "Joenpellon koulu", "Metsälän koulu", "Lahdenperän koulu", "Aittakallion yläkoulu",
)  # fmt: skip
SWEDISH_SCHOOLS = (
    "Björkstrands skola", "Kyrkoby skola", "Tallbackens skola", "Vikens högstadium",
)  # fmt: skip
LOWER_FINNISH = 7  # the first schools, up to grade 6
MERGING = 4  # index of the school in which a class is merged
# Lessons of a week by grade: the Government decree 793/2018 asks for at least this many.
WEEKLY_LESSONS = {1: 20, 2: 21, 3: 24, 4: 25, 5: 26, 6: 26, 7: 30, 8: 30, 9: 30}
STARTS = np.array(
    [510, 560, 615, 665, 710, 760, 815], dtype=np.int64
)  # 8.30, 9.20, ...
SUBJECTS = (
    "AI",
    "MA",
    "EN",
    "YMP",
    "LI",
    "KS",
    "KU",
    "MU",
    "HI",
    "UE",
    "BI",
    "KE",
    "RUB",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class School:
    """One school of the demo."""

    number: str
    name: str
    language: str
    grades: tuple[int, ...]
    parallel: int  # classes a grade
    coach_from: dt.date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Year:
    """A school year's days of teaching."""

    year: int
    days: tuple[dt.date, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cohort:
    """The pupils of one school year, as parallel arrays of shape (pupils,)."""

    year: Year
    keys: tuple[str, ...]
    first_names: tuple[str, ...]
    last_names: tuple[str, ...]
    school: Ints  # index into schools
    grade: Ints
    class_code: tuple[str, ...]
    class_index: Ints  # classes numbered over all schools
    family: Ints


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A pupil goes to another class, perhaps of another school, in the middle of the year."""

    on: dt.date  # first day in the new class
    school: int  # index into schools
    class_code: str


def moves(cohort: Cohort, on: dt.date) -> dict[int, Move]:
    """Return by pupil who moves on a day: one class is merged into another, a few change school.

    In school 4 the second class of grade 2 joins the first. Every 150th pupil of the Finnish
    lower schools goes to the same grade's first class of the next school.
    """
    found = {}
    for pupil in np.flatnonzero(cohort.school < LOWER_FINNISH).tolist():
        school, grade = int(cohort.school[pupil]), int(cohort.grade[pupil])
        if school == MERGING and cohort.class_code[pupil] == "2B":
            found[pupil] = Move(on=on, school=school, class_code="2A")
        elif pupil % 150 == 75:
            following = (school + 1) % LOWER_FINNISH
            found[pupil] = Move(on=on, school=following, class_code=f"{grade}A")
    return found


def school_days(year: int, until: dt.date) -> Year:
    """Return the school days of a year with Finnish breaks, up to and including a day."""
    first = dt.date(year, 8, 12)
    last = dt.date.fromisocalendar(year + 1, 22, 6)
    breaks = [
        (dt.date.fromisocalendar(year, 42, 1), dt.date.fromisocalendar(year, 42, 5)),
        (dt.date(year, 12, 23), dt.date(year + 1, 1, 6)),
        (
            dt.date.fromisocalendar(year + 1, 9, 1),
            dt.date.fromisocalendar(year + 1, 9, 5),
        ),
    ]
    free = holidays.country_holidays("FI", years=[year, year + 1])
    days = [first + dt.timedelta(days=n) for n in range((last - first).days + 1)]
    return Year(
        year=year,
        days=tuple(
            day
            for day in days
            if day <= until
            and day.isoweekday() < 6
            and day not in free
            and not any(start <= day <= end for start, end in breaks)
        ),
    )


def schools(pupils: int) -> list[School]:
    """Return twelve schools whose sizes add up to about the wished number of pupils."""
    made = []
    for number, (name, language) in enumerate(
        [(name, "fi") for name in FINNISH_SCHOOLS]
        + [(name, "sv") for name in SWEDISH_SCHOOLS],
        start=1,
    ):
        is_upper = "yläkoulu" in name or "högstadium" in name
        made.append(
            School(
                number=f"{number:05d}",
                name=name,
                language=language,
                grades=tuple(range(7, 10)) if is_upper else tuple(range(1, 7)),
                parallel=max(1, round(pupils / 3000 * (8 if is_upper else 2))),
                # Coaches start school by school, which is what an evaluation can learn from.
                coach_from=dt.date(2025, 1, 7)
                if number in {1, 4, 9}
                else dt.date(2025, 8, 12)
                if number in {2, 8, 12}
                else dt.date(2026, 1, 7)
                if number in {5, 10}
                else None,
            )
        )
    return made


def letters(count: int) -> list[str]:
    """Return names of parallel classes: A to Z, then AA, AB and so on."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    pairs = [first + second for first in alphabet for second in alphabet]
    return [*alphabet, *pairs][:count]


def cohort(
    all_schools: list[School], year: Year, *, size: int, more: int = 0, seed: int
) -> Cohort:
    """Return one year's pupils; a pupil keeps key, name, family and frailty over the years.

    A child is a birth year, a school and a seat: next year the same child sits in the next
    grade, so nothing has to be carried from year to year. Classes are of one size; the
    first `more` of them have one pupil more.
    """
    rows: list[tuple[str, int, int, str, int]] = []
    class_index = -1
    for at, school in enumerate(all_schools):
        for grade in school.grades:
            for letter in letters(school.parallel):
                class_index += 1
                born = year.year - grade
                for seat in range(size + (class_index < more)):
                    key = f"{school.number}{born % 100:02d}{letter}{seat:02d}"
                    rows.append((key, at, grade, f"{grade}{letter}", class_index))
    names = _names(
        tuple(row[0] for row in rows),
        [all_schools[row[1]].language for row in rows],
        seed,
    )
    return Cohort(
        year=year,
        keys=tuple(row[0] for row in rows),
        first_names=tuple(first for first, _last in names),
        last_names=tuple(last for _first, last in names),
        school=np.array([row[1] for row in rows]),
        grade=np.array([row[2] for row in rows]),
        class_code=tuple(row[3] for row in rows),
        class_index=np.array([row[4] for row in rows]),
        family=np.array([_stable(last, seed) % 100_003 for _first, last in names]),
    )


def _names(
    keys: tuple[str, ...], languages: list[str], seed: int
) -> list[tuple[str, str]]:
    """Return a first and a last name for each key, the same in every year."""
    pools = {}
    for language, locale in (("fi", "fi_FI"), ("sv", "sv_SE")):
        fake = Faker(locale)
        fake.seed_instance(seed)
        pools[language] = (
            [fake.first_name() for _ in range(400)],
            [fake.last_name() for _ in range(600)],
        )
    named = []
    for key, language in zip(keys, languages, strict=True):
        first, last = pools[language]
        number = _stable(key, seed)
        named.append((first[number % len(first)], last[number // 1000 % len(last)]))
    return named


def _stable(text: str, seed: int) -> int:
    """Return the same number for a text in every process."""
    return zlib.crc32(f"{seed}:{text}".encode())


def frailty(keys: tuple[str, ...], seed: int) -> NDArray[np.float64]:
    """Return each pupil's own tendency to be absent: gamma, mean 1, strongly skewed."""
    uniform = np.array([_stable(f"frailty:{key}", seed) / 2**32 for key in keys])
    # Quantiles of a gamma with shape 1 (variance 1): real absence is at least as uneven.
    own: NDArray[np.float64] = -np.log1p(-np.minimum(uniform, 0.9999))
    return np.clip(own, 0.0, 8.0)


def staff_names(language: str, seed: int, school: str) -> Iterator[tuple[str, str]]:
    """Yield names of adults, the same for the same school and seed."""
    fake = Faker({"fi": "fi_FI", "sv": "sv_SE"}[language])
    fake.seed_instance(_stable(school, seed))
    while True:
        yield fake.first_name(), fake.last_name()
