"""The browser's side of the walls: signed in, refused, and nothing from a cache."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser import OpenPage
from tests.people import People

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.django_db(transaction=True),
    pytest.mark.urls("tests.security.urls"),
    pytest.mark.usefixtures("the_tests_day"),
]


def test_a_signed_in_teacher_sees_her_pupil_and_no_other(
    people: People, open_page: OpenPage
) -> None:
    page = open_page(people.aino)
    own = people.home.pupils["7B"][0]
    answer = page.goto(f"/pupil/{own.pk}")
    assert answer is not None
    assert answer.status == 200
    expect(page.locator("body")).to_contain_text(own.first_name)
    other = page.goto(f"/pupil/{people.twin.pupils['7B'][0].pk}")
    assert other is not None
    assert other.status == 404
