"""The demo as files in the order in which a municipality would bring them, and the truth."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from koulutie.core.marks import Kind
from koulutie.demo import marks as drawing
from koulutie.demo import world, writers
from koulutie.demo.pages import write_page

YEARS = (2024, 2025, 2026)
CODE = "999"  # no real municipality has it
CLASS_SIZE = 18
PUPILS = 3000
# The upper school in Aittakallio changes its words and marks more openly from this day on.
NEW_WORDS = frozenset({(7, dt.date(2026, 1, 7))})
GAP_SCHOOL, GAP = 2, (dt.date(2026, 9, 7), dt.date(2026, 9, 11))  # registers not kept
TIMETABLE_SCHOOLS = (0, 7)  # schools that also export which registers were kept
FIRST_EXPORT = dt.date(2026, 10, 9)
MOVED_ON = dt.date(2026, 10, 19)  # the Monday after the autumn break


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One file as it arrives."""

    path: Path
    exported_on: dt.date
    school: str | None = None  # number; the file is about this school
    pupil_key: str | None = None  # whose page it is


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A person of the demo and where the role holds."""

    username: str
    first_name: str
    last_name: str
    language: str
    role: str
    school: str | None = None
    class_code: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All that the demo brings in."""

    municipality: tuple[str, str, str]  # code, Finnish name, Swedish name
    schools: tuple[world.School, ...]
    years: tuple[world.Year, ...]
    mapping: Path
    deliveries: tuple[Delivery, ...]
    accounts: tuple[Account, ...]
    class_accounts: tuple[Account, ...]  # one adult for each class


def write_demo(
    out: Path, *, seed: int, today: dt.date, tell: Callable[[str], None]
) -> Plan:
    """Write every file of the demo; the same seed and day write the same bytes."""
    out.mkdir(parents=True, exist_ok=True)
    schools = world.schools(PUPILS)
    years = [world.school_days(year, today - dt.timedelta(days=1)) for year in YEARS]
    years = [year for year in years if year.days]
    deliveries: list[Delivery] = []
    for year in years:
        cohort = world.cohort(schools, year, size=CLASS_SIZE, seed=seed)
        rng = np.random.default_rng([seed, year.year])
        drawn = drawing.draw(cohort, schools, rng, seed=seed)
        tell(
            f"{year.year}-{year.year + 1}: {len(drawn)} marks of {len(cohort.keys)} pupils"
        )
        is_running = year is years[-1]
        sheet = writers.Sheet(
            cohort=cohort,
            schools=schools,
            marks=drawn,
            exported_on=year.days[-1],
            new_words=NEW_WORDS,
            moves=world.moves(cohort, MOVED_ON) if year.year == MOVED_ON.year else {},
        )
        deliveries += _roster(out, sheet)
        deliveries += _running(out, sheet) if is_running else _finished(out, sheet)
    _write_truth(out / "truth.json", schools)
    return Plan(
        municipality=(CODE, "Koivuranta", "Björkstrand"),
        schools=tuple(schools),
        years=tuple(years),
        mapping=_write_mapping(out / "mark_types.csv"),
        deliveries=tuple(deliveries),
        accounts=tuple(_accounts(schools)),
        class_accounts=tuple(_class_accounts(schools, seed)),
    )


def _roster(out: Path, sheet: writers.Sheet) -> list[Delivery]:
    cohort = sheet.cohort
    path = out / f"roster_{cohort.year.year}.csv"
    # Every 400th pupil lives under protected identity.
    protected = set(cohort.keys[7::400])
    writers.write_roster(path, cohort, sheet.schools, protected, sheet.moves)
    return [Delivery(path=path, exported_on=dt.date(cohort.year.year, 8, 5))]


def _finished(out: Path, sheet: writers.Sheet) -> list[Delivery]:
    """A past year came in one file, in the old encoding."""
    year = sheet.cohort.year.year
    path = out / f"primus_{year}.csv"
    writers.write_primus(path, sheet, encoding="cp1252", mistakes=False)
    return [Delivery(path=path, exported_on=sheet.exported_on)]


def _running(out: Path, sheet: writers.Sheet) -> list[Delivery]:
    """This year's first exports school by school, then one of all, and a few pages."""
    cohort, marks = sheet.cohort, sheet.marks
    days = np.array(cohort.year.days, dtype="datetime64[D]")[marks.day]
    school = cohort.school[marks.pupil]
    in_gap = (school == GAP_SCHOOL) & (days >= np.datetime64(GAP[0]))
    in_gap &= days <= np.datetime64(GAP[1])
    deliveries = list(_timetables(out, sheet))
    early = days <= np.datetime64(FIRST_EXPORT)
    for at, one in enumerate(sheet.schools):
        path = out / f"primus_{one.number}_{FIRST_EXPORT:%Y%m%d}.csv"
        chosen = sheet.chosen((school == at) & early & ~in_gap)
        writers.write_primus(
            path, _on(chosen, FIRST_EXPORT), encoding="utf-8", mistakes=at == 0
        )
        deliveries.append(
            Delivery(path=path, exported_on=FIRST_EXPORT, school=one.number)
        )
    path = out / f"primus_{sheet.exported_on:%Y%m%d}.csv"
    writers.write_primus(path, sheet.chosen(~in_gap), encoding="cp1252", mistakes=False)
    deliveries.append(Delivery(path=path, exported_on=sheet.exported_on))
    return deliveries + list(_pages(out, sheet))


def _on(sheet: writers.Sheet, day: dt.date) -> writers.Sheet:
    return replace(sheet, exported_on=day)


def _pages(out: Path, sheet: writers.Sheet) -> list[Delivery]:
    """Two pupils' pages, saved by their homeroom teacher."""
    deliveries = []
    upper = np.flatnonzero((sheet.cohort.school == 7) & (sheet.cohort.grade == 7))[:2]
    for pupil in upper.tolist():
        key = sheet.cohort.keys[pupil]
        path = out / f"wilma_{key}.html"
        write_page(path, sheet.chosen(sheet.marks.pupil == pupil))
        deliveries.append(
            Delivery(path=path, exported_on=sheet.exported_on, pupil_key=key)
        )
    return deliveries


def _timetables(out: Path, sheet: writers.Sheet) -> list[Delivery]:
    """Offered lessons of two schools with kept registers; one class often forgets."""
    cohort = sheet.cohort
    deliveries = []
    for at in TIMETABLE_SCHOOLS:
        classes = sorted(
            {
                (cohort.class_code[pupil], int(cohort.grade[pupil]))
                for pupil in np.flatnonzero(cohort.school == at).tolist()
            }
        )
        rows = ["school_number;class_code;date;lessons;cancelled;reported"]
        for code, grade in classes:
            weekly = world.WEEKLY_LESSONS[grade]
            for number, day in enumerate(cohort.year.days):
                lessons = weekly // 5 + (day.weekday() < weekly % 5)
                forgets = code == classes[-1][0] and number % 3 == 0
                kept = "false" if forgets else "true"
                rows.append(
                    f"{sheet.schools[at].number};{code};{day};{lessons};false;{kept}"
                )
        path = out / f"lesson_offered_{sheet.schools[at].number}.csv"
        path.write_text("\n".join(rows) + "\n")
        deliveries.append(Delivery(path=path, exported_on=sheet.exported_on))
    return deliveries


def _write_mapping(path: Path) -> Path:
    """Write what each school word means, as a main user would confirm it."""
    rows = {
        word: kind for words in writers.WORDS.values() for kind, word in words.items()
    }
    rows["Luvaton (selvitetty)"] = Kind.UNAUTHORISED
    path.write_text("".join(f"{word};{kind}\n" for word, kind in rows.items()))
    return path


def _write_truth(path: Path, schools: list[world.School]) -> None:
    """Keep what an evaluation should find; nothing in the product reads it."""
    truth = {
        "coach_effect_on_absence_without_known_cause": drawing.COACH_EFFECT,
        "coach_effect_tolerance": drawing.COACH_TOLERANCE,
        "coach_from": {
            one.number: one.coach_from.isoformat() if one.coach_from else None
            for one in schools
        },
        "daily_rate": drawing.DAILY_RATE,
        "hourly_rate": drawing.HOURLY_RATE,
        "changed_marking_practice": [[at, day.isoformat()] for at, day in NEW_WORDS],
        "moved": {
            "on": MOVED_ON.isoformat(),
            "merged_class": [schools[world.MERGING].number, "2B", "2A"],
        },
        "register_gap": [GAP_SCHOOL, GAP[0].isoformat(), GAP[1].isoformat()],
    }
    path.write_text(json.dumps(truth, indent=2))


def _accounts(schools: list[world.School]) -> list[Account]:
    """Return one person for each kind of work, whose names a visitor can remember."""
    upper, swedish = schools[7], schools[8]
    return [
        Account(username="aino", first_name="Aino", last_name="Lehtinen", language="fi",
                role="homeroom_teacher", school=upper.number, class_code="7A"),
        Account(username="bjorn", first_name="Björn", last_name="Sjöberg", language="sv",
                role="class_teacher", school=swedish.number, class_code="4A"),
        Account(username="cecilia", first_name="Cecilia", last_name="Rantanen", language="fi",
                role="principal", school=upper.number),
        Account(username="farid", first_name="Farid", last_name="Karimi", language="fi",
                role="school_coach", school=upper.number),
        Account(username="daniel", first_name="Daniel", last_name="Koskinen", language="fi",
                role="main_user"),
        Account(username="elina", first_name="Elina", last_name="Forsström", language="fi",
                role="education_office"),
        Account(username="greta", first_name="Greta", last_name="Nyman", language="sv",
                role="data_protection_officer"),
    ]  # fmt: skip


def _class_accounts(schools: list[world.School], seed: int) -> list[Account]:
    """Return an adult for every class and a principal for every school, without a password."""
    accounts = []
    for school in schools:
        names = world.staff_names(school.language, seed, school.number)
        for grade in school.grades:
            for letter in world.letters(school.parallel):
                first, last = next(names)
                accounts.append(
                    Account(
                        username=f"t-{school.number}-{grade}{letter.lower()}",
                        first_name=first,
                        last_name=last,
                        language=school.language,
                        role="homeroom_teacher" if grade >= 7 else "class_teacher",
                        school=school.number,
                        class_code=f"{grade}{letter}",
                    )
                )
        first, last = next(names)
        accounts.append(
            Account(
                username=f"p-{school.number}",
                first_name=first,
                last_name=last,
                language=school.language,
                role="principal",
                school=school.number,
            )
        )
    return accounts
