"""Every write of casework: one transaction, one event in the access log."""

from koulutie.casework.actions.tasks import (
    Answer,
    Crossings,
    Followed,
    follow_crossings,
    react,
)

__all__ = ["Answer", "Crossings", "Followed", "follow_crossings", "react"]
