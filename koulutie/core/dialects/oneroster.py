"""OneRoster 1.2 rosters: a zip of CSV files with fixed headers.

Read are orgs, classes, users, roles and enrollments; passwords and demographics (which hold
ethnicity) are never opened. Columns as in the specification of 1EdTech, OneRoster 1.2 CSV.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
import zipfile
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from typing import Any, BinaryIO

import pyarrow as pa

from koulutie.core.dialects.archive import member_stream, open_zip
from koulutie.core.dialects.reading import Note, Reading, ReadOptions, Rejections
from koulutie.core.errors import SourceError, gettext_noop
from koulutie.core.tables import RAW_ROSTER

_FILES: dict[str, tuple[str, ...]] = {
    "orgs": ("sourcedId", "name", "type"),
    "classes": ("sourcedId", "title", "classType", "schoolSourcedId"),
    "users": ("sourcedId", "enabledUser", "givenName", "familyName"),
    "roles": ("sourcedId", "userSourcedId", "role", "orgSourcedId"),
    "enrollments": ("sourcedId", "classSourcedId", "userSourcedId", "role"),
}
_GUARDIANS = {"guardian", "parent", "relative"}
_GRADE = re.compile(r"\d{1,2}", re.ASCII)
# Any of these names near the beginning tells OneRoster's zip from a workbook.
_SIGNS = (
    *(b"manifest.csv", b"academicSessions.csv", b"orgs.csv", b"courses.csv"),
    *(b"classes.csv", b"users.csv", b"enrollments.csv", b"demographics.csv"),
)

NO_MANIFEST = gettext_noop(
    "%(file)s is a zip file without manifest.csv, so it is no OneRoster export. Choose the "
    "zip file as the roster system made it."
)
WRONG_VERSION = gettext_noop(
    "%(file)s is OneRoster %(version)s; 1.2 is needed. Choose version 1.2 in the roster "
    "system's export."
)
NO_FILE = gettext_noop(
    "%(file)s lacks %(member)s.csv. Export the roster again with all files."
)
NO_COLUMN = gettext_noop(
    "%(member)s.csv in %(file)s lacks the column %(column)s. Export the roster again."
)
NOT_UTF8 = gettext_noop("%(member)s.csv in %(file)s is not UTF-8. Export it again.")
BROKEN_CSV = gettext_noop(
    "%(member)s.csv in %(file)s cannot be read from line %(line)s on: its quotation marks do "
    "not match. Export the roster again."
)
TWICE = gettext_noop(
    "%(file)s holds more than one manifest.csv. Zip the files of one export only."
)
UNKNOWN_REFERENCE = gettext_noop(
    "The row of %(member)s.csv refers to %(reference)s, which is not in the export."
)
BAD_DATE = gettext_noop(
    "“%(value)s” in %(member)s.csv is not a date of the form YYYY-MM-DD."
)
ONLY_CHANGES = gettext_noop(
    "%(file)s holds only what changed (a delta export). Rows that rest on unchanged ones "
    "cannot be read from it; ask the roster system for a whole (bulk) export."
)
NO_HOMEROOM = gettext_noop(
    "%(count)s pupils of the export are in no homeroom class and were left out. Put them into "
    "classes of the type homeroom in the roster system."
)

Record = Mapping[str, str]


def recognises(head: bytes, file_name: str) -> bool:
    """Say whether the bytes begin a zip that names a manifest or OneRoster's files."""
    is_zip = head.startswith(b"PK\x03\x04")
    return is_zip and any(name in head for name in _SIGNS)


def read(source: BinaryIO, *, options: ReadOptions) -> Reading:
    """Return pupils, guardians and staff of the export as RAW_ROSTER.

    Raises
    ------
    SourceError
        When it is no OneRoster 1.2 export, or a file or column is missing.
    """
    archive = open_zip(source, file_name=options.file_name)
    roster = _Roster.of(archive, options.file_name)
    rejections = Rejections()
    rows = [*roster.pupils(rejections), *roster.guardians(), *roster.staff()]
    return Reading(
        dialect="oneroster",
        roster=pa.Table.from_pylist(rows, schema=RAW_ROSTER),
        rejections=rejections.table(),
        rows_read=len(rows) + len(rejections.rows),
        shape={"encoding": "utf-8", "version": "1.2"},
        notes=tuple(roster.notes(options.file_name)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Roster:
    """The files' records; deleted ones of a delta export are left out."""

    is_delta: bool
    orgs: Mapping[str, Record]
    classes: Mapping[str, Record]
    users: Mapping[str, Record]
    roles: tuple[Record, ...]
    enrollments: tuple[Record, ...]

    @classmethod
    def of(cls, archive: zipfile.ZipFile, file: str) -> _Roster:
        members = _members(archive, file)
        manifest = {
            row["propertyName"]: row["value"]
            for row in _records(archive, members["manifest"], "manifest", file)
        }
        version = manifest.get("oneroster.version", "")
        if not version.startswith("1.2"):
            raise SourceError(WRONG_VERSION, file=file, version=version or "?")
        found: dict[str, list[Record]] = {}
        for name in _FILES:
            if name not in members or manifest.get(f"file.{name}") == "absent":
                raise SourceError(NO_FILE, file=file, member=name)
            found[name] = _records(archive, members[name], name, file)
        return cls(
            is_delta="delta" in {manifest.get(f"file.{name}") for name in _FILES},
            orgs=_by_id(found["orgs"]),
            classes=_by_id(found["classes"]),
            users=_by_id(found["users"]),
            roles=tuple(found["roles"]),
            enrollments=tuple(found["enrollments"]),
        )

    def notes(self, file: str) -> Iterable[Note]:
        """Yield what a person should know about the export as a whole."""
        if self.is_delta:
            yield Note(ONLY_CHANGES, {"file": file})
            return
        placed = {
            record["userSourcedId"]
            for record in self.enrollments
            if self._places_a_pupil(record)
        }
        left_out = self._having({"student"}) - placed
        if left_out:
            yield Note(NO_HOMEROOM, {"count": len(left_out)})

    def pupils(self, rejections: Rejections) -> Iterable[dict[str, Any]]:
        """Yield a row for each enrolment of a student in a homeroom class."""
        for record in self.enrollments:
            if not self._places_a_pupil(record):
                continue
            school_class = self.classes.get(record["classSourcedId"])
            user = self.users.get(record["userSourcedId"])
            if user is None or school_class is None:
                missing = "userSourcedId" if user is None else "classSourcedId"
                rejections.add(
                    int(record["line"]),
                    UNKNOWN_REFERENCE,
                    record["raw"],
                    member="enrollments",
                    reference=record[missing],
                )
                continue
            row = self._pupil(record, user, school_class, rejections)
            if row is not None:
                yield row

    def _places_a_pupil(self, record: Record) -> bool:
        """Say whether an enrolment puts a student into a homeroom class, or may."""
        school_class = self.classes.get(record["classSourcedId"])
        is_homeroom = school_class is None or school_class["classType"] == "homeroom"
        return record["role"] == "student" and is_homeroom

    def _pupil(
        self, record: Record, user: Record, school_class: Record, rejections: Rejections
    ) -> dict[str, Any] | None:
        days: list[dt.date | None] = []
        for name in ("beginDate", "endDate"):
            told = record.get(name, "")
            try:
                days.append(_day(told))
            except ValueError:
                rejections.add(
                    int(record["line"]),
                    BAD_DATE,
                    record["raw"],
                    member="enrollments",
                    value=told,
                )
                return None
        school = self.orgs.get(school_class["schoolSourcedId"], {})
        # A class of several grades says nothing about one pupil.
        grade = user.get("grades") or school_class.get("grades") or ""
        return {
            **_person(user, line=record["line"]),
            "person_role": "pupil",
            "learner_oid": _user_id(user, "oppijanumero"),
            "school_number": school.get("identifier")
            or school_class["schoolSourcedId"],
            "school_name": school.get("name"),
            "class_code": school_class.get("classCode") or school_class["title"],
            "grade": int(grade) if _GRADE.fullmatch(grade) else None,
            "from_": days[0],
            # OneRoster's end date is the last day; ours is the first day after it.
            "to": days[1] + dt.timedelta(days=1) if days[1] else None,
            "is_protected": None,  # OneRoster does not tell: what is known stays
        }

    def guardians(self) -> Iterable[dict[str, Any]]:
        """Yield guardians with the keys of their children; none where children may miss.

        A guardian is tied to exactly the children told. In a delta export an unchanged child
        is not told, and its guardian would lose it.
        """
        if self.is_delta:
            return
        for key, children in sorted(self._children().items()):
            user = self.users[key]
            yield {
                **_person(user, line=user["line"]),
                "person_role": "guardian",
                "related_keys": ",".join(sorted(children)),
            }

    def _having(self, roles: Set[str]) -> set[str]:
        """Return the keys of the users who have one of the roles."""
        having = {r["userSourcedId"] for r in self.roles if r["role"] in roles}
        return having & set(self.users)

    def _children(self) -> dict[str, set[str]]:
        """Return the pupils of each guardian, whichever of the two names the other."""
        guardians = self._having(_GUARDIANS)
        pupils = self._having({"student"})
        found: dict[str, set[str]] = {}
        for user in self.users.values():
            key = user["sourcedId"]
            for agent in _list(user.get("agentSourcedIds", "")):
                for guardian, pupil in ((agent, key), (key, agent)):
                    if guardian in guardians and pupil in pupils:
                        found.setdefault(guardian, set()).add(pupil)
        return found

    def staff(self) -> Iterable[dict[str, Any]]:
        """Yield everybody else with their role and school, once for each role."""
        for record in self.roles:
            user = self.users.get(record["userSourcedId"])
            if user is None or record["role"] in _GUARDIANS | {"student"}:
                continue
            school = self.orgs.get(record["orgSourcedId"], {})
            yield {
                **_person(user, line=record["line"]),
                "person_role": "staff",
                "staff_role": record["role"],
                "school_number": school.get("identifier") or record["orgSourcedId"],
                "school_name": school.get("name"),
            }


def _members(archive: zipfile.ZipFile, file: str) -> dict[str, str]:
    """Return the parts beside the manifest, in the zip or in a folder of it, by their names."""
    names = archive.namelist()
    manifests = [name for name in names if name.rpartition("/")[2] == "manifest.csv"]
    if not manifests:
        raise SourceError(NO_MANIFEST, file=file)
    if len(manifests) > 1:
        raise SourceError(TWICE, file=file)
    folder = manifests[0].removesuffix("manifest.csv")
    inside = [name.removeprefix(folder) for name in names if name.startswith(folder)]
    return {
        name.removesuffix(".csv"): folder + name
        for name in inside
        if name.endswith(".csv")
    }


def _records(
    archive: zipfile.ZipFile, member: str, name: str, file: str
) -> list[Record]:
    try:
        text = member_stream(archive, member).read().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SourceError(NOT_UTF8, file=file, member=name) from error
    reader = csv.DictReader(io.StringIO(text, newline=""), restval="", strict=True)
    wanted = _FILES.get(name, ("propertyName", "value"))
    line = 1
    try:
        missing = [
            column for column in wanted if column not in (reader.fieldnames or ())
        ]
        if missing:
            raise SourceError(NO_COLUMN, file=file, member=name, column=missing[0])
        records = []
        for row in reader:
            if row.get("status") != "tobedeleted":
                records.append(_record(row, reader.line_num, wanted))
            line = reader.line_num + 1
    except csv.Error as error:
        raise SourceError(BROKEN_CSV, file=file, member=name, line=line) from error
    return records


def _record(row: Mapping[str, Any], line: int, wanted: Iterable[str]) -> Record:
    """Return a row's values, the password left behind."""
    values = {
        key: value
        for key, value in row.items()
        if isinstance(value, str) and key != "password"
    }
    raw = ",".join(values.get(column, "") for column in wanted)
    return {**values, "line": str(line), "raw": raw}


def _day(told: str) -> dt.date | None:
    """Return a day; none where none is told or where it stands for "without end"."""
    day = dt.date.fromisoformat(told[:10]) if told else None
    return None if day == dt.date.max else day


def _list(told: str) -> list[str]:
    """Return the values of a cell that holds several, parted by commas."""
    return [value for one in told.split(",") if (value := one.strip())]


def _by_id(records: Iterable[Record]) -> dict[str, Record]:
    return {record["sourcedId"]: record for record in records}


def _person(user: Record, *, line: str) -> dict[str, Any]:
    return {
        "line": int(line),
        "pupil_key": user["sourcedId"],
        "first_name": user.get("preferredGivenName") or user["givenName"],
        "last_name": user.get("preferredFamilyName") or user["familyName"],
    }


def _user_id(user: Record, kind: str) -> str | None:
    """Return one of the ids in ``{kind:value},{kind:value}``."""
    for part in _list(user.get("userIds", "")):
        name, _colon, value = part.strip(" {}").partition(":")
        if name.casefold() == kind:
            return value
    return None
