"""Source formats: each module turns an open file into the rows that it says.

A file is recognised by what is in it, never by its name alone.
"""

from __future__ import annotations

import codecs
from collections.abc import Mapping
from typing import BinaryIO, Protocol

from koulutie.core.dialects import delimited, edfi, oneroster, wilma_page, workbook
from koulutie.core.dialects.reading import Reading, ReadOptions
from koulutie.core.errors import SourceError, gettext_noop


class Dialect(Protocol):
    """What every module of this room offers."""

    def recognises(self, head: bytes, file_name: str) -> bool: ...
    def read(self, source: BinaryIO, *, options: ReadOptions) -> Reading: ...


# In this order: the strictest marks of recognition first, plain text last.
DIALECTS: Mapping[str, Dialect] = {
    "oneroster": oneroster,
    "workbook": workbook,
    "wilma_page": wilma_page,
    "edfi": edfi,
    "delimited": delimited,
}
HEAD_BYTES = 64 * 1024

UNKNOWN = gettext_noop(
    "%(file)s is none of the formats that can be read: a saved Wilma attendance page, a "
    "delimited text file, a workbook (xlsx, xls, ods), Ed-Fi attendance events or OneRoster. "
    "Choose the exported file itself."
)


def sniff(head: bytes, file_name: str) -> str:
    """Return the name of the dialect whose marks the first bytes carry.

    Raises
    ------
    SourceError
        When it is none of them.
    """
    for name, dialect in DIALECTS.items():
        if dialect.recognises(head, file_name):
            return name
    if not head.removeprefix(codecs.BOM_UTF8).strip():
        raise SourceError(delimited.EMPTY, file=file_name)
    raise SourceError(UNKNOWN, file=file_name)


def read(source: BinaryIO, *, options: ReadOptions) -> Reading:
    """Sniff a file and read it."""
    head = source.read(HEAD_BYTES)
    source.seek(0)
    return DIALECTS[sniff(head, options.file_name)].read(source, options=options)
