"""That the bare script gives the same figures and crossings as the product, row by row."""

from __future__ import annotations

from pathlib import Path

import duckdb

from bench.ours import latest
from koulutie.facts.store import Store

SAME = "CREATE MACRO differs(x, y) AS x IS DISTINCT FROM y AND NOT coalesce(abs(x - y) < 1e-6, false)"
FIGURES = """
    SELECT coalesce(o.indicator, b.indicator) || ' ' || coalesce(o."window", b.win) AS what,
        count(*) FILTER (o.pupil_id IS NULL OR b.pupil_id IS NULL) AS missing,
        count(*) FILTER (differs(o.numerator, b.n) OR differs(o.denominator, b.d)
            OR differs(o.value, b.value) OR o.withheld IS DISTINCT FROM b.withheld
            OR o.window_key <> b.window_key) AS different,
        count(*) AS rows
    FROM ours o FULL JOIN bare b ON o.indicator = b.indicator AND o."window" = b.win
        AND o.pupil_id = b.pupil_id
    GROUP BY what ORDER BY what
"""
CROSSINGS = """
    SELECT coalesce(o.step, b.step) AS what,
        count(*) FILTER (o.pupil_id IS NULL OR b.pupil_id IS NULL) AS missing,
        count(*) FILTER (differs(o.value, b.value) OR o.crossed_on <> b.crossed_on
            OR o.rows_counted <> b.rows_counted) AS different,
        count(*) AS rows
    FROM ours o FULL JOIN bare b ON o.step = b.step AND o.pupil_id = b.pupil_id
        AND o.window_key = b.window_key
    GROUP BY what ORDER BY what
"""


def compare(ours: str, bare: str) -> list[tuple[str, int, int, int]]:
    """Return of each figure and step: its name, rows in one only, rows that differ, rows."""
    found = []
    for name, query in (("figures", FIGURES), ("crossings", CROSSINGS)):
        run = duckdb.connect().execute
        files = list(Store(ours).files(latest(ours), name))
        run(SAME)
        run(f"CREATE VIEW ours AS FROM read_parquet({files})")
        run(f"CREATE VIEW bare AS FROM read_parquet('{Path(bare, name)}.parquet')")
        found += run(query).fetchall()
    return found


def differing(ours: str, bare: str) -> list[str]:
    """Return a line for each figure or step that is not the same in both."""
    return [
        f"{what}: {missing} of {rows} rows in one only, {different} differ"
        for what, missing, different, rows in compare(ours, bare)
        if missing or different
    ]
