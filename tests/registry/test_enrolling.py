"""Whatever rosters say in whatever order, a pupil is in one class at a time."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from koulutie.registry.actions.enrolling import Course, Span, Told

START = date(2026, 8, 11)
END = date(2027, 8, 1)
DAYS = st.integers(0, (END - START).days - 1).map(lambda n: START + timedelta(days=n))
ROWS = st.builds(
    lambda class_id, from_, length: Told(
        class_id=class_id,
        from_=from_,
        to=None if length is None or from_ is None else min(END, from_ + length),
    ),
    class_id=st.integers(1, 3),
    from_=st.none() | DAYS,
    length=st.none() | st.integers(1, 200).map(lambda n: timedelta(days=n)),
)


def course(as_of: date = START) -> Course:
    return Course(span=Span(starts_on=START, ends_before=END, as_of=as_of))


def shape(one: Course) -> list[tuple[int, date, date]]:
    return sorted((stay.class_id, stay.from_, stay.to) for stay in one.stays)


@given(rosters=st.lists(st.tuples(DAYS, st.lists(ROWS, max_size=4)), max_size=5))
def test_stays_never_overlap_and_stay_inside_the_year(
    rosters: list[tuple[date, list[Told]]],
) -> None:
    one = course()
    for as_of, rows in rosters:
        one.span = Span(starts_on=START, ends_before=END, as_of=as_of)
        one.tell(rows)
        in_order = sorted(one.stays, key=lambda stay: stay.from_)
        assert all(START <= stay.from_ < stay.to <= END for stay in in_order)
        assert all(left.to <= right.from_ for left, right in pairwise(in_order))


@given(class_ids=st.lists(st.integers(1, 3), min_size=1, max_size=3, unique=True))
def test_the_same_dated_roster_twice_changes_nothing(class_ids: list[int]) -> None:
    rows = [
        Told(class_id=class_id, from_=START + timedelta(days=30 * n), to=None)
        for n, class_id in enumerate(class_ids)
    ]
    one = course()
    one.tell(rows)
    before = shape(one)
    one.tell(rows)
    assert shape(one) == before


def test_a_class_corrected_from_the_same_day_is_no_move() -> None:
    one = course()
    one.tell([Told(class_id=1, from_=START, to=None)])
    one.tell([Told(class_id=2, from_=START, to=None)])
    assert shape(one) == [(2, START, END)]
    assert one.moves == 0


def test_an_earlier_stay_told_late_ends_where_the_known_one_begins() -> None:
    later = START + timedelta(days=60)
    one = course()
    one.tell([Told(class_id=2, from_=later, to=None)])
    one.tell([Told(class_id=1, from_=START, to=None)])
    assert shape(one) == [(1, START, later), (2, later, END)]
