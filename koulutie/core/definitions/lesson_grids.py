"""Lesson times in real use, by which a page that prints no times can be read."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field

from koulutie.core.definitions.base import Id, Part, Reviewed, Unexpected
from koulutie.core.errors import gettext_noop


def check_lesson(value: str) -> str:
    """Accept a lesson's start and end, such as 8.30-9.15."""
    match = re.fullmatch(r"(\d{1,2})\.(\d\d)-(\d{1,2})\.(\d\d)", value)
    if not match or minutes(match[1], match[2]) >= minutes(match[3], match[4]):
        raise Unexpected(
            gettext_noop(
                "%(file)s, line %(line)d, %(key)s: %(found)s is no lesson. Expected its "
                "start and its end, such as 8.30-9.15."
            ),
            found=value,
        )
    return value


def minutes(hours: str, rest: str) -> int:
    """Return minutes after midnight."""
    return 60 * int(hours) + int(rest)


class LessonGrid(Part):
    """One school's lesson times."""

    id: Id
    """A name for it."""
    source: str
    """Where the times were seen."""
    lessons: tuple[Annotated[str, AfterValidator(check_lesson)], ...] = Field(
        min_length=1
    )
    """The lessons of the day, as 8.30-9.15."""

    @property
    def times(self) -> tuple[tuple[int, int], ...]:
        """The lessons as minutes after midnight."""
        parts = [re.split(r"[.-]", lesson) for lesson in self.lessons]
        return tuple((minutes(a, b), minutes(c, d)) for a, b, c, d in parts)


class LessonGrids(Reviewed):
    """All known grids; a municipality puts its own schools' first, in a file of its own."""

    grids: tuple[LessonGrid, ...] = Field(min_length=1)
    """The grids, the first that fits a page being used."""
