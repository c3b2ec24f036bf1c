"""Reads of insight: one pupil's figure and the marks behind it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import narwhals as nw

from koulutie.core.definitions import Indicator
from koulutie.core.indicators import Behind, rows_behind
from koulutie.ui.facts import Facts

WINDOW = "school_year"


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A figure with the rows behind it, all of one facts version."""

    number: int
    as_of: date
    figure: dict[str, Any] | None
    behind: Behind


def open_figure(facts: Facts, *, indicator: Indicator, pupil_id: int) -> Opened:
    """Return a pupil's figure of the school year, the rows counted and those left out."""
    figures = facts.reader.frame("figures").filter(
        nw.col("pupil_id") == pupil_id,
        nw.col("indicator") == indicator.id,
        nw.col("window") == WINDOW,
    )
    return Opened(
        number=facts.number,
        as_of=facts.as_of,
        figure=next(iter(_rows(figures)), None),
        behind=rows_behind(
            indicator=indicator,
            window=WINDOW,
            pupil_id=pupil_id,
            frames=facts.reader.frames(),
            as_of=facts.as_of,
        ),
    )


def _rows(frame: nw.LazyFrame[Any]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = (
        frame.collect(backend="pyarrow").to_native().to_pylist()
    )
    return rows
