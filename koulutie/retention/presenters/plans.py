"""What goes and what stays when a pupil is erased, in words."""

from __future__ import annotations

from dataclasses import dataclass

import narwhals as nw
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from koulutie import catalog
from koulutie.core.scope import Purpose
from koulutie.registry.access import system_scope
from koulutie.registry.models import OpenedPupil, Person
from koulutie.retention.models import Erasure
from koulutie.retention.queries.belonging import counts
from koulutie.ui.facts import open_facts

Counts = dict[str, dict[str, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One kind of record and how many there are."""

    title: str
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Stays:
    """What is kept all the same, and by which law."""

    title: str
    text: str
    law: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One erasure in a list or on its own page. No name: a number."""

    erasure: Erasure
    prepared_by: str
    confirmed_by: str
    parts: tuple[Part, ...]


def planned(pupil_id: int) -> Counts:
    """Count what will go: rows of the database by rule, rows of the facts by table."""
    return {"rules": counts(pupil_id), "facts": _facts_of(pupil_id)}


def _facts_of(pupil_id: int) -> dict[str, int]:
    """Count a pupil's rows in the facts; whoever asks sees the numbers, not the rows."""
    scope = system_scope(name="erasure", purpose=Purpose.OVERSIGHT)
    found: dict[str, int] = {}
    with open_facts(scope) as facts:
        if facts is None:
            return found
        for table in catalog.current().facts_columns.tables:
            if "pupil_id" not in {name for name, _, _ in table.columns()}:
                continue
            rows = facts.reader.frame(table.id).filter(nw.col("pupil_id") == pupil_id)
            number = int(rows.select(nw.len()).collect().item())
            if number:
                found[table.id] = number
    return found


def parts(planned_counts: Counts) -> tuple[Part, ...]:
    """Return the counts with their titles in the reader's language."""
    language = get_language() or "fi"
    rules = catalog.current().retention.by_id
    tables = {one.id: one.title for one in catalog.current().facts_columns.tables}
    found = [
        Part(title=rules[name].title.in_language(language), number=number)
        for name, number in planned_counts.get("rules", {}).items()
        if name in rules
    ]
    found += [
        Part(title=tables[name].in_language(language), number=number)
        for name, number in planned_counts.get("facts", {}).items()
        if name in tables
    ]
    files = planned_counts.get("files", {}).get("files", 0)
    if files:
        found.append(Part(title=_("Files brought in"), number=files))
    return tuple(found)


def stays(pupil_id: int) -> tuple[Stays, ...]:
    """Return what stays after the pupil is erased."""
    language = get_language() or "fi"
    log = catalog.current().retention.by_id["access_log"]
    events = OpenedPupil.objects.filter(pupil_id=pupil_id).count()
    return (
        Stays(
            title=log.title.in_language(language),
            text=_(
                "%(n)d events name the pupil by the number %(number)s only. Nothing leads "
                "from the number to the person any more."
            )
            % {"n": events, "number": f"#{pupil_id}"},
            law=log.law.in_language(language),
        ),
        Stays(
            title=_("This erasure"),
            text=_(
                "The number, who prepared and confirmed it and when. The reason is blanked."
            ),
            law=log.law.in_language(language),
        ),
        Stays(
            title=_("Backups made before"),
            text=_(
                "They are overwritten in their own time; after a restore the erasure has to "
                "be done again."
            ),
            law=_("GDPR, article 17; the operator’s guide."),
        ),
    )


def listed(erasures: list[Erasure]) -> list[Listed]:
    """Return erasures with the names of those who act."""
    ids = {one.prepared_by_id for one in erasures}
    ids |= {one.confirmed_by_id for one in erasures if one.confirmed_by_id}
    names = {one.pk: one.full_name for one in Person._base_manager.filter(pk__in=ids)}
    return [
        Listed(
            erasure=one,
            prepared_by=names[one.prepared_by_id],
            confirmed_by=names.get(one.confirmed_by_id or 0, ""),
            parts=parts(one.erased or one.planned),
        )
        for one in erasures
    ]
