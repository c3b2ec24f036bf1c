"""Broken files by name: what they are called, what is in them, what is asked, what is said."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.jobs.files import COLUMNS, own_csv

HEADER = ";".join(COLUMNS)
ROSTER = (
    "pupil_key;oppijanumero;hetu;first;last;school_number;school_name;class;grade;"
    "language;start;end;protected_identity"
)
OFFERED = (
    "pupil_key;school_number;class_code;group_code;date;start;end;lessons;cancelled;"
    "reported"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """One broken file. `said` must be somewhere in what the importer is told."""

    kind: str
    content: bytes
    said: str
    name: str = "marks.csv"
    asked: dict[str, Any] = field(default_factory=dict)


def text(*lines: str, header: str = HEADER) -> bytes:
    return "\n".join((header, *lines, "")).encode()


def row(**values: str) -> bytes:
    """The project's own CSV with one row that is wrong in these values."""
    return own_csv(values)


def zipped(**members: bytes | str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return made.getvalue()


def workbook(*rows: tuple[object, ...]) -> bytes:
    """An xlsx with one sheet of inline texts and raw cell markup."""
    cells = []
    for number, values in enumerate(rows, start=1):
        marks = "".join(
            value
            if str(value).startswith("<c")
            else f'<c t="inlineStr"><is><t>{value}</t></is></c>'
            for value in map(str, values)
        )
        cells.append(f'<row r="{number}">{marks}</row>')
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    package = "http://schemas.openxmlformats.org/package/2006"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    types = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    return zipped(
        **{
            "[Content_Types].xml": (
                f'<Types xmlns="{package}/content-types">'
                '<Default Extension="rels" ContentType='
                '"application/vnd.openxmlformats-package.relationships+xml"/>'
                f'<Override PartName="/xl/workbook.xml" ContentType="{types}.sheet.main+xml"/>'
                '<Override PartName="/xl/worksheets/sheet1.xml" '
                f'ContentType="{types}.worksheet+xml"/></Types>'
            ),
            "_rels/.rels": (
                f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" '
                f'Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
            ),
            "xl/workbook.xml": (
                f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets>'
                '<sheet name="Taulukko1" sheetId="1" r:id="r1"/></sheets></workbook>'
            ),
            "xl/_rels/workbook.xml.rels": (
                f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" '
                f'Type="{office}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>'
            ),
            "xl/worksheets/sheet1.xml": (
                f'<worksheet xmlns="{main}"><sheetData>{"".join(cells)}</sheetData>'
                "</worksheet>"
            ),
        }
    )


def encrypted_zip() -> bytes:
    """A zip whose only member says that it is encrypted."""
    plain = bytearray(zipped(**{"xl/workbook.xml": b"x"}))
    plain[6] |= 1
    at = plain.index(b"PK\x01\x02")
    plain[at + 8] |= 1
    return bytes(plain)


def bomb() -> bytes:
    """A small workbook whose sheet unpacks to three hundred megabytes."""
    made = io.BytesIO()
    with (
        zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive,
        archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as sheet,
    ):
        for _ in range(300):
            sheet.write(b"0" * 1024 * 1024)
    return made.getvalue()


def page(
    *cells: str, total: str = "1", end: str = "</tbody></table></body></html>"
) -> bytes:
    """A small attendance page; each cell is a mark's title."""
    marks = "".join(
        f'<td class="event at-bl at-tp1" title="{title}">Op</td>' for title in cells
    )
    return (
        "<!DOCTYPE html><html><head><title>Wilma</title></head><body>"
        '<table class="datatable attendance-single"><thead><tr><th colspan="2">Päivämäärä'
        f'</th><th colspan="{max(1, len(cells))}">9</th><th>Yhteensä</th><th>Huomioita</th>'
        "</tr></thead><tbody><tr><td>Ma</td><td>16.11.2026</td>"
        f'{marks}<td class="total">{total}</td><td></td></tr>{end}'
    ).encode()


def whole_files() -> Iterator[Broken]:
    """Files that cannot be read as a whole."""
    xlsx = workbook(("a", "b"), ("1", "2"))
    yield Broken(kind="empty", content=b"", said="marks.csv is empty")
    yield Broken(
        kind="only blanks", content=b" \r\n\r\n  \n", said="marks.csv is empty"
    )
    yield Broken(
        kind="binary junk", content=bytes(range(256)) * 40, said="marks.csv is n"
    )
    yield Broken(
        kind="a photo named csv",
        content=b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8,
        said="marks.csv is n",
    )
    yield Broken(
        kind="a PDF named csv",
        content=b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\n",
        said="marks.csv",
    )
    yield Broken(
        kind="gzip", content=gzip.compress(own_csv({})), said="is none of the formats"
    )
    yield Broken(
        kind="one column without separator",
        content=b"pupil\n1\n2\n",
        said="none of the",
    )
    yield Broken(
        kind="unknown columns",
        content=b"a;b;c\n1;2;3\n",
        said="columns that no profile knows: a, b, c",
    )
    yield Broken(
        kind="two columns of one name",
        content=text("x", header=HEADER + ";date"),
        said="two columns named date",
    )
    yield Broken(
        kind="a needed column is missing",
        content=b"pupil_key;date\nk7B1;2026-11-16\n",
        said="lacks columns that the profile own-csv needs: type_name",
        asked={"profile": "own-csv"},
    )
    yield Broken(
        kind="another letters than the profile says",
        content=own_csv({"type_name": "Selvittämätön"}).decode().encode("cp1252"),
        said="is not utf-8",
        asked={"profile": "own-csv"},
    )
    yield Broken(
        kind="UTF-16 without its mark",
        content=own_csv({}).decode().encode("utf-16-le"),
        said="is none of the formats",
    )
    yield Broken(
        kind="null characters in the text",
        content=HEADER.encode() + b"\n" + b"\x00" * 500 + b"\n",
        said="is none of the formats",
    )
    yield Broken(
        kind="an unknown profile",
        content=own_csv({}),
        said="There is no layout named nobody",
        asked={"profile": "nobody"},
    )
    yield Broken(
        kind="a zip bomb", content=bomb(), name="b.xlsx", said="unpacks to far more"
    )
    yield Broken(
        kind="a cut workbook",
        content=xlsx[: len(xlsx) // 2],
        name="cut.xlsx",
        said="broken or unfinished zip",
    )
    yield Broken(
        kind="a workbook with a password",
        content=encrypted_zip(),
        name="secret.xlsx",
        said="protected with a password",
    )
    yield Broken(
        kind="a zip with unsafe names",
        content=zipped(**{"../../etc/passwd": "x"}),
        name="evil.xlsx",
        said="unsafe name",
    )
    yield Broken(
        kind="a zip of something else",
        content=zipped(**{"readme.txt": "hello"}),
        name="other.xlsx",
        said="cannot be opened as a workbook",
    )
    yield Broken(
        kind="an old workbook of junk",
        content=b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000),
        name="old.xls",
        said="cannot be opened as a workbook",
    )
    yield Broken(
        kind="an empty sheet",
        content=workbook(),
        name="empty.xlsx",
        said="sheet Taulukko1 of empty.xlsx is empty",
    )
    yield Broken(
        kind="a workbook of unknown columns",
        content=xlsx,
        name="other.xlsx",
        said="columns that no profile knows: a, b",
    )
    yield from pages()
    yield from exchanges()


def pages() -> Iterator[Broken]:
    """Broken attendance pages."""
    pupil = {"pupil_key": "k7B1", "school": "10001", "class_code": "7B"}
    good = "MA_71; Terveydellinen syy /Olli Ope"
    yield Broken(
        kind="a page that does not say whose it is",
        content=page(good),
        name="page.html",
        said="does not say whose",
    )
    yield Broken(
        kind="a page about an unknown pupil",
        content=page(good),
        name="page.html",
        said="No pupil is known by the key nobody",
        asked={"pupil_key": "nobody"},
    )
    yield Broken(
        kind="a page cut in the middle",
        content=page(good, end="<tr><td>Ti</td><td>17.1"),
        name="page.html",
        said="was cut on the way",
        asked=pupil,
    )
    yield Broken(
        kind="a page whose totals differ",
        content=page(good, total="3"),
        name="page.html",
        said="absent lessons were counted",
        asked=pupil,
    )
    yield Broken(
        kind="the sign-in page",
        content=(
            b"<html><head><title>Wilma</title></head><body><form action='/login'>"
            b"<input name='Login'><input type='password' name='Password'></form></html>"
        ),
        name="page.html",
        said="sign-in page",
        asked=pupil,
    )
    yield Broken(
        kind="another page of Wilma",
        content=b"<html><head><title>Wilma</title></head><body><h1>Kokeet</h1></html>",
        name="page.html",
        said="not the attendance page",
        asked=pupil,
    )
    yield Broken(
        kind="a page that is not UTF-8",
        content=page(good).decode().encode("cp1252"),
        name="page.html",
        said="is not UTF-8",
        asked=pupil,
    )
    yield Broken(
        kind="a page with a type of no meaning",
        content=page("MA_71; Salaperäinen merkintä /Olli Ope", total="0"),
        name="page.html",
        said="no meaning yet: Salaperäinen merkintä",
        asked=pupil,
    )


def exchanges() -> Iterator[Broken]:
    """Broken Ed-Fi and OneRoster files."""
    event = (
        "<InterchangeStudentAttendance xmlns='http://ed-fi.org/5.2.0'>"
        "<StudentSchoolAttendanceEvent>"
    )
    yield Broken(
        kind="cut XML", content=event.encode(), name="a.xml", said="broken XML at line"
    )
    yield Broken(
        kind="an XML bomb",
        content=(
            b"<?xml version='1.0'?><!DOCTYPE lolz [<!ENTITY lol 'lol'>]>"
            b"<InterchangeStudentAttendance xmlns='http://ed-fi.org/5.2.0'>&lol;"
            b"</InterchangeStudentAttendance>"
        ),
        name="a.xml",
        said="declares a document type",
    )
    yield Broken(
        kind="Ed-Fi of another kind",
        content=b"<InterchangeStaff xmlns='http://ed-fi.org/5.2.0'><Staff/></InterchangeStaff>",
        name="a.xml",
        said="neither attendance events nor students",
    )
    yield Broken(
        kind="cut JSON",
        content=b'[{"studentReference": {"studentUniqueId": "1"}, "attendanceEventCategory',
        name="a.json",
        said="broken JSON at line",
    )
    yield Broken(
        kind="an event without a pupil",
        content=json.dumps(
            [
                {
                    "attendanceEventCategoryDescriptor": "uri://ed-fi.org/"
                    "AttendanceEventCategoryDescriptor#Tardy",
                    "eventDate": "2026-11-16",
                    "schoolReference": {"schoolId": 10001},
                    "sessionReference": {"schoolYear": 2027},
                }
            ]
        ).encode(),
        name="a.json",
        said="The event has no",
    )
    manifest = "propertyName,value\r\nmanifest.version,1.0\r\noneroster.version,{}\r\n"
    files = "".join(
        f"file.{name},bulk\r\n" for name in ("orgs", "classes", "users", "enrollments")
    )
    yield Broken(
        kind="a OneRoster of another version",
        content=zipped(**{"manifest.csv": manifest.format("1.1") + files}),
        name="roster.zip",
        said="1.2 is needed",
    )
    yield Broken(
        kind="a OneRoster without its files",
        content=zipped(**{"manifest.csv": manifest.format("1.2") + files}),
        name="roster.zip",
        said="Export the roster again with all files",
    )


def broken_rows() -> Iterator[Broken]:
    """Files whose only row cannot come in; a good row beside it would."""
    yield Broken(
        kind="too few values",
        content=text("m1;k7B1;10001"),
        said="The row has 3 values",
    )
    comment = "m1;k7B1;10001;7B;2026-11-16;09:00;MA;OP;Hyvä!;2026-11-16;left; early"
    yield Broken(
        kind="a comment that holds the separator",
        content=text(comment),
        said="The row has 12 values where 10 were expected",
    )
    yield Broken(
        kind="a quotation mark that is never closed",
        content=text('m1;"k7B1;10001;7B;2026-11-16;09:00;MA;OP;Hyvä!;'),
        said="opened and not closed",
    )
    for kind, values, said in (
        (
            "a day that is none",
            {"date": "2026-02-31"},
            "“2026-02-31” in the column date",
        ),
        ("a date of another country", {"date": "11/16/2026"}, "cannot be read as date"),
        ("no date", {"date": ""}, "The row has no date"),
        ("no pupil", {"pupil_key": ""}, "The row has no pupil_key"),
        ("no mark type", {"type_name": ""}, "The row has no type_name"),
        ("a time that is none", {"start": "25:00"}, "“25:00” in the column start"),
        ("a year of two digits", {"date": "26-11-16"}, "not enrolled on 0026-11-16"),
        (
            "a moment that is none",
            {"entered_at": "soon"},
            "“soon” in the column entered",
        ),
        ("control characters", {"group_code": "MA\x07"}, "control characters"),
        (
            "an unknown pupil",
            {"pupil_key": "nobody"},
            "No pupil is known by the key nobo",
        ),
        ("before enrolment", {"date": "2026-07-31"}, "was not enrolled on 2026-07-31"),
        ("after leaving", {"date": "2027-08-02"}, "was not enrolled on 2027-08-02"),
        ("long ago", {"date": "1926-11-16"}, "was not enrolled on 1926-11-16"),
        ("another school than its own", {"school_number": "10002"}, "another school"),
        ("a school nobody knows", {"school_number": "99999"}, "another school"),
    ):
        yield Broken(kind=kind, content=row(**values), said=said)
    yield Broken(
        kind="a pupil of another school than the file",
        content=row(pupil_key="k3A1", school_number="", class_code=""),
        said="another school",
        asked={"school": "10001"},
    )
    yield Broken(
        kind="a formula as a mark type",
        content=row(type_name="=HYPERLINK(1)"),
        said="no meaning yet: =HYPERLINK(1)",
    )
    yield Broken(
        kind="an error in a cell",
        content=workbook(
            ("pupil_key", "date", "type_name"),
            ("k7B1", '<c t="e"><v>#REF!</v></c>', "Hyvä!"),
        ),
        name="marks.xlsx",
        said="The row has no date",
    )
    yield Broken(
        kind="marks of next week",
        content=row(date="2026-12-01"),
        said="Marks on days after the file was made",
    )
    yield from other_rows()


def other_rows() -> Iterator[Broken]:
    """Broken rows of rosters and offered lessons."""
    yield Broken(
        kind="a pupil of the roster without a number",
        content=text(";;;Eeva;Esimerkki;10001;K;7B;7;fi;;;", header=ROSTER),
        name="roster.csv",
        said="The row has no pupil_key",
    )
    yield Broken(
        kind="a pupil of the roster without a last name",
        content=text("k9;;;Eeva;;10001;K;7B;7;fi;;;", header=ROSTER),
        name="roster.csv",
        said="The row has no last_name",
    )
    yield Broken(
        kind="a grade that is none",
        content=text("k9;;;Eeva;Esimerkki;10001;K;7B;seven;fi;;;", header=ROSTER),
        name="roster.csv",
        said="“seven” in the column grade",
    )
    yield Broken(
        kind="lessons of an unknown class",
        content=text(";10001;9Z;;2026-11-16;;;5;;", header=OFFERED),
        name="lessons.csv",
        said="No class 9Z is known",
    )
    yield Broken(
        kind="lessons of an unknown pupil",
        content=text("nobody;;;;2026-11-16;;;5;;", header=OFFERED),
        name="lessons.csv",
        said="No pupil nobody was enrolled",
    )
    yield Broken(
        kind="lessons of a group only",
        content=text(";10001;;MA_71;2026-11-16;;;5;;", header=OFFERED),
        name="lessons.csv",
        said="names only the group MA_71",
    )
    yield Broken(
        kind="a number of lessons that is none",
        content=text(";10001;7B;;2026-11-16;;;many;;", header=OFFERED),
        name="lessons.csv",
        said="“many” in the column lessons",
    )


EVERYTHING = [*whole_files(), *broken_rows()]
assert len({one.kind for one in EVERYTHING}) == len(EVERYTHING)
