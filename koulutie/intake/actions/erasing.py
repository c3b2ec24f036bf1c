"""Erase what imported files hold of a person: the door for whoever erases a pupil.

A file cannot lose one person's rows and stay what was sent, so a batch that names the pupil
loses its file, its previews and its rejected rows, as it would when kept long enough.
"""

from __future__ import annotations

import html
import zipfile
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO

import pyarrow.parquet as pq
from django.db.models import Q, QuerySet

from koulutie.intake.actions.purging import purge_batch
from koulutie.intake.models import Batch, RejectedRow
from koulutie.intake.queries import files

PIECE = 4 * 1024 * 1024  # bytes looked through at a time
ENCODINGS = ("utf-8", "cp1252", "utf-16-le")
SHORTEST_WORD = 3  # a shorter key is looked for in the column of keys only
FINISHED = (Batch.State.TAKEN_IN, Batch.State.REJECTED, Batch.State.FAILED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Traces:
    """By what a pupil's rows are known in files."""

    municipality_ids: frozenset[int]
    keys: frozenset[str]  # what source databases call the pupil; learner numbers
    names: frozenset[str]  # last names
    batch_ids: frozenset[int] = frozenset()  # batches known to hold rows of the pupil

    @property
    def words(self) -> frozenset[str]:
        """Return what is looked for in the text of files."""
        return frozenset(
            one for one in self.keys | self.names if len(one) >= SHORTEST_WORD
        )


def undecided_naming(traces: Traces) -> list[int]:
    """Return batches that name the pupil and on which somebody or something still works."""
    open_ones = Batch.objects.exclude(state__in=FINISHED)
    return [batch.pk for batch in _kept(open_ones, traces) if _names(batch, traces)]


def erase_naming(traces: Traces, *, now: datetime) -> int:
    """Erase the files of every finished batch that names the pupil; return how many."""
    done = 0
    for batch in _kept(Batch.objects.filter(state__in=FINISHED), traces):
        if _names(batch, traces):
            done += purge_batch(batch, now=now, reason="a person was erased")
    _erase_rows(traces)
    _rename(traces)
    return done


def holds(path: Path, words: Collection[str]) -> bool:
    """Say whether a file, or a file inside it, has one of the words in it."""
    needles = [needle for word in words for needle in _spellings(word)]
    if not needles:
        return False
    try:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                return any(
                    _in_member(archive, name, needles) for name in archive.namelist()
                )
        with path.open("rb") as file:
            return _in(file, needles)
    except (OSError, zipfile.BadZipFile, NotImplementedError, RuntimeError):
        return True  # what cannot be looked into goes as well


def _kept(batches: QuerySet[Batch], traces: Traces) -> Iterator[Batch]:
    here = batches.filter(municipality__in=traces.municipality_ids, is_purged=False)
    yield from here.order_by("pk")


def _names(batch: Batch, traces: Traces) -> bool:
    if batch.pk in traces.batch_ids or batch.pupil_key in traces.keys:
        return True
    folder = files.folder(batch)
    if _staged_keys(folder / files.STAGED) & traces.keys:
        return True
    return any(
        holds(path, traces.words) for path in (folder / files.SOURCE,) if path.exists()
    )


def _staged_keys(path: Path) -> set[str]:
    if not path.exists() or "pupil_key" not in pq.read_schema(path).names:
        return set()
    column = pq.read_table(path, columns=["pupil_key"])["pupil_key"]
    return {str(one) for one in column.unique().to_pylist() if one is not None}


def _spellings(word: str) -> Iterator[bytes]:
    """Yield how a word may stand in a file's bytes."""
    for encoding in ENCODINGS:
        try:
            yield word.encode(encoding)
        except UnicodeEncodeError:
            continue
    yield html.escape(word).encode("ascii", "xmlcharrefreplace")
    named = "".join(
        f"&{html.entities.codepoint2name[ord(sign)]};"
        if ord(sign) in html.entities.codepoint2name
        else sign
        for sign in word
    )
    yield named.encode()


def _in_member(archive: zipfile.ZipFile, name: str, needles: list[bytes]) -> bool:
    if any(needle in name.encode() for needle in needles):
        return True
    with archive.open(name) as member:
        return _in(member, needles)


def _in(file: IO[bytes], needles: list[bytes]) -> bool:
    """Look through a stream piece by piece; a word on a border is seen too."""
    overlap = max(len(needle) for needle in needles)
    before = b""
    while piece := file.read(PIECE):
        text = before + piece
        if any(needle in text for needle in needles):
            return True
        before = text[-overlap:]
    return False


def _erase_rows(traces: Traces) -> None:
    """Delete rejected rows that name the pupil, wherever they still stand."""
    named = Q()
    for word in traces.words:
        named |= Q(raw__contains=word) | Q(params__icontains=word)
    if named:
        here = Q(batch__municipality__in=traces.municipality_ids)
        RejectedRow.objects.unscoped("rows on their way in").filter(
            here & named
        ).delete()


def _rename(traces: Traces) -> None:
    """Give a file that was named after the pupil another name."""
    for batch in Batch.objects.filter(municipality__in=traces.municipality_ids):
        if any(word.lower() in batch.file_name.lower() for word in traces.words):
            batch.file_name = f"file-{batch.pk}"
            batch.save(update_fields=["file_name"])
