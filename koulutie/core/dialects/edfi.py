"""Ed-Fi attendance events and students, XML (bulk interchange) and JSON (API resources).

StudentSchoolAttendanceEvent is about a day, StudentSectionAttendanceEvent about a lesson
(Ed-Fi Data Standard 5.2, Apache-2.0; any namespace version is read). The category after ``#``
becomes the mark type's name; what it means is decided by the mapping, as with every source.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

import pyarrow as pa
from lxml import etree

from koulutie.core.dialects.reading import Reading, ReadOptions, Rejections
from koulutie.core.errors import SourceError, gettext_noop
from koulutie.core.tables import RAW_MARK, RAW_ROSTER

DAY_EVENT, SECTION_EVENT = (
    "StudentSchoolAttendanceEvent",
    "StudentSectionAttendanceEvent",
)
STUDENT = "Student"
# A day event tells a fraction of a day. Ed-Fi knows no lessons, so a whole day is taken as
# five lessons of 45 minutes, the least that grades 3-9 have a day on average (25 a week).
DAY_MINUTES = 5 * 45
MOST_JSON = 400 * 1024 * 1024

DOCTYPE = gettext_noop(
    "%(file)s declares a document type, which may hide other files. It was not opened. "
    "Export plain Ed-Fi XML."
)
BROKEN_XML = gettext_noop(
    "%(file)s is broken XML at line %(line)s. It was probably cut; export it again."
)
BROKEN_JSON = gettext_noop(
    "%(file)s is broken JSON at line %(line)s. It was probably cut; export it again."
)
NO_EVENTS = gettext_noop(
    "%(file)s holds neither attendance events nor students of Ed-Fi. Choose the file "
    "StudentAttendance or Student."
)
NO_FIELD = gettext_noop("The event has no %(field)s. Correct it in the source.")
BAD_DATE = gettext_noop("“%(value)s” is not a date of the form YYYY-MM-DD.")

Event = Mapping[str, Any]


def recognises(head: bytes, file_name: str) -> bool:
    """Say whether the bytes name Ed-Fi or one of its events."""
    text = head.decode("utf-8", "replace")
    starts = text.lstrip("\ufeff \t\r\n")[:1]
    signs = ("ed-fi.org", "AttendanceEventCategory", "attendanceEventCategory")
    return starts in {"<", "[", "{"} and any(sign in text for sign in signs)


def read(source: BinaryIO, *, options: ReadOptions) -> Reading:
    """Return the file's events as marks, or its students as a roster.

    Raises
    ------
    SourceError
        When it is broken, declares a document type, or holds neither.
    """
    name = options.file_name
    start = source.read(256).lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    source.seek(0)
    items = _xml(source, name) if start == b"<" else _json(source, name)
    rejections = Rejections()
    marks: list[dict[str, Any]] = []
    roster: list[dict[str, Any]] = []
    for line, kind, item in items:
        row = _student(line, item) if kind == STUDENT else _mark(line, item, rejections)
        if row is not None:
            (roster if kind == STUDENT else marks).append(row)
    if not marks and not roster and not rejections.rows:
        raise SourceError(NO_EVENTS, file=name)
    return Reading(
        dialect="edfi",
        marks=pa.Table.from_pylist(marks, schema=RAW_MARK),
        roster=pa.Table.from_pylist(roster, schema=RAW_ROSTER),
        rejections=rejections.table(),
        rows_read=len(marks) + len(roster) + len(rejections.rows),
        shape={"encoding": "utf-8", "form": "XML" if start == b"<" else "JSON"},
        legend=tuple(sorted({row["type_name"] for row in marks})),
    )


def _xml(source: BinaryIO, name: str) -> Iterator[tuple[int, str, Event]]:
    """Yield events one by one; entities, network and document types are closed."""
    if b"<!DOCTYPE" in source.read(4096).upper():
        raise SourceError(DOCTYPE, file=name)
    source.seek(0)
    kinds = [f"{{*}}{kind}" for kind in (DAY_EVENT, SECTION_EVENT, STUDENT)]
    events = etree.iterparse(
        source, tag=kinds, resolve_entities=False, no_network=True, load_dtd=False
    )
    try:
        for _event, element in events:
            kind = etree.QName(element).localname
            yield element.sourceline or 0, kind, _flat(element)
            element.clear()
            while element.getprevious() is not None:
                del element.getparent()[0]
    except etree.XMLSyntaxError as error:
        raise SourceError(BROKEN_XML, file=name, line=error.lineno) from error


def _flat(element: Any) -> dict[str, str]:
    """Return the texts of all leaves by name, the first of each; names as in JSON."""
    found: dict[str, str] = {}
    for leaf in element.iter():
        if len(leaf) == 0 and isinstance(leaf.tag, str) and leaf.text:
            name = etree.QName(leaf).localname
            found.setdefault(name[:1].lower() + name[1:], leaf.text.strip())
    return found


def _json(source: BinaryIO, name: str) -> Iterator[tuple[int, str, Event]]:
    """Yield resources of an array, of one object, or of one object a line."""
    data = source.read(MOST_JSON)
    try:
        text = data.decode("utf-8-sig")
        if text.lstrip().startswith("["):
            found = list(enumerate(json.loads(text), start=1))
        else:
            lines = [line for line in text.splitlines() if line.strip()]
            found = [(at, json.loads(line)) for at, line in enumerate(lines, start=1)]
    except json.JSONDecodeError as error:
        raise SourceError(BROKEN_JSON, file=name, line=error.lineno) from error
    except UnicodeDecodeError as error:
        raise SourceError(BROKEN_JSON, file=name, line=1) from error
    for line, item in found:
        flat = _flat_json(item) if isinstance(item, dict) else {}
        if "attendanceEventCategoryDescriptor" in flat:
            flat["attendanceEventCategory"] = flat["attendanceEventCategoryDescriptor"]
        is_event = "eventDate" in flat or "attendanceEventCategory" in flat
        yield line, DAY_EVENT if is_event else STUDENT, flat


def _flat_json(item: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in item.items():
        if isinstance(value, dict):
            for inner, told in _flat_json(value).items():
                found.setdefault(inner, told)
        elif value is not None and not isinstance(value, list):
            found[name] = value
    return found


def _mark(line: int, item: Event, rejections: Rejections) -> dict[str, Any] | None:
    """Return one event as RAW_MARK; None where it was rejected."""
    raw = json.dumps(item, ensure_ascii=False)
    for field in ("studentUniqueId", "eventDate", "attendanceEventCategory"):
        if not item.get(field):
            rejections.add(line, NO_FIELD, raw, field=field)
            return None
    try:
        date = dt.date.fromisoformat(str(item["eventDate"])[:10])
    except ValueError:
        rejections.add(line, BAD_DATE, raw, value=item["eventDate"])
        return None
    section = item.get("sectionIdentifier")
    return {
        "line": line,
        "pupil_key": str(item["studentUniqueId"]),
        "school_number": str(item["schoolId"]) if "schoolId" in item else None,
        "date": date,
        "start_minute": _minute(item.get("arrivalTime")) if section else None,
        "minutes": _minutes(item, is_section=section is not None),
        "group_code": str(section) if section else item.get("classPeriodName"),
        "subject_code": item.get("localCourseCode"),
        "type_name": str(item["attendanceEventCategory"]).rpartition("#")[2],
    }


def _minutes(item: Event, *, is_section: bool) -> int | None:
    told = item.get("sectionAttendanceDuration") or item.get("schoolAttendanceDuration")
    if told is not None and re.fullmatch(r"\d{1,4}", str(told)):
        return int(told)
    if is_section:
        return None
    fraction = str(item.get("eventDuration", "1"))
    is_number = re.fullmatch(r"[01](\.\d+)?", fraction)
    return round(DAY_MINUTES * float(fraction)) if is_number else DAY_MINUTES


def _minute(time: object) -> int | None:
    match = re.match(r"(\d\d):(\d\d)", str(time)) if time else None
    return 60 * int(match[1]) + int(match[2]) if match else None


def _student(line: int, item: Event) -> dict[str, Any] | None:
    """Return one student as RAW_ROSTER; elements that only refer to one are left out."""
    if "studentUniqueId" not in item or "lastSurname" not in item:
        return None
    return {
        "line": line,
        "pupil_key": str(item["studentUniqueId"]),
        "first_name": item.get("firstName"),
        "last_name": item["lastSurname"],
        "person_role": "pupil",
        "is_protected": False,
    }
