"""The watched folder: files that another system leaves are read like any other.

``inbox/`` holds files about several schools, ``inbox/<school number>/`` those of one. Where
several municipalities share a deployment, ``inbox/<municipality code>/`` stands for ``inbox/``.
A file that was looked at goes to ``done/`` or ``rejected/`` beside it, with a text file that
says in one sentence what happened.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext

from koulutie.core.errors import DomainError
from koulutie.intake.actions.deciding import accept
from koulutie.intake.actions.receiving import About, plain_name, receive
from koulutie.intake.models import Batch
from koulutie.intake.presenters.sentences import failure_of, sentence
from koulutie.intake.queries import folders
from koulutie.intake.queries.alarms import must_be_seen
from koulutie.jobs import intake
from koulutie.registry.models import Municipality, School

DONE, REJECTED = "done", "rejected"
# A file that nobody has written to for so long is whole, even at the first look.
QUIET_SECONDS = 60
UNFINISHED = {".part", ".tmp", ".crdownload", ".filepart", ".txt"}

log = logging.getLogger(__name__)
Seen = tuple[int, int]  # size, time of the last change


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A folder, and what a file in it is about."""

    folder: Path
    municipality: Municipality
    school: School | None


@dataclass(slots=True)
class Watcher:
    """Looks at the folder again and again; takes a file once it has stopped growing."""

    seen: dict[Path, Seen] = field(default_factory=dict)

    def look(self, *, now: datetime) -> list[str]:
        """Take every file that is whole; return what was said about each."""
        told = []
        looked: dict[Path, Seen] = {}
        for place in places():
            for path in files_in(place.folder):
                state = _state(path)
                if state is None:
                    continue
                looked[path] = state
                if self.seen.get(path) == state or _is_quiet(state, now):
                    told.append(f"{path.name}: {take(path, place, now=now)}")
        self.seen = looked
        return told


def places() -> Iterator[Place]:
    """Yield the watched folders that exist."""
    inbox = Path(settings.WATCHED_FOLDER)
    municipalities = list(Municipality.objects.order_by("code"))
    for one in municipalities:
        top = inbox if len(municipalities) == 1 else inbox / one.code
        if top.is_dir():
            yield Place(folder=top, municipality=one, school=None)
        for school in School.objects.filter(municipality=one).order_by("number"):
            if (top / school.number).is_dir():
                yield Place(folder=top / school.number, municipality=one, school=school)


def files_in(folder: Path) -> list[Path]:
    """Return the files of a folder that may be looked at, oldest name first."""
    return sorted(
        path
        for path in folder.iterdir()
        if path.is_file()
        and not path.name.startswith(".")
        and path.suffix.lower() not in UNFINISHED
    )


def _state(path: Path) -> Seen | None:
    """Return the file's size and time; None when it has gone meanwhile."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_size, found.st_mtime_ns


def _is_quiet(state: Seen, now: datetime) -> bool:
    return now.timestamp() - state[1] / 1e9 >= QUIET_SECONDS


def take(path: Path, place: Place, *, now: datetime) -> str:
    """Read one file, accept it where the rule allows, put it away; return the sentence.

    A kill at any moment leaves the file where it is; the next look knows it by its hash.
    """
    with translation.override(settings.LANGUAGE_CODE):
        try:
            told, target = _through(path, place, now=now)
        except DomainError as refusal:
            told, target = sentence(refusal.message, refusal.params), REJECTED
        except OSError as error:
            log.warning("%s could not be read: %s", path.name, error.strerror)
            return str(error.strerror)
        _put_away(path, target, told, now=now)
    return told


def _through(path: Path, place: Place, *, now: datetime) -> tuple[str, str]:
    """Bring a file as far as it may go without a person; return how far, and where to."""
    rule = folders.rule_for(place.municipality, place.school)
    about = About(
        municipality=place.municipality,
        school=place.school,
        profile=rule.profile if rule else "",
    )
    with path.open("rb") as content:
        batch = receive(
            content=content,
            file_name=path.name,
            about=about,
            via=Batch.Via.FOLDER,
            by=None,
            now=now,
        )
    if batch.state == Batch.State.RECEIVED:
        batch = intake.preview(batch_id=batch.pk, now=now)
    if batch.state == Batch.State.FAILED:
        return failure_of(batch), REJECTED
    if rule is None or not rule.accepts or batch.unmapped or must_be_seen(batch):
        return _waiting(batch), DONE
    accept(batch=batch, by=None, now=now)
    return _done(intake.take_in(batch_id=batch.pk, now=now))


def _waiting(batch: Batch) -> str:
    text = gettext(
        "%(file)s was read and waits as batch %(batch)s for a person to accept it."
    )
    return text % {"file": batch.file_name, "batch": batch.pk}


def _done(batch: Batch) -> tuple[str, str]:
    """Say what came in, or what stopped it at the last moment."""
    if batch.state != Batch.State.TAKEN_IN:
        return failure_of(batch), REJECTED
    text = gettext(
        "%(file)s was taken in as batch %(batch)s: %(new)s new rows, %(changed)s changed, "
        "%(unchanged)s unchanged, %(rejected)s rejected."
    )
    names = ("new", "changed", "unchanged", "rejected")
    counts = {name: batch.counts.get(name, 0) for name in names}
    return text % {"file": batch.file_name, "batch": batch.pk, **counts}, DONE


def _put_away(path: Path, target: str, told: str, *, now: datetime) -> None:
    """Move the file beside a text with the sentence; the name says when."""
    folder = path.parent / target
    folder.mkdir(exist_ok=True)
    name = f"{now:%Y%m%d-%H%M%S}-{plain_name(path.name)}"
    (folder / f"{name}.txt").write_text(f"{told}\n", encoding="utf-8")
    path.replace(folder / name)
