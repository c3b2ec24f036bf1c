"""A guard before zip files (xlsx, ods, OneRoster): nothing is trusted that the header says.

Each member is inflated with a limit on bytes and on its ratio, so that a bomb is refused in
a moment, whatever its directory claims (OWASP ASVS 5.0 V5.2.3).
"""

from __future__ import annotations

import io
import zipfile
import zlib
from typing import BinaryIO

from koulutie.core.errors import SourceError, gettext_noop

MOST_MEMBERS = 2000
MOST_BYTES = (
    400 * 1024 * 1024
)  # of all members together; a city's year in xlsx is about half
MOST_RATIO = 200  # honest sheets stay under 40
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # office programs use no others
_RATIO_COUNTS_FROM = 1024 * 1024  # small members of blanks may have any ratio
_BLOCK = 256 * 1024

BROKEN = gettext_noop(
    "%(file)s is a broken or unfinished zip file. Save or download it again and retry."
)
BOMB = gettext_noop(
    "%(file)s unpacks to far more than it should (part %(member)s). It was not opened. "
    "Export it again from its own system."
)
STRANGE_NAME = gettext_noop(
    "%(file)s holds a part with an unsafe name (%(member)s). It was not opened."
)
STRANGE_METHOD = gettext_noop(
    "The part %(member)s of %(file)s is packed in a way that cannot be opened safely. Save or "
    "zip it again in the ordinary way."
)
ENCRYPTED = gettext_noop(
    "%(file)s is protected with a password. Save it without one and retry."
)


def open_zip(source: BinaryIO, *, file_name: str) -> zipfile.ZipFile:
    """Return the archive after every member was inflated within the limits.

    Raises
    ------
    SourceError
        When it is broken, encrypted, too large unpacked, or has unsafe names.
    """
    try:
        archive = zipfile.ZipFile(source)
        members = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise SourceError(BROKEN, file=file_name) from error
    if len(members) > MOST_MEMBERS:
        raise SourceError(BOMB, file=file_name, member=f"{len(members)}")
    left = MOST_BYTES
    for member in members:
        _check(member, file_name)
        left -= _inflated(archive, member, left, file_name)
    source.seek(0)
    return archive


def _check(member: zipfile.ZipInfo, file_name: str) -> None:
    if member.flag_bits & 0x1:
        raise SourceError(ENCRYPTED, file=file_name)
    if member.compress_type not in _METHODS:
        raise SourceError(STRANGE_METHOD, file=file_name, member=member.filename[:80])
    parts = member.filename.replace("\\", "/").split("/")
    if ".." in parts or member.filename.startswith(("/", "\\")) or ":" in parts[0]:
        raise SourceError(STRANGE_NAME, file=file_name, member=member.filename[:80])


def _inflated(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, left: int, file_name: str
) -> int:
    """Inflate one member without keeping it; return its real size in bytes."""
    size = 0
    packed = max(member.compress_size, 1)
    try:
        with archive.open(member) as stream:
            while block := stream.read(_BLOCK):
                size += len(block)
                too_dense = size > _RATIO_COUNTS_FROM and size / packed > MOST_RATIO
                if size > left or too_dense:
                    raise SourceError(BOMB, file=file_name, member=member.filename[:80])
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        OSError,
        ValueError,  # a name that is not the UTF-8 it claims to be
        NotImplementedError,
    ) as error:
        raise SourceError(BROKEN, file=file_name) from error
    return size


def member_stream(archive: zipfile.ZipFile, name: str) -> io.BytesIO:
    """Return one member in memory; call only on archives from `open_zip`."""
    return io.BytesIO(archive.read(name))
