"""The product's own path from CSV to figures and crossings, without the web around it."""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as csv

from koulutie import catalog
from koulutie.core.calendar import CalendarSchool, SchoolYearDates, build_calendar
from koulutie.core.dialects import delimited
from koulutie.core.dialects.reading import ReadOptions
from koulutie.core.resolving import Brought, Lookup, Meaning, resolve
from koulutie.core.tables import ENROLMENT, LESSON_PLAN
from koulutie.demo.world import WEEKLY_LESSONS
from koulutie.demo.writers import WORDS
from koulutie.facts import ingest, nightly
from koulutie.facts.store import Draft, Store

YEAR = SchoolYearDates(
    year=2025,
    starts_on=dt.date(2025, 8, 12),
    spring_starts_on=dt.date(2026, 1, 7),
    ends_before=dt.date(2026, 6, 7),
)
AS_OF = dt.date(2026, 5, 29)


def registry(folder: Path) -> tuple[Lookup, pa.Table, pa.Table]:
    """Return lookups, enrolments and calendar as the registry would hand them over."""
    roster = csv.read_csv(
        folder / "roster.csv",
        parse_options=csv.ParseOptions(delimiter=";"),
        convert_options=csv.ConvertOptions(
            column_types={"pupil_key": pa.string(), "school_number": pa.string()}
        ),
    )
    numbers = sorted(set(roster["school_number"].to_pylist()))
    schools = {number: at for at, number in enumerate(numbers, start=1)}
    names = pc.binary_join_element_wise(roster["school_number"], roster["class"], "/")
    codes = names.combine_chunks().dictionary_encode()
    size = len(roster)
    school_ids = pa.array([schools[n] for n in roster["school_number"].to_pylist()])
    grade = roster["grade"].cast(pa.int8())
    enrolments = pa.table(
        {
            "pupil_id": pa.array(range(1, size + 1)),
            "school_id": school_ids.cast(pa.int32()),
            "class_id": pc.add(codes.indices, 1).cast(pa.int32()),
            "school_year": pa.repeat(pa.scalar(2025, pa.int16()), size),
            "grade": grade,
            "level": pc.if_else(pc.less(grade, 7), "primary", "lower_secondary"),
            "language": roster["language"],
            "from_": pa.repeat(pa.scalar(dt.date(2025, 8, 1)), size),
            "to": pa.repeat(pa.scalar(dt.date(2026, 8, 1)), size),
        }
    ).cast(ENROLMENT)
    calendar = build_calendar(
        years=[YEAR],
        holidays=[],
        exceptions=[],
        schools=[
            CalendarSchool(school_id=pk, language="fi") for pk in schools.values()
        ],
    )
    lookup = Lookup(
        source_db="primus",
        pupils={
            key: at for at, key in enumerate(roster["pupil_key"].to_pylist(), start=1)
        },
        schools=schools,
        enrolments=enrolments,
        meanings={
            (None, word): Meaning(kind=kind, lessons=float(kind.startswith("absence")))
            for words in WORDS.values()
            for kind, word in words.items()
        },
        school_days={},
    )
    return lookup, enrolments, calendar


def plans(enrolments: pa.Table) -> pa.Table:
    """Return each class's weekly lessons."""
    rows = enrolments.group_by(["school_year", "school_id", "class_id"]).aggregate(
        [("grade", "min")]
    )
    weekly = [float(WEEKLY_LESSONS[grade]) for grade in rows["grade_min"].to_pylist()]
    columns = rows.drop_columns(["grade_min"]).append_column(
        "lessons_per_week", pa.array(weekly, pa.float32())
    )
    return columns.cast(LESSON_PLAN)


def bring(folder: Path, draft: Draft, number: int, marks_file: str) -> int:
    """Read, resolve and put one file of marks; return the new rows."""
    lookup, enrolments, calendar = registry(folder)
    known = catalog.load()
    with (folder / marks_file).open("rb") as file:
        reading = delimited.read(
            file,
            options=ReadOptions(
                file_name=marks_file, profile=known.profiles["own-csv"]
            ),
        )
    found = resolve(
        reading.marks,
        lookup=lookup,
        brought=Brought(batch_id=number, exported_at=number),
    )
    assert not found.unmapped
    del reading
    ingest.replace(draft, "enrolments", enrolments)
    ingest.replace(draft, "calendar", calendar)
    ingest.replace(draft, "lesson_plans", plans(enrolments))
    change = ingest.put_marks(draft, found.marks, number=number)
    pupils = None if number == 1 else change.pupil_ids
    del found
    ladder = known.ladders["koulutie-demo"]
    nightly.refresh(
        draft,
        indicators=known.indicators.values(),
        ladders={None: ladder},
        as_of=AS_OF,
        pupil_ids=pupils,
    )
    return change.new


def main(folder: str, root: str) -> None:
    with Store(root).begin(None) as draft:
        new = bring(Path(folder), draft, 1, "lesson_mark.csv")
    print(f"{new} marks")


if __name__ == "__main__":
    main(*sys.argv[1:])
