"""Set what may happen in the watched folder without a person."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from koulutie.core.scope import Purpose
from koulutie.intake.models import FolderRule
from koulutie.intake.queries.folders import rule_for
from koulutie.registry import audit
from koulutie.registry.models import Municipality, Person, School


def set_rule(  # a rule's own columns
    *,
    municipality: Municipality,
    school: School | None,
    profile: str,
    accepts: bool,
    by: Person | None,
    now: datetime,
) -> FolderRule:
    """Write the rule of a school's folder, or of the top one where school is None."""
    rule = rule_for(municipality, school) or FolderRule(
        municipality=municipality, school=school
    )
    rule.profile = profile
    rule.accepts = accepts
    rule.set_at = now
    rule.set_by = by
    with transaction.atomic():
        rule.full_clean()
        rule.save()
        audit.record(
            actor=audit.actor_of(by),
            action="set_folder_rule",
            purpose=Purpose.INTAKE,
            target=f"folder_rule:{rule.pk}",
            reason=f"accepts: {accepts}, layout: {profile or '-'}",
            at=now,
        )
    return rule
