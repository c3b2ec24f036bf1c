"""A city's year of marks, written once by the product's own generator, and one more day.

A folder holds `lesson_mark.csv` (the year), `roster.csv`, `before.csv` (the year without its
last day), `day.csv` (the last day, and corrections of the week before it), and in `registry/`
what the registry would hand over: enrolments, calendar, lesson plans.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as csv
import pyarrow.parquet as pq

from koulutie.core.calendar import CalendarSchool, SchoolYearDates, build_calendar
from koulutie.core.tables import CALENDAR, ENROLMENT, LESSON_PLAN

PUPILS = 60_000
YEAR = SchoolYearDates(
    year=2025,
    starts_on=dt.date(2025, 8, 12),
    spring_starts_on=dt.date(2026, 1, 7),
    ends_before=dt.date(2026, 6, 7),
)
AS_OF = dt.date(2026, 5, 29)  # a Friday; the last day with marks
CORRECTED = 50  # of the week before, every so many marks is cleared on the last day


def city(folder: Path, pupils: int = PUPILS) -> Path:
    """Return the folder with everything in it; make what lacks."""
    if not (folder / "lesson_mark.csv").exists():
        from koulutie.demo.synth import synth  # costs a second that no run should pay

        synth(pupils=pupils, out=folder, seed=1)
    if not (folder / "day.csv").exists():
        _registry(folder)
        _split(folder)
    return folder


def numbers(folder: Path) -> tuple[pa.Table, dict[str, int]]:
    """Return the roster, whose rows are the pupils from 1, and the schools' numbers."""
    roster = csv.read_csv(
        folder / "roster.csv",
        parse_options=csv.ParseOptions(delimiter=";"),
        convert_options=csv.ConvertOptions(
            column_types={"pupil_key": pa.string(), "school_number": pa.string()}
        ),
    )
    known = sorted(set(roster["school_number"].to_pylist()))
    return roster, {number: at for at, number in enumerate(known, start=1)}


def _registry(folder: Path) -> None:
    roster, schools = numbers(folder)
    enrolments = _enrolments(roster, schools)
    calendar = build_calendar(
        years=[YEAR],
        holidays=[],
        exceptions=[],
        schools=[
            CalendarSchool(school_id=pk, language="fi") for pk in schools.values()
        ],
    )
    into = folder / "registry"
    into.mkdir(exist_ok=True)
    pq.write_table(enrolments, into / "enrolments.parquet")
    pq.write_table(calendar.cast(CALENDAR), into / "calendar.parquet")
    pq.write_table(_plans(enrolments), into / "lesson_plans.parquet")


def _enrolments(roster: pa.Table, schools: dict[str, int]) -> pa.Table:
    names = pc.binary_join_element_wise(roster["school_number"], roster["class"], "/")
    codes = names.combine_chunks().dictionary_encode()
    size = len(roster)
    school_ids = pa.array([schools[n] for n in roster["school_number"].to_pylist()])
    grade = roster["grade"].cast(pa.int8())
    return pa.table(
        {
            "pupil_id": pa.array(range(1, size + 1)),
            "school_id": school_ids.cast(pa.int32()),
            "class_id": pc.add(codes.indices, 1).cast(pa.int32()),
            "school_year": pa.repeat(pa.scalar(YEAR.year, pa.int16()), size),
            "grade": grade,
            "level": pc.if_else(pc.less(grade, 7), "primary", "lower_secondary"),
            "language": roster["language"],
            "from_": pa.repeat(pa.scalar(dt.date(2025, 8, 1)), size),
            "to": pa.repeat(pa.scalar(dt.date(2026, 8, 1)), size),
        }
    ).cast(ENROLMENT)


def _plans(enrolments: pa.Table) -> pa.Table:
    """Return each class's weekly lessons."""
    from koulutie.demo.world import WEEKLY_LESSONS

    rows = enrolments.group_by(["school_year", "school_id", "class_id"]).aggregate(
        [("grade", "min")]
    )
    weekly = [float(WEEKLY_LESSONS[grade]) for grade in rows["grade_min"].to_pylist()]
    columns = rows.drop_columns(["grade_min"]).append_column(
        "lessons_per_week", pa.array(weekly, pa.float32())
    )
    return columns.cast(LESSON_PLAN)


def _split(folder: Path) -> None:
    """Write the year without its last day, and that day with corrections of its week."""
    run = duckdb.connect().execute
    run(
        f"CREATE TABLE marks AS SELECT * FROM read_csv('{folder}/lesson_mark.csv', "
        "header = true, all_varchar = true, delim = ',', quote = '\"')"
    )
    header = "(FORMAT csv, HEADER, DELIMITER ',')"
    run(
        f"COPY (SELECT * FROM marks WHERE date < '{AS_OF}') TO '{folder}/before.csv' "
        + header
    )
    run(
        f"COPY (SELECT * FROM marks WHERE date = '{AS_OF}' UNION ALL "
        "SELECT * REPLACE (if(type_name IN ('Selvittämätön poissaolo', 'Outredd frånvaro'), "
        "if(type_name < 'P', 'Frånvaro av hälsoskäl', 'Terveydellinen syy'), type_name) AS "
        f"type_name, '1' AS is_cleared, '{AS_OF}' AS entered_at) FROM marks WHERE date >= "
        f"'{AS_OF - dt.timedelta(days=7)}' AND date < '{AS_OF}' AND lesson_no <> '' AND "
        f"hash(pupil_key, date, lesson_no) % {CORRECTED} = 0) "
        f"TO '{folder}/day.csv' {header}"
    )
