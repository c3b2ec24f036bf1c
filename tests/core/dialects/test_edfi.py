"""Ed-Fi events and students: the sample district, and each rule on small files."""

from __future__ import annotations

import datetime as dt
import io
import json
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from koulutie.core.dialects import edfi, sniff
from koulutie.core.dialects.reading import Reading, ReadOptions
from koulutie.core.errors import SourceError

SPACE = "http://ed-fi.org/5.2.0"


def read(data: bytes | str) -> Reading:
    content = data.encode() if isinstance(data, str) else data
    return edfi.read(io.BytesIO(content), options=ReadOptions(file_name="a.xml"))


def xml(*events: str, space: str = SPACE) -> str:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><InterchangeStudentAttendance xmlns="{space}">'
        f"{''.join(events)}</InterchangeStudentAttendance>"
    )


def event(kind: str = "School", extra: str = "", **changes: str) -> str:
    """An event as the standard's samples write it; an empty change leaves a field out."""
    told = {
        "EventDate": "2026-11-16",
        "AttendanceEventCategory": "uri://ed-fi.org/AttendanceEventCategoryDescriptor#Tardy",
        "EventDuration": "",
        "StudentUniqueId": "604822",
    } | changes
    field = {
        name: f"<{name}>{value}</{name}>" * bool(value) for name, value in told.items()
    }
    return (
        f"<Student{kind}AttendanceEvent><AttendanceEvent>{field['EventDate']}"
        f"{field['AttendanceEventCategory']}<AttendanceEventReason>Late bus"
        f"</AttendanceEventReason>{field['EventDuration']}</AttendanceEvent>"
        f"<StudentReference><StudentIdentity>{field['StudentUniqueId']}"
        f"</StudentIdentity></StudentReference>{extra}</Student{kind}AttendanceEvent>"
    )


SECTION = (
    "<SectionReference><SectionIdentity><SectionIdentifier>MA_71</SectionIdentifier>"
    "<CourseOfferingReference><CourseOfferingIdentity><LocalCourseCode>MA</LocalCourseCode>"
    "<SchoolReference><SchoolIdentity><SchoolId>10001</SchoolId></SchoolIdentity>"
    "</SchoolReference></CourseOfferingIdentity></CourseOfferingReference></SectionIdentity>"
    "</SectionReference><ClassPeriodReference><ClassPeriodIdentity><ClassPeriodName>"
    "03 - Traditional</ClassPeriodName></ClassPeriodIdentity></ClassPeriodReference>"
    "<SectionAttendanceDuration>12</SectionAttendanceDuration>"
    "<ArrivalTime>10:27:00</ArrivalTime>"
)


def marks(data: bytes | str) -> list[dict[str, object]]:
    return [
        {name: value for name, value in row.items() if value is not None}
        for row in read(data).marks.to_pylist()
    ]


# --- the sample district --------------------------------------------------------------------


def test_every_event_of_the_sample(shared):
    data = (shared / "data/edfi_sample/StudentSchoolAttendance.xml").read_bytes()
    assert sniff(data[:4096], "StudentSchoolAttendance.xml") == "edfi"
    reading = read(data)
    rows = reading.marks.to_pylist()
    assert len(rows) == reading.rows_read == data.count(b"<EventDate>") == 1917
    assert Counter(row["type_name"] for row in rows) == {
        "Excused Absence": 1077,
        "Unexcused Absence": 773,
        "Tardy": 66,
        "Partial": 1,
    }
    assert len({row["pupil_key"] for row in rows}) == 227
    days = [row["date"] for row in rows]
    assert (min(days), max(days)) == (dt.date(2021, 8, 23), dt.date(2022, 5, 27))
    assert reading.legend == (
        "Excused Absence",
        "Partial",
        "Tardy",
        "Unexcused Absence",
    )
    assert not len(reading.rejections)


def test_every_student_of_the_sample(shared):
    data = (shared / "data/edfi_sample/Student.xml").read_bytes()
    reading = read(data)
    rows = reading.roster.to_pylist()
    assert len(rows) == len({row["pupil_key"] for row in rows}) == 960
    assert data.count(b"<Student>") == 960
    assert (rows[0]["first_name"], rows[0]["last_name"]) == ("Tyrone", "Dyer")
    assert {row["is_protected"] for row in rows} == {None}
    assert "2014-11-13" not in repr(rows), "a birth date is not needed"


# --- events ---------------------------------------------------------------------------------


def test_a_day_event():
    (row,) = marks(xml(event()))
    assert row == {
        "line": 1,
        "pupil_key": "604822",
        "date": dt.date(2026, 11, 16),
        "minutes": 225,
        "type_name": "Tardy",
    }


@pytest.mark.parametrize(
    ("duration", "minutes"),
    [("1", 225), ("0.5", 112), (".4", 90), ("0", 0), ("1.0", 225)],
)
def test_a_part_of_a_day_is_that_part_of_five_lessons(duration, minutes):
    assert marks(xml(event(EventDuration=duration)))[0]["minutes"] == minutes


def test_minutes_go_before_the_part_of_a_day():
    told = "<SchoolAttendanceDuration>30</SchoolAttendanceDuration>"
    assert marks(xml(event(extra=told, EventDuration="1")))[0]["minutes"] == 30


def test_a_section_event_is_a_lesson_by_its_period_not_by_the_arrival():
    (row,) = marks(xml(event("Section", SECTION)))
    assert row == {
        "line": 1,
        "pupil_key": "604822",
        "school_number": "10001",
        "date": dt.date(2026, 11, 16),
        "lesson_no": 3,
        "minutes": 12,
        "group_code": "MA_71",
        "subject_code": "MA",
        "type_name": "Tardy",
    }


def test_two_lessons_of_one_section_on_one_day_stay_two():
    later = SECTION.replace("03 - Traditional", "04 - Traditional")
    rows = marks(xml(event("Section", SECTION), event("Section", later)))
    assert [row["lesson_no"] for row in rows] == [3, 4]


@pytest.mark.parametrize(
    "space", [SPACE, "http://ed-fi.org/0300", "http://ed-fi.org/6.0.0"]
)
def test_any_version_of_the_namespace(space):
    assert len(marks(xml(event(), space=space))) == 1


def test_a_free_reason_stays_behind():
    assert "Late bus" not in repr(read(xml(event())).marks.to_pylist())


@pytest.mark.parametrize(
    ("changes", "reason", "params"),
    [
        ({"StudentUniqueId": ""}, edfi.NO_FIELD, {"field": "studentUniqueId"}),
        ({"EventDate": ""}, edfi.NO_FIELD, {"field": "eventDate"}),
        (
            {"AttendanceEventCategory": ""},
            edfi.NO_FIELD,
            {"field": "attendanceEventCategory"},
        ),
        (
            {"AttendanceEventCategory": "uri://ed-fi.org/x#"},
            edfi.NO_FIELD,
            {"field": "attendanceEventCategory"},
        ),
        ({"EventDate": "16.11.2026"}, edfi.BAD_DATE, {"value": "16.11.2026"}),
        ({"EventDate": "2026-02-30"}, edfi.BAD_DATE, {"value": "2026-02-30"}),
        ({"EventDuration": "1.5"}, edfi.BAD_DURATION, {"value": "1.5"}),
        ({"EventDuration": "-1"}, edfi.BAD_DURATION, {"value": "-1"}),
        ({"EventDuration": "half"}, edfi.BAD_DURATION, {"value": "half"}),
        ({"EventDuration": "nan"}, edfi.BAD_DURATION, {"value": "nan"}),
    ],
)
def test_an_event_that_lacks_something_is_set_aside_alone(changes, reason, params):
    reading = read(xml(event(), event(**changes)))
    assert len(reading.marks) == 1
    (rejected,) = reading.rejections.to_pylist()
    assert (rejected["reason"], json.loads(rejected["params"])) == (reason, params)
    assert reason % params


def test_a_student_without_a_name_is_set_aside():
    name = "<Name><FirstName>Eeva</FirstName>{}</Name>"
    student = "<Student><StudentUniqueId>{}</StudentUniqueId>{}</Student>"
    whole = student.format("1", name.format("<LastSurname>Ek</LastSurname>"))
    reading = read(xml(whole, student.format("2", name.format(""))))
    assert reading.roster["pupil_key"].to_pylist() == ["1"]
    (rejected,) = reading.rejections.to_pylist()
    assert rejected["reason"] == edfi.STUDENT_LACKS
    assert json.loads(rejected["params"]) == {"field": "lastSurname"}


# --- JSON -----------------------------------------------------------------------------------


def resource(**changes: object) -> dict[str, object]:
    return {
        "studentReference": {"studentUniqueId": "604822"},
        "schoolReference": {"schoolId": 10001},
        "eventDate": "2026-11-16",
        "attendanceEventCategoryDescriptor": "uri://ed-fi.org/x#Tardy",
        **changes,
    }


DAY_EVENT = {
    "line": 1,
    "pupil_key": "604822",
    "school_number": "10001",
    "date": dt.date(2026, 11, 16),
    "minutes": 225,
    "type_name": "Tardy",
}


@pytest.mark.parametrize(
    "text",
    [
        json.dumps([resource()]),
        json.dumps([resource()], indent=2),
        json.dumps(resource()),
        json.dumps(resource(), indent=2),
        "\ufeff" + json.dumps(resource()) + "\n",
    ],
    ids=["array", "spread array", "object", "spread object", "line"],
)
def test_json_in_every_form(text):
    assert marks(text) == [DAY_EVENT]


def test_one_object_a_line_counts_lines():
    text = "\n".join(
        (json.dumps(resource()), "", json.dumps(resource(eventDuration=0.5)))
    )
    rows = marks(text)
    assert [(row["line"], row["minutes"]) for row in rows] == [(1, 225), (3, 112)]


def test_a_section_event_in_json():
    section = resource(
        sectionReference={"sectionIdentifier": "MA_71", "localCourseCode": 7},
        classPeriods=[{"classPeriodReference": {"classPeriodName": "3"}}],
        sectionAttendanceDuration=12,
    )
    (row,) = marks(json.dumps([section]))
    expected = {
        "group_code": "MA_71",
        "subject_code": "7",
        "lesson_no": 3,
        "minutes": 12,
    }
    assert row == DAY_EVENT | expected


def test_the_first_school_named_is_the_event_s():
    session = {"sessionReference": {"schoolId": 10002, "schoolYear": 2027}}
    (row,) = marks(json.dumps([resource(**session)]))
    assert row["school_number"] == "10001"


def test_a_student_in_json():
    student = {"studentUniqueId": 7, "firstName": "Eeva", "lastSurname": "Ek"}
    (row,) = read(json.dumps([student])).roster.to_pylist()
    assert (row["pupil_key"], row["first_name"], row["last_name"]) == (
        "7",
        "Eeva",
        "Ek",
    )


def test_entries_of_another_kind_are_told():
    reading = read(json.dumps([resource(), {"schoolId": 1}, 7]))
    assert len(reading.marks) == 1
    rejected = reading.rejections.to_pylist()
    assert [(row["line"], row["reason"]) for row in rejected] == [
        (2, edfi.NEITHER),
        (3, edfi.NEITHER),
    ]


# --- attacks and damage ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "before", ["", f"<!-- {'x' * 9000} -->"], ids=["plain", "hidden"]
)
@pytest.mark.parametrize(
    "doctype",
    [
        '<!DOCTYPE a [<!ENTITY e "Tardy">]>',
        '<!DOCTYPE a SYSTEM "file:///etc/passwd">',
        '<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]>',
    ],
    ids=["inside", "file", "entity of a file"],
)
def test_a_document_type_is_refused_wherever_it_stands(before, doctype):
    whole = xml(event(AttendanceEventCategory="&e;"))
    start, rest = whole.split("?>", 1)
    with pytest.raises(SourceError) as caught:
        read(f"{start}?>{before}{doctype}{rest}")
    assert (caught.value.message, caught.value.params) == (
        edfi.DOCTYPE,
        {"file": "a.xml"},
    )


def test_a_document_type_without_any_event_is_refused_too():
    start, rest = xml().split("?>", 1)
    with pytest.raises(SourceError) as caught:
        read(f"{start}?><!-- {'x' * 9000} --><!DOCTYPE a>{rest}")
    assert caught.value.message == edfi.DOCTYPE


WHOLE = xml(event(), event("Section", SECTION), event(EventDuration="0.5")).encode()
JSON = json.dumps([resource(), resource(eventDuration=0.5)]).encode()


@given(
    st.sampled_from([WHOLE, JSON]),
    st.lists(
        st.tuples(st.floats(0, 1, exclude_max=True), st.binary(max_size=3)),
        min_size=1,
        max_size=4,
    ),
)
def test_a_damaged_file_is_read_or_refused_and_nothing_else(whole, changes):
    data = bytearray(whole)
    for share, put in changes:
        at = int(share * len(data))
        data[at : at + 2] = put
    try:
        reading = read(bytes(data))
    except SourceError:
        return
    assert (
        len(reading.marks) + len(reading.roster) + len(reading.rejections)
        == reading.rows_read
    )
