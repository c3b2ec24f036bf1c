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
MOST_MINUTES = 24 * 60  # of a duration, by the standard
MOST_JSON = 400 * 1024 * 1024
_FREE_TEXT = "attendanceEventReason"  # may tell of somebody's health
_NEITHER = ""  # the kind of what is no event and no student

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
TOO_LARGE = gettext_noop(
    "%(file)s is larger than %(megabytes)s MB. Export fewer days at a time, or as XML."
)
NO_EVENTS = gettext_noop(
    "%(file)s holds neither attendance events nor students of Ed-Fi. Choose the file "
    "StudentAttendance or Student."
)
NO_FIELD = gettext_noop("The event has no %(field)s. Correct it in the source.")
STUDENT_LACKS = gettext_noop("The student has no %(field)s. Correct it in the source.")
BAD_DATE = gettext_noop("“%(value)s” is not a date of the form YYYY-MM-DD.")
BAD_DURATION = gettext_noop(
    "The event's duration “%(value)s” is not a part of a day between 0 and 1."
)
BAD_MINUTES = gettext_noop(
    "The event's duration “%(value)s” is not a number of minutes between 0 and 1440."
)
NEITHER = gettext_noop(
    "The entry is neither an attendance event nor a student of Ed-Fi. Leave it out of the "
    "export."
)

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
    entries = 0
    for line, kind, item in items:
        entries += kind != _NEITHER
        if kind == STUDENT:
            roster += _student(line, item, rejections)
        elif kind:
            marks += _mark(line, item, rejections)
        else:
            rejections.add(line, NEITHER, _as_json(item))
    if not entries:
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
    # It may have stood behind a long comment.
    if events.root.getroottree().docinfo.internalDTD is not None:
        raise SourceError(DOCTYPE, file=name)


def _flat(element: Any) -> dict[str, str]:
    """Return the texts of all leaves by name, the first of each; names as in JSON."""
    found: dict[str, str] = {}
    for leaf in element.iter():
        if len(leaf) == 0 and isinstance(leaf.tag, str) and leaf.text:
            name = leaf.tag.rpartition("}")[2]
            found.setdefault(name[:1].lower() + name[1:], leaf.text.strip())
    return found


def _json(source: BinaryIO, name: str) -> Iterator[tuple[int, str, Event]]:
    """Yield resources of an array, of one object, or of one object a line."""
    data = source.read(MOST_JSON + 1)
    if len(data) > MOST_JSON:
        raise SourceError(TOO_LARGE, file=name, megabytes=MOST_JSON // 1024**2)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise SourceError(BROKEN_JSON, file=name, line=line) from error
    for line, item in _entries(text, name):
        flat = _flat_json(item) if isinstance(item, dict) else {"value": item}
        if "attendanceEventCategoryDescriptor" in flat:
            flat["attendanceEventCategory"] = flat["attendanceEventCategoryDescriptor"]
        yield line, _kind_of(flat), flat


def _entries(text: str, name: str) -> Iterator[tuple[int, Any]]:
    """Yield each entry with its number: its line, or in an array its place, from 1."""
    start = text.lstrip()[:1]
    try:
        whole = json.loads(text)
    except json.JSONDecodeError as error:
        # A second object after the first is one object a line.
        if start == "[" or not error.msg.startswith("Extra data"):
            raise SourceError(BROKEN_JSON, file=name, line=error.lineno) from error
        yield from _lines(text, name)
        return
    except (RecursionError, ValueError) as error:  # too deep; a number without end
        raise SourceError(BROKEN_JSON, file=name, line=1) from error
    yield from enumerate(whole if isinstance(whole, list) else [whole], start=1)


def _lines(text: str, name: str) -> Iterator[tuple[int, Any]]:
    for line, one in enumerate(text.split("\n"), start=1):
        if one.strip():
            try:
                yield line, json.loads(one)
            except (RecursionError, ValueError) as error:
                raise SourceError(BROKEN_JSON, file=name, line=line) from error


def _flat_json(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return all plain values by name; of a list its first object, of two values the outer."""
    found: dict[str, Any] = {}
    for name, value in item.items():
        if isinstance(value, list) and value:
            value = value[0]
        if isinstance(value, dict):
            for inner, told in _flat_json(value).items():
                found.setdefault(inner, told)
        elif value is not None and not isinstance(value, list):
            found[name] = _whole(value) if isinstance(value, str) else value
    return found


def _whole(text: str) -> str:
    """Return the text with a mark for each half of a letter.

    A source that cuts texts at a length may cut a letter of two parts; JSON's escapes carry
    the half, but no table can.
    """
    if text.isascii():
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _as_json(item: Event) -> str:
    """Return the entry as it is kept for the person who mends it, its free text left out."""
    told = {name: value for name, value in item.items() if name != _FREE_TEXT}
    return _whole(json.dumps(told, ensure_ascii=False))


def _kind_of(flat: Mapping[str, Any]) -> str:
    if "eventDate" in flat or "attendanceEventCategory" in flat:
        return DAY_EVENT
    return STUDENT if {"studentUniqueId", "lastSurname"} <= flat.keys() else _NEITHER


def _mark(line: int, item: Event, rejections: Rejections) -> Iterator[dict[str, Any]]:
    """Yield one event as RAW_MARK; nothing where it was rejected."""
    raw = _as_json(item)
    category = str(item.get("attendanceEventCategory", "")).rpartition("#")[2].strip()
    told = {**item, "attendanceEventCategory": category}
    for field in ("studentUniqueId", "eventDate", "attendanceEventCategory"):
        if not told.get(field):
            rejections.add(line, NO_FIELD, raw, field=field)
            return
    try:
        date = dt.date.fromisoformat(str(item["eventDate"])[:10])
    except ValueError:
        rejections.add(line, BAD_DATE, raw, value=item["eventDate"])
        return
    section = item.get("sectionIdentifier")
    try:
        minutes = _section_minutes(item) if section else _day_minutes(item)
    except _Refused as refused:
        rejections.add(line, refused.message, raw, value=refused.value)
        return
    yield {
        "line": line,
        "pupil_key": str(item["studentUniqueId"]),
        "school_number": _word(item, "schoolId"),
        "date": date,
        # Arrival is when the pupil came, not when the lesson began; the period is the lesson.
        "lesson_no": _period(item) if section else None,
        "minutes": minutes,
        "group_code": str(section) if section else _word(item, "classPeriodName"),
        "subject_code": _word(item, "localCourseCode"),
        "type_name": category,
    }


def _word(item: Event, name: str) -> str | None:
    """Return a value as text; numbers come as numbers in JSON."""
    return str(item[name]) if name in item else None


class _Refused(Exception):
    """A value that makes its event unreadable."""

    def __init__(self, message: str, value: object) -> None:
        super().__init__(message)
        self.message, self.value = message, value


def _minutes(item: Event, name: str) -> int | None:
    """Return a duration in minutes; None where it is not told."""
    told = str(item.get(name, ""))
    if not told:
        return None
    # Written in full: int() would take digits of other scripts and numbers without end.
    if not re.fullmatch(r"[0-9]{1,4}", told) or int(told) > MOST_MINUTES:
        raise _Refused(BAD_MINUTES, item[name])
    return int(told)


def _section_minutes(item: Event) -> int | None:
    return _minutes(item, "sectionAttendanceDuration")


def _day_minutes(item: Event) -> int:
    """Return the minutes of a day event, told or by its part of a day."""
    told = _minutes(item, "schoolAttendanceDuration")
    if told is not None:
        return told
    value = item.get("eventDuration", 1)
    try:
        part = float(value)
    except (TypeError, ValueError, OverflowError) as error:
        raise _Refused(BAD_DURATION, value) from error
    if not 0 <= part <= 1:
        raise _Refused(BAD_DURATION, value)
    return round(DAY_MINUTES * part)


def _period(item: Event) -> int | None:
    """Return the number with which a class period's name begins, as in “03 - Traditional”."""
    match = re.match(r"\D{0,10}(\d{1,2})\b", str(item.get("classPeriodName", "")))
    return int(match[1]) if match else None


def _student(
    line: int, item: Event, rejections: Rejections
) -> Iterator[dict[str, Any]]:
    """Yield one student as RAW_ROSTER; nothing where it was rejected."""
    for field in ("studentUniqueId", "lastSurname"):
        if not item.get(field):
            rejections.add(
                line, STUDENT_LACKS, str(item.get("studentUniqueId")), field=field
            )
            return
    yield {
        "line": line,
        "pupil_key": str(item["studentUniqueId"]),
        "first_name": _word(item, "firstName"),
        "last_name": str(item["lastSurname"]),
        "person_role": "pupil",
        "is_protected": None,  # Ed-Fi does not tell: what is known stays
    }
