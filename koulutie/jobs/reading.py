"""What the command line reads: figures, the reason of a step, ladders and their past.

The command line is the system's own eye (a system scope, logged as such); names of persons
never appear here, only the keys by which the source calls them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import narwhals as nw

from koulutie import catalog
from koulutie.casework.models import Task
from koulutie.casework.queries.facts import behind_task, rows_of
from koulutie.core import ladders as core_ladders
from koulutie.core.definitions import Ladder
from koulutie.core.errors import DomainError, gettext_noop
from koulutie.core.scope import Purpose, Scope
from koulutie.registry import access, audit
from koulutie.registry import queries as registry
from koulutie.registry.models import Pupil, School
from koulutie.ui.facts import Facts, open_facts

NOTHING = gettext_noop(
    "No marks have been taken in yet. Import a file with koulutie import FILE --accept."
)
NO_FIGURES = gettext_noop(
    "No figures are there for this choice. Figures are computed by koulutie night."
)
NO_PUPIL = gettext_noop(
    "No pupil is known by %(pupil)s. Name the key that the source uses, or the number in the "
    "page's address."
)
NO_SCHOOL = gettext_noop("No school has the number %(school)s.")
NO_STEP = gettext_noop(
    "The pupil %(pupil)s has not reached the step %(step)s. Reached so far: %(reached)s."
)
NO_LADDER = gettext_noop("There is no ladder %(name)s. Known are: %(known)s.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The same answer as values and as lines."""

    facts: dict[str, Any]
    lines: list[str]


def figures(
    *, school: str | None, pupil: str | None, as_of: date | None, now: datetime
) -> list[dict[str, Any]]:
    """Return figures of a school's pupils, of one pupil, or of everybody.

    With `as_of`, only figures that were computed for that day are returned.
    """
    _log("figures", now)
    with open_facts(_scope("figures")) as facts:
        frame = _facts(facts).reader.frame("figures")
        if school is not None:
            frame = frame.filter(nw.col("school_id") == _school(school).pk)
        if pupil is not None:
            frame = frame.filter(nw.col("pupil_id") == _pupil(pupil).pk)
        if as_of is not None:
            frame = frame.filter(nw.col("as_of") == as_of)
        columns = ("pupil_id", "indicator", "window", "window_key", "as_of", "numerator",
                   "denominator", "value", "withheld", "coverage")  # fmt: skip
        rows = rows_of(frame.select(*columns))
    keys = _keys()
    for row in rows:
        pk = row.pop("pupil_id")
        row["pupil"] = keys.get(pk, str(pk))
    return sorted(rows, key=lambda row: (row["pupil"], row["indicator"], row["window"]))


def explain(*, pupil: str, step: str, now: datetime) -> Answer:
    """Say why a pupil reached a step: what was counted, the limit, each row, each version."""
    found = _pupil(pupil)
    _log("explain", now, pupil_ids=[found.pk])
    tasks = (
        Task.objects.unscoped("the night's work")
        .filter(pupil=found)
        .select_related("school_class__school_year")
    )
    task = tasks.filter(step=step).order_by("-crossed_on").first()
    if task is None:
        reached = ", ".join(sorted(set(tasks.values_list("step", flat=True)))) or "–"
        raise DomainError(NO_STEP, pupil=pupil, step=step, reached=reached)
    with open_facts(_scope("explain")) as facts:
        rows = behind_task(facts, task, catalog.current().ladders)
    told = {
        "pupil": pupil,
        "ladder": task.ladder,
        "ladder_version": task.ladder_version,
        "ladder_hash": task.ladder_hash,
        "step": step,
        "window": task.window_key,
        "crossed_on": task.crossed_on.isoformat(),
        "value": task.value,
        "threshold": task.threshold,
        "coverage": task.coverage,
        "facts_version": task.facts_version,
        "state": task.state,
        "due_on": task.due_on.isoformat(),
        "rows": rows,
    }
    reached_in_words = (
        f"{pupil} reached {step} of {task.ladder} v{task.ladder_version} on "
        f"{task.crossed_on}: {task.value:g} in {task.window_key}, limit "
        f"{task.threshold:g}. Facts version {task.facts_version}, ladder "
        f"{task.ladder_hash[:12]}, {len(rows)} rows:"
    )
    lines = [reached_in_words, *map(_row_in_words, rows)]
    return Answer(facts=told, lines=lines)


def _row_in_words(row: dict[str, Any]) -> str:
    subject = row["subject_code"] or ""
    return f"  {row['date']}  {row['kind']:<26} {subject:<6}{row['lessons']:g}"


def ladder_list(*, name: str | None, now: datetime) -> Answer:
    """List the ladders with how many of their steps the machine can run."""
    rows = [
        {
            "id": one.id,
            "municipality": one.municipality,
            "version": one.version,
            "steps": len(one.steps),
            "runnable": len(one.runnable_steps),
        }
        for one in catalog.current().ladders.values()
    ]
    lines = [
        f"{row['id']:<22}{row['runnable']:>3} of {row['steps']:>2} steps run   "
        f"{row['municipality']}"
        for row in rows
    ]
    return Answer(facts={"ladders": rows}, lines=lines)


def ladder_check(*, name: str | None, now: datetime) -> Answer:
    """Say for each step whether the machine can run it, and why not."""
    chosen = [_ladder(name)] if name else list(catalog.current().ladders.values())
    told = {
        one.id: {
            step: [str(gap) for gap in gaps]
            for step, gaps in one.why_not_runnable.items()
        }
        for one in chosen
    }
    lines = [line for one in chosen for line in _check_lines(one)]
    return Answer(facts={"not_runnable": told}, lines=lines)


def _check_lines(ladder: Ladder) -> Iterable[str]:
    yield f"{ladder.id} ({ladder.municipality})"
    for step in ladder.steps:
        gaps = ladder.gaps(step)
        yield f"  {step.id}: {'runs' if not gaps else ' '.join(str(gap) for gap in gaps)}"


def ladder_simulation(*, name: str | None, now: datetime) -> Answer:
    """Run a ladder over all marks there are: pupils by step and month."""
    ladder = _ladder(name or "koulutie-demo")
    _log("simulate", now)
    with open_facts(_scope("simulate")) as facts:
        opened = _facts(facts)
        counted = core_ladders.simulate(
            ladder=ladder, frames=opened.reader.frames(), as_of=opened.as_of
        )
    rows = [
        {"month": f"{one.month:%Y-%m}", "step": one.step, "pupils": one.pupils}
        for one in counted
    ]
    lines = [f"{row['month']}  {row['step']:<16}{row['pupils']:>6}" for row in rows]
    return Answer(facts={"ladder": ladder.id, "reached": rows}, lines=lines)


def _ladder(name: str) -> Ladder:
    known = catalog.current().ladders
    if name not in known:
        raise DomainError(NO_LADDER, name=name, known=", ".join(sorted(known)))
    return known[name]


def _scope(work: str) -> Scope:
    return access.system_scope(name=work, purpose=Purpose.OVERSIGHT)


def _facts(facts: Facts | None) -> Facts:
    if facts is None:
        raise DomainError(NOTHING)
    return facts


def _school(number: str) -> School:
    found = School.objects.filter(number=number).first()
    if found is None:
        raise DomainError(NO_SCHOOL, school=number)
    return found


def _pupil(told: str) -> Pupil:
    """Return the pupil by the source's key, else by our own number."""
    found = registry.pupil_called(told)
    if found is None:
        raise DomainError(NO_PUPIL, pupil=told)
    return found


def _keys() -> dict[int, str]:
    return registry.source_keys()


def _log(action: str, now: datetime, pupil_ids: Iterable[int] = ()) -> None:
    audit.record(
        actor="system:command",
        action=action,
        purpose=Purpose.OVERSIGHT,
        target=f"command:{action}",
        pupil_ids=pupil_ids,
        reason="the command line of the server",
        at=now,
    )
