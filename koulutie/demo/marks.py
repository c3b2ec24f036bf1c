"""Marks of a school year, drawn at random with everything that makes real ones hard.

Overdispersed between pupils, alike within families and classes, with seasons and waves of
illness, chronic cases, lateness, and teachers who mark by habits of their own. Coaches have
a known true effect: from their start in a school, absences without a known good cause are
`COACH_EFFECT` times as likely.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from koulutie.core.marks import Kind
from koulutie.demo.world import (
    WEEKLY_LESSONS,
    Cohort,
    Ints,
    School,
    frailty,
)

COACH_EFFECT = 0.75  # the truth that an evaluation of the demo should find
COACH_TOLERANCE = 0.06  # within which a plain count of one school year finds it
DAILY_RATE = 0.022  # spells of whole days begun per pupil and school day
HOURLY_RATE = 0.028  # days on which single lessons are missed
LATE_RATE = 0.012
PRAISE_RATE = 0.16
CORRECTION_RATE = 0.07

KINDS = tuple(Kind)
_OF = {kind: number for number, kind in enumerate(KINDS)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """Marks as parallel arrays of shape (marks,), sorted by pupil and day."""

    pupil: Ints  # index into the cohort
    day: Ints  # index into the year's days
    slot: Ints  # index into STARTS
    kind: Ints  # index into KINDS; what the mark is in the end
    cleared_after: Ints  # days until somebody cleared it; 0: at once, -1: never

    def __len__(self) -> int:
        return len(self.pupil)


def draw(
    cohort: Cohort, schools: list[School], rng: np.random.Generator, *, seed: int
) -> Marks:
    """Draw one school year's marks."""
    days = len(cohort.year.days)
    own = frailty(cohort.keys, seed) * _shared(cohort.family, 0.25, rng)
    own = own * _shared(cohort.class_index, 0.15, rng)
    season = _season(cohort)
    coached = _coached(cohort, schools)
    whole = _spells(own, season, DAILY_RATE, rng)
    hourly = rng.random(whole.shape) < HOURLY_RATE * own[:, None] * season
    late = rng.random(whole.shape) < LATE_RATE * np.sqrt(own)[:, None]
    parts = [
        _absences(cohort, whole, coached, rng, all_day=True),
        _absences(cohort, hourly & ~whole, coached, rng, all_day=False),
        _single(cohort, late & ~whole, _OF[Kind.LATE_SHORT], rng),
        _feedback(cohort, whole, rng, PRAISE_RATE, Kind.FEEDBACK_POSITIVE),
        _feedback(cohort, whole, rng, CORRECTION_RATE, Kind.FEEDBACK_CORRECTIVE),
    ]
    assert all(part.day.max(initial=0) < days for part in parts)
    return _sorted(parts)


def _shared(
    group: Ints, spread: float, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Return a log-normal factor that all members of a group share; mean 1."""
    size = int(group.max()) + 1
    factor = rng.normal(-(spread**2) / 2, spread, size)
    return np.exp(factor)[group]


def _season(cohort: Cohort) -> NDArray[np.float64]:
    """Return each day's factor: darker months have more absence, two weeks a wave."""
    numbers = np.array([day.timetuple().tm_yday for day in cohort.year.days])
    season = 1 + 0.35 * np.cos(2 * np.pi * (numbers - 20) / 365)
    for wave in (47, 5):  # calendar weeks
        weeks = np.array([day.isocalendar().week for day in cohort.year.days])
        season = season * np.where(np.isin(weeks, (wave, wave + 1)), 1.7, 1.0)
    monday = np.array([day.weekday() for day in cohort.year.days])
    return season * np.where(monday == 0, 1.15, np.where(monday == 4, 1.1, 1.0))


def _coached(cohort: Cohort, schools: list[School]) -> NDArray[np.bool_]:
    """Return for each school and day whether a coach works there."""
    return np.array(
        [
            [
                school.coach_from is not None and day >= school.coach_from
                for day in cohort.year.days
            ]
            for school in schools
        ]
    )[cohort.school]


def _spells(
    own: NDArray[np.float64],
    season: NDArray[np.float64],
    rate: float,
    rng: np.random.Generator,
) -> NDArray[np.bool_]:
    """Return pupil x day: absent the whole day. Spells last 1-10 days, mostly one or two."""
    begun = rng.random((len(own), len(season))) < rate * own[:, None] * season
    length = np.minimum(rng.geometric(0.6, begun.shape), 10).astype(np.int8) * begun
    absent = begun.copy()
    for after in range(1, 10):
        absent[:, after:] |= length[:, :-after] > after
    return absent


def _absences(
    cohort: Cohort,
    absent: NDArray[np.bool_],
    coached: NDArray[np.bool_],
    rng: np.random.Generator,
    *,
    all_day: bool,
) -> Marks:
    """Return a mark for each missed lesson of the absent days."""
    pupil, day = np.nonzero(absent)
    shares = (
        (0.70, 0.10, 0.09, 0.06, 0.05) if all_day else (0.38, 0.06, 0.18, 0.26, 0.12)
    )
    first = _OF[Kind.HEALTH]
    kind = first + rng.choice(5, len(pupil), p=np.array(shares))
    # A coach keeps some pupils in school: those days simply do not happen.
    unexplained = kind >= _OF[Kind.OTHER_EXPLAINED]
    kept = ~(
        unexplained & coached[pupil, day] & (rng.random(len(pupil)) > COACH_EFFECT)
    )
    pupil, day, kind = pupil[kept], day[kept], kind[kept]
    lessons = lessons_of(cohort, pupil, day)
    count = lessons if all_day else 1 + rng.integers(0, 2, len(pupil))
    first_slot = rng.integers(0, 1 if all_day else 5, len(pupil))
    owner = np.repeat(np.arange(len(pupil)), np.minimum(count, lessons))
    slot = _running(owner) + first_slot[owner]
    slot = np.minimum(slot, lessons[owner] - 1)
    after = _clearing(kind, rng)
    return Marks(
        pupil=pupil[owner],
        day=day[owner],
        slot=slot,
        kind=kind[owner],
        cleared_after=after[owner],
    )


def _clearing(kind: Ints, rng: np.random.Generator) -> Ints:
    """Return the days until a cause is told: most homes tell at once, some take weeks."""
    late = rng.random(len(kind)) < 0.22
    after = np.where(late, 1 + rng.geometric(0.18, len(kind)), 0)
    return np.where(kind == _OF[Kind.UNRESOLVED], -1, after)


def lessons_of(cohort: Cohort, pupil: Ints, day: Ints) -> Ints:
    """Return how many lessons each pupil has that day: the week's, spread over five days."""
    weekly = np.array([0, *(WEEKLY_LESSONS[grade] for grade in range(1, 10))])
    weekday = np.array([one.weekday() for one in cohort.year.days])[day]
    total = weekly[cohort.grade[pupil]]
    return total // 5 + (weekday < total % 5)


def _single(
    cohort: Cohort, chosen: NDArray[np.bool_], kind: int, rng: np.random.Generator
) -> Marks:
    """Return one mark in the first lesson of each chosen day."""
    pupil, day = np.nonzero(chosen)
    zero = np.zeros(len(pupil), dtype=np.int64)
    return Marks(pupil=pupil, day=day, slot=zero, kind=zero + kind, cleared_after=zero)


def _feedback(
    cohort: Cohort,
    absent: NDArray[np.bool_],
    rng: np.random.Generator,
    rate: float,
    kind: Kind,
) -> Marks:
    """Return feedback by classes' teachers, some of whom mark much and some never."""
    habit = rng.gamma(0.8, 1 / 0.8, int(cohort.class_index.max()) + 1)[
        cohort.class_index
    ]
    given = (rng.random(absent.shape) < rate * np.minimum(habit, 5)[:, None]) & ~absent
    pupil, day = np.nonzero(given)
    slot = rng.integers(0, 4, len(pupil))
    # In grades 7-9 a mark in a double lesson comes twice.
    twice = (rng.random(len(pupil)) < 0.3) & (cohort.grade[pupil] >= 7)
    pupil, day = np.r_[pupil, pupil[twice]], np.r_[day, day[twice]]
    slot = np.r_[slot, slot[twice] + 1]
    zero = np.zeros(len(pupil), dtype=np.int64)
    return Marks(
        pupil=pupil, day=day, slot=slot, kind=zero + _OF[kind], cleared_after=zero
    )


def _running(owner: Ints) -> Ints:
    """Return 0, 1, 2, ... anew for each run of equal numbers."""
    starts = np.r_[True, owner[1:] != owner[:-1]] if len(owner) else np.zeros(0, bool)
    at = np.arange(len(owner))
    return at - np.maximum.accumulate(np.where(starts, at, 0)) if len(owner) else at


def _sorted(parts: list[Marks]) -> Marks:
    """Join the parts and leave one mark of each kind in a lesson."""
    columns = {
        name: np.concatenate([getattr(part, name) for part in parts])
        for name in ("pupil", "day", "slot", "kind", "cleared_after")
    }
    is_presence = columns["kind"] < _OF[Kind.FEEDBACK_POSITIVE]
    place = (columns["pupil"] * 400 + columns["day"]) * 10 + columns["slot"]
    key = place * 20 + np.where(is_presence, 19, columns["kind"])
    _values, first = np.unique(key, return_index=True)
    return Marks(**{name: column[first] for name, column in columns.items()})
