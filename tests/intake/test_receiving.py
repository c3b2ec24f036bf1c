"""A file is kept whole or not at all, and known again."""

from __future__ import annotations

import hashlib
import io

import pytest

from koulutie.core.errors import IntakeError
from koulutie.intake.actions.receiving import About, plain_name, receive
from koulutie.intake.models import Batch
from koulutie.intake.queries import files
from koulutie.registry.models import AccessEvent
from tests.builders import NOW, a_municipality

pytestmark = pytest.mark.django_db


class CutOff(io.RawIOBase):
    """A stream that breaks after its first piece, as a lost connection does."""

    def __init__(self) -> None:
        self.pieces = [b"pupil;date\n"]

    def read(self, _size: int = -1) -> bytes:
        if self.pieces:
            return self.pieces.pop()
        raise ConnectionResetError(104, "Connection reset by peer")


def send(content, about, name="marks.csv"):
    return receive(
        content=content,
        file_name=name,
        about=about,
        via=Batch.Via.UPLOAD,
        by=None,
        now=NOW,
    )


def test_the_file_is_kept_as_it_came_with_its_hash():
    about = About(municipality=a_municipality(), class_code="7B")
    batch = send(io.BytesIO(b"pupil;date\n"), about, name="C:\\exports\\marks.csv")
    assert files.source(batch).read_bytes() == b"pupil;date\n"
    assert batch.sha256 == hashlib.sha256(b"pupil;date\n").hexdigest()
    assert (batch.size, batch.file_name, batch.state) == (11, "marks.csv", "received")
    event = AccessEvent.objects.get(target=f"batch:{batch.pk}")
    assert (event.action, event.actor) == ("receive_batch", "system")


def test_the_same_file_again_is_the_same_batch_while_nothing_is_decided():
    about = About(municipality=a_municipality())
    first = send(io.BytesIO(b"x"), about)
    assert send(io.BytesIO(b"x"), about) == first
    assert Batch.objects.count() == 1


def test_the_same_page_about_another_pupil_is_another_batch():
    municipality = a_municipality()
    first = send(io.BytesIO(b"x"), About(municipality=municipality, pupil_key="p1"))
    other = send(io.BytesIO(b"x"), About(municipality=municipality, pupil_key="p2"))
    assert first != other


def test_a_cut_connection_leaves_nothing():
    about = About(municipality=a_municipality())
    with pytest.raises(IntakeError, match="nothing was kept: Connection reset by peer"):
        send(CutOff(), about)
    assert not Batch.objects.exists()
    assert list(files.root().iterdir()) == []


def test_an_empty_file_is_refused():
    about = About(municipality=a_municipality())
    with pytest.raises(IntakeError, match=r"marks\.csv is empty"):
        send(io.BytesIO(b""), about)
    assert list(files.root().iterdir()) == []


def test_an_unknown_layout_is_refused_before_anything_is_kept():
    about = About(municipality=a_municipality(), profile="nobody-knows")
    with pytest.raises(IntakeError, match=r"no layout named nobody-knows.*own-csv"):
        send(io.BytesIO(b"x"), about)
    assert not files.root().exists()


def test_a_folder_left_by_a_cut_off_transaction_is_not_mixed_in():
    about = About(municipality=a_municipality())
    stray = files.root() / "1"
    stray.mkdir(parents=True)
    (stray / "staged.parquet").write_bytes(b"old")
    for number in range(1, 4):
        batch = send(io.BytesIO(str(number).encode()), about)
        assert [path.name for path in files.folder(batch).iterdir()] == ["source"]


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\x\\marks.csv", "marks.csv"),
        ("a\u202etxt.exe", "a?txt.exe"),
        ("", "file"),
        ("x" * 300, "x" * 200),
    ],
)
def test_a_name_is_only_its_last_part(given, kept):
    assert plain_name(given) == kept
