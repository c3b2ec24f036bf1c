"""Receive a file: keep it as it came, know it again, put it in the queue."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from django.conf import settings
from django.db import transaction

from koulutie.core.errors import IntakeError, gettext_noop
from koulutie.core.scope import Purpose
from koulutie.intake.models import Batch
from koulutie.intake.queries import batches, files, profiles
from koulutie.registry import audit
from koulutie.registry.models import Municipality, Person, School

PIECE = 1024 * 1024  # bytes read at a time
MEGABYTE = 1024 * 1024
DAY = timedelta(hours=24)

TOO_LARGE = gettext_noop(
    "%(file)s is larger than a file may be today (%(megabytes)s megabytes). Nothing was "
    "kept. Export a shorter time or fewer schools, or wait until tomorrow."
)
DAY_IS_FULL = gettext_noop(
    "%(file)s was not kept: in 24 hours a municipality may send %(files)s files and "
    "%(megabytes)s megabytes, and that much has come. Send it again tomorrow, or ask whoever "
    "runs Koulutie to raise the limit."
)


class Readable(Protocol):
    """What bytes can be read from: an open file, an upload."""

    def read(self, size: int = ..., /) -> bytes:
        """Return the next bytes; none at the end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What the sender says about a file; empty: the file says it itself."""

    municipality: Municipality
    school: School | None = None
    class_code: str = ""
    pupil_key: str = ""
    profile: str = ""
    exported_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A file that is on the disk but in no batch yet."""

    path: Path
    sha256: str
    size: int


def receive(
    *,
    content: Readable,
    file_name: str,
    about: About,
    via: str,
    by: Person | None,
    now: datetime,
) -> Batch:
    """Keep a file and queue it for reading; return its batch.

    The same file sent again, while nothing is decided about the first, is the first.

    Raises
    ------
    IntakeError
        The file is empty, its layout is unknown, it or the day's files are too large, or
        the disk cannot hold it.
    """
    if about.profile:
        profiles.get_profile(about.municipality, about.profile)
    most = room_for(about.municipality, plain_name(file_name), now=now)
    kept = keep(content, plain_name(file_name), most=most)
    try:
        batch = describe(kept=kept, file_name=file_name, about=about, via=via, now=now)
        batch.received_by = by
        return batches.undecided_copy(batch) or _queue(batch, kept, by=by, now=now)
    finally:
        kept.path.unlink(missing_ok=True)


def describe(
    *, kept: Kept, file_name: str, about: About, via: str, now: datetime
) -> Batch:
    """Return the batch of a file, not saved."""
    return Batch(
        municipality=about.municipality,
        file_name=plain_name(file_name),
        sha256=kept.sha256,
        size=kept.size,
        via=via,
        school=about.school,
        class_code=about.class_code,
        pupil_key=about.pupil_key,
        profile=about.profile,
        exported_at=about.exported_at,
        state=Batch.State.RECEIVED,
        state_at=now,
        received_at=now,
    )


def plain_name(file_name: str) -> str:
    """Return the last part of a file's name without signs that do not show."""
    name = re.split(r"[/\\]", file_name)[-1]
    shown = "".join(sign if sign.isprintable() else "?" for sign in name).strip()
    return shown[-200:] or "file"


def room_for(municipality: Municipality, file_name: str, *, now: datetime) -> int:
    """Return how many bytes one more file may have; refuse when the day's room is used."""
    used = batches.received_since(municipality, now - DAY)
    left = settings.DAY_MEGABYTES * MEGABYTE - used.size
    if left <= 0 or used.files >= settings.DAY_FILES:
        raise IntakeError(
            DAY_IS_FULL,
            file=file_name,
            files=settings.DAY_FILES,
            megabytes=settings.DAY_MEGABYTES,
        )
    return int(min(left, settings.FILE_MEGABYTES * MEGABYTE))


def keep(content: Readable, file_name: str, *, most: int) -> Kept:
    """Copy a stream to the disk; a copy that could not be finished leaves nothing.

    What is longer than `most` bytes is refused as soon as that shows.
    """
    path = files.root() / f"incoming-{uuid.uuid4().hex}"
    digest = hashlib.sha256()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as copy:
            while piece := content.read(PIECE):
                digest.update(piece)
                copy.write(piece)
                if copy.tell() > most:
                    raise IntakeError(
                        TOO_LARGE, file=file_name, megabytes=most // MEGABYTE
                    )
            copy.flush()
            os.fsync(copy.fileno())
    except OSError as error:
        path.unlink(missing_ok=True)
        raise _not_kept(file_name, error) from error
    except IntakeError:
        path.unlink(missing_ok=True)
        raise
    size = path.stat().st_size
    if not size:
        path.unlink()
        raise IntakeError(
            gettext_noop("%(file)s is empty: there is nothing in it. Send it again."),
            file=file_name,
        )
    return Kept(path=path, sha256=digest.hexdigest(), size=size)


def measure(path: Path) -> Kept:
    """Return the hash and size of a file that stays where it is; raises OSError."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256")
    return Kept(path=path, sha256=digest.hexdigest(), size=path.stat().st_size)


def _not_kept(file_name: str, error: OSError) -> IntakeError:
    return IntakeError(
        gettext_noop(
            "%(file)s could not be stored, nothing was kept: %(problem)s. Make room on "
            "the disk and send it again."
        ),
        file=file_name,
        problem=error.strerror or str(error),
    )


def _queue(batch: Batch, kept: Kept, *, by: Person | None, now: datetime) -> Batch:
    """Save the batch and give it its file, both or neither."""
    with transaction.atomic():
        batch.full_clean()
        batch.save()
        folder = files.folder(batch)
        # A number whose transaction was cut off may come again, and find its folder.
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        kept.path.replace(folder / files.SOURCE)
        log(batch, "receive_batch", by=by, now=now, reason=f"{batch.size} bytes")
    return batch


def log(
    batch: Batch, action: str, *, by: Person | None, now: datetime, reason: str
) -> None:
    """Write one event about a batch."""
    audit.record(
        actor=audit.actor_of(by),
        action=action,
        purpose=Purpose.INTAKE,
        target=f"batch:{batch.pk}",
        reason=reason,
        at=now,
    )
