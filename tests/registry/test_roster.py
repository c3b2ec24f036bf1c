"""Taking rosters in: who is recognised, who moved, what a person must look at."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import date

import pyarrow as pa
import pytest
from django.db import DatabaseError, transaction

from koulutie.core.tables import RAW_ROSTER
from koulutie.registry import actions
from koulutie.registry.models import (
    AccessEvent,
    Enrolment,
    Guardian,
    Municipality,
    Person,
    Pupil,
    School,
    SchoolClass,
)
from tests import builders as build

pytestmark = pytest.mark.django_db

OID = "1.2.246.562.24.17116719809"
OTHER_OID = "1.2.246.562.24.60304718012"
HETU = "131052-308T"


@pytest.fixture
def municipality(db: None) -> Municipality:
    return build.a_municipality()


def take_in(
    municipality: Municipality,
    *rows: Mapping[str, object],
    as_of: date = build.TODAY,
    source_db: str = build.SOURCE,
    **defaults: object,
) -> actions.RosterReport:
    return actions.take_in_roster(
        roster=build.roster(*rows, **defaults),
        municipality=municipality,
        source_db=source_db,
        by=None,
        now=build.NOW,
        as_of=as_of,
    )


def stays(pupil: Pupil) -> list[tuple[str, date, date]]:
    rows = Enrolment.objects.unscoped("test").filter(pupil=pupil).order_by("from_date")
    return [(row.school_class.code, row.from_date, row.to_date) for row in rows]


def test_an_empty_home_is_filled_from_one_roster(municipality: Municipality) -> None:
    report = take_in(
        municipality,
        {"pupil_key": "1", "first_name": "Eeva"},
        {"pupil_key": "2", "class_code": "7A", "grade": 7},
        {
            "pupil_key": "3",
            "class_code": "3A",
            "school_number": "10002",
            "school_name": "Svansbacka skola",
            "language": "sv",
        },
    )
    assert report.counts["new pupils"] == 3
    assert not report.notices
    assert {school.language for school in School.objects.all()} == {"fi", "sv"}
    assert sorted(SchoolClass.objects.values_list("code", "grade")) == [
        ("3A", 3),
        ("7A", 7),
        ("7B", 7),
    ]
    eeva = Pupil.objects.unscoped("test").get(first_name="Eeva")
    year = SchoolClass.objects.get(code="7B").school_year
    assert stays(eeva) == [("7B", year.starts_on, date(2027, 8, 1))]


def test_what_one_page_made_gets_its_names_from_the_roster(
    municipality: Municipality,
) -> None:
    school = actions.ensure_school(
        municipality=municipality, number="10001", by=None, now=build.NOW
    )
    small = build.a_class(school, "Ketut")
    pupil = actions.ensure_pupil(
        municipality=municipality,
        source_db=build.SOURCE,
        key="1",
        school_class=small,
        by=None,
        now=build.NOW,
    )
    take_in(municipality, {"pupil_key": "1", "class_code": "Ketut", "grade": 2})
    for row in (school, small, pupil):
        row.refresh_from_db()
    assert (school.name, small.grade) == ("Joutsenmäen koulu", 2)
    assert pupil.sorting_name == "Esimerkki Ilmari"


def test_the_same_roster_twice_changes_nothing(municipality: Municipality) -> None:
    rows: list[dict[str, object]] = [
        {"pupil_key": "1"},
        {"pupil_key": "2", "from_": date(2026, 9, 1)},
    ]
    take_in(municipality, *rows)
    before = sorted(Enrolment.objects.unscoped("test").values_list())
    report = take_in(municipality, *rows)
    assert not +report.counts
    assert sorted(Enrolment.objects.unscoped("test").values_list()) == before
    assert Pupil.objects.unscoped("test").count() == 2


def test_oid_decides_before_key_and_key_before_hetu(municipality: Municipality) -> None:
    take_in(municipality, {"pupil_key": "1", "learner_oid": OID, "hetu": HETU})
    pupil = Pupil.objects.unscoped("test").get()
    for row in (
        {"pupil_key": "new", "learner_oid": OID},  # another database's id, same learner
        {"pupil_key": "1"},
        {"pupil_key": "newer", "hetu": HETU.lower()},
    ):
        take_in(municipality, row)
    assert Pupil.objects.unscoped("test").get() == pupil
    assert {key.key for key in pupil.keys.all()} == {"1", "new", "newer"}


def test_a_key_is_unique_only_inside_its_database(municipality: Municipality) -> None:
    take_in(municipality, {"pupil_key": "1"})
    take_in(municipality, {"pupil_key": "1", "first_name": "Aava"}, source_db="edlevo")
    assert Pupil.objects.unscoped("test").count() == 2


def test_a_name_never_decides_but_a_namesake_is_told(
    municipality: Municipality,
) -> None:
    take_in(municipality, {"pupil_key": "1"})
    report = take_in(municipality, {"pupil_key": "9"}, source_db="edlevo")
    assert Pupil.objects.unscoped("test").count() == 2
    assert [notice.line for notice in report.notices if notice.line] == [2]


def test_namesakes_in_one_register_are_two_pupils(municipality: Municipality) -> None:
    report = take_in(municipality, {"pupil_key": "1"}, {"pupil_key": "2"})
    assert Pupil.objects.unscoped("test").count() == 2
    assert not report.notices


def test_identifiers_of_two_pupils_are_left_for_a_person(
    municipality: Municipality,
) -> None:
    take_in(municipality, {"pupil_key": "1", "learner_oid": OID}, {"pupil_key": "2"})
    before = sorted(Pupil.objects.unscoped("test").values_list())
    report = take_in(
        municipality, {"pupil_key": "2", "learner_oid": OID, "last_name": "Toinen"}
    )
    assert [notice.line for notice in report.notices if notice.line] == [2]
    assert sorted(Pupil.objects.unscoped("test").values_list()) == before


def test_a_known_key_with_another_learner_is_left_for_a_person(
    municipality: Municipality,
) -> None:
    take_in(municipality, {"pupil_key": "1", "learner_oid": OID})
    report = take_in(municipality, {"pupil_key": "1", "learner_oid": OTHER_OID})
    assert report.notices
    assert Pupil.objects.unscoped("test").get().learner_oid == OID


def test_the_identity_code_is_kept_only_as_a_keyed_hash(
    municipality: Municipality,
) -> None:
    take_in(municipality, {"pupil_key": "1", "hetu": HETU})
    pupil = Pupil.objects.unscoped("test").get()
    assert len(pupil.hetu_hmac) == 64
    assert HETU not in str(list(Pupil.objects.unscoped("test").values())) + str(
        list(AccessEvent.objects.values())
    )


def test_the_placeholder_of_primus_is_never_a_key(municipality: Municipality) -> None:
    take_in(
        municipality,
        {"pupil_key": "1", "hetu": "010112-001Ä"},
        {"pupil_key": "2", "hetu": "010112-001Ä"},
    )
    assert sorted(
        Pupil.objects.unscoped("test").values_list("hetu_hmac", flat=True)
    ) == ["", ""]


def test_a_row_that_says_nobody_is_told(municipality: Municipality) -> None:
    report = take_in(municipality, {"pupil_key": None})
    assert not Pupil.objects.unscoped("test").exists()
    assert report.notices[0].line == 2
    assert report.notices[0].message % report.notices[0].params


def test_a_mover_leaves_one_class_on_the_day_the_other_begins(
    municipality: Municipality,
) -> None:
    take_in(municipality, {"pupil_key": "1"})
    report = take_in(
        municipality,
        {"pupil_key": "1", "class_code": "7A", "from_": date(2026, 10, 5)},
    )
    first, second = stays(Pupil.objects.unscoped("test").get())
    assert (first[0], first[2]) == ("7B", date(2026, 10, 5))
    assert second == ("7A", date(2026, 10, 5), date(2027, 8, 1))
    assert report.counts["moves"] == 1


def test_a_mover_between_schools_without_a_date_moves_on_the_rosters_day(
    municipality: Municipality,
) -> None:
    take_in(municipality, {"pupil_key": "1"})
    take_in(
        municipality,
        {"pupil_key": "1", "school_number": "10002", "school_name": "Toinen"},
        as_of=date(2026, 11, 2),
    )
    first, second = stays(Pupil.objects.unscoped("test").get())
    assert first[2] == second[1] == date(2026, 11, 2)


def test_a_leaver_ends_and_a_returner_begins_again(municipality: Municipality) -> None:
    take_in(municipality, {"pupil_key": "1"})
    take_in(municipality, {"pupil_key": "1", "to": date(2026, 9, 30)})
    assert stays(Pupil.objects.unscoped("test").get())[0][2] == date(2026, 9, 30)
    take_in(municipality, {"pupil_key": "1"}, as_of=date(2026, 11, 9))
    assert [stay[1:] for stay in stays(Pupil.objects.unscoped("test").get())][1:] == [
        (date(2026, 11, 9), date(2027, 8, 1))
    ]


def test_a_file_of_one_school_touches_no_other(municipality: Municipality) -> None:
    take_in(
        municipality,
        {"pupil_key": "1"},
        {"pupil_key": "2", "school_number": "10002", "school_name": "Toinen"},
    )
    other = stays(Pupil.objects.unscoped("test").get(keys__key="2"))
    report = take_in(municipality, {"pupil_key": "3"})
    assert stays(Pupil.objects.unscoped("test").get(keys__key="2")) == other
    assert [notice.params["count"] for notice in report.notices] == [1]  # pupil 1


def test_last_years_roster_does_not_move_this_years_pupils(
    municipality: Municipality,
) -> None:
    take_in(municipality, {"pupil_key": "1"})
    take_in(
        municipality,
        {"pupil_key": "1", "class_code": "6B", "from_": date(2025, 8, 11)},
        as_of=date(2026, 5, 4),
    )
    codes = [stay[0] for stay in stays(Pupil.objects.unscoped("test").get())]
    assert codes == ["6B", "7B"]


def test_a_stay_begun_years_ago_is_of_the_rosters_year(
    municipality: Municipality,
) -> None:
    take_in(municipality, {"pupil_key": "1", "from_": date(2021, 8, 11)})
    (stay,) = stays(Pupil.objects.unscoped("test").get())
    assert stay[1] == SchoolClass.objects.get().school_year.starts_on
    assert SchoolClass.objects.get().school_year.year == 2026


def test_guardians_are_tied_to_exactly_their_pupils(municipality: Municipality) -> None:
    guardian = {
        "pupil_key": "g1",
        "person_role": "guardian",
        "first_name": "Helena",
        "related_keys": "1, 2",
    }
    take_in(municipality, {"pupil_key": "1"}, {"pupil_key": "2"}, guardian)
    helena = Guardian.objects.unscoped("test").get()
    assert helena.pupils.count() == 2
    take_in(municipality, guardian | {"related_keys": "2", "first_name": "Helen"})
    helena.refresh_from_db()
    assert helena.first_name == "Helen"
    assert [pupil.keys.get().key for pupil in helena.pupils.all()] == ["2"]


def test_staff_get_an_account_but_never_a_right(municipality: Municipality) -> None:
    rows = [
        {
            "pupil_key": f"t{number}",
            "person_role": "staff",
            "staff_role": "principal",
            "first_name": "Åsa",
            "last_name": "Öberg",
        }
        for number in (1, 2)
    ]
    take_in(municipality, *rows)
    take_in(municipality, *rows)
    people = Person.objects.order_by("username")
    assert [person.username for person in people] == ["asa.oberg", "asa.oberg2"]
    assert not any(person.has_usable_password() for person in people)
    assert not any(person.grants.exists() for person in people)


def test_one_event_tells_who_took_the_roster_in(municipality: Municipality) -> None:
    take_in(municipality, {"pupil_key": "1"})
    event = AccessEvent.objects.get(action="take_in_roster")
    assert event.actor == "system"
    assert "1 new pupils" in event.reason
    assert "Ilmari" not in event.reason


def test_a_failing_log_leaves_nothing_half_written(municipality: Municipality) -> None:
    build.break_the_log()
    with pytest.raises(DatabaseError, match="the log is full"), transaction.atomic():
        take_in(municipality, {"pupil_key": "1"})
    assert not Pupil.objects.unscoped("test").exists()
    assert not SchoolClass.objects.exists()


def test_odd_cells_do_not_stop_a_roster(municipality: Municipality) -> None:
    take_in(
        municipality,
        {"pupil_key": "x" * 200, "grade": 99, "first_name": "y" * 300},
        {"pupil_key": "2", "school_number": "9" * 50, "class_code": "z" * 50},
    )
    assert sorted(SchoolClass.objects.values_list("grade", flat=True)) == [0, 7]


@pytest.mark.slow
def test_a_city_is_taken_in_within_a_minute(municipality: Municipality) -> None:
    """60,000 pupils in 3,000 classes of 100 schools, then the same roster again."""
    count = 60_000
    numbers = range(count)
    big = build.table(RAW_ROSTER).drop_columns(["line"])
    columns = {
        name: pa.nulls(count, big.schema.field(name).type) for name in big.column_names
    }
    columns |= {
        "line": pa.array(numbers, pa.int32()),
        "pupil_key": pa.array([str(n) for n in numbers]),
        "first_name": pa.array([f"E{n % 500}" for n in numbers]),
        "last_name": pa.array([f"S{n % 3000}" for n in numbers]),
        "school_number": pa.array([str(10000 + n % 100) for n in numbers]),
        "class_code": pa.array(
            [f"{1 + n // 100 % 9}{'ABCD'[n // 900 % 4]}" for n in numbers]
        ),
        "from_": pa.array([date(2026, 8, 11)] * count),
    }
    roster = pa.table({name: columns[name] for name in RAW_ROSTER.names})
    for _ in range(2):
        start = time.perf_counter()
        actions.take_in_roster(
            roster=roster.cast(RAW_ROSTER),
            municipality=municipality,
            source_db="primus",
            by=None,
            now=build.NOW,
        )
        assert time.perf_counter() - start < 60
    assert Enrolment.objects.unscoped("test").count() == count
