"""Attendance pages: two real ones, and small ones for each rule of the format."""

from __future__ import annotations

import datetime as dt
import io
import re

import pytest

from koulutie.core.dialects import wilma_page
from koulutie.core.dialects.reading import Reading, ReadOptions
from koulutie.core.dialects.wilma_page import SUM_DIFFERS
from koulutie.core.dialects.wilma_page.grid import NO_DATE, WRONG_COLUMNS, borders_of
from koulutie.core.dialects.wilma_page.title import read_title
from tests.core.dialects.page_writer import Written, span_menu, write_page

DAY = dt.date(2026, 11, 16)
LESSONS = ((480, 525), (540, 585), (585, 630), (645, 690))
LEGEND = {83: "Terveydellinen syy", 53: "Hyvä!", 88: "Muu koulutyö - läsnä"}


def read(
    data: bytes, *, grids: tuple[tuple[tuple[int, int], ...], ...] = ()
) -> Reading:
    options = ReadOptions(file_name="page.html", lesson_grids=grids)
    return wilma_page.read(io.BytesIO(data), options=options)


# --- titles --------------------------------------------------------------------------------------

KNOWN = frozenset(
    name.casefold() for name in (*LEGEND.values(), "TER", "Poissa, ei soittanut")
)


@pytest.mark.parametrize(
    ("title", "group", "type_name", "is_cleared"),
    [
        ("MA_71; Hyvä! /Olli Ope", "MA_71", "Hyvä!", False),
        ("Hyvä! /Olli Ope", None, "Hyvä!", False),
        ("Hyvä!; ENA1 meni hienosti /Olli Ope", None, "Hyvä!", False),
        ("MU; Hyvä! /Olli Ope", "MU", "Hyvä!", False),
        ("KO_71; Hyvä!; 7/8 oikein /Olli Ope", "KO_71", "Hyvä!", False),
        ("KO_71; Hyvä!; oikein /väärin /Olli Ope", "KO_71", "Hyvä!", False),
        ("7B.KÄ; Hyvä!; a; b; c /Olli Ope", "7B.KÄ", "Hyvä!", False),
        ("MA2; SAIRAUS /Olli Ope", "MA2", "SAIRAUS", False),
        ("SAIRAUS; äiti soitti /Olli Ope", None, "SAIRAUS", False),
        ("Muu koulutyö - läsnä /Olli Ope", None, "Muu koulutyö - läsnä", False),
        ("TER; MA_71 kesken /Olli Ope", None, "TER", False),
        ("Poissa, ei soittanut; MA2 /Olli Ope", None, "Poissa, ei soittanut", False),
        ("Hyvä!, Reipas; MA2 /Olli Ope", None, "Hyvä!, Reipas", False),
        ("MU; Hyvä!, Reipas /Olli Ope", "MU", "Hyvä!, Reipas", False),
        ("MA2; TER /Olli Ope - 5.10. /Reijo Rehtori", "MA2", "TER", True),
        ("MA2; TER /Olli Ope - 5. /Reijo Rehtori", "MA2", "TER", True),
        ("MA2; TER; 1/2 /Olli Ope - 5.10. /Reijo Rehtori", "MA2", "TER", True),
        ("TER; tuli - 5.10. /8.30 mennessä /Olli Ope", None, "TER", False),
        ("MA2; TER /Olli Ope - 5.10.2026 /Reijo Rehtori", "MA2", "TER", True),
        ("TER /Olli Ope - Ollila", None, "TER", False),
        ("TER", None, "TER", False),
        ("TER/Olli Ope", None, "TER", False),
        ("/Olli Ope", None, "", False),
        ("", None, "", False),
    ],
)
def test_what_a_title_says(title, group, type_name, is_cleared):
    said = read_title(title, name="", known=KNOWN)
    assert (said.group, said.type_name, said.is_cleared) == (
        group,
        type_name,
        is_cleared,
    )


def test_the_legend_s_name_goes_before_the_title_s():
    page = write_page(
        [
            Written(
                date=DAY,
                lesson=LESSONS[1],
                type_number=83,
                type_name="Luvallinen poissaolo, sairaus",
                title_name="SAIRAUS",
                group="MA2",
            )
        ],
        lessons=LESSONS,
        legend={83: "Luvallinen poissaolo, sairaus"},
    )
    (row,) = read(page).marks.to_pylist()
    assert (row["type_name"], row["group_code"]) == (
        "Luvallinen poissaolo, sairaus",
        "MA2",
    )


# --- rows ----------------------------------------------------------------------------------------


def a_mark(**changes) -> Written:
    told = {"date": DAY, "lesson": LESSONS[0], "type_number": 83}
    return Written(**{**told, "type_name": LEGEND[83], **changes})


def a_page(*marks: Written, **more) -> bytes:
    return write_page(marks, lessons=LESSONS, legend=LEGEND, **more)


def test_an_empty_date_is_the_day_of_the_row_above():
    page = a_page(a_mark(), a_mark(type_number=53, type_name="Hyvä!"))
    assert page.count(b"16.11.2026") == 1
    rows = read(page).marks.to_pylist()
    assert [(row["date"], row["type_name"], row["line"]) for row in rows] == [
        (DAY, "Terveydellinen syy", 1),
        (DAY, "Hyvä!", 2),
    ]


@pytest.mark.parametrize(
    ("changes", "is_cleared"),
    [
        ({}, None),
        ({"is_open": True}, False),
        ({"cleared": "17.11. /Reijo Rehtori"}, True),
        ({"cleared": "17.11. /Reijo Rehtori", "is_open": True}, False),
    ],
)
def test_whether_a_mark_is_cleared(changes, is_cleared):
    (row,) = read(a_page(a_mark(**changes))).marks.to_pylist()
    assert row["is_cleared"] is is_cleared
    assert row["teacher_code"] == "Ope"


def test_a_day_that_cannot_be_read_is_set_aside_with_all_its_rows():
    page = a_page(
        a_mark(note="kuume", teacher_code="Sal"),
        a_mark(type_number=53, type_name="Hyvä!"),
        a_mark(date=DAY + dt.timedelta(days=1)),
    )
    reading = read(page.replace(b"16.11.2026", b"31.11.2026"))
    assert reading.marks["date"].to_pylist() == [DAY + dt.timedelta(days=1)]
    rejected = reading.rejections.to_pylist()
    assert [(row["line"], row["reason"]) for row in rejected] == [
        (2, NO_DATE),
        (3, NO_DATE),
    ]
    assert rejected[0]["params"] == '{"text": "31.11.2026"}'
    assert rejected[0]["raw"] == "Ma 31.11.2026", "the row's last cell holds its notes"


@pytest.mark.parametrize("span", ["99", "two", "-3", "0", "1e3", "99999"])
def test_a_cell_that_does_not_fit_the_head_sets_its_row_aside(span):
    tuesday = DAY + dt.timedelta(days=1)
    marks = a_mark(), a_mark(lesson=LESSONS[3]), a_mark(date=tuesday)
    page = a_page(*marks, menu=span_menu("Jokin muu", DAY, tuesday))
    cell = b'<td class="event at-bl at-tp83" title'
    assert read(page).complete_for == (DAY, DAY + dt.timedelta(days=2))
    at = page.index(b"Ma </td>")
    wrong = page[:at] + page[at:].replace(
        cell, f'<td class="event at-bl at-tp83" colspan="{span}" title'.encode(), 1
    )
    reading = read(wrong)
    assert reading.marks["date"].to_pylist() == [tuesday]
    (rejected,) = reading.rejections.to_pylist()
    assert (rejected["line"], rejected["reason"]) == (2, WRONG_COLUMNS)
    assert rejected["params"] == '{"date": "2026-11-16"}'
    assert reading.complete_for is None, "a day is missing"


@pytest.mark.parametrize(("span", "is_read"), [(3, True), (4, False)])
def test_a_cell_may_reach_the_last_column_and_no_further(span, is_read):
    """The last lesson ends at 11.30: one column is left of the hour."""
    page = a_page(a_mark(lesson=LESSONS[3]))
    rows = read(page.replace(b'colspan="2" title', f'colspan="{span}" title'.encode()))
    assert (len(rows.marks), len(rows.rejections)) == (is_read, not is_read)


def test_a_table_as_the_server_sends_it_without_a_body():
    page = a_page(a_mark()).replace(b"<tbody>", b"").replace(b"</tbody>", b"")
    assert len(read(page).marks) == 1


def test_a_total_that_is_not_the_sum_of_its_days_is_told():
    page = a_page(a_mark(), totals={DAY: 1})
    assert read(page).notes == ()
    assert read(page).page_totals == {DAY: 1.0}
    (note,) = read(page.replace(b'<td class="total">1', b'<td class="total">2')).notes
    assert (note.message, note.params) == (SUM_DIFFERS, {"total": 1.0, "days": 2.0})


def test_totals_of_a_day_of_two_rows_are_added():
    page = a_page(a_mark(), a_mark(type_number=53, type_name="Hyvä!"), totals={DAY: 1})
    assert read(page).page_totals == {DAY: 1.0}
    page = page.replace(b'<td class="total zero">0', b'<td class="total">2')
    assert read(page).page_totals == {DAY: 3.0}


def test_half_lessons_in_totals_have_a_comma():
    page = a_page(a_mark(), totals={DAY: 1})
    page = page.replace(b'<td class="total">1', b'<td class="total">1,5')
    assert read(page).page_totals == {DAY: 1.5}


# --- times ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", ["0%", "5.6.3%", "auto", "-4%", ""])
def test_widths_that_tell_nothing_give_no_times(width):
    page = re.sub(r"width :[\d.]+%", f"width :{width}", a_page(a_mark()).decode())
    reading = read(page.encode())
    assert reading.shape["times"] == "nothing"
    assert reading.marks["lesson_no"].to_pylist() == [1]


@pytest.mark.parametrize(
    "hour", ["99", "8", "x", "11"], ids=["none", "twice", "a word", "back"]
)
def test_a_head_whose_hours_do_not_follow_gives_no_times(hour):
    page = a_page(a_mark(), with_widths=False)
    assert read(page, grids=(LESSONS,)).shape["times"] == "lesson_grid"
    wrong = page.replace(b">9</th>", f">{hour}</th>".encode())
    assert wrong != page
    assert read(wrong, grids=(LESSONS,)).shape["times"] == "nothing"


def test_a_grid_gives_its_columns_where_they_are_the_page_s():
    borders = (480, 525, 540, 585, 600, 630, 645, 660, 690, 720)
    assert borders_of(LESSONS, [(8, 2), (9, 2), (10, 3), (11, 2)]) == borders
    assert borders_of(LESSONS, [(8, 2), (9, 2), (10, 2), (11, 2)]) is None
    assert borders_of(LESSONS, []) is None


def test_a_grid_whose_lessons_are_not_the_marks_does_not_fit():
    """It has the same columns, but its lessons begin where others end."""
    other = ((480, 540), (525, 585), (585, 645), (630, 690))
    page = a_page(a_mark(), with_widths=False)
    assert read(page, grids=(other,)).shape["times"] == "nothing"
    reading = read(page, grids=(other, LESSONS, LESSONS))
    assert reading.marks["start_minute"].to_pylist() == [480]
    assert reading.notes == (), "the two that fit say the same"


# --- which days the page is all of ------------------------------------------------------------


@pytest.mark.parametrize(
    ("shown", "names", "is_told"),
    [
        ("Jokin muu", ("Syksy", "Kevät"), True),
        ("Annan", ("Höst", "Vår"), True),
        ("Syksy", ("Syksy", "Kevät"), False),
        ("Vår", ("Höst", "Vår"), False),
        ("Jokin muu", (), False),
    ],
)
def test_chosen_days_are_told_whatever_the_language(shown, names, is_told):
    last = DAY + dt.timedelta(days=4)
    page = a_page(a_mark(), menu=span_menu(shown, DAY, last, names))
    days = (DAY, last + dt.timedelta(days=1)) if is_told else None
    assert read(page).complete_for == days


def test_days_in_the_wrong_order_are_not_told():
    menu = span_menu("Jokin muu", DAY, DAY - dt.timedelta(days=1))
    assert read(a_page(a_mark(), menu=menu)).complete_for is None
