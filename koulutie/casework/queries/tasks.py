"""Reads of casework: tasks in a scope, and the facts that stand beside them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Count, OuterRef, QuerySet, Subquery

from koulutie.casework.models import Reaction, Task
from koulutie.core.scope import Scope
from koulutie.registry.access import OutsideScope
from koulutie.registry.models import SchoolClass

# How long a handled task stays in sight, so that a slip is found and undone by hand.
LATELY = timedelta(days=14)


@dataclass(frozen=True, slots=True, kw_only=True)
class Today:
    """What one person is asked today, soonest first."""

    overdue: tuple[Task, ...]
    waiting: tuple[Task, ...]  # open, due today or later
    look_again: tuple[Task, ...]  # handled before, the promised day has come
    lately: tuple[Task, ...]  # handled within the last two weeks

    @property
    def pupil_ids(self) -> frozenset[int]:
        return frozenset(
            task.pupil_id
            for part in (self.overdue, self.waiting, self.look_again, self.lately)
            for task in part
        )


def tasks_in(scope: Scope) -> QuerySet[Task]:
    """Return the tasks about pupils whom the scope may name, with their latest answer."""
    latest = Reaction.objects.in_scope(scope).filter(task=OuterRef("pk"))
    latest = latest.order_by("-at", "-pk")
    tasks = Task.objects.in_scope(scope)
    return tasks.select_related("pupil", "school", "school_class", "owner").annotate(
        look_again_on=Subquery(latest.values("look_again_on")[:1]),
        latest_outcome=Subquery(latest.values("outcome")[:1]),
        latest_at=Subquery(latest.values("at")[:1]),
    )


def today(scope: Scope, *, on: date) -> Today:
    """Sort a person's tasks into what is asked today."""
    tasks = tasks_in(scope).order_by("due_on", "pupil__last_name", "pupil__first_name")
    open_tasks = list(tasks.filter(state=Task.State.OPEN))
    handled = tasks.filter(state=Task.State.HANDLED)
    again = handled.filter(look_again_on__lte=on)  # type: ignore[misc]  # annotated above
    lately = handled.filter(state_at__date__gt=on - LATELY).exclude(
        pk__in=again.values("pk")
    )
    return Today(
        overdue=tuple(task for task in open_tasks if task.due_on < on),
        waiting=tuple(task for task in open_tasks if task.due_on >= on),
        look_again=tuple(again),
        lately=tuple(lately.order_by("-state_at")[:20]),
    )


def tasks_of_pupils(scope: Scope, pupil_ids: Iterable[int]) -> QuerySet[Task]:
    """Return the standing tasks (open or handled) of the pupils, newest crossing first."""
    return (
        tasks_in(scope)
        .filter(pupil__in=list(pupil_ids))
        .exclude(state=Task.State.WITHDRAWN)
        .order_by("-crossed_on", "-pk")
    )


def get_task(scope: Scope, pk: int) -> Task:
    """Return one task about a pupil whom the scope may name, or `OutsideScope`."""
    task = tasks_in(scope).filter(pk=pk).first()
    if task is None:
        raise OutsideScope(f"task:{pk}")
    return task


def classes_now(scope: Scope, *, on: date) -> list[SchoolClass]:
    """Return the scope's own classes of the running school year, by code."""
    own = SchoolClass.objects.filter(
        pk__in=scope.class_ids,
        school_year__starts_on__lte=on,
        school_year__ends_before__gt=on,
    )
    return list(own.order_by("grade", "code"))


def overdue_by_class(*, school_id: int, on: date) -> dict[int, int]:
    """Count a school's overdue tasks by class; a count names nobody."""
    tasks = Task.objects.unscoped("a count of a school in scope")
    rows = tasks.filter(due_on__lt=on, school=school_id, state=Task.State.OPEN)
    counted = rows.values_list("school_class_id").annotate(Count("pk"))
    return dict(counted)


def reactions_of(task: Task) -> QuerySet[Reaction]:
    """Return a task's answers, newest first."""
    return task.reactions.select_related("by").order_by("-at", "-pk")
