"""A file that comes in after a page and is older does not bring back what the page left out."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from koulutie.jobs import intake
from tests.builders import NOW
from tests.core.dialects.page_writer import Written, span_menu, write_page
from tests.jobs.files import map_types, own_csv
from tests.jobs.test_taking_in import marks

pytestmark = pytest.mark.django_db(transaction=True)
MONDAY = date(2026, 11, 16)
LESSONS = [(540, 585), (600, 645)]
HEALTH = "Terveydellinen syy"


@pytest.fixture
def home(people):
    map_types(people.home.municipality)
    return people.home


def bring(home, path, content, *, days_ago, **about):
    path.write_bytes(content)
    report = intake.import_file(
        path,
        municipality=home.municipality,
        accept=True,
        exported_at=NOW - timedelta(days=days_ago),
        now=NOW,
        **about,
    )
    assert not report.is_refused, report.sentence
    return report


def a_page() -> bytes:
    """One absence at ten; nine o'clock is empty."""
    return write_page(
        [Written(date=MONDAY, lesson=LESSONS[1], type_name=HEALTH, type_number=87)],
        lessons=LESSONS,
        legend={87: HEALTH},
        menu=span_menu("Jokin muu", MONDAY, MONDAY + timedelta(days=1)),
    )


def test_what_the_page_left_out_stays_out_in_either_order(home, tmp_path):
    older = own_csv({"entered_at": ""}, {"entered_at": "", "start": "10:00"})
    page = {"days_ago": 1, "pupil_key": "k7B1"}
    bring(home, tmp_path / "page.html", a_page(), **page)
    report = bring(home, tmp_path / "older.csv", older, days_ago=3)
    assert (report.new, report.changed) == (0, 0)
    assert [(row["start_minute"], row["type_name"]) for row in marks()] == [
        (600, HEALTH)
    ]


def test_what_the_page_left_out_comes_back_by_a_newer_file(home, tmp_path):
    newer = own_csv({"entered_at": ""})
    page = {"days_ago": 3, "pupil_key": "k7B1"}
    bring(home, tmp_path / "page.html", a_page(), **page)
    report = bring(home, tmp_path / "newer.csv", newer, days_ago=1)
    assert report.new == 1
    assert [row["start_minute"] for row in marks()] == [540, 600]


def test_a_page_of_a_pupil_who_is_no_longer_known_is_passed_over(home, tmp_path):
    page = {"days_ago": 1, "pupil_key": "k7B1"}
    bring(home, tmp_path / "page.html", a_page(), **page)
    home.pupils["7B"][0].keys.all().delete()
    other = own_csv({"pupil_key": "k7B2", "entered_at": ""})
    assert bring(home, tmp_path / "other.csv", other, days_ago=3).new == 1
