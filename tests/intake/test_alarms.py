"""What has to be looked at before a batch comes in, compared with the one before it."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from koulutie.intake.models import Batch
from koulutie.intake.presenters.sentences import ALARMS, alarm_cards
from koulutie.intake.presenters.strip import weeks_of
from koulutie.intake.queries.alarms import LOOK, NOTE, alarms_of, gaps_of, must_be_seen

MONDAY = date(2026, 11, 2)
FIVE = {(MONDAY + timedelta(days=n)).isoformat(): 100 for n in range(5)}


def a_batch(read=500, days=FIVE, schools=("10001", "10002"), types=("A",), **shape):
    return Batch(
        counts={"read": read, "rejected": 0},
        shape={
            "days": dict(days),
            "schools": dict.fromkeys(schools, 1),
            "last": max(days, default=None),
        }
        | shape,
        types=[{"name": name, "count": 1} for name in types],
    )


def codes(batch, earlier=None, known=frozenset({"A"}), same=None):
    found = alarms_of(batch, earlier=earlier, same_file=same, known_types=known)
    return {one["code"]: one["level"] for one in found}


def test_a_batch_like_the_last_one_raises_nothing():
    assert codes(a_batch(), earlier=a_batch(read=450)) == {}


@pytest.mark.parametrize(
    ("rows", "level"), [(249, LOOK), (250, None), (1000, None), (1001, LOOK)]
)
def test_rows_a_day_below_half_or_above_twice_are_looked_at(rows, level):
    found = codes(a_batch(read=rows), earlier=a_batch(read=500))
    assert found.get("rows_far_off") == level


def test_a_shorter_period_is_no_leap():
    days = dict(list(FIVE.items())[-1:])
    assert codes(a_batch(read=100, days=days), earlier=a_batch()) == {}


def test_a_school_that_was_there_last_time_is_missed():
    batch = a_batch(schools=("10002",))
    assert codes(batch, earlier=a_batch()) == {"schools_missing": LOOK}


def test_an_older_file_than_the_last_is_looked_at():
    later = {
        (date.fromisoformat(day) + timedelta(days=7)).isoformat(): rows
        for day, rows in FIVE.items()
    }
    assert codes(a_batch(), earlier=a_batch(days=later)) == {"ends_earlier": LOOK}


def test_a_type_that_nobody_has_met_is_told_but_stops_nothing():
    batch = a_batch(types=("A", "B"))
    assert codes(batch, earlier=a_batch()) == {"new_types": NOTE}
    assert codes(batch) == {}, "before the first file every type is new"


def test_many_rejected_rows_are_looked_at():
    batch = a_batch(read=95)
    batch.counts["rejected"] = 5
    assert codes(batch) == {}
    batch.counts["rejected"] = 6
    assert codes(batch) == {"many_rejected": LOOK}


def test_a_gap_is_only_told_before_the_first_file_and_looked_at_after():
    batch = a_batch(gaps={"10001": ["2026-11-04"]})
    assert codes(batch) == {"days_without_marks": NOTE}
    assert codes(batch, earlier=a_batch()) == {"days_without_marks": LOOK}


def test_a_total_that_differs_is_looked_at():
    batch = a_batch()
    params = {"expected": 8, "counted": 7, "days": ["2026-11-04"]}
    batch.checks = [{"name": "page_totals", "agrees": False, "params": params}]
    batch.alarms = alarms_of(
        batch, earlier=None, same_file=None, known_types=frozenset()
    )
    assert must_be_seen(batch) == ["totals_differ"]


def test_every_alarm_has_its_three_sentences():
    for code, sentences in ALARMS.items():
        assert len(sentences) == 3, code
        assert all(one.endswith(".") for one in sentences), code


def test_a_card_writes_days_the_readers_way():
    batch = a_batch(gaps={"10001": ["2026-11-04"]})
    batch.alarms = alarms_of(
        batch, earlier=None, same_file=None, known_types=frozenset()
    )
    (card,) = alarm_cards(batch)
    assert "4.11.2026" in card.what
    assert not card.must_be_seen


def test_gaps_are_school_days_inside_a_schools_own_period():
    days = {"10001": {MONDAY: 50, MONDAY + timedelta(days=3): 50}}
    school_days = {"10001": frozenset(MONDAY + timedelta(days=n) for n in range(10))}
    assert gaps_of(days, school_days) == {"10001": ["2026-11-03", "2026-11-04"]}


def test_a_school_with_few_marks_has_days_without_any_by_chance():
    days = {"10001": {MONDAY: 2, MONDAY + timedelta(days=3): 1}}
    school_days = {"10001": frozenset(MONDAY + timedelta(days=n) for n in range(10))}
    assert gaps_of(days, school_days) == {}


def test_a_school_without_a_calendar_has_no_gaps():
    assert gaps_of({"99999": {MONDAY: 50, date(2026, 11, 20): 50}}, {}) == {}


def test_the_strip_draws_weeks_with_gaps_and_free_days():
    tuesday, friday = MONDAY + timedelta(days=1), MONDAY + timedelta(days=4)
    (week,) = weeks_of(
        days={tuesday: 1, friday: 8},
        gaps={MONDAY + timedelta(days=2)},
        school_days={tuesday, MONDAY + timedelta(days=2), friday},
    )
    monday, *rest = week.days
    assert monday is None
    assert [day.level for day in rest] == [1, 0, 0, 4]
    assert [day.is_gap for day in rest] == [False, True, False, False]
    assert [day.is_free for day in rest] == [False, False, True, False]


def test_a_weekend_is_drawn_where_it_has_marks():
    saturday = MONDAY + timedelta(days=5)
    (week,) = weeks_of(days={MONDAY: 1, saturday: 1}, gaps=(), school_days=())
    assert len(week.days) == 7
