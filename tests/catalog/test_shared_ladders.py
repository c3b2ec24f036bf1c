"""Our ladders say what the collected ladders say: every number, window, role and rule."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import yaml

from koulutie import catalog
from koulutie.core.definitions.base import Level
from koulutie.core.definitions.ladder import Ladder
from koulutie.core.definitions.steps import Step
from koulutie.core.definitions.triggers import (
    Amount,
    Check,
    Event,
    Pair,
    Pattern,
    Range,
    Unresolved,
)
from koulutie.core.marks import ABSENCES

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "ladders"
SKIP_NO_DATA = "the real data are not beside the checkout"
NAMES = sorted(path.stem for path in FOLDER.glob("*.yaml"))
LADDERS = catalog.load().ladders

# How the collection calls a role, and how we do.
ROLES = {
    "homeroom": "homeroom_teacher",
    "special_ed": "special_ed_teacher",
    "kuraattori": "school_social_worker",
    "psychologist": "school_psychologist",
    "nurse": "school_nurse",
    "school_health": "school_health_care",
    "communal_group": "communal_welfare_group",
    "mar": "expert_group",
}
STATUS = {
    None: "not_stated",
    "superseded": "superseded",
    "newer": "newer_copy",
    "old page": "old_page",
}
ACTS = {
    "POL": "basic_education",
    "oppivelvollisuuslaki": "compulsory_education",
    "OHL": "student_welfare",
}

every_ladder = pytest.mark.parametrize(
    "name",
    NAMES or [pytest.param("", marks=pytest.mark.skip(reason=SKIP_NO_DATA))],
)


def stated(name: str) -> dict[str, Any]:
    data = yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))
    assert isinstance(data, dict)
    return data


def pairs(name: str) -> list[tuple[dict[str, Any], Step]]:
    """Return each collected step beside ours of the same id."""
    return [
        (step, LADDERS[name].step(step["id"])) for step in stated(name).get("steps", [])
    ]


def roles(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(ROLES.get(name, name) for name in names)


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def limits(step: Step) -> tuple[object, ...]:
    """Return the step's trigger in the form of `stated_limits`."""
    match step.trigger:
        case Amount() as amount:
            by_level = {level.value: amount.limit(level) for level in Level}
            same = set(by_level.values())
            limit = same.pop() if amount.threshold_by_level is None else by_level
            return (amount.unit.value, amount.op.value, limit)
        case Range() as between:
            return (between.unit.value, "range", [between.from_, between.to])
        case Pair() as pair:
            return ("pair", pair.op.value, pair.quoted)
        case Unresolved() as unresolved:
            return ("days", "unresolved", unresolved.days)
        case Event(count=int(count)):
            return ("events", count)
        case _:
            return ()


def stated_limits(step: dict[str, Any]) -> tuple[object, ...]:
    forms: dict[str, tuple[str, str]] = {
        "threshold_h": ("lesson", step.get("op", "")),
        "by_level": ("lesson", step.get("op", "")),
        "threshold_pct": ("percent", step.get("op", "")),
        "range_h": ("lesson", "range"),
        "threshold_pct_range": ("percent", "range"),
        "threshold_pair": ("pair", step.get("op", "")),
        "threshold_days_unresolved": ("days", "unresolved"),
    }
    for key, form in forms.items():
        if step.get(key) is not None:
            return (*form, step[key])
    if "threshold_events" in step:
        return ("events", step["threshold_events"])
    return ("events", 1) if step.get("trigger") == "absence without notice" else ()


def test_the_whole_collection_is_here() -> None:
    if not NAMES:
        pytest.skip(SKIP_NO_DATA)
    assert len(NAMES) == 19
    assert set(LADDERS) == {*NAMES, "koulutie-demo"}


@every_ladder
def test_steps_and_their_limits(name: str) -> None:
    ours = [
        step.id for step in LADDERS[name].steps if not isinstance(step.trigger, Check)
    ]
    assert ours == [step["id"] for step in stated(name).get("steps", [])]
    for theirs, step in pairs(name):
        assert limits(step) == stated_limits(theirs), step.id


@every_ladder
def test_windows_are_as_stated(name: str) -> None:
    data, ladder = stated(name), LADDERS[name]
    if isinstance(window := data.get("window"), dict):
        assert ladder.window_by_level is not None
        assert ladder.window_by_level.model_dump() == window
    else:
        assert ladder.window == window
    assert ladder.review_window == data.get("review_window")
    assert all(step.window is None for step in ladder.steps)
    assert ladder.run is None  # chosen by a municipality, never by us


@every_ladder
def test_who_is_in_charge_and_who_is_told(name: str) -> None:
    for theirs, step in pairs(name):
        assert step.responsible == roles(theirs.get("responsible", [])), step.id
        assert step.notify == roles(theirs.get("notify", [])), step.id
        by_cause = {k.value: v for k, v in step.add_role_by_cause.items()}
        wanted = theirs.get("add_role_by_cause", {})
        assert by_cause == dict(zip(wanted, roles(wanted.values()), strict=True))
        routes = {k.value: v for k, v in step.routes.items()}
        wanted = theirs.get("route", {})
        assert routes == dict(zip(wanted, roles(wanted.values()), strict=True))
    told = stated(name).get("notify", {})
    ours = {
        f"limits_{n.limits.replace('-', '_')}": n for n in LADDERS[name].notice_limits
    }
    assert {key: notice.notify for key, notice in ours.items()} == {
        key: roles(names) for key, names in told.items()
    }


@every_ladder
def test_what_is_counted(name: str) -> None:
    data, counts = stated(name), LADDERS[name].counts
    if "counts" not in data:
        assert counts is None
        return
    assert counts is not None
    if data["counts"] == ["all"]:
        assert counts.mark_kinds == ABSENCES
    else:
        assert {f"absence_{kind}" for kind in data["counts"]} == counts.mark_kinds
    assert [kind.value for kind in counts.excludes] == [
        f"absence_{kind}" for kind in data.get("excludes", [])
    ]
    has_condition = "excludes_if_no_concern" in data
    assert (counts.excludes_if_no_concern is not None) == has_condition


@every_ladder
def test_each_action_has_its_measure(name: str) -> None:
    for theirs, step in pairs(name):
        actions = theirs.get("actions", [])
        assert bool(step.measures) == bool(actions) or step.id == "unresolved7"
        assert (step.due is not None) == ("due" in theirs), step.id
        assert step.grades == theirs.get("grades"), step.id
        assert len(step.forms) == len(theirs.get("forms", []))
    assert len(LADDERS[name].measures) == len(stated(name).get("actions_known", []))


@every_ladder
def test_source_date_and_status(name: str) -> None:
    data, ladder = stated(name), LADDERS[name]
    assert list(ladder.sources) == as_list(data["source"])
    assert [language.value for language in ladder.languages] == data["language"]
    assert ladder.status.value == STATUS[data.get("status")]
    assert ladder.detail.value == data["detail"]
    begins = data.get("valid_from")
    assert ladder.valid_from == (None if begins is None else str(begins))
    assert ladder.has_cumulative_steps == data.get("cumulative_steps", False)
    tool = data.get("tool", "")
    assert (ladder.tool.name if ladder.tool else "") == tool.split(" since ")[0]
    assert (ladder.tool.since if ladder.tool else None) == (
        tool.partition(" since ")[2] or None
    )


@every_ladder
def test_rules_beside_the_steps(name: str) -> None:
    data, ladder = stated(name), LADDERS[name]
    leave = ladder.leave.model_dump(exclude_defaults=True) if ladder.leave else None
    assert leave == data.get("leave")
    basis = [tuple(words.split()) for words in data.get("basis", [])]
    assert [(b.act.value, b.section) for b in ladder.basis] == [
        (ACTS[act], section) for act, section in basis
    ]
    stop = data.get("stop_rule")
    assert (ladder.stop_rule is None) == (stop is None)
    if ladder.stop_rule and stop:
        assert ladder.stop_rule.even_at_lessons == stop["even_at_h"]
        assert len(ladder.stop_rule.reasons) == len(stop["if"])
    escalation = ladder.escalation.conditions if ladder.escalation else ()
    assert len(escalation) == len(data.get("escalate_if", []))
    for ours, key in (
        (ladder.other_triggers, "other_triggers"),
        (ladder.rules, "rules"),
        (ladder.terms, "definitions"),
        (ladder.partners, "external_partners"),
    ):
        assert len(ours) == len(data.get(key, [])), key
    assert (ladder.consultation is not None) == ("consult" in data)
    assert len(ladder.signs) >= len(data.get("patterns", []))
    if "note" in data or "notes" in data:
        assert ladder.notes


@every_ladder
def test_reports_without_a_step(name: str) -> None:
    data, ladder = stated(name), LADDERS[name]
    reports = {report.when.value: report for report in ladder.reports}
    wanted = {
        "monthly": "monthly_summary_to",
        "at_limits": "automatic_report_h",
        "on_check_dates": "reminder",
    }
    assert set(reports) == {when for when, key in wanted.items() if key in data}
    if "automatic_report_h" in data:
        assert list(reports["at_limits"].limits_lessons) == data["automatic_report_h"]
        assert reports["at_limits"].to == roles(data["report_to"])
    if "monthly_summary_to" in data:
        assert reports["monthly"].to == roles(data["monthly_summary_to"])


@every_ladder
def test_check_dates_with_totals_and_additions(name: str) -> None:
    measures = {
        "total >= 50": ("total", "gte", 50),
        "added since last check >= 50": ("added_since_last_check", "gte", 50),
    }
    wanted = [
        (check["date"], check["grades"], *measures[check["rule"]])
        for check in stated(name).get("check_dates", [])
    ]
    ours = [
        (c.date, step.grades, c.measure.value, c.op.value, c.threshold)
        for step in LADDERS[name].steps
        if isinstance(c := step.trigger, Check)
    ]
    assert ours == wanted


@every_ladder
def test_percent_examples(name: str) -> None:
    for theirs, step in pairs(name):
        ours = {example.window: example.lessons for example in step.examples}
        assert ours == theirs.get("example_h_30wk", {})
        assert all(example.weekly_lessons == 30 for example in step.examples)


def test_patterns_of_tuusula_name_where_they_look() -> None:
    by = {
        step.id: [where.value for where in step.trigger.by]
        for step in LADDERS["tuusula-old"].steps
        if isinstance(step.trigger, Pattern)
    }
    assert by == {"pattern": ["weekday"], "sec": ["subject", "weekday"]}


RUNNABLE: dict[str, list[str]] = {
    "kemi": ["unresolved7"],
    "koulu-kaikille": ["intervene", "back_to_school"],
    "peda-50h-term": ["s50"],
    "tampere-new": ["p5", "p10", "p20"],
    "turku-new": ["s50", "s100"],
    "tuusula-old": ["check-11-01", "check-03-01"],
}


@pytest.mark.parametrize("name", sorted(set(LADDERS) - {"koulutie-demo"}))
def test_only_what_the_source_fully_says_is_run(name: str) -> None:
    ladder: Ladder = LADDERS[name]
    assert [step.id for step in ladder.runnable_steps] == RUNNABLE.get(name, [])
    others = {step.id for step in ladder.steps} - set(RUNNABLE.get(name, []))
    assert set(ladder.why_not_runnable) == others
