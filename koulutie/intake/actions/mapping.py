"""Say what a mark type means. Never by its letter, number or colour: by its full name."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from datetime import datetime

import yaml
from django.db import transaction

from koulutie import catalog
from koulutie.core.errors import IntakeError, gettext_noop
from koulutie.core.marks import ABSENCES, Kind
from koulutie.core.resolving import Meaning
from koulutie.core.scope import Purpose
from koulutie.intake.models import MarkTypeMapping
from koulutie.intake.queries import mappings
from koulutie.registry import audit
from koulutie.registry.models import Municipality, Person, School


def set_mapping(  # noqa: PLR0913  # a mapping's own columns
    *,
    municipality: Municipality,
    school: School | None,
    type_name: str,
    kind: Kind,
    by: Person | None,
    now: datetime,
    lessons: float | None = None,
    is_applied: bool = False,
) -> MarkTypeMapping:
    """Say what a type's name means from now on; the same again changes nothing.

    `lessons` is what one mark counts for; left out: what the kind counts for. Marks that
    are already in are read anew by the job `remap`, unless `is_applied` says there are none.
    """
    weight = checked_weight(kind, lessons)
    name = type_name.strip()
    current = _current(municipality, school, name)
    if current and (current.kind, current.lessons) == (kind, weight):
        return current
    made = MarkTypeMapping(
        municipality=municipality,
        school=school,
        type_name=name,
        kind=kind,
        lessons=weight,
        set_at=now,
        set_by=by,
        is_applied=is_applied,
    )
    with transaction.atomic():
        if current:
            current.replaced_at = max(now, current.set_at)
            current.save()
        made.full_clean()
        made.save()
        _log(made, "set_mapping", by=by, now=now)
    return made


def clear_mapping(
    *, mapping: MarkTypeMapping, by: Person | None, now: datetime
) -> None:
    """Take a school's own meaning away, so that the municipality's holds there too."""
    wider = mappings.in_force(mapping.municipality).filter(
        school=None, type_name=mapping.type_name
    )
    if mapping.school is None or not wider.exists():
        raise IntakeError(
            gettext_noop(
                "%(name)s has no wider meaning behind this one. Give it another meaning."
            ),
            name=mapping.type_name,
        )
    with transaction.atomic():
        mapping.replaced_at = max(now, mapping.set_at)
        mapping.save()
        # What is in was read under the school's meaning: the wider one takes its place.
        wider.update(is_applied=False)
        _log(mapping, "clear_mapping", by=by, now=now)


def checked_weight(kind: Kind, lessons: float | None) -> float:
    """Return what one mark counts for; only absences count, and no more than one lesson."""
    if lessons is None:
        return float(catalog.current().mark_kinds.by_kind[kind].counts_as_lesson)
    most = 1.0 if kind in ABSENCES else 0.0
    if not 0 <= lessons <= most:
        raise IntakeError(
            gettext_noop(
                "One mark of the kind %(kind)s cannot count for %(lessons)s lessons. "
                "Give a number from 0 to %(most)s."
            ),
            kind=kind.value,
            lessons=lessons,
            most=most,
        )
    return lessons


def _current(
    municipality: Municipality, school: School | None, name: str
) -> MarkTypeMapping | None:
    rows = mappings.in_force(municipality)
    return rows.filter(school=school, type_name=name).first()


def _log(
    mapping: MarkTypeMapping, action: str, *, by: Person | None, now: datetime
) -> None:
    place = (
        f"school:{mapping.school.pk}"
        if mapping.school
        else f"municipality:{mapping.municipality.pk}"
    )
    audit.record(
        actor=audit.actor_of(by),
        action=action,
        purpose=Purpose.INTAKE,
        target=f"mapping:{mapping.pk}",
        reason=f"{place}: {mapping.type_name} = {mapping.kind} ({mapping.lessons})",
        at=now,
    )


def read_mapping_file(*, text: str, file_name: str) -> dict[str, Meaning]:
    """Return the meanings in a file: YAML ``name: kind``, or CSV ``name;kind[;lessons]``.

    Raises
    ------
    IntakeError
        Naming the line or the name that is not understood.
    """
    is_yaml = file_name.lower().endswith((".yaml", ".yml"))
    rows = _rows_of_yaml(text, file_name) if is_yaml else _rows_of_csv(text, file_name)
    return {name: _meaning(name, kind, lessons) for name, kind, lessons in rows}


Row = tuple[str, str, str]


def _rows_of_yaml(text: str, file_name: str) -> Iterator[Row]:
    try:
        values = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506  # only texts
    except yaml.YAMLError as error:
        raise _not_mapping(file_name) from error
    if not isinstance(values, Mapping):
        raise _not_mapping(file_name)
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield str(name), str(value.get("kind", "")), str(value.get("lessons", ""))
        else:
            yield str(name), str(value), ""


def _rows_of_csv(text: str, file_name: str) -> Iterator[Row]:
    head = text.split("\n", 1)[0]
    separator = max(";\t,", key=head.count)
    if separator not in head:
        raise _not_mapping(file_name)
    for cells in csv.reader(io.StringIO(text), delimiter=separator):
        row = [cell.strip() for cell in cells]
        if any(row) and row[:2] != ["type_name", "kind"]:
            name, kind, lessons, *_ = (*row, "", "", "")
            yield name, kind, lessons


def _meaning(name: str, kind: str, lessons: str) -> Meaning:
    known = {one.value: one for one in Kind}
    if not name or kind not in known:
        raise IntakeError(
            gettext_noop(
                "%(name)s: there is no kind of mark %(kind)s. Choose one of: %(known)s."
            ),
            name=name or "–",
            kind=kind or "–",
            known=", ".join(known),
        )
    try:
        weight = float(lessons.replace(",", ".")) if lessons else None
    except ValueError as error:
        raise IntakeError(
            gettext_noop("%(name)s: %(lessons)s is not a number of lessons."),
            name=name,
            lessons=lessons,
        ) from error
    return Meaning(kind=known[kind], lessons=checked_weight(known[kind], weight))


def _not_mapping(file_name: str) -> IntakeError:
    return IntakeError(
        gettext_noop(
            "%(file)s does not say what mark types mean. Write one type a line: its "
            "name, a semicolon, its kind."
        ),
        file=file_name,
    )
