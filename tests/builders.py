"""Plain functions that build what tests need, each with sensible defaults.

Rows of the registry are written to the database; Arrow tables are made from dicts, a
column that is not named being null.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pyarrow as pa
from django.db import connection

from koulutie.core.tables import MARK, RAW_MARK, RAW_OFFERED, RAW_ROSTER
from koulutie.registry import actions
from koulutie.registry.actions.grants import Place
from koulutie.registry.models import (
    Enrolment,
    Grant,
    Municipality,
    Person,
    Pupil,
    PupilKey,
    School,
    SchoolClass,
    SchoolYear,
)

HELSINKI = ZoneInfo("Europe/Helsinki")
NOW = datetime(2026, 11, 24, 9, 30, tzinfo=HELSINKI)
TODAY = NOW.date()
YEAR = 2026
SOURCE = "primus"

_numbers = itertools.count(1)


# --- the registry ---------------------------------------------------------------------------


def a_municipality(code: str = "901", name: str = "Joutsenmäki") -> Municipality:
    return Municipality.objects.create(code=code, name_fi=name, name_sv="Svansbacka")


def a_school(
    municipality: Municipality,
    number: str = "10001",
    name: str = "Joutsenmäen koulu",
    language: str = "fi",
) -> School:
    return School.objects.create(
        municipality=municipality, number=number, name=name, language=language
    )


def a_school_year(municipality: Municipality, year: int = YEAR) -> SchoolYear:
    return actions.ensure_school_year(
        municipality=municipality, year=year, by=None, now=NOW
    )


def a_class(school: School, code: str = "7B", year: int = YEAR) -> SchoolClass:
    return actions.ensure_class(
        school=school,
        school_year=a_school_year(school.municipality, year),
        code=code,
        by=None,
        now=NOW,
    )


def a_pupil(
    school_class: SchoolClass,
    first_name: str = "Ilmari",
    last_name: str = "Esimerkki",
    *,
    key: str | None = None,
    is_protected: bool = False,
    from_date: date | None = None,
    to_date: date | None = None,
) -> Pupil:
    """A pupil with a key of `SOURCE`, enrolled in the class for its whole year."""
    municipality = school_class.school.municipality
    year = school_class.school_year
    pupil = Pupil.objects.create(
        municipality=municipality,
        first_name=first_name,
        last_name=last_name,
        is_protected=is_protected,
    )
    PupilKey.objects.create(
        municipality=municipality,
        pupil=pupil,
        source_db=SOURCE,
        key=key or f"p{next(_numbers)}",
    )
    Enrolment.objects.create(
        pupil=pupil,
        school_class=school_class,
        from_date=from_date or year.starts_on,
        to_date=to_date or date(year.year + 1, 8, 1),
    )
    return pupil


def a_person(
    first_name: str = "Aino", last_name: str = "Opettaja", language: str = "fi"
) -> Person:
    """Somebody who can be signed in by ``client.force_login``, but has no password."""
    person = Person(
        username=f"{first_name.lower()}{next(_numbers)}",
        first_name=first_name,
        last_name=last_name,
        language=language,
    )
    person.set_unusable_password()
    person.save()
    return person


def a_grant(
    person: Person,
    role: str,
    place: Place,
    *,
    valid_from: date = date(2026, 8, 1),
    valid_to: date | None = date(2027, 8, 1),
) -> Grant:
    return actions.grant(
        person=person,
        role=role,
        place=place,
        valid_from=valid_from,
        valid_to=valid_to,
        reason="given for the test",
        by=None,
        now=NOW,
    )


def break_the_log() -> None:
    """Let the database refuse every new event, as a full disk would."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(
                "CREATE TRIGGER broken BEFORE INSERT ON registry_accessevent "
                "BEGIN SELECT RAISE(ABORT, 'the log is full'); END"
            )
            return
        cursor.execute(
            "CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'the log is full'; END $$"
        )
        cursor.execute(
            "CREATE TRIGGER broken BEFORE INSERT ON registry_accessevent "
            "FOR EACH ROW EXECUTE FUNCTION broken()"
        )


# --- tables ---------------------------------------------------------------------------------


def table(
    schema: pa.Schema, *rows: Mapping[str, object], **defaults: object
) -> pa.Table:
    """A table of the schema: each row over the defaults, what neither names is null."""
    unknown = {name for row in (*rows, defaults) for name in row} - set(schema.names)
    assert not unknown, f"the schema has no {sorted(unknown)}"
    columns = {
        name: [(defaults | dict(row)).get(name) for row in rows]
        for name in schema.names
    }
    return pa.table(columns, schema=schema)


def raw_marks(*rows: Mapping[str, object], **defaults: object) -> pa.Table:
    """RAW_MARK: one unresolved lesson of the second morning hour, unless told otherwise."""
    return table(
        RAW_MARK,
        *({"line": line, **row} for line, row in enumerate(rows, start=2)),
        **{
            "pupil_key": "p1",
            "school_number": "10001",
            "class_code": "7B",
            "date": TODAY,
            "start_minute": 540,
            "end_minute": 585,
            "lesson_no": 2,
            "minutes": 45,
            "type_name": "Poissaolo",
            "is_cleared": False,
        }
        | defaults,
    )


def raw_offered(*rows: Mapping[str, object], **defaults: object) -> pa.Table:
    """RAW_OFFERED: one lesson of a class, kept."""
    return table(
        RAW_OFFERED,
        *({"line": line, **row} for line, row in enumerate(rows, start=2)),
        **{
            "date": TODAY,
            "lessons": 1.0,
            "is_cancelled": False,
            "is_kept": True,
        }
        | defaults,
    )


def roster(*rows: Mapping[str, object], **defaults: object) -> pa.Table:
    """RAW_ROSTER: pupils of 7B of the Finnish school."""
    return table(
        RAW_ROSTER,
        *({"line": line, **row} for line, row in enumerate(rows, start=2)),
        **{
            "person_role": "pupil",
            "first_name": "Ilmari",
            "last_name": "Esimerkki",
            "school_number": "10001",
            "school_name": "Joutsenmäen koulu",
            "class_code": "7B",
            "language": "fi",
        }
        | defaults,
    )


def marks(*rows: Mapping[str, object], **defaults: object) -> pa.Table:
    """MARK: one absent lesson of the health class, unless told otherwise."""
    return table(
        MARK,
        *({"mark_key": number, **row} for number, row in enumerate(rows, start=1)),
        **{
            "school_year": YEAR,
            "month": 11,
            "school_id": 1,
            "class_id": 1,
            "pupil_id": 1,
            "date": TODAY,
            "start_minute": 540,
            "lesson_no": 2,
            "minutes": 45,
            "kind": "absence_health",
            "lessons": 1.0,
            "type_name": "Terveydellinen syy",
            "is_cleared": True,
            "version_at": 0,
            "batch_id": 1,
            "from_version": 1,
        }
        | defaults,
    )
