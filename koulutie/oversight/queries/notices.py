"""Notices of pupils opened with a reason."""

from __future__ import annotations

from koulutie.registry.models import Notice, Person

KEPT_IN_SIGHT = 100  # older ones are in the log


def notices_of(person: Person) -> list[Notice]:
    """Return a person's notices, the newest first."""
    rows = Notice.objects.filter(person=person).order_by("-made_at", "-pk")
    rows = rows.select_related("grant__person", "grant__pupil")
    return list(rows[:KEPT_IN_SIGHT])
