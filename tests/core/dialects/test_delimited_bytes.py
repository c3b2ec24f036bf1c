"""UTF-8 is checked, not decoded: letters, marks and line ends come out all the same."""

from __future__ import annotations

import codecs
from io import BytesIO

import pytest

from koulutie import catalog
from koulutie.core.dialects import delimited
from koulutie.core.dialects.reading import ReadOptions
from koulutie.core.errors import SourceError
from koulutie.core.tables import RAW_MARK

OPTIONS = ReadOptions(file_name="marks.csv", profile=catalog.load().profiles["own-csv"])
HEAD = "pupil_key;date;lesson_no;type_name\n"
ROWS = [f"p{n};2026-11-{n:02};{n};Selvittämätön poissaolo, åäö\n" for n in range(1, 29)]


def types(data: bytes) -> list[str]:
    reading = delimited.read(BytesIO(data), options=OPTIONS)
    assert reading.marks.schema == RAW_MARK
    return reading.marks["type_name"].to_pylist()


@pytest.mark.parametrize("mark", [b"", codecs.BOM_UTF8], ids=["plain", "marked"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["lf", "crlf", "cr"])
@pytest.mark.parametrize("block", [64, 101, 1 << 20])
def test_letters_survive_every_cut(monkeypatch, mark, end, block):
    monkeypatch.setattr(delimited, "_BLOCK", block)
    text = (HEAD + "".join(ROWS)).replace("\n", end)
    assert types(mark + text.encode()) == ["Selvittämätön poissaolo, åäö"] * 28


def test_a_value_over_two_lines_is_joined():
    text = HEAD + 'p1;2026-11-02;1;"Selvittämätön\npoissaolo"\n' + ROWS[4]
    assert types(text.encode())[0] == "Selvittämätön poissaolo"


def test_bytes_that_are_no_utf_8_far_into_the_file_are_refused():
    long = (HEAD + "".join(ROWS) * 400).encode()
    assert len(long) > delimited.HEAD
    with pytest.raises(SourceError) as refused:
        types(long + "p1;2026-11-02;1;Selvittämätön\n".encode("cp1252"))
    assert refused.value.message == delimited.NOT_ENCODED
