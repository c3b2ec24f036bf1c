"""The rows behind one pupil's figure: those counted, and those left out with the reason."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from koulutie.core.definitions import Indicator
from koulutie.core.definitions.indicator import Count
from koulutie.core.errors import gettext_noop
from koulutie.core.marks import Kind

Row = Mapping[str, Any]  # a MARK row

OTHER_KIND = gettext_noop("of another kind")
OTHER_WINDOW = gettext_noop("outside the window")
NO_LESSON = gettext_noop("counts for no lesson")


@dataclass(frozen=True, slots=True, kw_only=True)
class Behind:
    """Rows as they were given, each once: counted, or left out with a message id."""

    counted: tuple[Row, ...]
    left_out: tuple[tuple[Row, str], ...]

    @property
    def lessons(self) -> float:
        """Sum of the counted rows' absent lessons."""
        return float(sum(row["lessons"] for row in self.counted))

    @property
    def days(self) -> int:
        """Number of different days among the counted rows."""
        return len({row["date"] for row in self.counted})


def rows_behind(
    indicator: Indicator, marks: Iterable[Row], *, from_: dt.date, to: dt.date
) -> Behind:
    """Sort one pupil's marks into what the indicator's numerator counts over [from_, to).

    For lessons the sum of `Behind.lessons`, for marks the number of rows, and for days the
    number of days equals the figure's numerator.
    """
    kinds = indicator.numerator.kinds
    counts_lessons = indicator.numerator.count is Count.LESSONS
    counted, left_out = [], []
    for row in marks:
        if not from_ <= row["date"] < to:
            left_out.append((row, OTHER_WINDOW))
        elif Kind(row["kind"]) not in kinds:
            left_out.append((row, OTHER_KIND))
        elif counts_lessons and not row["lessons"]:
            left_out.append((row, NO_LESSON))
        else:
            counted.append(row)
    return Behind(counted=tuple(counted), left_out=tuple(left_out))
