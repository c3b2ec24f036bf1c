"""Marks as they were known at an older facts version, from the rows themselves."""

from __future__ import annotations

from typing import Any

import narwhals as nw

from koulutie.core.tables import MARK


def marks_at(
    marks: nw.LazyFrame[Any], history: nw.LazyFrame[Any], number: int
) -> nw.LazyFrame[Any]:
    """Return the marks that were current at facts version `number`.

    What is current now and already was then, and what was replaced or withdrawn since. Of a
    form that the source told again later, `version_at` is the latest telling.
    """
    was_there = nw.col("from_version") <= number
    now = marks.filter(was_there).select(MARK.names)
    past = history.filter(was_there, nw.col("to_version") > number).select(MARK.names)
    return nw.concat([now, past])
