"""A small OneRoster 1.2 export: two schools, a class each, pupils, guardians, staff."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Mapping, Sequence

# The columns in the order of the specification (1EdTech, OneRoster 1.2 CSV).
COLUMNS = {
    "orgs": "sourcedId,status,dateLastModified,name,type,identifier,parentSourcedId",
    "classes": (
        "sourcedId,status,dateLastModified,title,grades,courseSourcedId,classCode,classType,"
        "location,schoolSourcedId,termSourcedIds,subjects,subjectCodes,periods"
    ),
    "users": (
        "sourcedId,status,dateLastModified,enabledUser,username,userIds,givenName,familyName,"
        "middleName,identifier,email,sms,phone,agentSourcedIds,grades,password,"
        "userMasterIdentifier,preferredGivenName,preferredMiddleName,preferredFamilyName,"
        "primaryOrgSourcedId,pronouns"
    ),
    "roles": (
        "sourcedId,status,dateLastModified,userSourcedId,roleType,role,beginDate,endDate,"
        "orgSourcedId,userProfileSourcedId"
    ),
    "enrollments": (
        "sourcedId,status,dateLastModified,classSourcedId,schoolSourcedId,userSourcedId,role,"
        "primary,beginDate,endDate"
    ),
    "demographics": "sourcedId,status,dateLastModified,birthDate,sex,asian,white",
}
Rows = Mapping[str, Sequence[Mapping[str, str]]]

OID = "1.2.246.562.24.17116719809"
SECRET = "hunter2"

ROWS: Rows = {
    "orgs": [
        {"sourcedId": "m", "name": "Joutsenmäki", "type": "district"},
        {
            "sourcedId": "s1",
            "name": "Joutsenmäen koulu",
            "type": "school",
            "identifier": "01234",
            "parentSourcedId": "m",
        },
    ],
    "classes": [
        {
            "sourcedId": "c7b",
            "title": "Luokka 7B",
            "classCode": "7B",
            "classType": "homeroom",
            "schoolSourcedId": "s1",
            "grades": "07",
        },
        {
            "sourcedId": "c12",
            "title": "1-2",
            "classType": "homeroom",
            "schoolSourcedId": "s1",
            "grades": "01,02",
        },
        {
            "sourcedId": "ma",
            "title": "MA_7B",
            "classType": "scheduled",
            "schoolSourcedId": "s1",
        },
    ],
    "users": [
        {
            "sourcedId": "u1",
            "enabledUser": "true",
            "givenName": "Eeva-Liisa",
            "familyName": "Esimerkki",
            "preferredGivenName": "Eeva",
            "userIds": f"{{Fed:x}},{{oppijanumero:{OID}}}",
            "grades": "07",
            "agentSourcedIds": "g1,g2",
            "password": SECRET,
        },
        {
            "sourcedId": "u2",
            "enabledUser": "true",
            "givenName": "Ville, jr",
            "familyName": "Virtanen",
            "grades": "02",
            "agentSourcedIds": "g1",
        },
        {
            "sourcedId": "g1",
            "enabledUser": "true",
            "givenName": "Helmi",
            "familyName": "Huoltaja",
        },
        {
            "sourcedId": "t1",
            "enabledUser": "true",
            "givenName": "Kaisa",
            "familyName": "Kuraattori",
        },
    ],
    "roles": [
        {
            "sourcedId": "r1",
            "userSourcedId": "u1",
            "roleType": "primary",
            "role": "student",
            "orgSourcedId": "s1",
        },
        {
            "sourcedId": "r2",
            "userSourcedId": "u2",
            "roleType": "primary",
            "role": "student",
            "orgSourcedId": "s1",
        },
        {
            "sourcedId": "r3",
            "userSourcedId": "g1",
            "roleType": "primary",
            "role": "guardian",
            "orgSourcedId": "s1",
        },
        {
            "sourcedId": "r4",
            "userSourcedId": "t1",
            "roleType": "primary",
            "role": "counselor",
            "orgSourcedId": "s1",
        },
    ],
    "enrollments": [
        {
            "sourcedId": "e1",
            "classSourcedId": "c7b",
            "schoolSourcedId": "s1",
            "userSourcedId": "u1",
            "role": "student",
            "beginDate": "2026-08-10",
            "endDate": "2027-06-05",
        },
        {
            "sourcedId": "e2",
            "classSourcedId": "ma",
            "schoolSourcedId": "s1",
            "userSourcedId": "u1",
            "role": "student",
        },
        {
            "sourcedId": "e3",
            "classSourcedId": "c12",
            "schoolSourcedId": "s1",
            "userSourcedId": "u2",
            "role": "student",
        },
        {
            "sourcedId": "e4",
            "classSourcedId": "c7b",
            "schoolSourcedId": "s1",
            "userSourcedId": "t1",
            "role": "teacher",
        },
    ],
    "demographics": [{"sourcedId": "u1", "birthDate": "2013-01-01", "asian": "true"}],
}


def changed(file: str, row: int, **values: str) -> Rows:
    """Return the rows with one of them changed."""
    rows = [dict(one) for one in ROWS[file]]
    rows[row] |= values
    return {**ROWS, file: rows}


def manifest(version: str = "1.2", mode: str = "bulk", absent: str = "") -> str:
    files = "".join(
        f"file.{name},{'absent' if name == absent else mode}\r\n" for name in COLUMNS
    )
    head = f"manifest.version,1.0\r\noneroster.version,{version}\r\n"
    return f"propertyName,value\r\n{head}{files}source.systemName,Testi\r\n"


def as_csv(file: str, rows: Sequence[Mapping[str, str]], drop: str = "") -> str:
    names = [name for name in COLUMNS[file].split(",") if name != drop]
    text = io.StringIO()
    writer = csv.DictWriter(text, names, restval="", extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def export(
    rows: Rows = ROWS,
    *,
    folder: str = "",
    replaced: Mapping[str, bytes | str] | None = None,
    leave_out: Sequence[str] = (),
) -> bytes:
    """Return the zip; `replaced` gives the content of a file by its name."""
    members: dict[str, bytes | str] = {"manifest.csv": manifest()}
    members |= {f"{name}.csv": as_csv(name, one) for name, one in rows.items()}
    members |= replaced or {}
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            if name not in leave_out:
                archive.writestr(f"{folder}{name}", content)
    return made.getvalue()
