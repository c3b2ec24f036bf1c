"""Gather what is said on screens, and compile its translations.

Each Django app keeps its own catalogues. What the rooms without screens say (core, facts,
catalog, jobs, the command line) stands in ours. Compiling needs only polib; gathering
needs GNU gettext, which developers have.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Any, Final

import polib
from django.core.management import call_command
from django.core.management.commands import makemessages

PACKAGE: Final = Path(__file__).resolve().parent.parent
LANGUAGES: Final = ("fi", "sv")
# Rooms with a folder `locale` keep their own sentences; a new room makes the folder.
APPS: Final = tuple(sorted(path.parent.name for path in PACKAGE.glob("*/locale")))


class Gather(makemessages.Command):
    """Django's makemessages; what belongs to no app goes to ours, and nothing is guessed."""

    msgmerge_options = [
        *makemessages.Command.msgmerge_options,
        "--no-fuzzy-matching",
    ]

    def find_files(self, root: str) -> list[Any]:  # Django ships no types for its parts
        """Give every file a catalogue."""
        files: list[Any] = super().find_files(root)
        ours = str(Path(root, "ui", "locale").resolve())
        for file in files:
            if file.locale_dir is makemessages.NO_LOCALE_DIR:
                file.locale_dir = ours
        return files


def catalogues(root: Path = PACKAGE) -> list[Path]:
    """Return the `.po` files of all apps."""
    return sorted(root.glob("*/locale/*/LC_MESSAGES/django.po"))


def compile_all(root: Path = PACKAGE) -> int:
    """Compile every catalogue that is newer than its `.mo` file; return how many were."""
    stale = [path for path in catalogues(root) if _is_newer(path)]
    for path in stale:
        # Written beside and put in place, so that nobody ever reads half of one.
        half = path.with_suffix(f".{os.getpid()}.mo")
        polib.pofile(str(path)).save_as_mofile(str(half))
        half.replace(path.with_suffix(".mo"))
    return len(stale)


def _is_newer(path: Path) -> bool:
    compiled = path.with_suffix(".mo")
    return not compiled.exists() or compiled.stat().st_mtime < path.stat().st_mtime


def extract_all(root: Path = PACKAGE) -> None:
    """Bring the catalogues of all apps up to date with the sources.

    New sentences come in untranslated, those no longer said go out.
    """
    with contextlib.chdir(root):
        call_command(
            Gather(),
            locale=list(LANGUAGES),
            no_location=True,
            no_obsolete=True,
            no_wrap=True,
            verbosity=0,
        )
