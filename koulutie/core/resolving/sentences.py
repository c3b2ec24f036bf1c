"""Why a row cannot become a mark, as rejections for the person who mends the file."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from koulutie.core.errors import gettext_noop
from koulutie.core.tables import REJECTION

UNKNOWN_PUPIL = gettext_noop(
    "No pupil is known by the key %(pupil)s in %(source)s. Import the roster first, or "
    "check that the file comes from the right database."
)
NOT_ENROLLED = gettext_noop(
    "The pupil %(pupil)s was not enrolled on %(date)s. Check the dates in the roster."
)
OTHER_SCHOOL = gettext_noop(
    "On %(date)s the pupil %(pupil)s was enrolled in another school than the file names. "
    "Check the school, or import the mover's new enrolment first."
)
FOR_ANOTHER_SCHOOL = gettext_noop(
    "The row is about another school than the one that the file was brought in for. To take in "
    "all schools of the file, name no school."
)
_NO_WORD = "?"


def rejections(rows: pa.Table, reasons: Sequence[str], *, source_db: str) -> pa.Table:
    """Return REJECTION for rows of RAW_MARK, with a reason each.

    Whole columns at a time: where the roster was forgotten, it is every row of the file.
    """
    pupils, names = _texts(rows["pupil_key"]), _texts(rows["type_name"])
    dates = rows["date"].cast(pa.string())
    params = pc.binary_join_element_wise(
        '{"pupil": ',
        _as_json(rows["pupil_key"]),
        ', "date": "',
        dates,
        f'", "source": {json.dumps(source_db, ensure_ascii=False)}}}',
        "",
    )
    return pa.table(
        {
            "line": rows["line"],
            "reason": pa.array(reasons, pa.string()),
            "params": params,
            "raw": pc.binary_join_element_wise(pupils, dates, names, "; "),
        },
        schema=REJECTION,
    )


def _texts(words: pa.ChunkedArray) -> pa.ChunkedArray:
    return words.cast(pa.string()).fill_null("")


def _as_json(words: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return each row's word as JSON text, made once for each distinct word."""
    coded = words.fill_null(_NO_WORD).unify_dictionaries().combine_chunks()
    told = [
        json.dumps(word, ensure_ascii=False) for word in coded.dictionary.to_pylist()
    ]
    return pa.chunked_array([pa.array(told, pa.string()).take(coded.indices)])
