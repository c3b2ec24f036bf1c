"""Every night: erase what has been kept long enough, rule by rule, and report it.

Each rule's work is finished by itself, so a run that is killed is simply gone on with: what
was erased is due no more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from importlib import import_module
from typing import Any

from django.conf import settings
from django.db.models import Q

from koulutie import catalog
from koulutie.core.definitions.retention import CountedFrom, RetentionRule
from koulutie.facts import erasing as facts
from koulutie.facts.store import Draft
from koulutie.intake.actions.purging import due as due_batches
from koulutie.intake.actions.purging import purge
from koulutie.jobs import erasing
from koulutie.jobs.facts import Change, Touched, commit, draft_now
from koulutie.registry.actions.log import delete_sealed_before
from koulutie.registry.models import Municipality, Pupil
from koulutie.retention.actions import running
from koulutie.retention.actions.running import Line
from koulutie.retention.models import RetentionRun
from koulutie.retention.presenters.runs import sentence
from koulutie.retention.queries import due


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionReport:
    """What a run found and did."""

    run: RetentionRun

    @property
    def facts(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {
            "run": self.run.pk,
            "dry_run": self.run.is_dry_run,
            "lines": self.run.lines,
        }

    @property
    def lines(self) -> list[str]:
        """Return it as sentences."""
        return [
            sentence(line, is_dry_run=self.run.is_dry_run) for line in self.run.lines
        ]

    @property
    def gone(self) -> dict[str, int]:
        """Return how many files and other records went."""
        files = sum(one["gone"] for one in self.run.lines if one["kind"] == "files")
        every = sum(one["gone"] for one in self.run.lines)
        return {"purged": files, "erased": every - files}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One run's day, moment, and whether it only looks."""

    as_of: date
    now: datetime
    is_dry_run: bool
    run_id: int


def run(*, as_of: date, now: datetime, dry_run: bool = False) -> RetentionReport:
    """Go through all rules; a dry run changes nothing but its own record."""
    was_cut_off = running.was_cut_off()
    made = running.begin(is_dry_run=dry_run, now=now)
    asked = Asked(as_of=as_of, now=now, is_dry_run=dry_run, run_id=made.pk)
    leaves_traces = was_cut_off
    for rule in catalog.current().retention.rules:
        for line in DOES[rule.counted_from](rule, asked):
            running.note(made, line)
            leaves_traces |= bool(line.gone) and line.kind not in {"files", "events"}
    if leaves_traces and not dry_run:
        erasing.clear_traces()
    if not dry_run:  # sessions that have ended by themselves
        import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()
    running.finish(made, now=now)
    return RetentionReport(run=made)


def never(rule: RetentionRule, asked: Asked) -> Iterator[Line]:
    """Report what is kept as long as the system."""
    yield Line(rule=rule.id, kind="all", due=0, why="never")


# --- from leaving -----------------------------------------------------------------------


def after_leaving(rule: RetentionRule, asked: Asked) -> Iterator[Line]:
    """Erase pupils who left, or one kind of their records where its time is shorter."""
    left = due.left_pupils(due.months_before(asked.as_of, rule.months or 0))
    if rule.id == "pupil":
        yield _pupils(rule, left, asked)
        return
    lines = []
    for kind in reversed(due.leaving_with(rule.id)):  # what hangs on others first
        found = kind.rows(left).count() if left else 0
        gone = running.delete_of(kind, left) if found and not asked.is_dry_run else 0
        if found:
            lines.append(Line(rule=rule.id, kind=kind.label, due=found, gone=gone))
    yield from lines or [Line(rule=rule.id, kind="all", due=0, why="not_yet")]


def _pupils(rule: RetentionRule, left: list[int], asked: Asked) -> Line:
    unknown = due.pupils_without_a_stay()
    if asked.is_dry_run or not left:
        return Line(
            rule=rule.id,
            kind="pupils",
            due=len(left),
            stays=unknown,
            why="unknown_leaving" if unknown else "",
        )
    gone = sum(
        _erase_of(municipality, left, asked)
        for municipality in Municipality.objects.order_by("pk")
    )
    waits = len(left) - gone
    return Line(
        rule=rule.id,
        kind="pupils",
        due=len(left),
        gone=gone,
        stays=waits or unknown,
        why="undecided_files" if waits else "unknown_leaving" if unknown else "",
    )


def _erase_of(municipality: Municipality, left: list[int], asked: Asked) -> int:
    here = Pupil._base_manager.filter(Q(pk__in=left), municipality=municipality)
    pupil_ids = frozenset(here.values_list("pk", flat=True))
    whom = erasing.Whom(
        pupil_ids=pupil_ids,
        municipality=municipality,
        cause=f"retention:{asked.run_id}",
        is_by_name=False,
    )
    if not pupil_ids or erasing.undecided(whom):
        return 0
    erasing.erase(whom, as_of=asked.as_of, now=asked.now, tell=lambda _counts: None)
    return len(pupil_ids)


# --- from the end of employment -----------------------------------------------------------


def after_employment(rule: RetentionRule, asked: Asked) -> Iterator[Line]:
    """Erase staff whose roles have all ended; who wrote records stays as a number."""
    ended = due.ended_staff(due.months_before(asked.as_of, rule.months or 0))
    if asked.is_dry_run:
        yield Line(rule=rule.id, kind="staff", due=len(ended))
        return
    whole = sum(running.erase_person(one) for one in ended)
    blanked = len(ended) - whole
    yield Line(
        rule=rule.id,
        kind="staff",
        due=len(ended),
        gone=len(ended),
        stays=blanked,
        why="number_stays" if blanked else "",
    )


# --- from writing -----------------------------------------------------------------------


def after_writing(rule: RetentionRule, asked: Asked) -> Iterator[Line]:
    """Erase files, sealed log, replaced marks, and rows of models that are all of a rule."""
    own = {"batch": _files, "access_log": _sealed, "mark_history": _history}
    if rule.id in own:
        yield from own[rule.id](rule, asked)
    if rule.id == "batch":
        return  # its rows go with their files
    before = due.moment_before(asked.now, rule.months or 0)
    for model, field in due.written_models(rule.id):
        old = due.written_before(model, field, before)
        number = old.count()
        if number:
            gone = 0 if asked.is_dry_run else old.delete()[0]
            label = str(model._meta.label)
            yield Line(rule=rule.id, kind=label, due=number, gone=min(gone, number))


def _files(rule: RetentionRule, asked: Asked) -> Iterator[Line]:
    limit = due.moment_before(asked.now, rule.months or 0).timestamp()
    copies = [one for one in erasing.looked_at() if one.stat().st_mtime < limit]
    number = due_batches(now=asked.now).count() + len(copies)
    gone = 0
    if not asked.is_dry_run:
        gone = purge(now=asked.now) + len(copies)
        for path in copies:
            path.unlink(missing_ok=True)
    held = number - gone if not asked.is_dry_run else 0
    yield Line(
        rule=rule.id,
        kind="files",
        due=number,
        gone=gone,
        stays=held,
        why="at_work" if held else "",
    )


def _sealed(rule: RetentionRule, asked: Asked) -> Iterator[Line]:
    before = due.moment_before(asked.now, rule.months or 0)
    number = due.sealed_before(before)
    gone = 0
    if number and not asked.is_dry_run:
        gone = delete_sealed_before(before=before, now=asked.now)
    yield Line(rule=rule.id, kind="events", due=number, gone=gone)


def _history(rule: RetentionRule, asked: Asked) -> Iterator[Line]:
    """Erase replaced marks of whole months; the standing marks stay with their pupils."""
    first = due.months_before(asked.as_of, rule.months or 0)
    month = (first.year if first.month >= 8 else first.year - 1, first.month)
    with draft_now() as (draft, latest):
        old = facts.history_before(draft, month)
    number, gone = sum(old.values()), 0
    municipality = Municipality.objects.order_by("pk").first()
    if number and latest and municipality and not asked.is_dry_run:

        def write(draft: Draft, _number: int) -> Touched:
            facts.erase_history(draft, set(old))
            return Touched(
                pupil_ids=frozenset(), school_years=frozenset(), is_anything=True
            )

        change = Change(
            cause=f"retention:{asked.run_id}",
            municipality=municipality,
            write=write,
            record=lambda _number: None,
        )
        commit(change, as_of=asked.as_of, now=asked.now)
        gone = number
    yield Line(rule=rule.id, kind="mark_history", due=number, gone=gone)


DOES: dict[CountedFrom, Callable[[RetentionRule, Asked], Iterator[Line]]] = {
    CountedFrom.NEVER: never,
    CountedFrom.LEAVING: after_leaving,
    CountedFrom.END_OF_EMPLOYMENT: after_employment,
    CountedFrom.WRITTEN: after_writing,
    CountedFrom.CLOSED: never,
}
