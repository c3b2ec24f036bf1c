"""The two real attendance pages, mark by mark."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections import Counter

import pytest

from koulutie.core.definitions import parse_lesson_grids
from koulutie.core.dialects import sniff, wilma_page
from koulutie.core.dialects.reading import Reading, ReadOptions
from koulutie.core.dialects.wilma_page import NO_TIMES, SEVERAL_GRIDS
from tests.conftest import ROOT


def read(
    data: bytes, *, grids: tuple[tuple[tuple[int, int], ...], ...] = ()
) -> Reading:
    options = ReadOptions(file_name="page.html", lesson_grids=grids)
    return wilma_page.read(io.BytesIO(data), options=options)


def known_grids() -> tuple[tuple[tuple[int, int], ...], ...]:
    """The lesson grids of the product's definitions."""
    path = ROOT / "koulutie/definitions/lesson_grids.yaml"
    grids = parse_lesson_grids(path.read_text(encoding="utf-8"), where=path.name)
    return tuple(grid.times for grid in grids.grids)


def clock(minute: int) -> str:
    return "{:02}:{:02}".format(*divmod(minute, 60))


# --- the real page of grade 7 ------------------------------------------------------------------


@pytest.fixture(scope="module")
def grade_7(shared):
    return (shared / "data/wilma_page_grade7/attendance.html").read_bytes()


def listed(shared):
    path = shared / "data/wilma_page_grade7/marks.csv"
    return list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))


def test_every_mark_of_the_real_page_has_its_lesson_group_type_and_teacher(
    grade_7, shared
):
    reading = read(grade_7, grids=known_grids())
    found = [
        (
            row["date"].isoformat(),
            clock(row["start_minute"]),
            clock(row["end_minute"]),
            row["group_code"] or "",
            row["type_key"],
            row["type_name"],
            row["teacher_code"],
        )
        for row in reading.marks.to_pylist()
    ]
    expected = [
        (
            row["date"],
            row["start_inferred"],
            row["end_inferred"],
            row["group_code"],
            row["type_id"],
            row["type_label"],
            row["teacher_code"],
        )
        for row in listed(shared)
    ]
    assert Counter(found) == Counter(expected)
    assert len(found) == reading.rows_read == 57
    assert set(reading.marks["minutes"].to_pylist()) == {45}


def test_the_real_page_knows_26_types_and_counts_eight_lessons(grade_7):
    reading = read(grade_7, grids=known_grids())
    assert len(reading.legend) == 26
    assert sorted(reading.page_totals.values()) == [1, 2, 5]
    types = Counter(reading.marks["type_name"].to_pylist())
    assert types["Terveydellinen syy"] == 8
    assert types["Hyvä!"] == 20
    assert types["Sinulta puuttui opiskeluvälineitä"] == 3
    absent = Counter(
        row["date"]
        for row in reading.marks.to_pylist()
        if row["type_name"] == "Terveydellinen syy"
    )
    assert absent == reading.page_totals
    assert not reading.notes
    assert not len(reading.rejections)


def test_without_a_known_grid_the_real_page_is_read_without_times(grade_7):
    """Thousands of grids fit it: a guess would be a guess."""
    reading = read(grade_7)
    rows = reading.marks.to_pylist()
    assert len(rows) == 57
    assert {row["start_minute"] for row in rows} == {None}
    assert all(row["lesson_no"] for row in rows)
    assert [note.message for note in reading.notes] == [NO_TIMES]
    assert reading.shape["times"] == "nothing"


def test_one_mark_beside_a_grid_s_lessons_rules_the_grid_out(grade_7):
    """No half of a page gets times: a mark would be known by two names later."""
    (grid,) = known_grids()
    without_the_first_lesson = grid[1:]
    assert read(grade_7, grids=(without_the_first_lesson,)).shape["times"] == "nothing"
    moved = ((505, 550), *grid[1:])
    reading = read(grade_7, grids=(moved, grid))
    assert [note.message for note in reading.notes] == [SEVERAL_GRIDS]
    assert reading.notes[0].params == {"count": 2}
    assert min(reading.marks["start_minute"].to_pylist()) == 505


def test_no_name_and_no_note_of_the_real_page_is_told(grade_7, shared):
    told = everything_told(read(grade_7, grids=known_grids()))
    notes = [row["note_scrambled"] for row in listed(shared) if row["note_scrambled"]]
    assert len(notes) == 20
    assert not [note for note in notes if note in told]
    assert "Rufym-Rina Kuhokum" in grade_7.decode()
    assert "Kuhokum" not in told


def everything_told(reading: Reading) -> str:
    tables = (reading.marks, reading.rejections, reading.roster, reading.offered)
    rows = [table.to_pylist() for table in tables]
    notes = [str(note) for note in reading.notes]
    return repr((rows, notes, reading.shape, reading.legend, reading.page_totals))


# --- the demo page of Espoo --------------------------------------------------------------------

ESPOO = [
    ("2018-02-27", "09:00", "MU2", "Muu kouluntoiminta /ei tunnilla", "BLA"),
    ("2018-02-27", "10:00", "MA2", "Poissaolo (Selvitä)", "BLA"),
    ("2018-02-27", "11:00", "RUB2", "Käy katsomassa Wilmassa", "BLA"),
    ("2018-02-19", "12:00", None, "Poissaolo (Selvitä)", "BLA"),
    ("2018-02-16", "11:00", None, "Poissaolo (Selvitä)", "BLA"),
    ("2018-02-14", "10:00", None, "Luvaton poissaolo", "BLA"),
    ("2018-02-06", "11:00", None, "Myöhästyminen", "BLA"),
    ("2018-01-15", "11:00", None, "Luovuuden taitoa", None),
    ("2017-12-05", "13:00", None, "Oppilas poistettu oppitunnilta", None),
    ("2017-12-04", "13:00", None, "Käy katsomassa Wilmassa", "BLA"),
    ("2017-11-15", "10:00", None, "Innokkuutta opiskelussa", None),
    (
        *("2017-10-13", "12:00", None),
        *("Luvallinen poissaolo - Koulun antamalla luvalla", "BLA"),
    ),
    ("2017-09-20", "10:00", None, "Keskittyminen parantunut", None),
    ("2017-08-24", "09:00", None, "Tuntityöskentely aktiivista", None),
]


def test_espoo_s_demo_page(shared):
    reading = read((shared / "data/openwilma/lesson_notes.data").read_bytes())
    rows = reading.marks.to_pylist()
    assert [
        (
            row["date"].isoformat(),
            clock(row["start_minute"]),
            row["group_code"],
            row["type_name"],
            row["teacher_code"],
        )
        for row in rows
    ] == ESPOO
    assert {row["minutes"] for row in rows} == {45}
    assert len({row["date"] for row in rows}) == 12
    assert reading.shape["times"] == "column_widths"
    assert sum(reading.page_totals.values()) == 5
    assert reading.complete_for == (dt.date(2016, 12, 9), dt.date(2023, 6, 4))
    assert "Blackburn" not in everything_told(reading)


def test_espoo_s_empty_page(shared):
    data = (shared / "data/openwilma/lesson_notes_empty.data").read_bytes()
    assert sniff(data, "lesson_notes_empty.data") == "wilma_page"
    reading = read(data)
    assert (len(reading.marks), len(reading.rejections), reading.notes) == (0, 0, ())
    assert reading.complete_for == (dt.date(2018, 12, 9), dt.date(2023, 6, 4))
