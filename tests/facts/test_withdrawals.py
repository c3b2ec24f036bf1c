"""Complete pages among other files: in any order, what the newest of them says stands."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from koulutie.facts import ingest
from koulutie.facts.store import Store, Version
from tests.facts.twin import (
    Row,
    State,
    a_mark,
    a_table,
    forms,
    said,
    sorts_last,
    stored,
)

AUGUST = date(2026, 8, 1)
TIMES = {"old": 1, "middle": 3, "page": 5, "new": 9}


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """Rows and their time; a page also says over what it is all there is of one pupil."""

    rows: Sequence[Row]
    at: int
    pupil: int | None = None  # whose page it is
    to: date = date(2026, 9, 1)

    @property
    def complete(self) -> ingest.Complete | None:
        if self.pupil is None:
            return None
        return ingest.Complete(
            pupil_id=self.pupil, from_=AUGUST, to=self.to, version_at=self.at
        )

    def covers(self, row: Row) -> bool:
        on = row["date"]
        assert isinstance(on, date)
        return row["pupil_id"] == self.pupil and AUGUST <= on < self.to

    def forms(self) -> State:
        """One row of each mark, as a reader of the file would choose."""
        chosen: State = {}
        dated = [{**row, "version_at": self.at} for row in self.rows]
        for row in a_table(dated).to_pylist():
            other = chosen.get(row["mark_key"])
            if other is None or sorts_last(row) > sorts_last(other):
                chosen[row["mark_key"]] = row
        return chosen


def put_all(store: Store, files: Iterable[File]) -> Version:
    """Import one file after another, each told which pages came in before it."""
    version: Version | None = None
    before: list[ingest.Complete] = []
    for file in files:
        number = version.number + 1 if version else 1
        with store.begin(version) as draft:
            ingest.put_marks(
                draft,
                a_table({**row, "version_at": file.at} for row in file.rows),
                number=number,
                complete=file.complete,
                pages=before,
            )
            version = Version(number=number, tables=draft.tables)
        before += [file.complete] if file.complete else []
    assert version is not None
    return version


def newest(files: Sequence[File]) -> State:
    """The slow twin: of every mark, what the newest file says that has a say about it."""
    told: dict[int, tuple[int, Row]] = {}
    for file in files:
        for key, row in file.forms().items():
            if key not in told or told[key][0] < file.at:
                told[key] = file.at, row
    return {
        key: row
        for key, (at, row) in told.items()
        if not any(
            page.covers(row) and page.at > at and key not in page.forms()
            for page in files
        )
    }


def any_files() -> st.SearchStrategy[list[File]]:
    rows = st.lists(forms(), max_size=6)
    export = st.builds(File, rows=rows, at=st.just(0))
    page = st.builds(
        File,
        rows=rows,
        at=st.just(0),
        pupil=st.integers(1, 3),
        to=st.sampled_from([date(2026, 9, 1), date(2026, 10, 1)]),
    ).map(lambda made: replace(made, rows=[*filter(made.covers, made.rows)]))
    return st.lists(st.one_of(export, page), min_size=1, max_size=5).map(
        lambda made: [replace(one, at=at) for at, one in enumerate(made, start=1)]
    )


@pytest.fixture
def store(tmp_path) -> Store:
    return Store(str(tmp_path / "facts"))


@given(files=any_files(), seed=st.integers(0, 2**16))
def test_pages_and_exports_in_any_order_are_one_clean_import(
    tmp_path_factory, files, seed
):
    rng = random.Random(seed)
    order = [*files, rng.choice(files)]
    rng.shuffle(order)
    store = Store(str(tmp_path_factory.mktemp("facts")))
    assert said(stored(store, put_all(store, order))) == said(newest(files))


MARK = a_mark(1, 0, 1)
OTHER_FORM = a_mark(1, 0, 1, kind="absence_health")
PAGE = File(rows=[], at=TIMES["page"], pupil=1)


@pytest.mark.parametrize("rows", [[MARK], [OTHER_FORM]])
def test_a_form_older_than_the_page_does_not_bring_a_withdrawn_mark_back(store, rows):
    """It is newer than the form that the page withdrew, and still older than the page."""
    files = [
        File(rows=[MARK], at=TIMES["old"]),
        PAGE,
        File(rows=rows, at=TIMES["middle"]),
    ]
    assert stored(store, put_all(store, files)) == {}


def test_a_mark_first_told_by_a_file_older_than_the_page_stays_out(store):
    files = [PAGE, File(rows=[MARK], at=TIMES["middle"])]
    assert stored(store, put_all(store, files)) == {}


def test_a_form_newer_than_the_page_comes_in(store):
    files = [
        File(rows=[MARK], at=TIMES["old"]),
        PAGE,
        File(rows=[MARK], at=TIMES["new"]),
    ]
    assert len(stored(store, put_all(store, files))) == 1


@pytest.mark.parametrize("row", [a_mark(2, 0, 1), a_mark(1, 60, 1)])
def test_a_page_says_nothing_of_other_pupils_and_days(store, row):
    files = [PAGE, File(rows=[row], at=TIMES["middle"])]
    assert len(stored(store, put_all(store, files))) == 1


def test_the_withdrawn_form_is_still_read_as_it_was(store):
    version = put_all(store, [File(rows=[MARK], at=TIMES["old"]), PAGE])
    assert said(stored(store, version, as_of_number=1)) == said(
        {MARK["mark_key"]: MARK | said_of()}
    )


def said_of() -> Row:
    """What the builder gives to a mark that does not say it."""
    (row,) = a_table([{}]).to_pylist()
    return {name: row[name] for name in ("minutes", "lessons")}
