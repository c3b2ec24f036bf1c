"""What ladders and indicators answer to those who run them."""

from __future__ import annotations

import pytest

from koulutie.core.calendar import Window
from koulutie.core.definitions import Indicator, Ladder, parse_indicator, parse_ladder
from koulutie.core.definitions.base import Level, LocalText, check_window
from koulutie.core.definitions.triggers import Amount
from koulutie.core.marks import ABSENCES, Kind

HEAD = """\
id: x
version: 1
title: {fi: f, sv: s, en: e}
owner: office
reviewed_on: 2026-11-24
review_by: 2027-08-01
sources: [law]
"""
T = "title: {fi: f, sv: s, en: e}"
P, L = Level.PRIMARY, Level.LOWER_SECONDARY


def ladder(
    steps: str, rest: str = "window: school_year\ncounts: {kinds: [absences]}"
) -> Ladder:
    text = f"{HEAD}municipality: M\nlanguages: [fi]\nstatus: in_force\ndetail: full\n"
    return parse_ladder(f"{text}{rest}\nsteps:\n{steps}\n", where="x.yaml")


def amount(step: str = "s", unit: str = "lesson", limit: str = "threshold: 30") -> str:
    return f"  - {{id: {step}, {T}, trigger: {{type: amount, unit: {unit}, op: gte, {limit}}}}}"


def reasons(one: Ladder) -> list[str]:
    return [str(gap) for gap in one.why_not_runnable.get("s", ())]


def test_a_limit_may_differ_by_level() -> None:
    limit = "threshold_by_level: {primary: 30, lower_secondary: 40}"
    trigger = ladder(amount(limit=limit)).step("s").trigger
    assert isinstance(trigger, Amount)
    assert (trigger.limit(P), trigger.limit(L)) == (30, 40)


def test_an_unknown_window_waits_for_the_municipality() -> None:
    counts = "counts: {kinds: [absences]}"
    unknown = ladder(amount(), f"window: unknown\n{counts}")
    assert reasons(unknown) == [
        (
            "The source does not say over which time absences are added up. The municipality "
            "chooses a window in run."
        )
    ]
    assert unknown.window_for(unknown.step("s"), level=P) is None
    run = "run: {window: term, chosen_by: board, chosen_on: 2026-08-01}"
    chosen = ladder(amount(), f"window: unknown\n{counts}\n{run}")
    assert reasons(chosen) == []
    assert chosen.window_for(chosen.step("s"), level=P) == "term"
    assert chosen.stated_window(chosen.step("s"), level=P) == "unknown"


def test_a_choice_never_overrules_what_the_source_says() -> None:
    run = "run: {window: term, due_school_days: 9, responsible: [a], kinds: [lates], chosen_by: board, chosen_on: 2026-08-01}"
    one = ladder(
        amount().replace("trigger", "due: {school_days: 3}, responsible: [b], trigger"),
        f"window: school_year\ncounts: {{kinds: [absences]}}\n{run}",
    )
    step = one.step("s")
    assert one.window_for(step, level=L) == "school_year"
    assert one.kinds_for(step) == ABSENCES
    assert one.due_school_days(step) == 3
    assert one.responsible_for(step) == ("b",)


def test_windows_by_level_are_asked_only_for_the_steps_grades() -> None:
    rest = (
        "window_by_level: {primary: continuous, lower_secondary: study_period}\n"
        "counts: {kinds: [absences]}"
    )
    both = ladder(amount(), rest)
    assert reasons(both) == [
        (
            "The source says that absences are followed all the time, which is no window. The "
            "municipality chooses one in run."
        )
    ]
    older = ladder(amount().replace("{id: s,", "{id: s, grades: 7-9,"), rest)
    assert reasons(older) == []
    assert older.window_for(older.step("s"), level=L) == "study_period"
    assert [older.step("s").concerns(grade) for grade in (6, 7, 9)] == [
        False,
        True,
        True,
    ]


def test_percentages_are_looked_at_in_the_review_window() -> None:
    rest = "window: school_year\nreview_window: term\ncounts: {kinds: [absences]}"
    one = ladder(f"{amount('h')}\n{amount('p', unit='percent')}", rest)
    assert one.window_for(one.step("h"), level=P) == "school_year"
    assert one.window_for(one.step("p"), level=P) == "term"


def test_kinds_that_are_not_stated_are_not_guessed() -> None:
    assert reasons(ladder(amount(), "window: term")) == [
        (
            "The source does not say which absences are counted. The municipality chooses "
            "them in run."
        )
    ]
    run = "run: {kinds: [absence_health], chosen_by: board, chosen_on: 2026-08-01}"
    chosen = ladder(amount(), f"window: term\n{run}")
    assert reasons(chosen) == []
    assert chosen.kinds_for(chosen.step("s")) == {Kind.HEALTH}


def test_what_an_adult_must_judge_is_not_run() -> None:
    counts = "counts: {kinds: [absence_unauthorised], judged: [{fi: huoli, sv: oro, en: concern}]}"
    (reason,) = reasons(ladder(amount(), f"window: term\n{counts}"))
    assert reason == "The step also counts absences that only an adult can tell apart."


def test_excluded_kinds_are_taken_away_from_a_group() -> None:
    counts = "counts: {kinds: [absences, lates], excludes: [absence_health, late_long]}"
    one = ladder(amount(), f"window: term\n{counts}")
    assert one.kinds_for(one.step("s")) == ABSENCES - {Kind.HEALTH} | {Kind.LATE_SHORT}


@pytest.mark.parametrize(
    ("trigger", "is_runnable"),
    [
        ("{type: range, unit: lesson, from: 0, to: 50}", False),
        ("{type: range, unit: lesson, from: 50, to: 100}", True),
        ("{type: pair, quoted: 17/30, op: gte}", False),
        ("{type: event, event: {fi: a, sv: b, en: c}, count: 1}", False),
        ("{type: event, event: {fi: a, sv: b, en: c}, kinds: [lates]}", False),
        ("{type: event, event: {fi: a, sv: b, en: c}, kinds: [lates], count: 5}", True),
        ("{type: unresolved, days: 7}", True),
        ("{type: pattern, by: [weekday]}", False),
        ("{type: pattern, by: [teacher], minimum_count: 4, minimum_share: 0.5}", True),
        (
            "{type: check, date: 11-01, measure: total, unit: lesson, op: gt, threshold: 9}",
            True,
        ),
    ],
)
def test_a_trigger_says_whether_it_says_enough(trigger: str, is_runnable: bool) -> None:
    one = ladder(f"  - {{id: s, {T}, trigger: {trigger}}}")
    assert one.step("s").is_runnable is is_runnable
    assert bool(reasons(one)) is not is_runnable


def test_a_step_without_a_limit_is_left_to_adults() -> None:
    one = ladder(f"  - {{id: s, {T}}}")
    assert reasons(one) == [
        "The step has no limit: it is everyday work, or an adult judges when it is reached."
    ]
    with pytest.raises(KeyError):
        one.step("t")


def test_waiting_for_a_cause_needs_no_window() -> None:
    one = ladder(
        f"  - {{id: s, {T}, trigger: {{type: unresolved, days: 7}}}}", "window: unknown"
    )
    assert reasons(one) == []


def test_at_once_is_no_school_day_later() -> None:
    one = ladder(amount().replace("trigger", "due: {at_once: true}, trigger"))
    assert one.due_school_days(one.step("s")) == 0
    unsaid = ladder(amount())
    assert unsaid.due_school_days(unsaid.step("s")) is None


def test_percent_steps_have_a_minimum_of_offered_lessons() -> None:
    limit = "threshold: 10, minimum_offered_lessons: 150"
    own = ladder(amount(unit="percent", limit=limit))
    assert own.minimum_offered_lessons(own.step("s")) == 150
    rest = "window: term\ncounts: {kinds: [absences]}\nrun: {minimum_offered_lessons: 90, chosen_by: b, chosen_on: 2026-08-01}"
    chosen = ladder(amount(unit="percent", limit="threshold: 10"), rest)
    assert chosen.minimum_offered_lessons(chosen.step("s")) == 90


def indicator() -> Indicator:
    labels = "\n".join(
        f"  - {{id: {name}, at: {at}, {T}, explanation: {{fi: f, sv: s, en: e}}}}"
        for name, at in (("chronic", 10), ("severe", 20))
    )
    text = f"""{HEAD}why_it_matters: {{fi: f, sv: s, en: e}}
how_to_read: {{fi: f, sv: s, en: e}}
unit: percent
direction: lower_is_better
numerator: {{count: lessons, where: {{kinds: [absence_health, lates]}}}}
denominator: {{count: lessons, where: {{kinds: [absences]}}}}
windows: [school_year, "rolling:20"]
labels:
{labels}
"""
    return parse_indicator(text, where="x.yaml")


@pytest.mark.parametrize(
    ("value", "label"),
    [(None, None), (9.99, None), (10, "chronic"), (19.9, "chronic"), (20, "severe")],
)
def test_a_label_begins_at_its_limit(value: float | None, label: str | None) -> None:
    found = indicator().label_for(value)
    assert (found.id if found else None) == label


def test_group_names_stand_for_their_kinds() -> None:
    one = indicator()
    assert one.numerator.kinds == {Kind.HEALTH, Kind.LATE_SHORT, Kind.LATE_LONG}
    assert one.denominator is not None
    assert one.denominator.kinds == ABSENCES
    assert one.minimum_denominator == 0


def test_a_text_is_read_in_the_language_asked_for() -> None:
    text = LocalText(fi="läsnä", sv="närvarande", en="present")
    read = [text.in_language(language) for language in ("fi", "sv", "en", "de")]
    assert read == ["läsnä", "närvarande", "present", "present"]


@pytest.mark.parametrize(
    "window",
    [
        "school_year",
        "term",
        "study_period",
        "rolling:1",
        "rolling:999",
        "check_date:11-01",
    ],
)
def test_an_accepted_window_is_one_that_the_calendar_runs(window: str) -> None:
    assert str(Window.parse(check_window(window))) == window
