"""The command line keeps its contract: one object for machines, a sentence for people."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from koulutie import __version__, cli
from koulutie.registry.models import School
from koulutie.ui import clock
from tests.builders import NOW
from tests.casework.chain import absences
from tests.jobs.files import map_types, own_csv
from tests.people import make_home

PROMISED = {
    *("read", "new", "changed", "unchanged", "rejected", "absent_lessons"),
    *("mark_types", "unmapped", "facts_version"),
}
PAGE = "data/wilma_page_grade7/attendance.html"
in_a_home = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def today(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.fixture
def run(capsys):
    """Run a command; give back its exit code and what it printed."""

    def run(*arguments: object) -> tuple[int, str, str]:
        capsys.readouterr()
        code = cli.main([str(one) for one in arguments])
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return run


@pytest.fixture
def machine(run):
    """Run a command with --json; give back its exit code and its one object."""

    def machine(*arguments: object) -> tuple[int, dict]:
        code, out, err = run(*arguments, "--json")
        assert err == ""
        assert out.endswith("}\n")
        assert out.count("\n") == 1, "one object on one line"
        return code, json.loads(out)

    return machine


@pytest.fixture
def town(tmp_path: Path):
    """A town that follows a ladder, and a file by which a pupil reaches a step of it."""
    home = make_home()
    home.municipality.ladder = "koulutie-demo"
    home.municipality.save()
    map_types(home.municipality)
    path = tmp_path / "marks.csv"
    path.write_bytes(own_csv(*absences(40, "k7B1")))
    return home, path


# --- version, check, synth -------------------------------------------------------------------


def test_version(run, machine):
    assert run("version") == (0, f"Koulutie {__version__}\n", "")
    assert machine("version") == (0, {"version": __version__})


def test_check_finds_nothing_in_what_is_shipped(run, machine):
    assert machine("check") == (0, {"problems": [], "warnings": []})
    assert run("check")[1] == "0 problems, 0 warnings\n"


def test_check_names_file_line_and_key(machine, settings, tmp_path):
    folder = tmp_path / "indicators"
    folder.mkdir()
    (folder / "wrong.yaml").write_text("id: wrong\nwindow: sometimes\n")
    settings.DEFINITIONS = [*settings.DEFINITIONS, tmp_path]
    code, told = machine("check")
    assert code == 1
    assert any("wrong.yaml, line 2, window" in line for line in told["problems"])


def test_synth_writes_as_many_pupils_as_were_asked_for(run, machine, tmp_path):
    code, told = machine("synth", "--pupils", 100, "--out", tmp_path)
    assert code == 0
    assert told["files"]["roster.csv"] == 100
    for name, rows in told["files"].items():
        lines = (tmp_path / name).read_bytes().splitlines()
        assert len(lines) == rows + 1
    assert "roster.csv: 7 rows" in run("synth", "--pupils", 7, "--out", tmp_path)[1]


@pytest.mark.parametrize("pupils", ["0", "-3", "many", "1.5"])
def test_synth_of_no_pupils_is_a_wrong_command_line(run, tmp_path, pupils, capsys):
    with pytest.raises(SystemExit) as stopped:
        run("synth", f"--pupils={pupils}", "--out", tmp_path / "out")
    assert stopped.value.code == 2
    assert f"{pupils} is not a number from 1 up" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_synth_into_what_is_no_folder_says_so(machine, tmp_path):
    file = tmp_path / "file"
    file.write_text("")
    code, told = machine("synth", "--pupils", 5, "--out", file)
    assert code == 1
    assert told["error"].startswith(f"Files cannot be written to {file}")


@pytest.mark.parametrize(
    "wrong", [[], ["nothing"], ["import"], ["explain", "p1"], ["ladder", "burn"]]
)
def test_a_wrong_command_line_ends_with_two(run, wrong, capsys):
    with pytest.raises(SystemExit) as stopped:
        run(*wrong)
    assert stopped.value.code == 2
    assert "usage: koulutie" in capsys.readouterr().err


# --- import ------------------------------------------------------------------------------------


@in_a_home
def test_a_saved_page_in_an_empty_home(machine, run, shared):
    named = ("--school", "00001", "--class", "7A", "--pupil", "P1", "--accept")
    code, told = machine("import", shared / PAGE, *named)
    assert code == 0
    assert told.keys() >= PROMISED
    assert {name: told[name] for name in PROMISED} == {
        "read": 57,
        "new": 57,
        "changed": 0,
        "unchanged": 0,
        "rejected": 0,
        "absent_lessons": 8,
        "mark_types": 26,
        "unmapped": [],
        "facts_version": 1,
    }
    code, out, _ = run("import", shared / PAGE, *named)
    assert code == 0
    assert "unchanged             57" in out


@in_a_home
def test_several_files_are_one_object_and_the_good_ones_come_in(
    machine, town, tmp_path
):
    _, first = town
    second = tmp_path / "second.csv"
    second.write_bytes(own_csv(*absences(40, "k7B2")))
    absent = tmp_path / "absent.csv"
    code, told = machine("import", first, absent, second, "--accept")
    assert code == 1
    assert (told["read"], told["new"], told["is_refused"]) == (80, 80, True)
    assert [one["is_refused"] for one in told["files"]] == [False, True, False]
    assert "cannot be opened" in told["files"][1]["error"]
    assert told.keys() >= PROMISED


@in_a_home
def test_a_dry_run_says_what_would_be_and_leaves_nothing(machine, shared):
    named = ("--school", "00001", "--class", "7A", "--pupil", "P1")
    code, told = machine("import", shared / PAGE, *named, "--dry-run")
    assert (code, told["read"], told["new"], told["batch"]) == (0, 57, 57, None)
    assert not School.objects.exists()


@in_a_home
def test_a_file_that_no_format_recognises(machine, run, tmp_path):
    path = tmp_path / "letter.txt"
    path.write_text("Dear school")
    code, told = machine("import", path, "--accept")
    assert (code, told["is_refused"], told["new"]) == (1, True, 0)
    assert "letter.txt" in told["sentence"]
    code, out, _ = run("import", path)
    assert code == 1
    assert "letter.txt" in out


# --- figures, explain, ladder, night -------------------------------------------------------------


@in_a_home
@pytest.mark.parametrize(
    "command", [["figures"], ["ladder", "simulate", "koulutie-demo"]]
)
def test_before_the_first_import_there_is_nothing_to_read(run, machine, command):
    code, told = machine(*command)
    assert code == 1
    assert told == {"error": "No marks have been taken in yet. Import a file with "
                             "koulutie import FILE --accept."}  # fmt: skip
    code, out, err = run(*command)
    assert (code, out, err) == (1, "", told["error"] + "\n")


@in_a_home
def test_from_the_import_to_the_reason(run, machine, town):
    home, path = town
    assert machine("import", path, "--accept")[0] == 0

    code, told = machine("night", "--as-of", "2026-11-24")
    assert (code, told["as_of"], told["facts_version"]) == (0, "2026-11-24", 2)
    assert run("night")[0] == 0

    code, told = machine("figures", "--pupil", "k7B1")
    assert code == 0
    (lessons,) = [
        row
        for row in told["figures"]
        if (row["indicator"], row["window"]) == ("absence_lessons", "school_year")
    ]
    assert (lessons["pupil"], lessons["numerator"]) == ("k7B1", 40)
    school = machine("figures", "--school", home.schools["fi"].number)[1]
    assert {row["pupil"] for row in school["figures"]} >= {"k7B1"}
    assert machine("figures", "--as-of", "1999-01-01")[1] == {"figures": []}
    assert "No figures are there" in run("figures", "--as-of", "1999-01-01")[1]

    code, told = machine("explain", "k7B1", "s30")
    assert code == 0
    assert (told["value"], told["threshold"], len(told["rows"])) == (40, 40, 40)
    assert date.fromisoformat(told["crossed_on"]).isoweekday() < 6
    out = run("explain", "k7B1", "s30")[1]
    assert "k7B1 reached s30 of koulutie-demo" in out
    assert out.count("absence_health") == 40

    told = machine("ladder", "simulate")[1]
    assert {"month": "2026-11", "step": "s30", "pupils": 1} in told["reached"]


@in_a_home
@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        (["explain", "nobody", "s30"], "No pupil is known by nobody."),
        (["explain", "k7B1", "s99"], "The pupil k7B1 has not reached the step s99."),
        (["figures", "--pupil", "nobody"], "No pupil is known by nobody."),
        (["figures", "--school", "99999"], "No school has the number 99999."),
        (["ladder", "check", "none"], "There is no ladder none. Known are: "),
        (["ladder", "simulate", "none"], "There is no ladder none. Known are: "),
    ],
)
def test_what_is_not_there_is_said_in_a_sentence(machine, town, command, sentence):
    machine("import", town[1], "--accept")
    code, told = machine(*command)
    assert code == 1
    assert told["error"].startswith(sentence)


@in_a_home
def test_ladders_are_listed_and_checked(run, machine):
    code, told = machine("ladder", "list")
    listed = {one["id"]: one for one in told["ladders"]}
    assert code == 0
    assert listed["koulutie-demo"]["runnable"] == listed["koulutie-demo"]["steps"] - 1
    code, told = machine("ladder", "check", "koulutie-demo")
    assert (code, list(told["not_runnable"])) == (0, ["koulutie-demo"])
    out = run("ladder", "check", "koulutie-demo")[1]
    assert "s30: runs" in out
    assert len(run("ladder", "list")[1].splitlines()) == len(listed)
