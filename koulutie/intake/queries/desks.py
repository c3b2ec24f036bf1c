"""At whose desk somebody sits: one municipality, and the schools of it that are theirs."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import QuerySet

from koulutie.core.scope import Scope
from koulutie.intake.queries.batches import municipalities_in
from koulutie.registry.access import OutsideScope
from koulutie.registry.models import Municipality, School
from koulutie.registry.queries import schools_in


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The municipality of the page, its schools in scope, and whether that is all of it."""

    municipality: Municipality
    schools: QuerySet[School]
    is_whole: bool
    others: tuple[Municipality, ...]  # further municipalities to change to


def desk_for(scope: Scope, code: str = "") -> Desk:
    """Return the desk of the named municipality, else of the first in scope."""
    whole = list(municipalities_in(scope))
    schools = schools_in(scope)
    by_school = Municipality.objects.filter(pk__in=schools.values("municipality"))
    known = {one.code: one for one in [*by_school, *whole]}
    if code and code not in known:
        raise OutsideScope(f"municipality:{code}")
    if not known:
        raise OutsideScope("municipality")
    chosen = known[code or min(known)]
    return Desk(
        municipality=chosen,
        schools=schools.filter(municipality=chosen).order_by("name"),
        is_whole=chosen in whole,
        others=tuple(known[one] for one in sorted(known) if known[one] != chosen),
    )
