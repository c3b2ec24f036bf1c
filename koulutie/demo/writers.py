"""Marks and rosters as files in the formats that schools have."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pyarrow import csv

from koulutie.core.marks import Kind
from koulutie.demo.marks import KINDS, Marks
from koulutie.demo.world import STARTS, SUBJECTS, Cohort, Move, School

# What schools call the kinds; the Swedish schools' words are their own, and one Finnish
# school changed its words in the middle (see `plan.NEW_WORDS`).
WORDS = {
    "fi": {
        Kind.HEALTH: "Terveydellinen syy",
        Kind.PREAPPROVED: "Ennalta anottu vapaa",
        Kind.OTHER_EXPLAINED: "Muu selvitetty poissaolo",
        Kind.UNAUTHORISED: "Luvaton poissaolo",
        Kind.UNRESOLVED: "Selvittämätön poissaolo",
        Kind.LATE_SHORT: "Myöhästyminen",
        Kind.FEEDBACK_POSITIVE: "Hyvä!",
        Kind.FEEDBACK_CORRECTIVE: "Sinulta puuttui opiskeluvälineitä",
    },
    "sv": {
        Kind.HEALTH: "Frånvaro av hälsoskäl",
        Kind.PREAPPROVED: "På förhand anhållen ledighet",
        Kind.OTHER_EXPLAINED: "Annan utredd frånvaro",
        Kind.UNAUTHORISED: "Olovlig frånvaro",
        Kind.UNRESOLVED: "Outredd frånvaro",
        Kind.LATE_SHORT: "Försening",
        Kind.FEEDBACK_POSITIVE: "Bra jobbat!",
        Kind.FEEDBACK_CORRECTIVE: "Läxorna ogjorda",
    },
}
PRIMUS = (
    "Merkintä", "Oppilas", "Koulu", "Luokka", "Päivä", "Alkaa", "Päättyy", "Tunti", "Ryhmä",
    "Aine", "Opettaja", "Tyyppinumero", "Tyyppi", "Selvitetty", "Muokattu",
)  # fmt: skip
OWN = (
    "pupil_key", "school_number", "class_code", "date", "start", "end", "lesson_no", "minutes",
    "group_code", "subject_code", "teacher_code", "type_id", "type_name", "is_cleared",
    "entered_at",
)  # fmt: skip


NO_MOVES: Mapping[int, Move] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """Marks as they stood on the day of an export, one column per array."""

    cohort: Cohort
    schools: list[School]
    marks: Marks
    exported_on: dt.date
    new_words: frozenset[tuple[int, dt.date]] = frozenset()  # (school, from when)
    moves: Mapping[int, Move] = field(default_factory=dict)  # by pupil

    def chosen(self, keep: NDArray[np.bool_]) -> Sheet:
        """Return the sheet with some of the marks."""
        names = ("pupil", "day", "slot", "kind", "cleared_after")
        marks = Marks(**{name: getattr(self.marks, name)[keep] for name in names})
        return replace(self, marks=marks)

    def columns(self, date_form: str) -> dict[str, pa.Array]:
        """Return the columns by their own names; words are coded, not repeated."""
        cohort, marks = self.cohort, self.marks
        kind = self.kinds_then()
        days = [day.strftime(date_form) for day in cohort.year.days]
        starts = [f"{s // 60:02d}:{s % 60:02d}" for s in STARTS]
        ends = [f"{(s + 45) // 60:02d}:{(s + 45) % 60:02d}" for s in STARTS]
        subject = (cohort.class_index[marks.pupil] + marks.slot) % len(SUBJECTS)
        touched = self._touched()
        school, class_code = self._places()
        moments = [f"{day}" for day in days] + [self.exported_on.strftime(date_form)]
        cleared = np.where((marks.cleared_after >= 0) & (kind == marks.kind), 1, 0)
        return {
            "pupil_key": _coded(marks.pupil, cohort.keys),
            "school_number": _coded(school, [one.number for one in self.schools]),
            "class_code": class_code,
            "date": _coded(marks.day, days),
            "start": _coded(marks.slot, starts),
            "end": _coded(marks.slot, ends),
            "lesson_no": pa.array(marks.slot + 1),
            "minutes": pa.repeat(pa.scalar(45), len(marks)),
            "group_code": pc.binary_join_element_wise(
                _coded(subject, SUBJECTS).cast(pa.string()),
                class_code.cast(pa.string()),
                "_",
            ),
            "subject_code": _coded(subject, SUBJECTS),
            "teacher_code": _coded(
                (cohort.class_index[marks.pupil] * 3 + subject) % 90,
                [f"T{number:02d}" for number in range(90)],
            ),
            "type_id": pa.array(83 + kind),
            "type_name": self._words(kind),
            "is_cleared": _coded(cleared, ["0", "1"]),
            "entered_at": _coded(touched, moments),
        }

    def _places(self) -> tuple[NDArray[np.int64], pa.DictionaryArray]:
        """Return each mark's school and class code: where the pupil was that day."""
        marks, cohort = self.marks, self.cohort
        days = np.array(cohort.year.days, dtype="datetime64[D]")[marks.day]
        school, seat = cohort.school[marks.pupil], marks.pupil.copy()
        for number, (pupil, move) in enumerate(self.moves.items()):
            there = (marks.pupil == pupil) & (days >= np.datetime64(move.on))
            school[there], seat[there] = move.school, len(cohort.keys) + number
        codes = [one.class_code for one in self.moves.values()]
        return school, _coded(seat, [*cohort.class_code, *codes])

    def kinds_then(self) -> NDArray[np.int64]:
        """Return each mark's kind on the day of the export: unresolved until cleared."""
        open_ = self._cleared_on() > np.datetime64(self.exported_on)
        absences = self.marks.kind <= KINDS.index(Kind.UNRESOLVED)
        return np.where(absences & open_, KINDS.index(Kind.UNRESOLVED), self.marks.kind)

    def _cleared_on(self) -> NDArray[np.datetime64]:
        days = np.array(self.cohort.year.days, dtype="datetime64[D]")[self.marks.day]
        wait = np.maximum(self.marks.cleared_after, 0).astype("timedelta64[D]")
        cleared: NDArray[np.datetime64] = np.add(days, wait)
        return cleared

    def _touched(self) -> NDArray[np.int64]:
        """Return the day each mark was last written: of the lesson, or of the clearing."""
        days = np.array(self.cohort.year.days, dtype="datetime64[D]")
        cleared = self._cleared_on()
        is_done = cleared <= np.datetime64(self.exported_on)
        when = np.where(is_done, cleared, days[self.marks.day])
        at = np.searchsorted(days, when, side="right") - 1
        return np.maximum(at, self.marks.day)

    def _words(self, kind: NDArray[np.int64]) -> pa.Array:
        """Return each mark's type name, in the words of its school."""
        names: list[str] = []
        places: dict[tuple[str, Kind], int] = {}
        for language, words in WORDS.items():
            for one, word in words.items():
                places[language, one] = len(names)
                names.append(word)
        swedish = np.array([one.language == "sv" for one in self.schools])
        table = np.zeros((2, len(KINDS)), dtype=np.int64)
        for (language, one), place in places.items():
            table[int(language == "sv"), KINDS.index(one)] = place
        code = table[swedish[self.cohort.school[self.marks.pupil]].astype(int), kind]
        changed = names.index(WORDS["fi"][Kind.UNAUTHORISED])
        for school, since in self.new_words:
            days = np.array(self.cohort.year.days, dtype="datetime64[D]")[
                self.marks.day
            ]
            here = (self.cohort.school[self.marks.pupil] == school) & (
                days >= np.datetime64(since)
            )
            code = np.where(here & (code == changed), len(names), code)
        return _coded(code, [*names, "Luvaton (selvitetty)"])


def _coded(codes: NDArray[np.int64], words: object) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(
        pa.array(codes.astype(np.int32)),
        pa.array(list(words), pa.string()),  # type: ignore[call-overload]  # any sequence of words
    )


def write_own(path: Path, sheet: Sheet) -> int:
    """Write the project's own CSV; return the number of rows."""
    columns = sheet.columns("%Y-%m-%d")
    table = pa.table({name: columns[name] for name in OWN})
    _write(path, table, ",", encoding="utf-8")
    return len(sheet.marks)


def write_primus(path: Path, sheet: Sheet, *, encoding: str, mistakes: bool) -> int:
    """Write a PrimusQuery-shaped file: semicolons, Finnish dates, raw values."""
    own = sheet.columns("%d.%m.%Y")
    names = ("", "pupil_key", "school_number", "class_code", "date", "start", "end",
             "lesson_no", "group_code", "subject_code", "teacher_code", "type_id", "type_name",
             "is_cleared", "entered_at")  # fmt: skip
    blank = pa.repeat(pa.scalar(""), len(sheet.marks))
    table = pa.table(
        [own[name] if name else blank for name in names], names=list(PRIMUS)
    )
    _write(path, table, ";", encoding=encoding)
    if mistakes:
        with path.open("a", encoding=encoding, newline="") as file:
            file.write("\n".join(MISTAKES) + "\n")
    return len(sheet.marks)


# What real exports hold: a comment with the separator, a pupil nobody knows, a broken date.
MISTAKES = (
    (
        ";000010001;00001;1A;12.11.2026;08:30;09:15;1;MA;MA;T01;87;Selvittämätön poissaolo;0;"
        "12.11.2026;soitettu kotiin; ei vastausta"
    ),
    (
        ";TUNTEMATON1;00001;1A;12.11.2026;08:30;09:15;1;MA;MA;T01;87;Selvittämätön poissaolo;0;"
        "12.11.2026"
    ),
    (
        ";TUNTEMATON2;00001;1A;31.11.2026;08:30;09:15;1;MA;MA;T01;87;Selvittämätön poissaolo;0;"
        "12.11.2026"
    ),
)


def _write(path: Path, table: pa.Table, separator: str, *, encoding: str) -> None:
    plain = pa.table(
        {
            name: column.cast(pa.string())
            if pa.types.is_dictionary(column.type)
            else column
            for name, column in zip(table.column_names, table.columns, strict=True)
        }
    )
    options = csv.WriteOptions(delimiter=separator, quoting_style="none")
    sink = pa.BufferOutputStream()
    csv.write_csv(plain, sink, options)
    text = sink.getvalue()
    if encoding == "utf-8":
        path.write_bytes(text)
    else:
        path.write_bytes(text.to_pybytes().decode().encode(encoding))


def write_roster(
    path: Path,
    cohort: Cohort,
    schools: list[School],
    protected: set[str],
    moves: Mapping[int, Move] = NO_MOVES,
) -> int:
    """Write the flat roster of one school year; who moves has a row for each class."""
    year = cohort.year.year
    starts, ends = dt.date(year, 8, 1), dt.date(year + 1, 8, 1)
    stays = [
        (
            pupil,
            int(cohort.school[pupil]),
            cohort.class_code[pupil],
            starts,
            moves[pupil].on if pupil in moves else ends,
        )
        for pupil in range(len(cohort.keys))
    ]
    stays += [
        (pupil, move.school, move.class_code, move.on, ends)
        for pupil, move in moves.items()
    ]
    keys = [cohort.keys[pupil] for pupil, *_ in stays]
    columns = {
        "pupil_key": keys,
        "first": [cohort.first_names[pupil] for pupil, *_ in stays],
        "last": [cohort.last_names[pupil] for pupil, *_ in stays],
        "school_number": [schools[at].number for _, at, *_ in stays],
        "school_name": [schools[at].name for _, at, *_ in stays],
        "class": [code for _, _, code, *_ in stays],
        "grade": [int(cohort.grade[pupil]) for pupil, *_ in stays],
        "language": [schools[at].language for _, at, *_ in stays],
        "start": [since.isoformat() for *_, since, _ in stays],
        "end": [until.isoformat() for *_, until in stays],
        "protected_identity": ["yes" if key in protected else "no" for key in keys],
    }
    csv.write_csv(
        pa.table(columns), path, csv.WriteOptions(delimiter=";", quoting_style="none")
    )
    return len(stays)
