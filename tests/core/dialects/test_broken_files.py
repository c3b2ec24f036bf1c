"""Kinds of broken files, each with exactly its sentence: what, where, and what to do.

These are whole files of pages, Ed-Fi and OneRoster; rows that are set aside alone are tested
with their formats. What the importer makes of the sentences is tested in tests/intake.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator

import pytest

from koulutie.core import dialects
from koulutie.core.dialects import archive, edfi, oneroster
from koulutie.core.dialects.reading import ReadOptions
from koulutie.core.dialects.wilma_page import opening
from koulutie.core.errors import SourceError
from tests.core.dialects.oneroster_writer import ROWS, as_csv, export, manifest
from tests.core.dialects.test_archive import bomb, zipped
from tests.core.dialects.test_edfi import event, resource, xml
from tests.core.dialects.test_wilma_page import a_mark, a_page

PAGE = a_page(a_mark())
LOGIN = (
    "<!DOCTYPE html><html><head><title>Wilma</title></head><body><form action='/login'>"
    "<input name='Login'><input type='password' name='Password'></form></body></html>"
)
ARCHIVE = (
    "From: <Saved by Blink>\r\nSubject: Tuntimerkinnat - Wilma\r\nMIME-Version: 1.0\r\n"
    'Content-Type: multipart/related; type="text/html"; boundary="-x"\r\n\r\n---x\r\n'
    "Content-Type: text/html\r\n\r\n<!DOCTYPE html><html><body></body></html>"
)
Kind = tuple[str, bytes | str, str, dict[str, object]]


def html(body: str, title: str = "Wilma") -> str:
    return f"<!DOCTYPE html><html><head><title>{title}</title></head><body>{body}</body></html>"


def pages() -> Iterator[Kind]:
    """Yield kind, content, message id and its parameters without the file's name."""
    at_row, at_legend = PAGE.index(b"16.11.2026"), PAGE.index(b'class="legend"')
    yield "page cut before its table", PAGE[: PAGE.index(b"<table")], opening.CUT, {}
    yield "page cut in its head", PAGE[: PAGE.index(b"</thead>")], opening.CUT, {}
    yield "page cut in a row", PAGE[: at_row + 8], opening.CUT, {}
    yield "page cut in a title", PAGE[: PAGE.index(b"Terveyd") + 4], opening.CUT, {}
    yield "page cut in its legend", PAGE[: at_legend + 40], opening.CUT, {}
    yield "page in Windows-1252", PAGE.decode().encode("cp1252"), opening.NOT_UTF8, {}
    yield "page in UTF-16", PAGE.decode().encode("utf-16"), opening.NOT_UTF8, {}
    yield (
        "page with a torn letter",
        PAGE.replace(b"\xc3\xa4", b"\xc3", 1),
        opening.NOT_UTF8,
        {},
    )
    yield "sign-in page", LOGIN, opening.SIGN_IN, {}
    yield "exams of Wilma", html("<h1>Kokeet</h1>"), opening.NOT_ATTENDANCE, {}
    yield (
        "error page of Wilma",
        html("<h2>Virhe</h2><p>Sinulla ei ole oikeutta tähän sivuun.</p>"),
        opening.NOT_ATTENDANCE,
        {},
    )
    yield "error of the server", html("502", title="Bad Gateway"), opening.NOT_WILMA, {}
    yield "another web page", html("<p>Koulu</p>", title="Koulu"), opening.NOT_WILMA, {}
    yield "web archive of one file", ARCHIVE, opening.WEB_ARCHIVE, {}
    yield (
        "page nested beyond reason",
        PAGE.replace(b"<td>Ma </td>", b"<td>" + b"<b>" * 5000 + b"Ma</td>"),
        opening.TOO_DEEP,
        {},
    )
    yield (
        "page of many megabytes",
        PAGE.replace(b"<body>", b"<body>" + b" " * opening.MOST_BYTES),
        opening.TOO_LARGE,
        {},
    )


def exchanges() -> Iterator[Kind]:
    """Ed-Fi."""
    one = json.dumps(resource())
    whole = xml(event(), event())
    yield "XML cut in an event", whole[: len(whole) // 2], edfi.BROKEN_XML, {"line": 1}
    yield (
        "XML with a letter that is none",
        whole.replace("604822", "60\x0b22").replace("><", ">\n<", 4),
        edfi.BROKEN_XML,
        {"line": 5},
    )
    yield (
        "XML of staff",
        '<InterchangeStaff xmlns="http://ed-fi.org/5.2.0"><Staff/></InterchangeStaff>',
        edfi.NO_EVENTS,
        {},
    )
    yield (
        "XML with a document type",
        whole.replace("?>", '?><!DOCTYPE a [<!ENTITY e "x">]>', 1),
        edfi.DOCTYPE,
        {},
    )
    yield "JSON cut", f"[{one}, {one[:-20]}", edfi.BROKEN_JSON, {"line": 1}
    yield (
        "JSON without a comma between two events",
        f"[\n{one}\n{one}\n]",
        edfi.BROKEN_JSON,
        {"line": 3},
    )
    yield "JSON lines cut", f"{one}\n\n{one[:-20]}", edfi.BROKEN_JSON, {"line": 3}
    yield (
        "JSON nested beyond reason",
        '[{"attendanceEventCategory":' + "[" * 200_000,
        edfi.BROKEN_JSON,
        {"line": 1},
    )
    yield (
        "JSON in Windows-1252",
        f"[\n{one.replace('Tardy', 'Myöhässä')}]".encode("cp1252"),
        edfi.BROKEN_JSON,
        {"line": 2},
    )
    yield (
        "JSON of sections",
        '[{"sectionIdentifier": "1", "$ref": "https://ed-fi.org/a"}]',
        edfi.NO_EVENTS,
        {},
    )


def rosters() -> Iterator[Kind]:
    """OneRoster and the zip around it."""

    def with_(name: str, content: bytes | str) -> bytes:
        return export(replaced={name: content})

    yield "zip bomb", bomb(30, name="users.csv"), archive.BOMB, {"member": "users.csv"}
    yield (
        "zip with a path out of its folder",
        zipped(("manifest.csv", b""), ("../users.csv", b"")),
        archive.STRANGE_NAME,
        {"member": "../users.csv"},
    )
    yield "zip cut", export()[:-200], archive.BROKEN, {}
    yield (
        "roster without manifest",
        export(leave_out=["manifest.csv"]),
        oneroster.NO_MANIFEST,
        {},
    )
    yield (
        "two rosters in one zip",
        with_("toinen/manifest.csv", manifest()),
        oneroster.TWICE,
        {},
    )
    for version, said in (("1.1", "1.1"), ("", "?")):
        yield (
            f"roster of version {said}",
            with_("manifest.csv", manifest(version=version)),
            oneroster.WRONG_VERSION,
            {"version": said},
        )
    for name in ("orgs", "classes", "users", "roles", "enrollments"):
        yield (
            f"roster without {name}",
            export(leave_out=[f"{name}.csv"]),
            oneroster.NO_FILE,
            {"member": name},
        )
    yield (
        "roster that says a file is absent",
        with_("manifest.csv", manifest(absent="users")),
        oneroster.NO_FILE,
        {"member": "users"},
    )
    yield (
        "roster that lacks a column",
        with_("users.csv", as_csv("users", ROWS["users"], drop="familyName")),
        oneroster.NO_COLUMN,
        {"member": "users", "column": "familyName"},
    )
    yield (
        "roster with an empty file",
        with_("classes.csv", ""),
        oneroster.NO_COLUMN,
        {"member": "classes", "column": "sourcedId"},
    )
    yield (
        "roster in Windows-1252",
        with_("orgs.csv", as_csv("orgs", ROWS["orgs"]).encode("cp1252")),
        oneroster.NOT_UTF8,
        {"member": "orgs"},
    )
    yield (
        "roster with an open quotation mark",
        with_(
            "users.csv", as_csv("users", ROWS["users"]).replace("\r\nu2,", '\r\n"u2,')
        ),
        oneroster.BROKEN_CSV,
        {"member": "users", "line": 3},
    )


def others() -> Iterator[Kind]:
    """Files of no format, whatever they are called."""
    yield "empty", b"", dialects.delimited.EMPTY, {}
    yield "only blanks", b"\xef\xbb\xbf \r\n\t\n", dialects.delimited.EMPTY, {}
    yield "PNG", b"\x89PNG\r\n\x1a\n" + bytes(range(256)), dialects.UNKNOWN, {}
    yield "PDF", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n", dialects.UNKNOWN, {}
    yield "SVG", '<svg xmlns="http://www.w3.org/2000/svg"/>', dialects.UNKNOWN, {}
    yield "XML of something else", "<a><b>c</b></a>", dialects.UNKNOWN, {}
    yield "JSON of something else", '{"a": 1}', dialects.UNKNOWN, {}


KINDS = [*pages(), *exchanges(), *rosters(), *others()]
NAMES = ("vienti.csv", "sivu.html", "data.zip", "")


@pytest.mark.parametrize("kind", KINDS, ids=[kind[0] for kind in KINDS])
def test_each_kind_has_its_sentence_whatever_the_file_is_called(kind):
    _name, content, message, params = kind
    data = content.encode() if isinstance(content, str) else content
    for name in NAMES:
        with pytest.raises(SourceError) as caught:
            dialects.read(io.BytesIO(data), options=ReadOptions(file_name=name))
        assert caught.value.message == message
        assert caught.value.params == {"file": name, **params}
        assert str(caught.value) == message % caught.value.params


def test_the_kinds_are_many_and_different():
    assert len({kind[0] for kind in KINDS}) == len(KINDS) >= 50


def test_text_that_speaks_of_wilma_is_still_a_table():
    """Only what begins as a page is one."""
    text = "source;pupil;date;type\nWilma;1;2.11.2026;a<b\nWilma;2;2.11.2026;<html\n"
    assert dialects.sniff(text.encode(), "wilma.html") == "delimited"
