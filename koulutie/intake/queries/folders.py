"""The rules of the watched folder."""

from __future__ import annotations

from koulutie.intake.models import FolderRule
from koulutie.registry.models import Municipality, School


def rule_for(municipality: Municipality, school: School | None) -> FolderRule | None:
    """Return the rule of a school's folder, or of the top folder where school is None."""
    rules = FolderRule.objects.filter(municipality=municipality, school=school)
    return rules.first()


def rules(municipality: Municipality) -> list[FolderRule]:
    """Return every rule, the top folder's first, then by school number."""
    found = FolderRule.objects.filter(municipality=municipality)
    return sorted(
        found.select_related("school"),
        key=lambda rule: rule.school.number if rule.school else "",
    )
