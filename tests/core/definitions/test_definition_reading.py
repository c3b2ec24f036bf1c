"""A wrong file says file, line, key and what was expected, for everything wrong in it."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from koulutie.core.definitions import (
    KINDS,
    Definition,
    DefinitionProblems,
    parse_indicator,
    parse_ladder,
    parse_mark_kinds,
    parse_profile,
    parse_retention,
    parse_roles,
    schema,
)
from koulutie.core.definitions.roles import Action
from koulutie.core.errors import DefinitionError

HEAD = """\
id: {id}
version: 1
title: {{fi: f, sv: s, en: e}}
owner: office
reviewed_on: 2026-11-24
review_by: 2027-08-01
sources: [law]
"""
LADDER = (
    HEAD.format(id="town")
    + """\
municipality: Town
languages: [fi]
status: in_force
detail: full
window: school_year
counts: {kinds: [absences]}
steps:
  - id: s30
    title: {fi: f, sv: s, en: e}
    trigger: {type: amount, unit: lesson, op: gte, threshold: 30}
"""
)
INDICATOR = (
    HEAD.format(id="rate")
    + """\
why_it_matters: {fi: f, sv: s, en: e}
how_to_read: {fi: f, sv: s, en: e}
unit: percent
direction: lower_is_better
numerator: {count: lessons, where: {kinds: [absences]}}
denominator: {count: offered}
windows: [school_year]
minimum_denominator: 60
"""
)
PROFILE = """\
id: town
version: 1
title: {fi: f, sv: s, en: e}
description: {fi: f, sv: s, en: e}
format: delimited
rows: marks
source_db: primus
columns: {Pupil: pupil_key, Day: date, Type: type_name}
"""
ROLES = (
    HEAD.format(id="roles")
    + """\
roles:
  - id: coach
    title: {fi: f, sv: s, en: e}
    description: {fi: f, sv: s, en: e}
    scopes: [school]
    permissions:
      - {action: view_school, purposes: [coaching], fields: [counts]}
parties:
  - {id: helper, title: {fi: f, sv: s, en: e}, carried_by: [coach]}
"""
)
RETENTION = (
    HEAD.format(id="retention")
    + """\
rules:
  - id: pupil
    title: {fi: f, sv: s, en: e}
    description: {fi: f, sv: s, en: e}
    counted_from: leaving
    months: 24
    basis: {fi: f, sv: s, en: e}
    purpose: {fi: f, sv: s, en: e}
    law: {fi: f, sv: s, en: e}
    subjects: {fi: f, sv: s, en: e}
"""
)
KIND = """\
  - kind: info
    title: {fi: f, sv: s, en: e}
    description: {fi: f, sv: s, en: e}
    counts_as_lesson: 0
    is_absence: false
    needs_clearing: false
    is_sensitive: false
"""
PARSE: dict[str, Callable[..., Definition]] = {
    LADDER: parse_ladder,
    INDICATOR: parse_indicator,
    PROFILE: parse_profile,
    ROLES: parse_roles,
    RETENTION: parse_retention,
}

# (whole file, what is replaced, by what, the sentence after the file's name)
BROKEN = [
    (
        LADDER,
        "threshold: 30",
        "treshold: 30",
        (
            "line 17, steps[1].trigger.treshold: this key is not known here. Did you mean "
            "threshold? Expected one of: type, unit, op, threshold, threshold_by_level, "
            "minimum_offered_lessons."
        ),
    ),
    (
        LADDER,
        "threshold: 30",
        "threshold: thirty",
        (
            "line 17, steps[1].trigger.threshold: found “thirty”. Expected a number, with a "
            "point for decimals."
        ),
    ),
    (
        LADDER,
        "threshold: 30",
        "threshold: 30,5",
        (
            "line 17, steps[1].trigger.5: this key is not known here. Expected one of: type, "
            "unit, op, threshold, threshold_by_level, minimum_offered_lessons."
        ),
    ),
    (
        LADDER,
        "threshold: 30",
        "threshold: 0",
        "line 17, steps[1].trigger.threshold: found “0”. Expected more than 0.",
    ),
    (
        LADDER,
        "threshold: 30",
        "threshold: nan",
        (
            "line 17, steps[1].trigger.threshold: found “nan”. Expected a number, with a point "
            "for decimals."
        ),
    ),
    (
        LADDER,
        ", threshold: 30",
        "",
        (
            "line 17, steps[1].trigger: found no limit or two. Expected either threshold or "
            "threshold_by_level."
        ),
    ),
    (
        LADDER,
        "op: gte",
        "op: over",
        "line 17, steps[1].trigger.op: found “over”. Expected one of: gte, gt.",
    ),
    (
        LADDER,
        "type: amount",
        "type: amounts",
        (
            "line 17, steps[1].trigger: found “amounts”. Expected one of: amount, check, "
            "event, pair, pattern, range, unresolved."
        ),
    ),
    (
        LADDER,
        "type: amount, ",
        "",
        (
            "line 17, steps[1].trigger: the key type is missing. Expected one of: amount, "
            "check, event, pair, pattern, range, unresolved."
        ),
    ),
    (
        LADDER,
        "{type: amount, unit: lesson, op: gte, threshold: 30}",
        "{type: check, date: 02-30, measure: total, unit: lesson, op: gte, threshold: 50}",
        "line 17, steps[1].trigger.date: 02-30 is not a day of the year. Expected MM-DD.",
    ),
    (
        LADDER,
        "{type: amount, unit: lesson, op: gte, threshold: 30}",
        "{type: range, unit: percent, from: 10, to: 5}",
        "line 17, steps[1].trigger: from is not below to. Expected the lower limit in from.",
    ),
    (
        LADDER,
        "{fi: f, sv: s, en: e}\n    trigger",
        "{fi: f, en: e}\n    trigger",
        (
            "line 16: the key steps[1].title.sv is missing. Expected: the text in Swedish; all "
            "three languages are required."
        ),
    ),
    (
        LADDER,
        "{fi: f, sv: s, en: e}\n    trigger",
        "{fi: f, sv: '', en: e}\n    trigger",
        (
            "line 16, steps[1].title.sv: the value is empty. Expected: the text in Swedish; all "
            "three languages are required."
        ),
    ),
    (
        LADDER,
        "{fi: f, sv: s, en: e}\n    trigger",
        "Over thirty\n    trigger",
        (
            "line 16, steps[1].title: found “Over thirty”. Expected keys with values: fi, sv, "
            "en."
        ),
    ),
    (
        LADDER,
        "languages: [fi]",
        "languages: fi",
        "line 9, languages: found “fi”. Expected a list.",
    ),
    (
        LADDER,
        "languages: [fi]",
        "languages: []",
        "line 9, languages: the list is empty. Expected at least one item.",
    ),
    (
        LADDER,
        "languages: [fi]",
        "languages: [fi, se]",
        "line 9, languages[2]: found “se”. Expected one of: fi, sv, en.",
    ),
    (
        LADDER,
        "window: school_year",
        "window: year",
        (
            "line 12, window: year is not a window. Expected school_year, term, study_period, "
            "rolling:N, continuous or unknown."
        ),
    ),
    (
        LADDER,
        "detail: full",
        "detail: full\nvalid_from: 8/2020",
        (
            "line 12, valid_from: 8/2020 is not a date. Expected YYYY-MM-DD, or YYYY-MM where "
            "only the month is known."
        ),
    ),
    (
        LADDER,
        "  - id: s30",
        "  - id: s30\n    grades: 9-7",
        (
            "line 16, steps[1].grades: 9-7 are no grades. Expected one grade, such as 7, or the "
            "first and the last, such as 1-6."
        ),
    ),
    (
        LADDER,
        "  - id: s30",
        "  - id: S 30",
        (
            "line 15, steps[1].id: S 30 cannot be an id. Expected small letters a-z, digits, _ "
            "and -, beginning with a letter."
        ),
    ),
    (
        LADDER,
        "  - id: s30",
        "  - {id: s30, title: {fi: f, sv: s, en: e}}\n  - id: s30",
        "line 1, -: stands more than once: s30. Expected each step once.",
    ),
    (
        LADDER,
        "  - id: s30",
        (
            "  - id: s30\n    due: {text: {fi: f, sv: s, en: e}, "
            "school_days: 3, at_once: true}"
        ),
        (
            "line 16, steps[1].due: the time is not clear. Expected school_days or at_once, and "
            "text where the source says it in words."
        ),
    ),
    (
        LADDER,
        "  - id: s30",
        "  - id: s30\n    due: {school_days: 0}",
        "line 16, steps[1].due.school_days: found “0”. Expected at least 1.",
    ),
    (
        LADDER,
        "  - id: s30",
        "  - id: s30\n    due: {at_once: perhaps}",
        "line 16, steps[1].due.at_once: found “perhaps”. Expected true or false.",
    ),
    (
        LADDER,
        "window: school_year",
        "window: school_year\nwindow_by_level: {primary: term, lower_secondary: term}",
        "line 1, -: found two windows. Expected either window or window_by_level.",
    ),
    (
        LADDER,
        "kinds: [absences]",
        "kinds: [absence]",
        (
            "line 13, counts.kinds[1]: found “absence”. Expected one of: absences, lates, "
            "absence_health, absence_preapproved, absence_other_explained, "
            "absence_unauthorised, absence_unresolved, late_short, late_long, left_area, "
            "removed, present_elsewhere, feedback_positive, feedback_corrective, info, "
            "support, ignore."
        ),
    ),
    (
        LADDER,
        "municipality: Town",
        "municipality: Town\nmunicipality: City",
        (
            "line 9, municipality: this key stands here twice, first on line 8. Expected it "
            "once."
        ),
    ),
    (
        LADDER,
        "owner: office",
        "owner: *office",
        "line 4: aliases (*name) are not used in definitions. Expected the value itself.",
    ),
    (
        LADDER,
        "owner: office",
        "owner: !!python/name:os.system office",
        (
            "line 4, owner: the tag tag:yaml.org,2002:python/name:os.system is not used in "
            "definitions. Expected the value without a tag."
        ),
    ),
    (
        LADDER,
        "owner: office",
        "owner: office: two",
        (
            "line 4: this is not YAML (mapping values are not allowed here). Expected a key, a "
            "colon, a space and a value, indented with spaces."
        ),
    ),
    (
        LADDER,
        "owner: office",
        "\towner: office",
        (
            "line 4: this is not YAML (found character '\\t' that cannot start any token). "
            "Expected a key, a colon, a space and a value, indented with spaces."
        ),
    ),
    (
        LADDER,
        "owner: office",
        "owner: [office]",
        "line 4, owner: found keys or a list. Expected one text.",
    ),
    (
        LADDER,
        "owner: office\n",
        "",
        (
            "line 1: the key owner is missing. Expected: The office or working group that "
            "answers for it."
        ),
    ),
    (
        LADDER,
        "reviewed_on: 2026-11-24",
        "reviewed_on: 24.11.2026",
        "line 5, reviewed_on: found “24.11.2026”. Expected a date of the form YYYY-MM-DD.",
    ),
    (
        LADDER,
        "version: 1",
        "version: 1.5",
        "line 2, version: found “1.5”. Expected a whole number.",
    ),
    (
        LADDER,
        "version: 1",
        "version: 0",
        "line 2, version: found “0”. Expected at least 1.",
    ),
    (
        LADDER,
        "review_by: 2027-08-01",
        "review_by: 2025-08-01",
        "line 1, -: review_by is not after reviewed_on. Expected a later day.",
    ),
    (
        INDICATOR,
        "count: lessons",
        "count: lessons, by: weekday",
        (
            "line 12, numerator: by and count do not go together. Expected by (weekday, "
            "subject, time_of_day) with count: concentration, and only there."
        ),
    ),
    (
        INDICATOR,
        "unit: percent",
        "unit: lessons",
        (
            "line 1, -: unit and denominator do not go together. Expected unit: percent exactly "
            "where there is a denominator or a concentration, which brings its own."
        ),
    ),
    (
        INDICATOR,
        "{count: offered}",
        "{count: lessons}",
        (
            "line 13, denominator: where and count do not go together. Expected where with "
            "lessons, marks and blocks, and only there."
        ),
    ),
    (
        INDICATOR,
        "minimum_denominator: 60",
        "minimum_count: 5",
        (
            "line 1, -: a minimum stands where nothing is divided. Expected minimum_denominator "
            "with a denominator, and minimum_count with a concentration."
        ),
    ),
    (
        INDICATOR,
        "windows: [school_year]",
        "windows: ['rolling:0']",
        (
            "line 14, windows[1]: rolling:0 is not a window. Expected school_year, term, "
            "study_period, rolling:N (N school days) or check_date:MM-DD."
        ),
    ),
    (
        INDICATOR,
        "minimum_denominator: 60",
        """\
labels:
  - {id: b, at: 20, title: {fi: f, sv: s, en: e}, explanation: {fi: f, sv: s, en: e}}
  - {id: a, at: 10, title: {fi: f, sv: s, en: e}, explanation: {fi: f, sv: s, en: e}}
""",
        (
            "line 1, -: the labels' limits are not in order. Expected the lowest first, each "
            "once."
        ),
    ),
    (
        PROFILE,
        "pupil_key",
        "pupil",
        (
            "line 1, -: no such field for marks: pupil. Expected some of: source_mark_id, "
            "pupil_key, school_number, class_code, date, start_minute, end_minute, lesson_no, "
            "minutes, group_code, subject_code, teacher_code, type_key, type_name, is_cleared, "
            "version_at."
        ),
    ),
    (
        PROFILE,
        "Pupil: pupil_key, ",
        "",
        (
            "line 1, -: marks cannot be read without: pupil_key. Expected a column or a "
            "constant for each."
        ),
    ),
    (
        PROFILE,
        "source_db: primus",
        "source_db: primus\nconstants: {date: 2026-01-01}",
        (
            "line 1, -: filled from more than one place: date. Expected one column or one "
            "constant for each field."
        ),
    ),
    (
        PROFILE,
        "source_db: primus",
        "source_db: primus\nheader: [Pupil, Date, Type]",
        (
            "line 1, -: these columns are not in header: Day. Expected the names given in "
            "header."
        ),
    ),
    (
        PROFILE,
        "source_db: primus",
        "source_db: primus\nseparator: ';;'",
        "line 8, separator: found “;;”. Expected one of: auto, ;, ,, tab, |.",
    ),
    (
        PROFILE,
        "source_db: primus",
        "source_db: primus\ndecimal_mark: comma",
        "line 8, decimal_mark: found “comma”. Expected one of: ., ,.",
    ),
    (
        PROFILE,
        "columns: {Pupil: pupil_key, Day: date, Type: type_name}",
        "columns: [a]",
        "line 8, columns: found a list. Expected keys with values.",
    ),
    (
        ROLES,
        "view_school",
        "view_everything",
        (
            "line 14, roles[1].permissions[1].action: found “view_everything”. Expected one "
            f"of: {', '.join(Action)}."
        ),
    ),
    (
        ROLES,
        "fields: [counts]",
        "fields: [counts], scopes: [pupil]",
        (
            "line 9, roles[1]: a permission names scopes that the role cannot have: pupil. "
            "Expected some of the role's scopes."
        ),
    ),
    (
        ROLES,
        "carried_by: [coach]",
        "carried_by: [trainer]",
        (
            "line 1, -: carried_by names roles that are not here: trainer. Expected ids of "
            "roles in this file."
        ),
    ),
    (
        ROLES,
        "id: helper",
        "id: coach",
        "line 1, -: stands more than once: coach. Expected each once.",
    ),
    (
        RETENTION,
        "    months: 24\n",
        "",
        (
            "line 9, rules[1]: months and counted_from do not go together. Expected months "
            "everywhere but with counted_from: never."
        ),
    ),
]


def sentences(error: DefinitionProblems, *, where: str) -> list[str]:
    """Return the problems without the file's name, which each begins with."""
    texts = [str(problem) for problem in error.problems]
    assert all(text.startswith(f"{where}, ") for text in texts)
    return [text.removeprefix(f"{where}, ") for text in texts]


@pytest.mark.parametrize("text", PARSE)
def test_the_unbroken_files_are_good(text: str) -> None:
    definition = PARSE[text](text, where="x.yaml")
    assert isinstance(definition, Definition)
    assert definition.version == 1


@pytest.mark.parametrize(
    ("text", "old", "new", "sentence"), BROKEN, ids=range(len(BROKEN))
)
def test_a_broken_file_gets_its_sentence(
    text: str, old: str, new: str, sentence: str
) -> None:
    assert old in text
    with pytest.raises(DefinitionProblems) as caught:
        PARSE[text](text.replace(old, new, 1), where="town/x.yaml")
    assert sentences(caught.value, where="town/x.yaml") == [sentence]


def test_kinds_must_all_be_there_and_agree_with_the_core() -> None:
    text = HEAD.format(id="mark_kinds") + "kinds:\n" + KIND
    with pytest.raises(DefinitionProblems) as caught:
        parse_mark_kinds(text, where="x.yaml")
    (sentence,) = sentences(caught.value, where="x.yaml")
    assert sentence.startswith("line 1, -: these kinds do not stand here exactly once:")
    assert "absence_health" in sentence
    assert " info" not in sentence

    wrong = text.replace("is_absence: false", "is_absence: true")
    with pytest.raises(DefinitionProblems) as caught:
        parse_mark_kinds(wrong, where="x.yaml")
    assert sentences(caught.value, where="x.yaml") == [
        (
            "line 9, kinds[1]: is_absence does not fit info. Expected true for the five "
            "national absence classes, else false."
        )
    ]

    wrong = text.replace("counts_as_lesson: 0", "counts_as_lesson: 1")
    with pytest.raises(DefinitionProblems) as caught:
        parse_mark_kinds(wrong, where="x.yaml")
    assert sentences(caught.value, where="x.yaml") == [
        (
            "line 9, kinds[1]: counts_as_lesson does not fit info. Expected 1 for absences "
            "and 0 for all else."
        )
    ]


def test_every_problem_is_told_in_the_order_of_lines() -> None:
    text = LADDER.replace("version: 1", "version: x").replace("op: gte", "op: ge")
    text = text.replace("languages: [fi]", "languages: [fi]\nlanguages: [sv]")
    text += "colour: red\n"
    with pytest.raises(DefinitionProblems) as caught:
        parse_ladder(text, where="x.yaml")
    told = [(p.params["line"], p.params["key"]) for p in caught.value.problems]
    assert told == [
        (2, "version"),
        (10, "languages"),
        (18, "steps[1].trigger.op"),
        (19, "colour"),
    ]
    assert all(
        isinstance(problem, DefinitionError) for problem in caught.value.problems
    )
    assert "Places to correct: 4." in str(caught.value)


@pytest.mark.parametrize("text", ["", "# only a remark\n"])
def test_an_empty_file_lacks_every_key(text: str) -> None:
    with pytest.raises(DefinitionProblems) as caught:
        parse_ladder(text, where="x.yaml")
    keys = [problem.params["key"] for problem in caught.value.problems]
    assert keys[:4] == ["id", "version", "title", "owner"]


@pytest.mark.parametrize("text", ["just words", "- a\n- list\n"])
def test_a_file_without_keys_says_which_it_needs(text: str) -> None:
    with pytest.raises(DefinitionProblems) as caught:
        parse_ladder(text, where="x.yaml")
    (sentence,) = sentences(caught.value, where="x.yaml")
    assert "Expected keys with values: id, version, title" in sentence


@pytest.mark.parametrize("text", ["[" * 5000, "a: \x00", "a: 1\n---\nb: 2\n"])
def test_a_hostile_file_is_one_problem(text: str) -> None:
    with pytest.raises(DefinitionProblems) as caught:
        parse_ladder(text, where="x.yaml")
    assert len(caught.value.problems) == 1
    assert str(caught.value.problems[0]).startswith("x.yaml")


def test_words_that_yaml_takes_for_truth_stay_words() -> None:
    text = LADDER.replace(
        "{fi: f, sv: s, en: e}\nowner", "{fi: no, sv: on, en: 007}\nowner"
    )
    title = parse_ladder(text, where="x.yaml").title
    assert (title.fi, title.sv, title.en) == ("no", "on", "007")


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_a_schema_for_editors(kind: str) -> None:
    described = schema(kind)
    assert described["additionalProperties"] is False
    text = json.dumps(described)
    parts = json.loads(text)["$defs"]
    for field in json.loads(text)["properties"].values():
        own = parts.get(field.get("$ref", "").removeprefix("#/$defs/"), {})
        assert "description" in field or "description" in own


def test_the_hash_follows_the_meaning_and_not_the_wording() -> None:
    first = parse_ladder(LADDER, where="x.yaml").hash
    reworded = LADDER.replace("fi: f", "fi: uusi sana").replace("office", "bureau")
    assert parse_ladder(reworded, where="x.yaml").hash == first
    assert (
        parse_ladder(LADDER.replace("version: 1", "version: 2"), where="x").hash
        == first
    )
    said = LADDER.replace(
        "threshold: 30", "threshold: 30.0, minimum_offered_lessons: 0"
    )
    assert parse_ladder(said, where="x.yaml").hash == first
    for old, new in (("gte", "gt"), ("30", "31"), ("[absences]", "[absence_health]")):
        changed = parse_ladder(LADDER.replace(old, new), where="x.yaml").hash
        assert changed != first
    assert len(first) == 64


def test_a_definition_cannot_be_changed() -> None:
    ladder = parse_ladder(LADDER, where="x.yaml")
    with pytest.raises(ValueError, match="frozen"):
        ladder.version = 2  # type: ignore[misc]  # that is what is tested
