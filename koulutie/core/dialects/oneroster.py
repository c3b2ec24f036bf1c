"""OneRoster 1.2 rosters: a zip of CSV files with fixed headers.

Read are orgs, classes, users, roles and enrollments; passwords and demographics (which hold
ethnicity) are never opened. Columns as in the specification of 1EdTech, OneRoster 1.2 CSV.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

import pyarrow as pa

from koulutie.core.dialects.archive import member_stream, open_zip
from koulutie.core.dialects.reading import Reading, ReadOptions, Rejections
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
UNKNOWN_REFERENCE = gettext_noop(
    "The row of %(member)s.csv refers to %(reference)s, which is not in the export."
)
BAD_DATE = gettext_noop(
    "“%(value)s” in %(member)s.csv is not a date of the form YYYY-MM-DD."
)

Record = Mapping[str, str]


def recognises(head: bytes, file_name: str) -> bool:
    """Say whether the bytes begin a zip that names a manifest or OneRoster's files."""
    is_zip = head.startswith(b"PK\x03\x04")
    names = (b"manifest.csv", b"enrollments.csv", b"academicSessions.csv", b"users.csv")
    return is_zip and any(name in head for name in names)


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
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Roster:
    """The files' records; `deleted` ones of a delta export are left out."""

    orgs: Mapping[str, Record]
    classes: Mapping[str, Record]
    users: Mapping[str, Record]
    roles: tuple[Record, ...]
    enrollments: tuple[Record, ...]

    @classmethod
    def of(cls, archive: zipfile.ZipFile, file: str) -> _Roster:
        members = {name.rpartition("/")[2]: name for name in archive.namelist()}
        if "manifest.csv" not in members:
            raise SourceError(NO_MANIFEST, file=file)
        manifest = {
            row["propertyName"]: row["value"]
            for row in _records(archive, members["manifest.csv"], "manifest", file)
        }
        version = manifest.get("oneroster.version", "")
        if not version.startswith("1.2"):
            raise SourceError(WRONG_VERSION, file=file, version=version or "?")
        found: dict[str, list[Record]] = {}
        for name in _FILES:
            if f"{name}.csv" not in members:
                raise SourceError(NO_FILE, file=file, member=name)
            found[name] = _records(archive, members[f"{name}.csv"], name, file)
        return cls(
            orgs=_by_id(found["orgs"]),
            classes=_by_id(found["classes"]),
            users=_by_id(found["users"]),
            roles=tuple(found["roles"]),
            enrollments=tuple(found["enrollments"]),
        )

    def pupils(self, rejections: Rejections) -> Iterable[dict[str, Any]]:
        """Yield a row for each enrolment of a student in a homeroom class."""
        for record in self.enrollments:
            school_class = self.classes.get(record["classSourcedId"])
            if record["role"] != "student" or (
                school_class is not None and school_class["classType"] != "homeroom"
            ):
                continue
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

    def _pupil(
        self, record: Record, user: Record, school_class: Record, rejections: Rejections
    ) -> dict[str, Any] | None:
        days: list[dt.date | None] = []
        for name in ("beginDate", "endDate"):
            told = record.get(name, "")
            try:
                days.append(dt.date.fromisoformat(told[:10]) if told else None)
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
        grade = (school_class.get("grades") or user.get("grades") or "").split(",")[0]
        return {
            **_person(user, line=record["line"]),
            "person_role": "pupil",
            "learner_oid": _user_id(user, "oppijanumero"),
            "school_number": school.get("identifier")
            or school_class["schoolSourcedId"],
            "school_name": school.get("name"),
            "class_code": school_class.get("classCode") or school_class["title"],
            "grade": int(grade) if grade.isdecimal() else None,
            "from_": days[0],
            # OneRoster's end date is the last day; ours is the first day after it.
            "to": days[1] + dt.timedelta(days=1) if days[1] else None,
            "is_protected": False,
        }

    def guardians(self) -> Iterable[dict[str, Any]]:
        """Yield guardians with the keys of their children."""
        children: dict[str, list[str]] = {}
        for user in self.users.values():
            for agent in filter(None, user.get("agentSourcedIds", "").split(",")):
                children.setdefault(agent, []).append(user["sourcedId"])
        guardians = {r["userSourcedId"] for r in self.roles if r["role"] in _GUARDIANS}
        for key in sorted(guardians & set(children) & set(self.users)):
            user = self.users[key]
            yield {
                **_person(user, line=user["line"]),
                "person_role": "guardian",
                "related_keys": ",".join(children[key]),
            }

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


def _records(
    archive: zipfile.ZipFile, member: str, name: str, file: str
) -> list[Record]:
    try:
        text = member_stream(archive, member).read().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SourceError(NOT_UTF8, file=file, member=name) from error
    reader = csv.DictReader(io.StringIO(text), restval="")
    wanted = _FILES.get(name, ("propertyName", "value"))
    missing = [column for column in wanted if column not in (reader.fieldnames or ())]
    if missing:
        raise SourceError(NO_COLUMN, file=file, member=name, column=missing[0])
    return [
        {
            **{
                key: value or ""
                for key, value in row.items()
                if isinstance(value, str) and key != "password"
            },
            "line": str(line),
            "raw": ",".join(str(row.get(column, "")) for column in wanted),
        }
        for line, row in enumerate(reader, start=2)
        if row.get("status") != "tobedeleted"
    ]


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
    for part in user.get("userIds", "").split(","):
        name, _colon, value = part.strip(" {}").partition(":")
        if name.casefold() == kind:
            return value
    return None
