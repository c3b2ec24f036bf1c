"""Tasks follow the crossings; people answer them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pyarrow as pa
from django.db import transaction

from koulutie import catalog
from koulutie.casework.models import Reaction, Task
from koulutie.casework.queries import tasks as queries
from koulutie.core.calendar import add_school_days, school_days, school_year_of
from koulutie.core.definitions import Ladder
from koulutie.core.definitions.roles import Action
from koulutie.core.errors import DomainError, gettext_noop
from koulutie.core.scope import Purpose, Scope
from koulutie.registry import audit
from koulutie.registry import queries as registry
from koulutie.registry.models import Person

# Where neither the ladder nor the municipality says by when, a task is asked within a school
# week: late enough to be done beside teaching, early enough to still be about this absence.
DUE_SCHOOL_DAYS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """What a change of crossings did to the tasks."""

    opened: int
    kept: int
    changed: int
    withdrawn: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Crossings:
    """Crossings that appeared, changed and went away; each a CROSSING table."""

    new: pa.Table
    changed: pa.Table
    gone: pa.Table


Key = tuple[int, str, str, str]


def key_of(row: Mapping[str, Any]) -> Key:
    """Return what makes a crossing one: pupil, ladder, step, window instance."""
    return row["pupil_id"], row["ladder"], row["step"], row["window_key"]


@transaction.atomic
def follow_crossings(
    *,
    crossings: Crossings,
    ladders: Mapping[str, Ladder],
    calendar: pa.Table,
    version: int,
    now: datetime,
) -> Followed:
    """Open, keep, mark or withdraw tasks so that they say what the crossings say.

    Idempotent: the same change twice leaves the same tasks. A task that nobody has touched
    is corrected or withdrawn in silence; one that somebody answered keeps its answer and is
    marked "rows changed since". Steps reached in an earlier school year open nothing:
    nobody can meet a pupil in the past.
    """
    rows = [*crossings.new.to_pylist(), *crossings.changed.to_pylist()]
    gone = crossings.gone.to_pylist()
    standing = tasks_by_key([*rows, *gone])
    running = school_year_of(now.date())
    fresh = [
        row
        for row in rows
        if key_of(row) not in standing and row["school_year"] == running
    ]
    openings = Openings(ladders=ladders, calendar=calendar, version=version, now=now)
    tasks = Task.objects.bulk_create(openings.tasks(fresh), batch_size=500)
    changed = sum(
        correct(standing[key_of(row)], row, version=version, now=now)
        for row in rows
        if key_of(row) in standing
    )
    withdrawn = sum(
        withdraw(standing[key_of(row)], now=now)
        for row in gone
        if key_of(row) in standing
    )
    return Followed(
        opened=len(tasks),
        kept=sum(key_of(row) in standing for row in rows) - changed,
        changed=changed,
        withdrawn=withdrawn,
    )


def tasks_by_key(rows: Iterable[Mapping[str, Any]]) -> dict[Key, Task]:
    """Return the tasks of these crossings that exist already, locked for this change."""
    wanted = {key_of(row) for row in rows}
    pupils = list({key[0] for key in wanted})
    found: dict[Key, Task] = {}
    # SQLite takes at most some thousands of values in one IN list.
    for start in range(0, len(pupils), 900):
        tasks = (
            Task.objects.unscoped("checked by its caller's scope")
            .select_for_update()
            .filter(pupil__in=pupils[start : start + 900])
        )
        for task in tasks:
            key = (task.pupil_id, task.ladder, task.step, task.window_key)
            if key in wanted:
                found[key] = task
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Openings:
    """Makes new tasks from crossings; who answers is looked up once for all of them."""

    ladders: Mapping[str, Ladder]
    calendar: pa.Table
    version: int
    now: datetime

    def tasks(self, rows: list[Mapping[str, Any]]) -> list[Task]:
        """Return unsaved tasks for the crossings, in their order."""
        if not rows:
            return []
        today = self.now.date()
        responsibles = registry.responsibles(on=today)
        asked = [self._asked(row) for row in rows]
        open_days = school_days(self.calendar)
        tasks = []
        for row, (roles, days) in zip(rows, asked, strict=True):
            # A crossing found late is due counted from today: nobody can act in the past.
            since = max(row["crossed_on"], today)
            due_on = add_school_days(open_days, row["school_id"], since, days)
            tasks.append(self._task(row, roles, due_on, responsibles))
        return tasks

    def _asked(self, row: Mapping[str, Any]) -> tuple[tuple[str, ...], int]:
        ladder = self.ladders[row["ladder"]]
        step = ladder.step(row["step"])
        days = ladder.due_school_days(step)
        return ladder.responsible_for(step), DUE_SCHOOL_DAYS if days is None else days

    def _task(
        self,
        row: Mapping[str, Any],
        roles: tuple[str, ...],
        due_on: date,
        responsibles: registry.Responsibles,
    ) -> Task:
        # A ladder may name a party, such as "teacher"; people hold the roles that carry it.
        owner = responsibles.person_for(
            roles=catalog.current().roles.carriers(roles),
            school_id=row["school_id"],
            class_id=row["class_id"],
            pupil_id=row["pupil_id"],
        )
        return Task(
            pupil_id=row["pupil_id"],
            school_id=row["school_id"],
            school_class_id=row["class_id"],
            step=row["step"],
            window_key=row["window_key"],
            role=roles[0] if roles else "principal",
            owner_id=owner,
            opened_at=self.now,
            due_on=due_on,
            state=Task.State.OPEN,
            state_at=self.now,
            **as_counted(row, version=self.version),
        )


def as_counted(row: Mapping[str, Any], *, version: int) -> dict[str, Any]:
    """Return the fields that say how a crossing was counted, and under which versions."""
    return {
        "ladder": row["ladder"],
        "ladder_version": row["ladder_version"],
        "ladder_hash": row["ladder_hash"],
        "crossed_on": row["crossed_on"],
        "value": row["value"],
        "threshold": row["threshold"],
        "rows_counted": row["rows_counted"],
        "coverage": row["coverage"],
        "facts_version": version,
    }


def correct(task: Task, row: Mapping[str, Any], *, version: int, now: datetime) -> bool:
    """Bring one standing task up to date with its crossing; say whether it changed."""
    counted = as_counted(row, version=version)
    told = {name for name in counted if name != "facts_version"}
    same = all(getattr(task, name) == counted[name] for name in told)
    if same and task.state != Task.State.WITHDRAWN:
        return False
    if task.state == Task.State.HANDLED:
        task.rows_changed_at = now
    else:
        for name, value in counted.items():
            setattr(task, name, value)
        if task.state == Task.State.WITHDRAWN:
            task.state, task.state_at = Task.State.OPEN, now
    task.full_clean(validate_unique=False, validate_constraints=False)
    task.save()
    return True


def withdraw(task: Task, *, now: datetime) -> bool:
    """Take back a task whose crossing a correction undid; an answered one is marked."""
    if task.state == Task.State.WITHDRAWN:
        return False
    if task.state == Task.State.HANDLED:
        task.rows_changed_at = now
    else:
        task.state, task.state_at = Task.State.WITHDRAWN, now
    task.save()
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What an adult says in the reaction form."""

    outcome: str
    talked_with_pupil: bool
    talked_with_guardian: bool
    look_again_on: date | None
    note: str


def react(
    *,
    task_id: int,
    answer: Answer,
    seen_at: datetime,
    scope: Scope,
    by: Person,
    now: datetime,
) -> Reaction:
    """Record an answer and close the task, and with it the pupil's other open steps.

    One talk answers every step reached so far: nobody has to write the same thing three
    times, or to invent a talk. `seen_at` is the state that the adult saw. When somebody
    else answered meanwhile, nothing is overwritten and the sentence says so.
    """
    with transaction.atomic():
        task = queries.tasks_in(scope).select_for_update(of=("self",)).get(pk=task_id)
        if task.state_at != seen_at:
            raise DomainError(
                gettext_noop(
                    "Somebody answered this task or its rows changed while you were "
                    "writing. Nothing was overwritten: open the task again, read what "
                    "is there, and add your answer if it is still needed."
                )
            )
        others = (
            Task.objects.unscoped("checked by its caller's scope")
            .select_for_update()
            .filter(pupil=task.pupil_id, ladder=task.ladder, state=Task.State.OPEN)
        )
        for other in others.exclude(pk=task.pk):
            _close(other, answer, by=by, now=now)
        reaction = _close(task, answer, by=by, now=now)
        audit.record(
            actor=audit.actor_of(by),
            action=Action.HANDLE_TASK,
            purpose=Purpose.ATTENDANCE,
            target=f"task:{task.pk}",
            pupil_ids=[task.pupil_id],
            reason=scope.reason,
            at=now,
        )
    return reaction


def _close(task: Task, answer: Answer, *, by: Person, now: datetime) -> Reaction:
    """Add the answer to one task and close it."""
    reaction = Reaction(
        task=task,
        at=now,
        by=by,
        outcome=answer.outcome,
        talked_with_pupil=answer.talked_with_pupil,
        talked_with_guardian=answer.talked_with_guardian,
        look_again_on=answer.look_again_on,
        note=answer.note,
    )
    reaction.full_clean()
    reaction.save()
    task.state, task.state_at, task.rows_changed_at = Task.State.HANDLED, now, None
    task.save()
    return reaction
