"""After a type's meaning has changed: the marks that are in are read anew under it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime
from functools import partial

import pyarrow as pa
import pyarrow.compute as pc

from koulutie.core.errors import IntakeError
from koulutie.core.marks import Kind
from koulutie.core.resolving import Meaning
from koulutie.core.tables import RAW_MARK
from koulutie.facts.remeaning import Remeant, put_remeant, remeant
from koulutie.facts.store import Draft
from koulutie.intake.actions.examining import resolve_marks
from koulutie.intake.actions.reading import staged
from koulutie.intake.models import Batch, MarkTypeMapping
from koulutie.intake.queries import mappings
from koulutie.intake.queries.mappings import Meanings
from koulutie.jobs.facts import Change, Touched, commit
from koulutie.registry.models import Municipality
from koulutie.registry.queries import schools_of


def remap(*, now: datetime) -> int:
    """Bring the facts in line with every meaning that is not applied yet; return how many."""
    waiting: dict[Municipality, list[MarkTypeMapping]] = defaultdict(list)
    for mapping in mappings.unapplied():
        waiting[mapping.municipality].append(mapping)
    for municipality, changed in waiting.items():
        change = Change(
            cause=f"mapping:{changed[-1].pk}",
            municipality=municipality,
            write=partial(_write, municipality, {one.type_name for one in changed}),
            record=partial(_record, [one.pk for one in changed]),
        )
        commit(change, as_of=now.date(), now=now)
    return sum(map(len, waiting.values()))


def _write(
    municipality: Municipality, names: Collection[str], draft: Draft, number: int
) -> Touched:
    meanings = mappings.meanings(municipality)
    marks = remeant(
        draft,
        type_names=names,
        school_ids=schools_of({municipality.pk}),
        meaning_of=lambda school, name: meanings.of(school_id=school, type_name=name),
    )
    comparison = put_remeant(
        draft, marks, keys=_new_keys(marks, meanings), number=number
    )
    return Touched(
        # A withdrawn form changes its pupil too, whatever stands in its place.
        pupil_ids=frozenset(marks.before["pupil_id"].to_pylist()),
        school_years=frozenset(year for year, _ in comparison.months)
        | frozenset(marks.before["school_year"].to_pylist()),
        is_anything=len(marks.before) > 0,
    )


def _record(pks: Collection[int], _number: int | None) -> None:
    MarkTypeMapping.objects.filter(pk__in=pks).update(is_applied=True)


def _new_keys(marks: Remeant, meanings: Meanings) -> dict[int, int]:
    """Return the new key of each mark that is known otherwise under its new meaning.

    Read from the rows of the batch that brought it: only they tell the source's own id. A
    mark whose file has been erased keeps its key, so a later form of it would be a new mark.
    """
    keys: dict[int, int] = {}
    turned = marks.changed_identity
    rows = turned.select(["batch_id", "type_name", "kind"]).to_pylist()
    for batch_id, name, kind in {tuple(row.values()) for row in rows}:
        batch = Batch.objects.filter(pk=batch_id).first()
        if batch is not None:
            keys |= _keys_in(batch, name, Kind(kind), meanings)
    return keys


def _keys_in(
    batch: Batch, name: str, old_kind: Kind, meanings: Meanings
) -> dict[int, int]:
    before = Meanings(by_name={(None, name): Meaning(kind=old_kind, lessons=0)})
    try:
        raw = staged(batch, RAW_MARK)
        rows = raw.filter(pc.equal(raw["type_name"], name))
        old = _keys_under(batch, rows, before)
        new = _keys_under(batch, rows, meanings)
    except IntakeError:  # erased, or its pupil is known by another key now
        return {}
    return dict(zip(old, new, strict=True)) if len(old) == len(new) else {}


def _keys_under(batch: Batch, rows: pa.Table, meanings: Meanings) -> list[int]:
    resolved = resolve_marks(batch, rows, meanings)
    return [int(key) for key in resolved.marks["mark_key"].to_pylist()]
