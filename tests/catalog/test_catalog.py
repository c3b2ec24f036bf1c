"""The catalog reads all folders, the municipality's win, and a bad file stops the start."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from koulutie import catalog
from koulutie.core.definitions import Definition, DefinitionProblems, LocalText
from koulutie.core.definitions.base import Part

PRODUCT = sorted(catalog.PRODUCT.rglob("*.yaml"))
CATALOG = catalog.load()
NEEDED = {
    *("absence_lessons", "absence_health_lessons", "absence_preapproved_lessons"),
    *("absence_other_explained_lessons", "absence_unauthorised_lessons"),
    *("absence_unresolved_lessons", "absence_rate", "unauthorised_rate"),
    *("unresolved_share", "unresolved_days", "late_marks", "absence_days"),
    *("chronic_absence", "feedback_positive", "feedback_corrective"),
    *("feedback_balance", "absence_streak", "weekday_concentration"),
    *("subject_concentration", "time_of_day_concentration", "left_or_removed"),
}


def test_every_file_of_the_product_is_in_force() -> None:
    assert catalog.problems() == []
    loaded = {
        CATALOG.mark_kinds.id,
        CATALOG.roles.id,
        CATALOG.retention.id,
        CATALOG.facts_columns.id,
        CATALOG.note_types.id,
        CATALOG.word_list.id,
        CATALOG.lesson_grids.id,
        *CATALOG.indicators,
        *CATALOG.ladders,
        *CATALOG.profiles,
    }
    assert loaded == {path.stem for path in PRODUCT}
    assert set(CATALOG.indicators) >= NEEDED
    assert set(CATALOG.profiles) == {
        "own-csv",
        "own-offered",
        "own-roster",
        "primusquery-semicolon",
    }


@pytest.mark.parametrize("path", PRODUCT, ids=lambda path: path.stem)
def test_no_file_uses_what_editors_hide(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert "\t" not in text
    assert "\r" not in text
    assert text.endswith("\n")
    assert all(line == line.rstrip() for line in text.splitlines())


def texts(part: object) -> list[LocalText]:
    """Return every text in three languages inside a definition."""
    if isinstance(part, LocalText):
        return [part]
    if isinstance(part, Part):
        fields = type(part).model_fields
        return [text for name in fields for text in texts(getattr(part, name))]
    if isinstance(part, tuple):
        return [text for item in part for text in texts(item)]
    return []


def definitions() -> list[Definition]:
    return [*CATALOG.reviewed(), *CATALOG.profiles.values()]


@pytest.mark.parametrize("definition", definitions(), ids=lambda one: one.id)
def test_no_language_was_left_as_a_copy(definition: Definition) -> None:
    found = texts(definition)
    assert found
    for text in found:
        # One word may be the same in two languages; a sentence may not.
        words = {text.fi, text.sv, text.en}
        assert len(words) == 3 or max(len(word.split()) for word in words) <= 2


def test_hashes_tell_all_definitions_apart() -> None:
    hashes = [definition.hash for definition in definitions()]
    assert len(set(hashes)) == len(hashes)


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def product(name: str) -> str:
    return (catalog.PRODUCT / name).read_text(encoding="utf-8")


def test_a_municipality_overrides_one_file_and_keeps_the_rest(tmp_path: Path) -> None:
    changed = product("ladders/koulutie-demo.yaml").replace(
        "primary: 30", "primary: 25"
    )
    write(tmp_path, "ladders/koulutie-demo.yaml", changed)
    write(tmp_path, "ladders/own.yaml", changed.replace("id: koulutie-demo", "id: own"))
    own = catalog.load(tmp_path)
    assert own.ladders["koulutie-demo"].hash != CATALOG.ladders["koulutie-demo"].hash
    assert own.ladders.keys() == {*CATALOG.ladders, "own"}
    assert own.indicators == CATALOG.indicators
    assert own.roles == CATALOG.roles


def test_the_later_folder_wins(tmp_path: Path) -> None:
    text = product("retention.yaml")
    for months in (36, 48):
        changed = text.replace("months: 24", f"months: {months}")
        write(tmp_path / str(months), "retention.yaml", changed)
    own = catalog.load(tmp_path / "36", tmp_path / "48")
    assert own.retention.by_id["pupil"].months == 48


def test_a_window_that_the_municipality_chose_makes_a_ladder_run(
    tmp_path: Path,
) -> None:
    run = """\
run:
  window: school_year
  responsible: [homeroom_teacher]
  due_school_days: 5
  chosen_by: Education committee
  chosen_on: 2026-08-01
"""
    write(tmp_path, "ladders/kemi.yaml", product("ladders/kemi.yaml") + run)
    ladder = catalog.load(tmp_path).ladders["kemi"]
    assert [step.id for step in ladder.runnable_steps] == [
        "concern",
        "unresolved7",
        "s25",
        "s50",
    ]
    assert ladder.due_school_days(ladder.step("s25")) == 5
    assert ladder.responsible_for(ladder.step("unresolved7")) == ("homeroom_teacher",)
    assert set(ladder.why_not_runnable) == {"prevent"}
    assert ladder.hash != CATALOG.ladders["kemi"].hash


def sentence(tmp_path: Path) -> str:
    (problem,) = catalog.problems(tmp_path)
    return str(problem)


def test_a_role_that_nobody_has_is_found_on_its_line(tmp_path: Path) -> None:
    text = product("ladders/kemi.yaml").replace("school_social_worker", "curator", 1)
    path = write(tmp_path, "ladders/kemi.yaml", text)
    line = 1 + text[: text.index("curator")].count("\n")
    assert sentence(tmp_path).startswith(
        f"{path}, line {line}, steps.3.notify.1: curator is not in roles.yaml. Expected "
        "one of: all_staff, class_teacher,"
    )


def test_every_kind_of_mention_is_checked(tmp_path: Path) -> None:
    text = product("ladders/turku-2020.yaml").replace("school_health_care", "clinic")
    write(tmp_path, "ladders/turku-2020.yaml", text)
    text = product("ladders/peda-50h-term.yaml").replace("school_nurse", "doctor")
    write(tmp_path, "ladders/peda-50h-term.yaml", text)
    text = product("ladders/hollola.yaml").replace(
        "to: [pupil, guardian, teacher]", "to: [pupil, mother, teacher]"
    )
    write(tmp_path, "ladders/hollola.yaml", text)
    text = product("ladders/tampere-new.yaml").replace(
        "notify: [homeroom_teacher, pupil, guardian]", "notify: [father]"
    )
    write(tmp_path, "ladders/tampere-new.yaml", text)
    found = {problem.params["found"] for problem in catalog.problems(tmp_path)}
    assert found == {"clinic", "doctor", "mother", "father"}


def test_an_id_is_the_name_of_its_file(tmp_path: Path) -> None:
    path = write(tmp_path, "ladders/town.yaml", product("ladders/kemi.yaml"))
    assert sentence(tmp_path) == (
        f"{path}, line 2, id: the id is kemi. Expected town, the name of the file."
    )


@pytest.mark.parametrize(
    "name",
    [
        "kemi.yaml",
        "ladder/kemi.yaml",
        "ladders/old/kemi.yaml",
        "ladders/kemi.yml",
        "roles/roles.yaml",
    ],
)
def test_a_file_in_a_wrong_place_is_not_passed_over(tmp_path: Path, name: str) -> None:
    path = write(tmp_path, name, product("ladders/kemi.yaml"))
    assert sentence(tmp_path).startswith(
        f"{path}: no definition belongs here. Expected"
    )


def test_bytes_that_are_not_utf_8_are_found_on_their_line(tmp_path: Path) -> None:
    path = tmp_path / "ladders" / "kemi.yaml"
    path.parent.mkdir()
    path.write_bytes(product("ladders/kemi.yaml").encode("cp1252", "replace"))
    assert sentence(tmp_path) == (
        f"{path}, line 6: these bytes are not UTF-8. Save the file as UTF-8."
    )


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    write(tmp_path, "ladders/kemi.yaml", "\ufeff" + product("ladders/kemi.yaml"))
    assert catalog.problems(tmp_path) == []


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    missing = tmp_path / "nowhere"
    assert sentence(missing) == (
        f"{missing} is not a folder. Name the folder that holds the definitions."
    )


def test_all_problems_of_all_files_are_told(tmp_path: Path) -> None:
    for name in ("kemi", "hollola"):
        text = product(f"ladders/{name}.yaml").replace("version: 1", "version: one")
        write(tmp_path, f"ladders/{name}.yaml", text.replace("detail: partial", ""))
    with pytest.raises(DefinitionProblems) as caught:
        catalog.load(tmp_path)
    assert len(caught.value.problems) == 4
    assert str(tmp_path) in str(caught.value)


def test_an_overdue_review_is_a_warning_and_not_an_error() -> None:
    assert CATALOG.warnings(on=dt.date(2026, 11, 24)) == []
    late = CATALOG.warnings(on=dt.date(2027, 8, 2))
    assert len(late) == len(list(CATALOG.reviewed()))
    assert str(late[0]) == (
        "mark_kinds was to be read through again by 2027-08-01. Ask Koulutie to review it."
    )


def test_the_current_catalog_follows_the_settings(
    tmp_path: Path, settings: object
) -> None:
    text = product("retention.yaml").replace("months: 24", "months: 12")
    write(tmp_path, "retention.yaml", text)
    settings.DEFINITIONS = [tmp_path]  # type: ignore[attr-defined]
    catalog.current.cache_clear()
    try:
        assert catalog.current().retention.by_id["pupil"].months == 12
        assert catalog.current() is catalog.current()
    finally:
        catalog.current.cache_clear()
