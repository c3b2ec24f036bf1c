"""How fresh each school's marks are, as the list of batches shows it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from koulutie.intake.queries.freshness import NOTHING, Freshness, SchoolFreshness
from koulutie.registry.models import School
from koulutie.registry.queries import class_codes

# Marks older than a school week are worth a look; a break is told by the calendar beside.
STALE_AFTER_DAYS = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassRow:
    """One class's freshness."""

    code: str
    found: Freshness


@dataclass(frozen=True, slots=True, kw_only=True)
class SchoolRow:
    """One school's freshness and its classes, the least fresh first."""

    school: School
    found: Freshness
    days_old: int | None
    is_stale: bool
    classes: tuple[ClassRow, ...]


def school_rows(
    schools: Iterable[School], found: Mapping[int, SchoolFreshness], *, today: date
) -> list[SchoolRow]:
    """Return a row for every school, those without marks first, then the least fresh."""
    ids = {one for school in found.values() for one in school.classes}
    codes = class_codes(ids)
    rows = [_row(school, found.get(school.pk), codes, today) for school in schools]
    return sorted(rows, key=lambda row: (row.found.latest or date.min, row.school.name))


def _row(
    school: School,
    found: SchoolFreshness | None,
    codes: Mapping[int, str],
    today: date,
) -> SchoolRow:
    own = found.school if found else NOTHING
    days_old = own.days_old(today)
    classes = found.classes if found else {}
    return SchoolRow(
        school=school,
        found=own,
        days_old=days_old,
        is_stale=days_old is None or days_old > STALE_AFTER_DAYS,
        classes=tuple(
            sorted(
                (
                    ClassRow(code=codes.get(pk, "–"), found=one)
                    for pk, one in classes.items()
                ),
                key=lambda row: (row.found.latest or date.min, row.code),
            )
        ),
    )
