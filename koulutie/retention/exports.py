"""One pupil's data as a ZIP: a page to read in the pupil's language, and all of it as JSON.

No name is in a file's name, and nothing in the page is fetched from elsewhere.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.template.loader import render_to_string
from django.utils import translation

PAGE, DATA = "index.html", "data.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A heading with a table: what the pupil reads."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class PupilFile:
    """What is given out."""

    language: str
    made_at: datetime
    municipality: str
    sections: Sequence[Section]
    data: Mapping[str, object]  # plain values, all of it


def zip_file(file: PupilFile) -> bytes:
    """Return the ZIP; the same content gives the same bytes."""
    stamp = file.made_at.timetuple()[:6]
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in ((PAGE, html(file)), (DATA, as_json(file))):
            info = zipfile.ZipInfo(name, date_time=stamp)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, text.encode())
    return packed.getvalue()


def html(file: PupilFile) -> str:
    """Return the page in the pupil's language, whatever that of the giver is."""
    with translation.override(file.language):
        return render_to_string("retention/pupil_file.html", {"file": file})


def as_json(file: PupilFile) -> str:
    """Return all values as one JSON object."""
    return json.dumps(file.data, ensure_ascii=False, indent=1, default=str)
