"""Keep a layout of files for a municipality."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import yaml
from django.db import transaction

from koulutie.core.definitions import parse_profile
from koulutie.core.scope import Purpose
from koulutie.intake.models import SavedProfile
from koulutie.registry import audit
from koulutie.registry.models import Municipality, Person


def save_profile(
    *,
    municipality: Municipality,
    definition: Mapping[str, object],
    by: Person | None,
    now: datetime,
) -> SavedProfile:
    """Keep a layout; one of the same id is replaced and stays as history.

    Raises
    ------
    DefinitionProblems
        The layout cannot be used; each problem is told.
    """
    text = yaml.safe_dump(dict(definition), allow_unicode=True, sort_keys=False)
    checked = parse_profile(text, where=str(definition.get("id", "")))
    made = SavedProfile(
        municipality=municipality,
        name=checked.id,
        text=text,
        saved_at=now,
        saved_by=by,
    )
    with transaction.atomic():
        SavedProfile.objects.filter(
            municipality=municipality, name=checked.id, replaced_at__isnull=True
        ).update(replaced_at=now)
        made.full_clean()
        made.save()
        audit.record(
            actor=audit.actor_of(by),
            action="save_profile",
            purpose=Purpose.INTAKE,
            target=f"profile:{made.pk}",
            reason=checked.id,
            at=now,
        )
    return made
