"""Bring files in: preview, take in, follow what changed meanings or rosters ask for."""

from koulutie.intake.actions.previewing import preview
from koulutie.jobs.intake.importing import import_file
from koulutie.jobs.intake.remapping import remap
from koulutie.jobs.intake.reporting import ImportReport
from koulutie.jobs.intake.taking_in import follow_rosters, take_in

__all__ = [
    "ImportReport",
    "follow_rosters",
    "import_file",
    "preview",
    "remap",
    "take_in",
]
