"""Files in Koulutie's own CSV, as tests of jobs send them."""

from __future__ import annotations

import io

from koulutie.core.marks import Kind
from koulutie.intake.actions.mapping import set_mapping
from koulutie.intake.actions.receiving import About, receive
from koulutie.intake.models import Batch
from koulutie.registry.models import Municipality
from tests.builders import NOW

COLUMNS = (
    *("source_mark_id", "pupil_key", "school_number", "class_code", "date", "start"),
    *("group_code", "teacher_code", "type_name", "entered_at"),
)
TYPES = {
    "Selvittämätön poissaolo": Kind.UNRESOLVED,
    "Terveydellinen syy": Kind.HEALTH,
    "Myöhästyminen": Kind.LATE_SHORT,
    "Hyvä!": Kind.FEEDBACK_POSITIVE,
}


def own_csv(*rows: dict[str, str], **defaults: str) -> bytes:
    """Return rows in the project's own form; what neither names is empty."""
    standard = {
        "pupil_key": "k7B1",
        "school_number": "10001",
        "class_code": "7B",
        "date": "2026-11-16",
        "start": "09:00",
        "type_name": "Selvittämätön poissaolo",
        "entered_at": "2026-11-16 15:00",
    }
    lines = [";".join(COLUMNS)]
    for row in rows:
        values = standard | defaults | row
        lines.append(";".join(values.get(name, "") for name in COLUMNS))
    return ("\n".join(lines) + "\n").encode()


def send(content: bytes, municipality: Municipality, name: str = "marks.csv", **more):
    """Receive bytes like an upload."""
    return receive(
        content=io.BytesIO(content),
        file_name=name,
        about=About(municipality=municipality, **more),
        via=Batch.Via.UPLOAD,
        by=None,
        now=NOW,
    )


def map_types(municipality: Municipality) -> None:
    """Give the four types of these tests their meaning."""
    for name, kind in TYPES.items():
        set_mapping(
            municipality=municipality,
            school=None,
            type_name=name,
            kind=kind,
            by=None,
            now=NOW,
            is_applied=True,
        )
