"""Layouts of files: the catalogue's and the ones a municipality saved."""

from __future__ import annotations

from koulutie import catalog
from koulutie.core.definitions import MappingProfile, parse_profile
from koulutie.core.errors import IntakeError, gettext_noop
from koulutie.intake.models import SavedProfile
from koulutie.registry.models import Municipality


def profiles(municipality: Municipality) -> dict[str, MappingProfile]:
    """Return every layout by name; a saved one wins over the catalogue's."""
    saved = SavedProfile.objects.filter(
        municipality=municipality, replaced_at__isnull=True
    ).order_by("name")
    own = {
        row.name: parse_profile(row.text, where=f"profile {row.name}") for row in saved
    }
    return catalog.current().profiles | own


def get_profile(municipality: Municipality, name: str) -> MappingProfile:
    """Return one layout; an unknown name is refused with the known ones."""
    known = profiles(municipality)
    if name not in known:
        raise IntakeError(
            gettext_noop(
                "There is no layout named %(name)s. Choose one of: %(known)s."
            ),
            name=name,
            known=", ".join(sorted(known)) or "–",
        )
    return known[name]
