"""Runs of retention as sentences and rows: what was due, what went, what stays and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from koulutie import catalog
from koulutie.retention.models import RetentionRun
from koulutie.retention.presenters.dictionary import how_long

WHY: dict[str, Promise] = {
    "": gettext_lazy("Nothing of what was due stays."),
    "never": gettext_lazy("Kept as long as the system."),
    "not_yet": gettext_lazy("Nothing was due."),
    "unknown_leaving": gettext_lazy(
        "Of these pupils no class is known, so nobody can say when they left."
    ),
    "undecided_files": gettext_lazy(
        "A file that names them waits for a decision; they go when it is decided."
    ),
    "number_stays": gettext_lazy(
        "Their names are gone. A number stays, because what they wrote still stands."
    ),
    "at_work": gettext_lazy("Somebody is working on them; they go in the next night."),
}
KINDS: dict[str, Promise] = {
    "pupils": gettext_lazy("Pupils with all that belongs to them"),
    "staff": gettext_lazy("Accounts of staff"),
    "files": gettext_lazy("Files brought in"),
    "events": gettext_lazy("Events of the access log"),
    "mark_history": gettext_lazy("Replaced marks"),
    "casework.Task": gettext_lazy("Tasks"),
    "casework.Reaction": gettext_lazy("Reactions"),
    "casework.Note": gettext_lazy("Notes"),
    "casework.NoteRevision": gettext_lazy("Forms of notes"),
    "casework.NoteDraft": gettext_lazy("Drafts of notes"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of a run as the page shows it."""

    title: str
    kind: str  # empty where it says no more than the title
    kept: str
    due: int
    gone: int
    stays: int
    why: str


def rows_of(run: RetentionRun) -> list[Row]:
    """Return a run's lines in the reader's language."""
    return [_row(line) for line in run.lines]


def _row(line: dict[str, Any]) -> Row:
    rule = catalog.current().retention.by_id.get(line["rule"])
    title = rule.title.in_language(get_language() or "fi") if rule else line["rule"]
    kind = str(KINDS.get(line["kind"], line["kind"]))
    return Row(
        title=title,
        kind="" if line["kind"] == "all" or kind == title else kind,
        kept=how_long(rule) if rule else "",
        due=line["due"],
        gone=line["gone"],
        stays=line["stays"],
        why=_why(line),
    )


def _why(line: dict[str, Any]) -> str:
    is_nothing_due = not line["due"] and not line["why"]
    return str(WHY["not_yet" if is_nothing_due else line["why"]])


def sentence(line: dict[str, Any], *, is_dry_run: bool) -> str:
    """Return one line as a sentence, for the command line."""
    row = _row(line)
    if is_dry_run:
        told = _("%(title)s: %(due)d due.")
    else:
        told = _("%(title)s: %(due)d due, %(gone)d erased, %(stays)d stay.")
    title = f"{row.title}, {row.kind}" if row.kind else row.title
    numbers = {"due": row.due, "gone": row.gone, "stays": row.stays}
    told = told % {"title": title, **numbers}
    return told if is_dry_run and not row.stays else f"{told} {row.why}"
