"""What the demo writes: the same bytes again, read by our own dialects, true to its truth."""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import io
import json
from collections import Counter
from functools import cache
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from koulutie import catalog
from koulutie.core import dialects
from koulutie.core.dialects.reading import Reading, ReadOptions
from koulutie.core.marks import Kind
from koulutie.demo import marks as drawing
from koulutie.demo import plan, synth, world

TODAY = dt.date(2026, 11, 24)
SEED = 7
PROFILES = tuple(catalog.load(catalog.PRODUCT).profiles.values())
# Small enough to be quick, large enough to have every planned feature.
PUPILS, SIZE = 800, 12


def quiet(_line: str) -> None:
    pass


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, plan.Plan]:
    """The demo of a smaller municipality."""
    folder = tmp_path_factory.mktemp("demo")
    return folder, write_small(folder, seed=SEED)


def write_small(folder: Path, *, seed: int) -> plan.Plan:
    patch = pytest.MonkeyPatch()
    patch.setattr(plan, "CLASS_SIZE", 9)
    patch.setattr(plan, "YEARS", (2025, 2026))
    try:
        return plan.write_demo(folder, seed=seed, today=TODAY, tell=quiet)
    finally:
        patch.undo()


def digests(folder: Path) -> dict[str, str]:
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.iterdir())
    }


@cache  # nobody writes a file of these tests twice
def read(path: Path) -> Reading:
    content = io.BytesIO(path.read_bytes())
    options = ReadOptions(file_name=path.name, profiles=PROFILES)
    return dialects.read(content, options=options)


def roster_of(folder: Path, year: int) -> list[dict[str, str]]:
    text = (folder / f"roster_{year}.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines(), delimiter=";"))


# --- the same again ------------------------------------------------------------------------------


def test_the_same_seed_writes_the_same_bytes_and_another_does_not(tmp_path):
    for name, seed in (("one", SEED), ("again", SEED), ("other", SEED + 1)):
        synth.synth(pupils=150, out=tmp_path / name, seed=seed)
    one, again, other = (digests(tmp_path / name) for name in ("one", "again", "other"))
    assert one == again
    assert all(one[name] != other[name] for name in one)


def test_the_whole_demo_is_the_same_bytes_again(small, tmp_path):
    folder, _ = small
    write_small(tmp_path / "again", seed=SEED)
    assert digests(tmp_path / "again") == digests(folder)


@pytest.mark.parametrize("pupils", [1, 65, 67, 300, 1000])
def test_synth_writes_exactly_so_many_pupils(tmp_path, pupils):
    made = synth.synth(pupils=pupils, out=tmp_path, seed=1)
    rows = read(tmp_path / "roster.csv").roster
    assert made["roster.csv"] == len(rows) == pupils
    assert len(set(rows["pupil_key"].to_pylist())) == pupils
    keys = set(read(tmp_path / "lesson_mark.csv").marks["pupil_key"].to_pylist())
    assert keys <= set(rows["pupil_key"].to_pylist())


# --- our own dialects read it ----------------------------------------------------------------------


def test_what_synth_writes_is_read_to_the_last_row(tmp_path):
    made = synth.synth(pupils=150, out=tmp_path, seed=1)
    for name, rows in made.items():
        reading = read(tmp_path / name)
        assert (reading.rows_read, len(reading.rejections)) == (rows, 0)
    assert len(reading.marks) == made["lesson_mark.csv"]


def test_every_file_of_the_demo_is_read_but_for_the_planned_mistakes(small):
    _, made = small
    rejected = {}
    for delivery in made.deliveries:
        reading = read(delivery.path)
        assert reading.rows_read > 0, delivery.path.name
        if len(reading.rejections):
            rejected[delivery.path.name] = len(reading.rejections)
    # A comment that holds the separator and a day that there is not; who is unknown shows later.
    assert rejected == {"primus_00001_20261009.csv": 2}


def test_files_come_in_both_encodings_and_in_both_languages(small):
    folder, _ = small
    names = set()
    for path in folder.glob("primus_*.csv"):
        reading = read(path)
        names |= set(reading.marks["type_name"].to_pylist())
    assert {"Terveydellinen syy", "Frånvaro av hälsoskäl"} <= names
    assert b"\xe4" in (folder / "primus_2025.csv").read_bytes()
    with pytest.raises(UnicodeDecodeError):
        (folder / "primus_2025.csv").read_text(encoding="utf-8")
    (folder / "primus_00001_20261009.csv").read_text(encoding="utf-8")


def test_every_word_of_the_demo_has_a_meaning(small):
    folder, made = small
    meant = dict(line.rsplit(";", 1) for line in made.mapping.read_text().splitlines())
    for path in folder.glob("primus_*.csv"):
        assert set(read(path).marks["type_name"].to_pylist()) <= set(meant)
    assert {Kind(kind) for kind in meant.values()} >= {Kind.HEALTH, Kind.UNRESOLVED}


def drawn_year(
    pupils: int, size: int, year: int = 2025
) -> tuple[world.Cohort, drawing.Marks]:
    schools = world.schools(pupils)
    days = world.school_days(year, dt.date(year + 1, 6, 6))
    cohort = world.cohort(schools, days, size=size, seed=SEED)
    rng = np.random.default_rng([SEED, year])
    return cohort, drawing.draw(cohort, schools, rng, seed=SEED)


# --- what makes it real -----------------------------------------------------------------------------


def test_twelve_schools_in_two_languages_and_about_three_thousand_pupils():
    schools = world.schools(plan.PUPILS)
    assert Counter(one.language for one in schools) == {"fi": 8, "sv": 4}
    classes = sum(len(one.grades) * one.parallel for one in schools)
    assert classes * plan.CLASS_SIZE == pytest.approx(3000, rel=0.05)
    assert 15 <= plan.CLASS_SIZE <= 25, (
        "the mean of Finnish basic education is about 19"
    )


def test_a_class_is_merged_and_pupils_move(small):
    folder, _ = small
    told = json.loads((folder / "truth.json").read_text())["moved"]
    stays: dict[str, list[dict[str, str]]] = {}
    for row in roster_of(folder, 2026):
        stays.setdefault(row["pupil_key"], []).append(row)
    moved = {key: rows for key, rows in stays.items() if len(rows) == 2}
    for before, after in moved.values():
        assert before["end"] == after["start"] == told["on"]
    number, old, new = told["merged_class"]
    merged = [
        rows for rows in moved.values()
        if {row["school_number"] for row in rows} == {number}
    ]  # fmt: skip
    assert len(merged) == 9
    assert {(a["class"], b["class"]) for a, b in merged} == {(old, new)}
    others = [rows for rows in moved.values() if rows not in merged]
    assert len(others) >= 3
    assert all(a["school_number"] != b["school_number"] for a, b in others)
    assert all(a["language"] == b["language"] for a, b in others)


def test_marks_stand_where_the_pupil_was_that_day(small):
    folder, _ = small
    latest = max(folder.glob("primus_2026*.csv"))
    stays: dict[str, list[dict[str, str]]] = {}
    for row in roster_of(folder, 2026):
        stays.setdefault(row["pupil_key"], []).append(row)
    seen = 0
    for mark in read(latest).marks.to_pylist():
        rows = stays[mark["pupil_key"]]
        (here,) = [
            row for row in rows if row["start"] <= mark["date"].isoformat() < row["end"]
        ]
        assert mark["school_number"] == here["school_number"]
        assert mark["class_code"] == here["class"]
        seen += len(rows) == 2
    assert seen > 20


def test_a_week_of_one_school_is_missing(small):
    folder, made = small
    school = made.schools[plan.GAP_SCHOOL].number
    for path in folder.glob("primus_*2026*.csv"):
        rows = read(path).marks.select(["school_number", "date"]).to_pylist()
        here = {row["date"] for row in rows if row["school_number"] == school}
        assert not {day for day in here if plan.GAP[0] <= day <= plan.GAP[1]}


def test_causes_come_late(small):
    """A mark that was unresolved in October has a cause in November."""
    folder, _ = small
    early, late = Counter(), Counter()
    for path in folder.glob("primus_0*_20261009.csv"):
        early.update(names_of(path))
    late.update(names_of(max(folder.glob("primus_2026*.csv")), until=plan.FIRST_EXPORT))
    unresolved = ("Selvittämätön poissaolo", "Outredd frånvaro")
    assert sum(early[name] for name in unresolved) > 1.1 * sum(
        late[name] for name in unresolved
    )


def names_of(path: Path, until: dt.date = dt.date.max) -> list[str]:
    rows = read(path).marks.select(["type_name", "date"]).to_pylist()
    return [row["type_name"] for row in rows if row["date"] <= until]


def test_the_changed_words_begin_on_their_day(small):
    folder, made = small
    ((at, since),) = plan.NEW_WORDS
    marks = pa.concat_tables(
        read(folder / name).marks.select(["type_name", "date", "school_number"])
        for name in ("primus_2025.csv", max(folder.glob("primus_2026*.csv")).name)
    ).to_pylist()
    new = [row for row in marks if row["type_name"] == "Luvaton (selvitetty)"]
    assert {row["school_number"] for row in new} == {made.schools[at].number}
    assert min(row["date"] for row in new) >= since
    old = [
        row["date"]
        for row in marks
        if row["type_name"] == "Luvaton poissaolo"
        and row["school_number"] == made.schools[at].number
    ]
    assert max(old) < since


def test_a_mark_in_a_double_lesson_comes_twice_in_the_upper_grades():
    cohort, drawn = drawn_year(PUPILS, SIZE)
    praise = drawn.kind == drawing.KINDS.index(Kind.FEEDBACK_POSITIVE)
    places = set(
        zip(drawn.pupil[praise], drawn.day[praise], drawn.slot[praise], strict=True)
    )
    doubled = [
        place for place in places if (place[0], place[1], place[2] + 1) in places
    ]
    upper = [cohort.grade[pupil] >= 7 for pupil, *_ in doubled]
    assert len(doubled) > 50
    assert np.mean(upper) > 0.9


def test_absence_is_uneven_between_pupils():
    cohort, drawn = drawn_year(PUPILS, SIZE)
    absent = drawn.kind <= drawing.KINDS.index(Kind.UNRESOLVED)
    counts = np.bincount(drawn.pupil[absent], minlength=len(cohort.keys))
    assert counts.var() > 5 * counts.mean(), "chance alone would give a ratio of one"
    worst = np.sort(counts)[-len(counts) // 10 :].sum() / counts.sum()
    assert 0.2 < worst < 0.6, "a tenth of the pupils has a third of the absence"


# --- the known true effect ----------------------------------------------------------------------------

UNEXPLAINED = {
    *("Muu selvitetty poissaolo", "Luvaton poissaolo", "Luvaton (selvitetty)"),
    *("Selvittämätön poissaolo", "Annan utredd frånvaro", "Olovlig frånvaro"),
    "Outredd frånvaro",
}
HEALTH = {"Terveydellinen syy", "Frånvaro av hälsoskäl"}


def test_the_true_effect_is_found_again_in_the_written_files(small):
    """Absence for illness, which no coach changes, says how much there would have been."""
    folder, _ = small
    truth = json.loads((folder / "truth.json").read_text())
    began = {
        number: dt.date.fromisoformat(day)
        for number, day in truth["coach_from"].items()
        if day
    }
    counts = Counter()
    rows = read(folder / "primus_2025.csv").marks
    for row in rows.select(["school_number", "date", "type_name"]).to_pylist():
        coached = row["date"] >= began.get(row["school_number"], dt.date.max)
        counts[
            coached, row["type_name"] in UNEXPLAINED, row["type_name"] in HEALTH
        ] += 1
    with_coach = counts[True, True, False] / counts[True, False, True]
    without = counts[False, True, False] / counts[False, False, True]
    effect = truth["coach_effect_on_absence_without_known_cause"]
    assert with_coach / without == pytest.approx(
        effect, abs=truth["coach_effect_tolerance"]
    )
    assert effect + truth["coach_effect_tolerance"] < 1, "no effect would not pass"
