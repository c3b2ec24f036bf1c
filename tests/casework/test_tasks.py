"""Tasks follow the crossings, through imports and corrections."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from koulutie.casework import actions
from koulutie.casework.models import Reaction, Task
from koulutie.core.errors import DomainError
from koulutie.core.scope import Purpose
from koulutie.registry import access
from koulutie.registry.models import AccessEvent
from tests.builders import NOW, TODAY
from tests.casework.chain import a_town_with_a_ladder, absences, bring
from tests.people import People

pytestmark = pytest.mark.django_db(transaction=True)
SCOPE = access.system_scope(name="test", purpose=Purpose.ATTENDANCE)
TALKED = actions.Answer(
    outcome=Reaction.Outcome.NO_WORRY,
    talked_with_pupil=True,
    talked_with_guardian=False,
    look_again_on=None,
    note="",
)


@pytest.fixture
def people(settings, tmp_path: Path) -> People:
    settings.FACTS_ROOT = str(tmp_path / "facts")
    return a_town_with_a_ladder()


def steps(state: str = "open") -> list[str]:
    return sorted(
        Task.objects.unscoped("test").filter(state=state).values_list("step", flat=True)
    )


def test_the_fortieth_lesson_opens_a_task_for_the_homeroom_teacher(
    people: People, tmp_path: Path
) -> None:
    bring(people, tmp_path, *absences(39, "k7B1"))
    assert "s30" not in steps()
    bring(people, tmp_path, *absences(40, "k7B1"), name="more.csv")
    task = Task.objects.unscoped("test").get(step="s30")
    assert (task.value, task.threshold, task.rows_counted) == (40, 40, 40)
    assert task.owner == people.aino
    assert task.pupil == people.home.pupils["7B"][0]
    assert task.due_on > TODAY
    assert task.facts_version > 0


def test_the_same_rows_again_leave_the_same_task(
    people: People, tmp_path: Path
) -> None:
    bring(people, tmp_path, *absences(40, "k7B1"))
    before = list(Task.objects.unscoped("test").order_by("pk").values())
    bring(people, tmp_path, *absences(40, "k7B1"), {"pupil_key": "k7B2"}, name="b.csv")
    assert list(
        Task.objects.unscoped("test").filter(step="s30").order_by("pk").values()
    ) == [row for row in before if row["step"] == "s30"]


def test_a_correction_takes_back_what_nobody_touched(
    people: People, tmp_path: Path
) -> None:
    bring(people, tmp_path, *absences(40, "k7B1"))
    late = {**absences(1, "k7B1")[0], "type_name": "Myöhästyminen"}
    bring(people, tmp_path, late | {"entered_at": "2026-11-20 10:00"}, name="fix.csv")
    assert "s30" in steps("withdrawn")
    assert "s30" not in steps("open")


def test_an_answered_task_keeps_its_answer_when_the_rows_change(
    people: People, tmp_path: Path
) -> None:
    bring(people, tmp_path, *absences(40, "k7B1"))
    answer("s30", people)
    late = {**absences(1, "k7B1")[0], "type_name": "Myöhästyminen"}
    bring(people, tmp_path, late | {"entered_at": "2026-11-20 10:00"}, name="fix.csv")
    task = Task.objects.unscoped("test").get(step="s30")
    assert task.state == Task.State.HANDLED
    assert task.rows_changed_at is not None
    assert task.reactions.count() == 1


def answer(step: str, people: People) -> Task:
    task = Task.objects.unscoped("test").get(step=step)
    actions.react(
        task_id=task.pk,
        answer=TALKED,
        seen_at=task.state_at,
        scope=SCOPE,
        by=people.aino,
        now=NOW + timedelta(minutes=5),
    )
    return task


def test_one_talk_answers_every_step_reached_so_far(
    people: People, tmp_path: Path
) -> None:
    bring(people, tmp_path, *absences(64, "k7B1"))
    assert {"s30", "s50"} <= set(steps())
    answer("s50", people)
    assert steps() == []
    assert Reaction.objects.unscoped("test").filter(by=people.aino).count() == len(
        steps("handled")
    )
    assert AccessEvent.objects.filter(action="handle_task").count() == 1


def test_two_people_do_not_overwrite_each_other(people: People, tmp_path: Path) -> None:
    bring(people, tmp_path, *absences(40, "k7B1"))
    seen = Task.objects.unscoped("test").get(step="s30").state_at
    answer("s30", people)
    with pytest.raises(DomainError, match="Nothing was overwritten"):
        actions.react(
            task_id=Task.objects.unscoped("test").get(step="s30").pk,
            answer=TALKED,
            seen_at=seen,
            scope=SCOPE,
            by=people.cecilia,
            now=NOW,
        )
    assert Reaction.objects.unscoped("test").filter(task__step="s30").count() == 1
