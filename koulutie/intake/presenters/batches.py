"""A batch as its page and the list of batches show it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from koulutie import catalog
from koulutie.core.marks import ABSENCES, Kind
from koulutie.intake.models import Batch
from koulutie.intake.presenters.sentences import (
    AlarmCard,
    alarm_cards,
    failure_of,
    language,
    warnings_of,
)
from koulutie.intake.presenters.strip import StripWeek, weeks_of
from koulutie.intake.queries.layout import needs_layout
from koulutie.intake.queries.mappings import Meanings
from koulutie.ui import formats

State = Batch.State


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """A number with its word, and a sentence about it where it is not plain."""

    name: str
    label: str
    value: float
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeRow:
    """One mark type of a batch and what it means."""

    name: str
    count: int
    kind: Kind | None  # None: no meaning yet
    suggestion: Kind | None
    lessons: float  # that one mark counts for

    @property
    def is_absence(self) -> bool:
        """Say whether it means one of the five classes of absence."""
        return self.kind in ABSENCES


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchPage:
    """All that the page of one batch shows."""

    batch: Batch
    sentence: str  # where the batch stands, and what is asked
    work: str  # what is being done to it now
    percent: str
    steps: tuple[
        tuple[str, str], ...
    ]  # words and state, as ui/_stepper.html takes them
    counts: tuple[Count, ...]
    alarms: tuple[AlarmCard, ...]
    warnings: tuple[str, ...]
    failure: str
    first: date | None
    last: date | None
    weeks: tuple[StripWeek, ...]
    types: tuple[TypeRow, ...]
    roster: tuple[tuple[str, int], ...]
    shape: tuple[tuple[str, str], ...]

    @property
    def may_be_accepted(self) -> bool:
        """Say whether only a person's word is missing."""
        return self.batch.state == State.PREVIEWED and not self.batch.unmapped

    @property
    def needs_layout(self) -> bool:
        """Say whether somebody has to tell what the columns are."""
        return needs_layout(self.batch)

    @property
    def gaps(self) -> int:
        """Return how many days of the strip are gaps."""
        days = (day for week in self.weeks for day in week.days)
        return sum(day is not None and day.is_gap for day in days)


def batch_page(
    batch: Batch, *, meanings: Meanings, school_days: Iterable[date]
) -> BatchPage:
    """Return the page of a batch."""
    days = {
        date.fromisoformat(day): marks
        for day, marks in batch.shape.get("days", {}).items()
    }
    gaps = {
        date.fromisoformat(day)
        for school in batch.shape.get("gaps", {}).values()
        for day in school
    }
    return BatchPage(
        batch=batch,
        sentence=sentence_of(batch),
        work=work_of(batch),
        percent=formats.percent(batch.progress / 100, language(), decimals=0),
        steps=tuple(steps_of(batch)),
        counts=tuple(counts_of(batch)),
        alarms=tuple(alarm_cards(batch)),
        warnings=tuple(warnings_of(batch)),
        failure=failure_of(batch),
        first=min(days, default=None),
        last=max(days, default=None),
        weeks=tuple(weeks_of(days=days, gaps=gaps, school_days=frozenset(school_days))),
        types=tuple(type_rows(batch, meanings)),
        roster=tuple(roster_of(batch)),
        shape=tuple(shape_of(batch)),
    )


def sentence_of(batch: Batch) -> str:
    """Return where the batch stands and what is asked, in one sentence."""
    match State(batch.state):
        case State.RECEIVED:
            return _("The file has arrived and waits to be read.")
        case State.READING:
            return _("The file is being read. Nothing has been changed.")
        case State.PREVIEWED if batch.unmapped:
            return _("Some mark types have no meaning yet. Nothing has been changed.")
        case State.PREVIEWED:
            return _(
                "This is what the file would change. Nothing has been changed yet."
            )
        case State.ACCEPTED:
            return _("Accepted; it is taken in as soon as its turn comes.")
        case State.TAKING_IN:
            return _("The file is being taken in and figures are computed anew.")
        case State.TAKEN_IN:
            return _("The file is in. Figures and steps follow it.")
        case State.REJECTED:
            return _("The file was left out. Nothing was changed.")
        case State.FAILED:
            return _("The file could not go on. Nothing was changed.")


def work_of(batch: Batch) -> str:
    """Return what is being done to the batch now."""
    if batch.state in {State.ACCEPTED, State.TAKING_IN}:
        return _("Taking in")
    return _("Reading")


def steps_of(batch: Batch) -> Iterator[tuple[str, str]]:
    """Yield the four steps: received, read, decided on, taken in."""
    reached = _WAY[State(batch.state)]
    for number, label in enumerate(
        (_("Received"), _("Read"), _("Decision"), _("Taken in"))
    ):
        if number < reached:
            yield label, "done"
        else:
            yield label, "current" if number == reached else "next"


# Which step is at hand (0-4); 4: all are done.
_WAY = {
    State.RECEIVED: 1,
    State.READING: 1,
    State.FAILED: 1,
    State.PREVIEWED: 2,
    State.REJECTED: 2,
    State.ACCEPTED: 3,
    State.TAKING_IN: 3,
    State.TAKEN_IN: 4,
}


def counts_of(batch: Batch) -> Iterator[Count]:
    """Yield the counts that say something, in the order of reading."""
    words = _count_words()
    for name, (label, note, always) in words.items():
        value = batch.counts.get(name)
        if value is not None and (value or always):
            yield Count(name=name, label=label, value=value, note=note if value else "")


def _count_words() -> dict[str, tuple[str, str, bool]]:
    """Return label, note, and whether a zero is shown, by name of the count."""
    return {
        "read": (pgettext("rows", "rows read"), "", True),
        "new": (pgettext("rows", "new"), "", True),
        "changed": (
            pgettext("rows", "changed"),
            _("The earlier form is kept as history."),
            True,
        ),
        "unchanged": (pgettext("rows", "unchanged"), "", True),
        "rejected": (pgettext("rows", "rejected"), "", True),
        "absent_lessons": (pgettext("rows", "absent lessons"), "", True),
        "stale": (
            pgettext("rows", "older than what is in"),
            _("They change nothing."),
            False,
        ),
        "duplicate": (
            pgettext("rows", "twice in the file"),
            _("Each is counted once."),
            False,
        ),
        "withdrawn": (
            pgettext("rows", "withdrawn"),
            _("Deleted at the source; kept as history."),
            False,
        ),
    }


def type_rows(batch: Batch, meanings: Meanings) -> Iterator[TypeRow]:
    """Yield the batch's types, those without a meaning first, then the most frequent."""
    kinds = catalog.current().mark_kinds
    school = batch.school.pk if batch.school else None
    unmapped = set(batch.unmapped)
    rows = sorted(
        batch.types, key=lambda one: (one["name"] not in unmapped, -one["count"])
    )
    for one in rows:
        name = one["name"]
        meaning = meanings.of(school_id=school, type_name=name)
        yield TypeRow(
            name=name,
            count=one["count"],
            kind=meaning.kind if meaning else None,
            suggestion=kinds.suggest(name),
            lessons=meaning.lessons if meaning else 0,
        )


def roster_of(batch: Batch) -> Iterator[tuple[str, int]]:
    """Yield what a roster changes, in words."""
    words = {
        "new schools": _("new schools"),
        "new classes": _("new classes"),
        "new pupils": _("new pupils"),
        "changed pupils": _("changed pupils"),
        "new enrolments": _("new places in a class"),
        "changed enrolments": _("changed places in a class"),
        "moves": _("pupils who moved"),
        "new guardians": _("new guardians"),
        "new staff": _("new members of staff"),
    }
    for name, value in batch.counts.get("roster", {}).items():
        if value:
            yield words.get(name, name), value


def shape_of(batch: Batch) -> Iterator[tuple[str, str]]:
    """Yield what the file turned out to be, as words and values."""
    words = {
        "encoding": _("Encoding"),
        "separator": _("Separator"),
        "sheet": _("Sheet"),
        "version": _("Version"),
    }
    reader: dict[str, Any] = batch.shape.get("reader", {})
    if batch.dialect:
        yield _("Format"), dialect_name(batch.dialect)
    for name, label in words.items():
        if reader.get(name):
            yield label, _separator(str(reader[name]))
    if batch.profile:
        yield _("Layout"), batch.profile


def dialect_name(dialect: str) -> str:
    """Return what a format is called."""
    names = {
        "wilma_page": _("a saved attendance page of Wilma"),
        "delimited": _("a text file of columns"),
        "own_csv": _("Koulutie's own CSV"),
        "workbook": _("a workbook"),
        "oneroster": _("a OneRoster 1.2 roster"),
        "edfi": _("Ed-Fi attendance events"),
    }
    return names.get(dialect, dialect)


def _separator(value: str) -> str:
    return {"\t": "Tab", " ": "–"}.get(value, value)
