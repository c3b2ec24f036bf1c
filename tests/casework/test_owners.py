"""Who is asked: a ladder names parties, people hold roles."""

from __future__ import annotations

from datetime import date

import pytest

from koulutie import catalog
from koulutie.casework.actions.tasks import Crossings, follow_crossings
from koulutie.casework.models import Task
from koulutie.core.definitions import Ladder
from koulutie.core.tables import CALENDAR, CROSSING
from tests.builders import NOW, table
from tests.people import People

pytestmark = pytest.mark.django_db
SEVENTH, THIRD = ("fi", "7B"), ("sv", "3A")


def ladder_of(*responsible: str) -> Ladder:
    """The demo's ladder, its first step asked of others."""
    demo = catalog.current().ladders["koulutie-demo"]
    step = next(step for step in demo.steps if step.id == "s30")
    return demo.model_copy(
        update={"steps": (step.model_copy(update={"responsible": responsible}),)}
    )


def opened(people: People, place: tuple[str, str], *responsible: str) -> Task:
    """The task that a crossing in the class opens."""
    language, code = place
    crossing = {
        "ladder": "koulutie-demo",
        "ladder_version": 1,
        "ladder_hash": "0" * 64,
        "step": "s30",
        "school_year": 2026,
        "window_key": "2026",
        "pupil_id": people.home.pupils[code][0].pk,
        "school_id": people.home.schools[language].pk,
        "class_id": people.home.classes[code].pk,
        "crossed_on": date(2026, 11, 20),
        "value": 40.0,
        "threshold": 40.0,
        "rows_counted": 40,
    }
    nothing = CROSSING.empty_table()
    follow_crossings(
        crossings=Crossings(
            new=table(CROSSING, crossing), changed=nothing, gone=nothing
        ),
        ladders={"koulutie-demo": ladder_of(*responsible)},
        calendar=CALENDAR.empty_table(),
        version=1,
        now=NOW,
    )
    return Task.objects.unscoped("test").get()


@pytest.mark.parametrize("party", ["teacher", "responsible_adult", "all_staff"])
@pytest.mark.parametrize(("place", "who"), [(SEVENTH, "aino"), (THIRD, "bjorn")])
def test_a_party_is_answered_by_the_class_own_teacher(
    people: People, party: str, place: tuple[str, str], who: str
) -> None:
    task = opened(people, place, party)
    assert task.owner == getattr(people, who)
    assert task.role == party, "the page tells what the ladder says"


def test_a_role_comes_before_the_party_that_is_named_after_it(people: People) -> None:
    assert opened(people, SEVENTH, "principal", "teacher").owner == people.cecilia


def test_a_party_that_no_role_carries_falls_to_the_principal(people: People) -> None:
    task = opened(people, SEVENTH, "school_social_worker")
    assert task.owner == people.cecilia
