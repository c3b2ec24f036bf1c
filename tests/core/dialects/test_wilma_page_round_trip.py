"""Any page that the writer can write is read back as the marks it was written from."""

from __future__ import annotations

import datetime as dt
import io
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from koulutie.core.dialects import wilma_page
from koulutie.core.dialects.reading import Reading, ReadOptions
from koulutie.core.errors import SourceError
from tests.core.dialects.page_writer import Written, borders_of, write_page

FIRST = dt.date(2026, 8, 10)
SECRET = "Salla Salainen"
NOTE = "yskii yhä"

# Names with everything that real legends have, and what the grammar could trip over.
TYPES = st.lists(
    st.sampled_from(
        [
            "Terveydellinen syy",
            "Muu koulutyö - läsnä",
            "Luvallinen poissaolo, sairaus",
            "Muu kouluntoiminta /ei tunnilla",
            "Hyvä!",
            "+akt",
            "–käy",
            "Opettajan kommentti (Käy katsomassa Wilmassa)",
            'Frånvaro <oklar> & "olovlig"',
            "OÄ Poissa",
            "01",
            "7B",
        ]
    ),
    min_size=1,
    unique=True,
)
WORDS = st.sampled_from(
    ["", NOTE, "7/8", "a; b", "- 5.10. /x", "ks. /7", "<b>", "&amp;"]
)


@st.composite
def grids(draw: st.DrawFn) -> tuple[tuple[int, int], ...]:
    """Lessons of 45 minutes on a grid of five minutes."""
    at = 480 + 5 * draw(st.integers(0, 11))
    lessons = []
    for _ in range(draw(st.integers(1, 8))):
        lessons.append((at, at + 45))
        at += 45 + 5 * draw(st.integers(0, 8))
    return tuple(lessons)


@st.composite
def pages(draw: st.DrawFn):
    """Return marks, the lessons of their school, and the legend."""
    lessons = draw(grids())
    legend = dict(enumerate(draw(TYPES), start=1))
    numbers = st.sampled_from(sorted(legend))
    clearer = st.sampled_from(["", f"5.10. /{SECRET}", f"12. /{SECRET}"])
    marks = []
    for _ in range(draw(st.integers(1, 25))):
        number = draw(numbers)
        is_coloured = draw(st.booleans())
        marks.append(
            Written(
                date=FIRST + dt.timedelta(days=draw(st.integers(0, 6))),
                lesson=draw(st.sampled_from(lessons)),
                type_number=number if is_coloured else None,
                type_name=legend[number],
                group=draw(st.sampled_from(["", "MA_71", "ENA1", "7B.KÄ", "S2/2"])),
                note=draw(WORDS),
                teacher_code=draw(st.sampled_from(["Ope", "BLA", "Å1"])),
                teacher_name=SECRET,
                cleared=draw(clearer),
                is_open=draw(st.booleans()),
            )
        )
    return marks, lessons, legend


def read(data: bytes, grid: tuple[tuple[int, int], ...] | None = None) -> Reading:
    known = (grid,) if grid else ()
    options = ReadOptions(file_name="page.html", lesson_grids=known)
    return wilma_page.read(io.BytesIO(data), options=options)


def written(marks: list[Written]) -> Counter[tuple[object, ...]]:
    return Counter(
        (
            mark.date,
            *mark.lesson,
            mark.type_name,
            str(mark.type_number) if mark.type_number else None,
            mark.group or None,
            mark.teacher_code if mark.type_number else None,
            False if mark.is_open else bool(mark.cleared) or None,
        )
        for mark in marks
    )


def as_read(reading: Reading) -> Counter[tuple[object, ...]]:
    names = (
        *("date", "start_minute", "end_minute", "type_name", "type_key"),
        *("group_code", "teacher_code", "is_cleared"),
    )
    return Counter(
        tuple(row[name] for name in names) for row in reading.marks.to_pylist()
    )


@given(pages())
def test_a_page_with_widths_is_read_back(page):
    marks, lessons, legend = page
    reading = read(write_page(marks, lessons=lessons, legend=legend))
    assert as_read(reading) == written(marks)
    assert not len(reading.rejections)
    assert reading.legend == tuple(legend.values())


@given(pages())
def test_a_page_without_widths_is_read_back_by_its_school_s_grid(page):
    marks, lessons, legend = page
    data = write_page(marks, lessons=lessons, legend=legend, with_widths=False)
    assert as_read(read(data, lessons)) == written(marks)


@given(pages())
def test_a_page_without_any_times_keeps_lessons_apart(page):
    marks, lessons, legend = page
    data = write_page(marks, lessons=lessons, legend=legend, with_widths=False)
    borders = borders_of(lessons)
    found = read(data).marks
    assert set(found["start_minute"].to_pylist()) == {None}
    slots = zip(found["date"].to_pylist(), found["lesson_no"].to_pylist(), strict=True)
    expected = ((mark.date, borders.index(mark.lesson[0]) + 1) for mark in marks)
    assert Counter(slots) == Counter(expected)


@given(pages(), st.booleans())
def test_names_and_notes_stay_behind(page, with_widths):
    marks, lessons, legend = page
    data = write_page(marks, lessons=lessons, legend=legend, with_widths=with_widths)
    reading = read(data)
    told = repr((reading.marks.to_pylist(), reading.rejections.to_pylist(), reading))
    assert SECRET.split()[1] not in told
    assert NOTE not in told


@given(pages(), st.data())
def test_a_damaged_page_is_read_or_refused_and_nothing_else(page, data):
    marks, lessons, legend = page
    whole = write_page(marks, lessons=lessons, legend=legend)
    start = data.draw(st.integers(0, len(whole)))
    end = data.draw(st.integers(start, min(len(whole), start + 200)))
    put = data.draw(
        st.sampled_from([b"", b"<td>", b"</table>", b'"', b"\x00", b"\xff", b"99"])
    )
    try:
        reading = read(whole[:start] + put + whole[end:], lessons)
    except SourceError:
        return
    assert len(reading.marks) + len(reading.rejections) == reading.rows_read


@given(pages(), st.floats(0, 1, exclude_max=True))
def test_a_cut_page_is_refused_wherever_it_was_cut(page, share):
    marks, lessons, legend = page
    whole = write_page(marks, lessons=lessons, legend=legend)
    cut = whole[: int(share * (len(whole) - len("</html>")))]
    try:
        reading = read(cut)
    except SourceError:
        return
    raise AssertionError(f"{len(reading.marks)} marks of a cut page were read")
