"""The guard before zip files: real bombs, made here, and everything else that a zip may hide."""

from __future__ import annotations

import io
import time
import tracemalloc
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from koulutie.core.dialects import archive
from koulutie.core.dialects.archive import member_stream, open_zip
from koulutie.core.errors import SourceError

MB = 1024 * 1024


def zipped(*members: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as one:
        for name, content in members:
            one.writestr(name, content)
    return made.getvalue()


def bomb(*sizes: int, name: str = "sheet{}.xml") -> bytes:
    """A zip of members that unpack to so many megabytes of one character each."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as one:
        for number, size in enumerate(sizes):
            with one.open(name.format(number), "w", force_zip64=True) as member:
                for _ in range(size):
                    member.write(b"0" * MB)
    return made.getvalue()


def opened(data: bytes) -> zipfile.ZipFile:
    return open_zip(io.BytesIO(data), file_name="a.zip")


def refusal(data: bytes) -> SourceError:
    with pytest.raises(SourceError) as caught:
        opened(data)
    return caught.value


def test_an_honest_zip_is_opened_and_its_parts_read():
    archive_ = opened(zipped(("a.csv", b"1;2\n"), ("b/c.csv", b"3;4\n" * 1000)))
    assert archive_.namelist() == ["a.csv", "b/c.csv"]
    assert member_stream(archive_, "b/c.csv").read() == b"3;4\n" * 1000


def test_a_bomb_is_refused_in_a_moment_and_in_little_memory():
    data = bomb(250)
    assert len(data) < MB
    tracemalloc.start()
    began = time.perf_counter()
    error = refusal(data)
    seconds = time.perf_counter() - began
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (error.message, error.params) == (
        archive.BOMB,
        {"file": "a.zip", "member": "sheet0.xml"},
    )
    assert seconds < 1
    assert peak < 8 * MB


def test_a_bomb_of_many_small_parts_is_refused_by_their_sum(monkeypatch):
    monkeypatch.setattr(archive, "MOST_BYTES", 5 * MB)
    noise = bytes(range(256)) * 8 * 1024  # two megabytes each, of a ratio above 200
    monkeypatch.setattr(archive, "MOST_RATIO", 10_000)
    parts = [(f"part{number}", noise) for number in range(3)]
    assert opened(zipped(*parts[:2]))
    error = refusal(zipped(*parts))
    assert (error.message, error.params["member"]) == (archive.BOMB, "part2")


def test_a_small_part_of_blanks_may_have_any_ratio():
    assert opened(zipped(("blanks.xml", b" " * MB)))
    assert refusal(zipped(("blanks.xml", b" " * (MB + 1)))).message == archive.BOMB


def test_what_the_header_claims_about_sizes_is_not_believed():
    """Both headers say that 250 megabytes are ten bytes."""
    data = bytearray(bomb(250))
    for signature, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = data.index(signature) + offset
        data[at : at + 4] = (10).to_bytes(4, "little")
    assert refusal(bytes(data)).message in {archive.BOMB, archive.BROKEN}


def test_too_many_parts_are_refused():
    parts = [(f"{number}.csv", b"") for number in range(archive.MOST_MEMBERS + 1)]
    error = refusal(zipped(*parts))
    assert (error.message, error.params["member"]) == (archive.BOMB, "2001")
    assert opened(zipped(*parts[:-1]))


def test_a_zip_in_a_zip_is_never_unpacked():
    """An inner bomb is bytes like any other: only its own size counts."""
    inner = bomb(300)
    assert opened(zipped(("inner.zip", inner), method=zipfile.ZIP_STORED))


@pytest.mark.parametrize(
    "name",
    [
        "../users.csv",
        "a/../../users.csv",
        "/etc/passwd",
        "\\windows\\users.csv",
        "a\\..\\..\\users.csv",
        "C:/users.csv",
    ],
)
def test_names_that_lead_out_of_the_folder_are_refused(name):
    error = refusal(zipped((name, b"x")))
    assert error.message == archive.STRANGE_NAME
    assert error.params == {"file": "a.zip", "member": name}


@pytest.mark.parametrize("name", ["a/..b/c.csv", "x..csv", "ä ö.csv", "a/b/c.csv"])
def test_names_that_only_look_odd_are_not(name):
    assert opened(zipped((name, b"x")))


def test_a_password_is_told():
    data = bytearray(zipped(("users.csv", b"x")))
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    error = refusal(bytes(data))
    assert (error.message, error.params) == (archive.ENCRYPTED, {"file": "a.zip"})


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_methods_that_no_office_program_uses_are_refused(method):
    error = refusal(zipped(("users.csv", b"x" * 100), method=method))
    assert error.message == archive.STRANGE_METHOD
    assert error.params == {"file": "a.zip", "member": "users.csv"}


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.99])
def test_a_cut_zip_is_told(share):
    data = zipped(("users.csv", bytes(range(256)) * 50))
    error = refusal(data[: int(len(data) * share)])
    assert (error.message, error.params) == (archive.BROKEN, {"file": "a.zip"})


WHOLE = zipped(
    *((f"osa{number}ä.csv", b"a;b;%d\n" % number * 40) for number in range(3))
)


@given(
    st.lists(
        st.tuples(st.integers(0, len(WHOLE) - 1), st.integers(0, 255)),
        min_size=1,
        max_size=6,
    )
)
def test_a_damaged_zip_is_opened_or_refused_and_nothing_else(changes):
    data = bytearray(WHOLE)
    for at, byte in changes:
        data[at] = byte
    try:
        whole = opened(bytes(data))
    except SourceError:
        return
    for name in whole.namelist():
        assert member_stream(whole, name).read() is not None
