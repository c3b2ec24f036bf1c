"""School days, as intake asks for them: of a batch, of a school."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from koulutie.core.calendar import school_days
from koulutie.intake.models import Batch
from koulutie.registry import exports
from koulutie.registry.models import Municipality, School


def days_by_number(
    municipality: Municipality, numbers: Collection[str]
) -> dict[str, frozenset[date]]:
    """Return the school days of the schools with these numbers, of all years."""
    schools = School.objects.filter(municipality=municipality, number__in=list(numbers))
    ids = {school.pk: school.number for school in schools}
    if not ids:
        return {}
    found = school_days(exports.calendar(municipality=municipality))
    return {number: frozenset(found.get(pk, ())) for pk, number in ids.items()}


def school_days_of(batch: Batch) -> frozenset[date]:
    """Return the days on which any school of the batch was held."""
    numbers = set(batch.shape.get("schools", {}))
    if batch.school:
        numbers.add(batch.school.number)
    found = days_by_number(batch.municipality, numbers)
    return frozenset().union(*found.values())
