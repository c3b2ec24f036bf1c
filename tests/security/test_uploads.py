"""A hostile file costs its sender a sentence and the server nothing."""

from __future__ import annotations

import io
import os
import time
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from koulutie import catalog
from koulutie.core.dialects.reading import ReadOptions
from koulutie.core.errors import DomainError, Fault, SourceError
from koulutie.intake.actions import confining
from koulutie.intake.actions.receiving import About, receive
from koulutie.intake.models import Batch
from koulutie.intake.queries import files
from koulutie.ui.uploads import LimitedUploadHandler
from tests.builders import NOW
from tests.intake.broken import workbook, zipped
from tests.jobs.files import COLUMNS, own_csv

MB = 1024 * 1024
OPTIONS = ReadOptions(
    file_name="hostile", profiles=tuple(catalog.current().profiles.values())
)


def read(content: bytes, folder: Path):
    path = folder / "hostile"
    path.write_bytes(content)
    return confining.read_confined(
        path, size=len(content), options=OPTIONS, tell=lambda percent: None
    )


@pytest.fixture
def fresh_child():
    """Start and end without a child, so that the settings of the test hold for it."""
    confining.stop()
    yield
    confining.stop()


def entity_bomb() -> str:
    levels = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    return f'<!DOCTYPE b [<!ENTITY e0 "ha">{levels}]>'


def entity_bomb_page(root: str) -> bytes:
    return f"<?xml version='1.0'?>{entity_bomb()}<{root}>&e11;</{root}>".encode()


def many_columns() -> bytes:
    return (";".join(f"c{n}" for n in range(10**6)) + "\n").encode() + b";" * 10**6


def wide_workbook() -> bytes:
    cell = '<c r="XFD1048576" t="inlineStr"><is><t>far</t></is></c>'
    return workbook(("a", "b"), (cell,))


def nested_zip(depth: int = 20) -> bytes:
    content = os.urandom(1000)
    for level in range(depth):
        made = io.BytesIO()
        with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(f"level{level}.zip", content)
        content = made.getvalue()
    return content


def big_zip(name: str, megabytes: int) -> bytes:
    made = io.BytesIO()
    with (
        zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as one,
        one.open(name, "w", force_zip64=True) as member,
    ):
        for _ in range(megabytes):
            member.write(b"0" * MB)
    return made.getvalue()


def page(inside: str) -> bytes:
    return f"<html><body>{inside}</body></html>".encode()


HOSTILE = {
    "a zip bomb": lambda: big_zip("xl/worksheets/sheet1.xml", 300),
    "zips in zips": nested_zip,
    "a million columns": many_columns,
    "a workbook whose one cell is in the last corner": wide_workbook,
    "a cell of 40 megabytes": lambda: (
        own_csv({"comment": "x" * 40 * MB})
        if "comment" in COLUMNS
        else own_csv({"type_name": "x" * 40 * MB})
    ),
    "one line of 60 megabytes": lambda: b"x" * 60 * MB,
    "a million empty lines": lambda: b"\n" * 10**6,
    "an entity bomb in XML": lambda: entity_bomb_page("InterchangeStudentAttendance"),
    "an entity bomb in a workbook": lambda: zipped(
        **{
            "[Content_Types].xml": f"<?xml version='1.0'?>{entity_bomb()}<Types>&e11;</Types>",
            "xl/workbook.xml": f"<?xml version='1.0'?>{entity_bomb()}<w>&e11;</w>",
        }
    ),
    "an outside entity in XML": lambda: (
        b"<?xml version='1.0'?><!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]>"
        b"<InterchangeStudentAttendance>&e;</InterchangeStudentAttendance>"
    ),
    "a page of a hundred thousand nested parts": lambda: page(
        "<table class='attendance'>" + "<div>" * 100_000
    ),
    "JSON of a hundred thousand nested lists": lambda: b"[" * 100_000,
    "a workbook by name and magic only": lambda: b"PK\x03\x04" + os.urandom(5000),
    "an old workbook by magic only": lambda: (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + os.urandom(50_000)
    ),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_file_gets_a_sentence_in_a_moment(kind: str, tmp_path: Path) -> None:
    content = HOSTILE[kind]()
    began = time.monotonic()
    try:
        reading = read(content, tmp_path)
    except SourceError as refusal:
        sentence = str(refusal)
        assert "hostile" in sentence
        assert len(sentence) < 1500
    else:  # readable, and then of little weight: rejected rows with a cut text
        assert sum(len(raw or "") for raw in reading.rejections["raw"].to_pylist()) < MB
        assert "root:" not in str(reading)
    assert time.monotonic() - began < 20


def test_the_next_file_is_read_after_every_hostile_one(tmp_path: Path) -> None:
    for make in HOSTILE.values():
        try:
            read(make(), tmp_path)
        except SourceError:
            pass
    assert len(read(own_csv({}), tmp_path).marks) == 1


def test_what_needs_too_much_memory_is_stopped_and_the_server_is_not(
    tmp_path: Path, settings, fresh_child
) -> None:
    read(own_csv({}), tmp_path)
    status = Path(f"/proc/{confining._children[0].process.pid}/status").read_text()
    held = int(status.split("VmSize:")[1].split()[0]) // 1024
    confining.stop()
    settings.READ_MEGABYTES = held + 150
    large = own_csv(*({"group_code": os.urandom(200).hex()} for _ in range(400_000)))
    with pytest.raises(SourceError, match=r"was stopped\. Nothing was kept"):
        read(large, tmp_path)
    settings.READ_MEGABYTES = 6000
    confining.stop()
    assert len(read(own_csv({}), tmp_path).marks) == 1


def test_what_takes_too_long_is_stopped(tmp_path: Path, settings, fresh_child) -> None:
    settings.READ_SECONDS = 0.05
    with pytest.raises(SourceError, match=r"could not be read in 0\.05 seconds"):
        read(own_csv(*[{}] * 200_000), tmp_path)
    settings.READ_SECONDS = 60
    assert len(read(own_csv({}), tmp_path).marks) == 1


def test_a_reader_that_dies_is_replaced(tmp_path: Path, fresh_child) -> None:
    read(own_csv({}), tmp_path)
    child = confining._children[0]
    child.process.kill()
    child.process.wait()
    assert len(read(own_csv({}), tmp_path).marks) == 1
    assert confining._children[0] is not child


def test_a_child_reads_only_its_share(tmp_path: Path, monkeypatch, fresh_child) -> None:
    monkeypatch.setattr(confining, "FILES_OF_A_CHILD", 2)
    numbers = []
    for _ in range(4):
        read(own_csv({}), tmp_path)
        numbers.append(confining._children[0].process.pid)
    assert numbers[0] == numbers[1] != numbers[2] == numbers[3]


def test_the_child_has_no_secret_and_writes_no_file(
    tmp_path: Path, monkeypatch, fresh_child
) -> None:
    monkeypatch.setenv("KOULUTIE_SECRET_KEY", "canary-secret")
    read(own_csv({}), tmp_path)
    number = confining._children[0].process.pid
    environment = Path(f"/proc/{number}/environ").read_text()
    assert "canary-secret" not in environment
    assert "KOULUTIE" not in environment
    limits = {
        line[:25].strip(): line[25:].split()[0]
        for line in Path(f"/proc/{number}/limits").read_text().splitlines()[1:]
    }
    assert limits["Max file size"] == "0"
    assert limits["Max core file size"] == "0"
    assert limits["Max address space"] == str(6000 * MB)


def test_a_fault_of_ours_tells_where_and_not_what(tmp_path: Path, fresh_child) -> None:
    path = tmp_path / "gone"
    with pytest.raises(Fault, match="FileNotFoundError at") as caught:
        confining.read_confined(
            path, size=1, options=OPTIONS, tell=lambda percent: None
        )
    assert "reader.py" in str(caught.value)
    assert str(path) not in str(caught.value)


def test_a_reading_is_the_same_as_without_the_child(tmp_path: Path) -> None:
    from koulutie.core import dialects

    content = own_csv({}, {"date": "no day"}, {"type_name": "Hyvä!"})
    ours = read(content, tmp_path)
    plain = dialects.read(io.BytesIO(content), options=OPTIONS)
    for name in ("marks", "offered", "roster", "rejections"):
        assert getattr(ours, name).equals(getattr(plain, name)), name
        assert getattr(ours, name).schema == getattr(plain, name).schema
    for name in ("dialect", "rows_read", "complete_for", "page_totals", "legend"):
        assert getattr(ours, name) == getattr(plain, name), name
    assert dict(ours.shape) == dict(plain.shape)
    assert [str(one) for one in ours.notes] == [str(one) for one in plain.notes]


# --- how much may come ----------------------------------------------------------------------


def send(people, content: bytes, now=NOW) -> Batch:
    return receive(
        content=io.BytesIO(content),
        file_name="marks.csv",
        about=About(municipality=people.home.municipality),
        via=Batch.Via.UPLOAD,
        by=None,
        now=now,
    )


@pytest.mark.django_db
def test_a_file_that_is_too_large_leaves_nothing(people, settings) -> None:
    settings.FILE_MEGABYTES = 1
    with pytest.raises(DomainError, match=r"larger than a file may be.*\(1 megabytes"):
        send(people, b"x" * (MB + 1))
    assert not Batch.objects.exists()
    assert not list(files.root().glob("incoming-*"))


@pytest.mark.django_db
def test_the_days_room_is_each_municipalitys_own_and_comes_back(
    people, settings
) -> None:
    settings.DAY_FILES = 2
    for number in range(2):
        send(people, b"file %d" % number)
    with pytest.raises(DomainError, match="may send 2 files"):
        send(people, b"one more")
    receive(
        content=io.BytesIO(b"of the twin"),
        file_name="marks.csv",
        about=About(municipality=people.twin.municipality),
        via=Batch.Via.UPLOAD,
        by=None,
        now=NOW,
    )
    assert send(people, b"tomorrow", now=NOW + timedelta(hours=24)).pk


@pytest.mark.django_db
def test_the_days_bytes_are_counted_too(people, settings) -> None:
    settings.DAY_MEGABYTES = 1
    send(people, b"x" * (MB - 10))
    with pytest.raises(DomainError, match="larger than a file may be"):
        send(people, b"y" * 11)
    send(people, b"z" * 10)
    with pytest.raises(DomainError, match="1 megabytes, and that much has come"):
        send(people, b"a")


@pytest.mark.django_db
@pytest.mark.usefixtures("the_tests_day")
def test_the_form_refuses_by_size_with_a_sentence(people, settings) -> None:
    settings.FILE_MEGABYTES = 1
    client = Client()
    client.force_login(people.daniel)
    answer = client.post(
        "/marks/send/", {"file": SimpleUploadedFile("m.csv", b"x" * 3 * MB)}
    )
    assert answer.status_code == 422
    assert "1" in str(answer.context["form"].errors["file"])
    assert not Batch.objects.exists()


def test_what_the_browser_sends_beyond_a_files_size_is_not_kept(settings) -> None:
    settings.FILE_MEGABYTES = 1
    handler = LimitedUploadHandler()
    handler.new_file("file", "m.csv", "text/csv", None)
    for start in range(0, 3 * MB, 64 * 1024):
        handler.receive_data_chunk(b"x" * 64 * 1024, start)
    file = handler.file_complete(3 * MB)
    assert file is not None
    assert file.size == 3 * MB
    assert len(file.read()) <= MB + 64 * 1024
    file.close()
