"""OneRoster 1.2: what becomes of pupils, guardians and staff, and what is never read."""

from __future__ import annotations

import datetime as dt
import io
import zipfile

import pytest

from koulutie.core.dialects import oneroster, sniff
from koulutie.core.dialects.reading import Reading, ReadOptions
from tests.core.dialects.oneroster_writer import (
    OID,
    ROWS,
    SECRET,
    as_csv,
    changed,
    export,
    manifest,
)


def read(data: bytes) -> Reading:
    assert sniff(data, "roster.zip") == "oneroster"
    return oneroster.read(io.BytesIO(data), options=ReadOptions(file_name="roster.zip"))


def rows(data: bytes, role: str) -> list[dict[str, object]]:
    found = read(data).roster.to_pylist()
    return [
        {name: value for name, value in row.items() if value is not None}
        for row in found
        if row["person_role"] == role
    ]


def test_pupils_come_from_homeroom_classes():
    assert rows(export(), "pupil") == [
        {
            "line": 2,
            "pupil_key": "u1",
            "learner_oid": OID,
            "first_name": "Eeva",
            "last_name": "Esimerkki",
            "school_number": "01234",
            "school_name": "Joutsenmäen koulu",
            "class_code": "7B",
            "grade": 7,
            "from_": dt.date(2026, 8, 10),
            "to": dt.date(2027, 6, 6),
            "person_role": "pupil",
        },
        {
            "line": 4,
            "pupil_key": "u2",
            "first_name": "Ville, jr",
            "last_name": "Virtanen",
            "school_number": "01234",
            "school_name": "Joutsenmäen koulu",
            "class_code": "1-2",
            "grade": 2,
            "person_role": "pupil",
        },
    ]


def test_guardians_know_their_children():
    assert rows(export(), "guardian") == [
        {
            "line": 4,
            "pupil_key": "g1",
            "first_name": "Helmi",
            "last_name": "Huoltaja",
            "person_role": "guardian",
            "related_keys": "u1,u2",
        }
    ]


def test_staff_keep_the_source_s_word_for_their_role():
    assert rows(export(), "staff") == [
        {
            "line": 5,
            "pupil_key": "t1",
            "first_name": "Kaisa",
            "last_name": "Kuraattori",
            "person_role": "staff",
            "staff_role": "counselor",
            "school_number": "01234",
            "school_name": "Joutsenmäen koulu",
        }
    ]


def test_a_protected_identity_is_not_unsaid():
    """The format has no such column: no pupil may lose the protection by it."""
    assert set(read(export()).roster["is_protected"].to_pylist()) == {None}


def test_passwords_and_demographics_are_never_read(monkeypatch):
    opened: list[str] = []
    plain = zipfile.ZipFile.read

    def noted(self, name, pwd=None):
        opened.append(name)
        return plain(self, name, pwd)

    monkeypatch.setattr(zipfile.ZipFile, "read", noted)
    reading = read(export())
    assert "demographics.csv" not in opened
    assert len(opened) == 6
    assert SECRET not in repr((reading, reading.roster.to_pylist()))


def test_the_password_stays_behind_in_rejected_rows_too():
    reading = read(export(changed("enrollments", 0, userSourcedId="nobody")))
    assert SECRET not in repr(reading.rejections.to_pylist())


@pytest.mark.parametrize("folder", ["vienti/", "a/b c/"])
def test_the_files_may_lie_in_a_folder(folder):
    assert read(export(folder=folder)).roster.equals(read(export()).roster)


def test_the_copies_that_a_mac_adds_are_passed_over():
    data = export(
        replaced={"__MACOSX/._users.csv": b"\x00\x05", "x/users.csv": "other"}
    )
    assert read(data).roster.equals(read(export()).roster)


def test_what_was_deleted_is_left_out_and_a_delta_is_told():
    gone = changed("users", 1, status="tobedeleted", dateLastModified="2026-11-01")
    reading = read(export(gone, replaced={"manifest.csv": manifest(mode="delta")}))
    assert [note.message for note in reading.notes] == [oneroster.ONLY_CHANGES]
    assert reading.notes[0].params == {"file": "roster.zip"}
    (rejected,) = reading.rejections.to_pylist()
    assert rejected["reason"] == oneroster.UNKNOWN_REFERENCE
    assert rejected["params"] == '{"member": "enrollments", "reference": "u2"}'
    pupils = [row["pupil_key"] for row in reading.roster.to_pylist()]
    assert "u1" in pupils
    assert "u2" not in pupils


def test_pupils_without_a_homeroom_class_are_told():
    reading = read(export(changed("enrollments", 2, classSourcedId="ma")))
    assert [(note.message, note.params) for note in reading.notes] == [
        (oneroster.NO_HOMEROOM, {"count": 1})
    ]
    assert read(export()).notes == ()


@pytest.mark.parametrize("name", ["beginDate", "endDate"])
def test_a_day_that_is_none_sets_its_row_aside(name):
    reading = read(export(changed("enrollments", 0, **{name: "10.8.2026"})))
    (rejected,) = reading.rejections.to_pylist()
    assert (rejected["line"], rejected["reason"]) == (2, oneroster.BAD_DATE)
    assert rejected["params"] == '{"member": "enrollments", "value": "10.8.2026"}'
    assert rejected["raw"] == "e1,c7b,u1,student"
    assert "u1" not in [row["pupil_key"] for row in reading.roster.to_pylist()]


def test_lines_count_what_stands_in_the_file():
    """A value may hold a line break; the next row is then one line further down."""
    users = [dict(row) for row in ROWS["users"]]
    users[0]["middleName"] = "a\nb"
    reading = read(export({**ROWS, "users": users}))
    (guardian,) = [
        row for row in reading.roster.to_pylist() if row["person_role"] == "guardian"
    ]
    assert guardian["line"] == 5


def test_the_mark_of_utf_8_is_no_part_of_the_first_column():
    text = "\ufeff" + as_csv("orgs", ROWS["orgs"])
    assert read(export(replaced={"orgs.csv": text})).roster.equals(
        read(export()).roster
    )
