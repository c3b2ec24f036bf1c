"""Pages of intake: what came in, what waits, what marks mean, which days are school days."""

from koulutie.intake.views.batches import (
    accept,
    again,
    batch,
    batch_rejections,
    batches,
    reject,
    rejections_csv,
    upload,
)
from koulutie.intake.views.calendar import (
    add_days,
    calendar,
    calendar_file,
    calendar_totals,
    calendar_year,
    remove_days,
)
from koulutie.intake.views.mapping import folder, mapping, profile

__all__ = [
    "accept",
    "add_days",
    "again",
    "batch",
    "batch_rejections",
    "batches",
    "calendar",
    "calendar_file",
    "calendar_totals",
    "calendar_year",
    "folder",
    "mapping",
    "profile",
    "reject",
    "rejections_csv",
    "remove_days",
    "upload",
]
