"""Which step adults should act on now: `next_step`, decision by decision."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from koulutie import catalog
from koulutie.core.definitions import Ladder
from koulutie.core.ladders import Decision, Reached, next_step
from koulutie.core.ladders.deciding import (
    ALL_ANSWERED,
    BESIDE,
    HIGHEST_OPEN,
    INCLUDES,
    NOTHING_REACHED,
)

TODAY = date(2026, 11, 24)
SEPTEMBER, OCTOBER, NOVEMBER = (date(2026, month, 20) for month in (9, 10, 11))
DEMO = catalog.load(catalog.PRODUCT).ladders["koulutie-demo"]
LOW, MIDDLE, HIGH = "s30", "s50", "s100"
BESIDE_EACH_OTHER = DEMO.model_copy(update={"has_cumulative_steps": False})
CUMULATIVE = DEMO.model_copy(update={"has_cumulative_steps": True})


def reached(step: str, on: date, *, answered: bool = False) -> Reached:
    return Reached(step=step, crossed_on=on, is_answered=answered)


def decide(
    *history: Reached, ladder: Ladder = CUMULATIVE, on: date = TODAY
) -> Decision:
    return next_step(ladder=ladder, history=history, as_of=on)


def told(decision: Decision) -> list[tuple[str, str | None]]:
    """The reasons, each with the step that it speaks of."""
    return [(one.message, one.params.get("step")) for one in decision.reasons]


def test_the_steps_of_these_tests_are_steps_of_the_ladder_in_this_order():
    ids = [step.id for step in DEMO.steps]
    assert ids.index(LOW) < ids.index(MIDDLE) < ids.index(HIGH)


def test_nothing_reached_asks_for_nothing_and_says_so():
    decision = decide()
    assert decision.step is None
    assert told(decision) == [(NOTHING_REACHED, None)]


def test_an_open_step_is_the_one_to_act_on():
    decision = decide(reached(LOW, OCTOBER))
    assert decision.step == DEMO.step(LOW)
    assert told(decision) == [(HIGHEST_OPEN, LOW)]
    assert decision.reasons[0].params["crossed_on"] == OCTOBER


def test_a_step_that_was_answered_is_silent():
    """What an adult has met asks no more until a higher step is reached."""
    decision = decide(reached(LOW, SEPTEMBER, answered=True))
    assert decision.step is None
    assert told(decision) == [(ALL_ANSWERED, None)]


def test_a_higher_step_starts_again_after_an_answer():
    decision = decide(reached(LOW, SEPTEMBER, answered=True), reached(MIDDLE, OCTOBER))
    assert decision.step == DEMO.step(MIDDLE)
    assert told(decision) == [(HIGHEST_OPEN, MIDDLE)]


def test_the_same_step_in_the_next_window_starts_again():
    decision = decide(reached(LOW, SEPTEMBER, answered=True), reached(LOW, NOVEMBER))
    assert decision.step == DEMO.step(LOW)
    assert decision.reasons[0].params["crossed_on"] == NOVEMBER


def test_a_step_open_in_two_windows_is_asked_once():
    decision = decide(reached(LOW, SEPTEMBER), reached(LOW, NOVEMBER))
    assert decision.step == DEMO.step(LOW)
    assert told(decision) == [(HIGHEST_OPEN, LOW)]


@pytest.mark.parametrize(
    ("ladder", "message"), [(CUMULATIVE, INCLUDES), (BESIDE_EACH_OTHER, BESIDE)]
)
def test_lower_open_steps_are_told_with_the_highest(ladder, message):
    decision = decide(
        reached(HIGH, NOVEMBER),
        reached(LOW, SEPTEMBER),
        reached(MIDDLE, OCTOBER),
        ladder=ladder,
    )
    assert decision.step == DEMO.step(HIGH)
    assert told(decision) == [(HIGHEST_OPEN, HIGH), (message, LOW), (message, MIDDLE)]


def test_the_highest_is_by_the_ladder_not_by_the_day():
    decision = decide(reached(MIDDLE, SEPTEMBER), reached(LOW, NOVEMBER))
    assert decision.step == DEMO.step(MIDDLE)


def test_an_open_lower_step_is_asked_after_the_higher_one_was_answered():
    decision = decide(reached(LOW, SEPTEMBER), reached(MIDDLE, OCTOBER, answered=True))
    assert decision.step == DEMO.step(LOW)


@pytest.mark.parametrize(
    ("on", "is_asked"),
    [(date(2026, 7, 31), False), (date(2026, 8, 1), True), (TODAY, True)],
)
def test_only_this_school_years_steps_count(on, is_asked):
    assert (decide(reached(LOW, on)).step is not None) == is_asked


def test_on_the_first_of_august_the_ladder_begins_anew():
    history = [reached(HIGH, date(2027, 5, 20))]
    assert decide(*history, on=date(2027, 7, 31)).step == DEMO.step(HIGH)
    anew = decide(*history, on=date(2027, 8, 1))
    assert (anew.step, told(anew)) == (None, [(NOTHING_REACHED, None)])


def test_what_is_reached_later_is_not_known_yet():
    assert decide(reached(LOW, NOVEMBER), on=OCTOBER).step is None


def test_a_step_that_the_ladder_no_longer_has_is_passed_over():
    assert decide(reached("s30-of-2020", OCTOBER)).step is None


histories = st.lists(
    st.builds(
        Reached,
        step=st.sampled_from([LOW, MIDDLE, HIGH, "gone"]),
        crossed_on=st.dates(date(2026, 6, 1), date(2026, 12, 31)),
        is_answered=st.booleans(),
    ),
    max_size=6,
)


@given(history=histories, order=st.randoms())
def test_it_asks_only_for_what_is_open_and_in_whatever_order_it_is_told(history, order):
    decision = decide(*history)
    shuffled = list(history)
    order.shuffle(shuffled)
    assert decide(*shuffled) == decision
    if decision.step is None:
        assert len(decision.reasons) == 1
        return
    open_now = [
        one.step
        for one in history
        if not one.is_answered
        and one.step != "gone"
        and date(2026, 8, 1) <= one.crossed_on <= TODAY
    ]
    ids = [step.id for step in DEMO.steps]
    assert decision.step.id == max(open_now, key=ids.index)
    assert {step for _, step in told(decision)} == set(open_now)
