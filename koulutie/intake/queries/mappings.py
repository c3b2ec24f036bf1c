"""What mark types mean: the mappings in force, by school."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import QuerySet

from koulutie.core.marks import Kind
from koulutie.core.resolving import Meaning
from koulutie.intake.models import MarkTypeMapping
from koulutie.registry.models import Municipality


@dataclass(frozen=True, slots=True, kw_only=True)
class Meanings:
    """Meanings by (school id, type name); school None is the whole municipality."""

    by_name: dict[tuple[int | None, str], Meaning]

    def of(self, *, school_id: int | None, type_name: str) -> Meaning | None:
        """Return what the name means in a school: its own meaning, else everybody's."""
        own = self.by_name.get((school_id, type_name))
        return own or self.by_name.get((None, type_name))

    def with_more(self, more: dict[str, Meaning]) -> Meanings:
        """Return these, and the further ones where a name has no meaning at all."""
        named = {name for _, name in self.by_name}
        extra = {(None, name): one for name, one in more.items() if name not in named}
        return Meanings(by_name=self.by_name | extra)


def in_force(municipality: Municipality) -> QuerySet[MarkTypeMapping]:
    """Return the mappings that hold now."""
    return MarkTypeMapping.objects.filter(
        municipality=municipality, replaced_at__isnull=True
    )


def meanings(municipality: Municipality) -> Meanings:
    """Return all meanings that hold now."""
    rows = in_force(municipality).values_list("school", "type_name", "kind", "lessons")
    return Meanings(
        by_name={
            (school, name): Meaning(kind=Kind(kind), lessons=lessons)
            for school, name, kind, lessons in rows
        }
    )


def history(municipality: Municipality, type_name: str) -> QuerySet[MarkTypeMapping]:
    """Return what a name has meant, newest first."""
    rows = MarkTypeMapping.objects.filter(
        municipality=municipality, type_name=type_name
    )
    return rows.select_related("school", "set_by").order_by("-set_at", "-pk")


def unapplied() -> QuerySet[MarkTypeMapping]:
    """Return the mappings under which marks that are already in still have to be read."""
    rows = MarkTypeMapping.objects.filter(is_applied=False, replaced_at__isnull=True)
    return rows.select_related("municipality").order_by("set_at", "pk")
