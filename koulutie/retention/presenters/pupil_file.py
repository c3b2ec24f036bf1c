"""One pupil's data in words: what the pupil and the guardian read."""

from __future__ import annotations

from datetime import date, datetime

from django.apps import apps
from django.utils import timezone, translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from koulutie import catalog
from koulutie.registry.models import Pupil
from koulutie.retention.exports import PupilFile, Section
from koulutie.retention.queries import pupils_data
from koulutie.retention.queries.pupils_data import Row
from koulutie.ui import formats

Columns = tuple[str, ...]

TABLES: tuple[tuple[str, Promise, Columns], ...] = (
    (
        "registry.Pupil",
        gettext_lazy("You"),
        ("first_name", "last_name", "learner_oid", "is_protected"),
    ),
    (
        "registry.PupilKey",
        gettext_lazy("Your number in the school’s register"),
        ("source_db", "key"),
    ),
    (
        "registry.Enrolment",
        gettext_lazy("Your classes"),
        ("school_class", "from_date", "to_date"),
    ),
    (
        "registry.PartialTimetable",
        gettext_lazy("Agreed partial timetables"),
        ("from_date", "to_date", "lessons_per_week"),
    ),
    ("registry.Guardian", gettext_lazy("Guardians"), ("first_name", "last_name")),
    (
        "casework.Task",
        gettext_lazy("Steps of the absence ladder, each a task for an adult"),
        ("step", "crossed_on", "value", "threshold", "state", "due_on"),
    ),
    (
        "casework.Reaction",
        gettext_lazy("What adults did"),
        (
            *("at", "by", "outcome", "talked_with_pupil", "talked_with_guardian"),
            *("look_again_on", "note"),
        ),
    ),
    (
        "casework.NoteRevision",
        gettext_lazy("Notes, each saved form"),
        ("saved_at", "by", "text"),
    ),
)
FACTS: tuple[tuple[str, Columns], ...] = (
    ("marks", ("date", "lesson_no", "kind", "lessons", "subject_code", "type_name")),
    ("mark_history", ("date", "lesson_no", "kind", "lessons", "type_name")),
    ("crossings", ("crossed_on", "step", "value", "threshold", "rows_counted")),
    ("figures", ("indicator", "window_key", "value", "coverage")),
)
WORDS: dict[str, Promise] = {
    "first_name": gettext_lazy("First name"),
    "last_name": gettext_lazy("Last name"),
    "learner_oid": gettext_lazy("Learner number"),
    "is_protected": gettext_lazy("Protected identity"),
    "source_db": gettext_lazy("Register"),
    "key": gettext_lazy("Number there"),
    "school_class": gettext_lazy("Class"),
    "from_date": gettext_lazy("From"),
    "to_date": gettext_lazy("Until, this day not included"),
    "lessons_per_week": gettext_lazy("Lessons a week"),
    "step": gettext_lazy("Step"),
    "crossed_on": gettext_lazy("Reached on"),
    "value": gettext_lazy("Number"),
    "threshold": gettext_lazy("Limit"),
    "state": gettext_lazy("State"),
    "due_on": gettext_lazy("To be done by"),
    "at": gettext_lazy("When"),
    "by": gettext_lazy("Who"),
    "outcome": gettext_lazy("How it went"),
    "talked_with_pupil": gettext_lazy("Talked with the pupil"),
    "talked_with_guardian": gettext_lazy("Talked with a guardian"),
    "look_again_on": gettext_lazy("To be looked at again on"),
    "note": gettext_lazy("Note"),
    "saved_at": gettext_lazy("Saved"),
    "text": gettext_lazy("Text"),
    "date": gettext_lazy("Day"),
    "lesson_no": gettext_lazy("Lesson"),
    "kind": gettext_lazy("Kind"),
    "lessons": gettext_lazy("Absent lessons"),
    "subject_code": gettext_lazy("Subject"),
    "type_name": gettext_lazy("Mark in the school’s register"),
    "rows_counted": gettext_lazy("Marks counted"),
    "indicator": gettext_lazy("Figure"),
    "window_key": gettext_lazy("Time"),
    "coverage": gettext_lazy("Share of lessons with marks known"),
}


def pupil_file(pupil: Pupil, *, now: datetime) -> PupilFile:
    """Return everything about a pupil, in the language of the pupil's school."""
    language = pupils_data.language_of(pupil)
    rows = pupils_data.rows_of(pupil.pk)
    facts = pupils_data.facts_of(pupil.pk)
    with translation.override(language):
        return PupilFile(
            language=language,
            made_at=now,
            municipality=_name(pupil, language),
            sections=[
                *(_table(one, rows, language) for one in TABLES),
                *(_facts(one, facts, language) for one in FACTS),
            ],
            data={
                "made_at": now.isoformat(),
                "municipality": _name(pupil, language),
                "database": rows,
                "facts": facts,
            },
        )


def _name(pupil: Pupil, language: str) -> str:
    municipality = pupil.municipality
    return municipality.name_sv if language == "sv" else municipality.name_fi


def _table(
    table: tuple[str, Promise, Columns], rows: dict[str, list[Row]], language: str
) -> Section:
    label, title, columns = table
    called = pupils_data.choices_of(apps.get_model(label))
    return Section(
        title=str(title),
        columns=[str(WORDS[name]) for name in columns],
        rows=[
            [
                _cell(
                    called.get(name, {}).get(row[name]) or _called(name, row, language),
                    language,
                )
                for name in columns
            ]
            for row in rows.get(label, [])
        ],
    )


def _facts(
    table: tuple[str, Columns], facts: dict[str, list[Row]], language: str
) -> Section:
    name, columns = table
    titles = {one.id: one.title for one in catalog.current().facts_columns.tables}
    return Section(
        title=titles[name].in_language(language),
        columns=[str(WORDS[column]) for column in columns],
        rows=[
            [_cell(_called(column, row, language), language) for column in columns]
            for row in facts.get(name, [])
        ],
    )


def _called(column: str, row: Row, language: str) -> object:
    """Return the name that a definition gives to a value, else the value."""
    known, value = catalog.current(), row[column]
    if column == "kind":
        found = {str(kind): one for kind, one in known.mark_kinds.by_kind.items()}
        name = found.get(str(value))
        return name.title.in_language(language) if name else value
    if column == "indicator" and value in known.indicators:
        return known.indicators[str(value)].title.in_language(language)
    if column == "step" and row.get("ladder") in known.ladders:
        steps = known.ladders[str(row["ladder"])].steps
        titles = {one.id: one.title.in_language(language) for one in steps}
        return titles.get(str(value), value)
    return value


def _cell(value: object, language: str) -> str:
    """Return one value as a person of the language writes it."""
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, int | float):
        return formats.number(value, language)
    return _day(str(value), language)


def _day(text: str, language: str) -> str:
    """Return an ISO day or moment as a person writes it, any other text as it is."""
    try:
        if len(text) == len("2026-11-24"):
            return formats.day(date.fromisoformat(text), language)
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    if moment.tzinfo is None:
        return text
    local = timezone.localtime(moment)
    return f"{formats.day(local.date(), language)} {formats.clock(local, language)}"
