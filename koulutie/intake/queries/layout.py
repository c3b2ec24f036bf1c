"""A look at a file whose columns nobody has told about yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from koulutie.core.definitions.profile import FIELDS, FileFormat
from koulutie.core.dialects import delimited, workbook
from koulutie.core.dialects.columns import MISSING_COLUMNS, UNKNOWN_COLUMNS
from koulutie.core.dialects.reading import ReadOptions
from koulutie.intake.models import Batch
from koulutie.intake.queries import files
from koulutie.intake.queries.profiles import profiles

SAMPLE = 6  # rows shown, the column names among them

# Beginnings of column names in Finnish, Swedish and English; the first that fits is guessed.
HINTS = {
    "date": ("pvm", "päivä", "datum", "date"),
    "start_minute": ("klo", "alk", "börj", "start"),
    "end_minute": ("päät", "lop", "slut", "end"),
    "lesson_no": ("tunti", "lektion", "lesson"),
    "type_name": ("laji", "tyyp", "merkin", "typ", "anteckn", "type", "kind"),
    "class_code": ("luok", "klass", "class"),
    "grade": ("vuosiluok", "årskurs", "grade"),
    "school_number": ("koulu", "oppilait", "skol", "school"),
    "group_code": ("ryhm", "grupp", "group"),
    "subject_code": ("aine", "ämne", "subject"),
    "teacher_code": ("opett", "lärare", "teacher"),
    "is_cleared": ("selvit", "utredd", "cleared"),
    "version_at": ("muokat", "muutet", "ändr", "changed", "updated"),
    "learner_oid": ("oppijanumero", "lärandenummer", "oid"),
    "hetu": ("hetu", "henkilöt", "personbet"),
    "first_name": ("etuni", "förna", "first"),
    "last_name": ("sukuni", "efterna", "last"),
    "language": ("kieli", "språk", "language"),
    "pupil_key": ("oppilas", "elev", "pupil", "student", "kortti", "nro", "nr"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Peek:
    """The first rows of a table as texts; the first one usually names the columns."""

    format: FileFormat
    names: Sequence[str]
    rows: Sequence[Sequence[str]]

    def examples(self, column: int) -> list[str]:
        """Return the first values of a column."""
        return [row[column] for row in self.rows if column < len(row) and row[column]]


def needs_layout(batch: Batch) -> bool:
    """Say whether the batch stopped because its columns are not known."""
    return batch.state == Batch.State.FAILED and batch.failure.get("message") in {
        UNKNOWN_COLUMNS,
        MISSING_COLUMNS,
    }


def peek(batch: Batch) -> Peek:
    """Return the first rows of the batch's file; raises SourceError where there are none."""
    options = ReadOptions(file_name=batch.file_name)
    path = files.source(batch)
    with path.open("rb") as file:
        is_workbook = workbook.recognises(file.read(8), batch.file_name)
        file.seek(0)
        first_rows = workbook.first_rows if is_workbook else delimited.first_rows
        rows = first_rows(file, options=options, count=SAMPLE)
    return Peek(
        format=FileFormat.WORKBOOK if is_workbook else FileFormat.DELIMITED,
        names=rows[0],
        rows=rows[1:],
    )


def guesses(batch: Batch, names: Sequence[str]) -> Mapping[str, str]:
    """Return the field that a column's name stands for in some known layout."""
    known = {field: field for fields in FIELDS.values() for field in fields}
    for profile in profiles(batch.municipality).values():
        known |= {name.casefold(): field for name, field in profile.columns.items()}
    found = {name: known.get(name.casefold()) or _hint(name) for name in names}
    # Two columns for one field: the first is the better guess, the other is left open.
    taken: set[str] = set()
    for name, field in found.items():
        if field in taken:
            found[name] = ""
        taken.add(field)
    return found


def _hint(name: str) -> str:
    """Return the field whose usual names begin like this one; empty: none does."""
    plain = name.casefold().strip()
    for field, beginnings in HINTS.items():
        if plain.startswith(beginnings):
            return field
    return ""
