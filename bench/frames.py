"""For the record: the year's main steps in pandas and in Polars.

CSV, whose marks they are and what they mean, doubles dropped, Parquet by month, daily sums,
sums by window, and the four lesson limits. They leave out denominators, streaks, patterns,
percentages and open days, so they are no yardstick: see `bench.bare`.
"""

from __future__ import annotations

import sys
from pathlib import Path

from bench.bare import COLUMNS, LIMITS, WINDOWS, WORDS

KIND = {word: kind for kind, words in WORDS.items() for word in words}
SINCE = {
    name: first[6:-1] for name, (first, _) in WINDOWS.items() if "DATE '" in first[:6]
}


def with_pandas(folder: Path, root: Path) -> None:
    """Run the steps in pandas."""
    import pandas as pd  # type: ignore[import-untyped]  # no types are installed

    roster = pd.read_csv(folder / "roster.csv", sep=";", dtype=str)
    roster["pupil_id"] = range(1, len(roster) + 1)
    marks = pd.read_csv(folder / "lesson_mark.csv", dtype=str, names=COLUMNS, header=0)
    marks = marks.merge(roster[["pupil_key", "pupil_id", "grade"]], on="pupil_key")
    marks["kind"] = marks["type_name"].map(KIND).astype("category")
    marks["date"] = pd.to_datetime(marks["date"])
    same = ["pupil_id", "date", "lesson_no", "type_name"]
    marks = marks.sort_values("entered_at").drop_duplicates(same, keep="last")
    marks = marks.sort_values(["school_number", "pupil_id", "date", "start"])
    marks["month"] = marks["date"].dt.month
    marks.to_parquet(root / "marks", partition_cols=["month"], compression="zstd")
    daily = marks.groupby(["pupil_id", "grade", "date", "kind"], observed=True).size()
    rows = daily.rename("n").reset_index()
    for window, since in SINCE.items():
        inside = rows[rows["date"] >= since]
        sums = inside.pivot_table(
            index="pupil_id", columns="kind", values="n", aggfunc="sum", observed=True
        )
        sums.to_parquet(root / f"{window}.parquet")
    absent = rows[rows["kind"].astype(str) < "b"]
    days = absent.groupby(["pupil_id", "grade", "date"])["n"].sum().reset_index()
    days["so_far"] = days.groupby("pupil_id")["n"].cumsum()
    for step, (primary, secondary) in LIMITS.items():
        limit = days["grade"].astype(int).lt(7).map({True: primary, False: secondary})
        over = days[days["so_far"] >= limit].groupby("pupil_id")["date"].min()
        over.to_frame().to_parquet(root / f"{step}.parquet")


def with_polars(folder: Path, root: Path) -> None:
    """Run the steps in Polars."""
    import polars as pl

    roster = pl.read_csv(folder / "roster.csv", separator=";", infer_schema=False)
    roster = roster.with_row_index("pupil_id").select("pupil_key", "pupil_id", "grade")
    marks = (
        pl.scan_csv(folder / "lesson_mark.csv", infer_schema=False)
        .join(roster.lazy(), on="pupil_key")
        .with_columns(
            pl.col("date").str.to_date(),
            kind=pl.col("type_name").replace_strict(KIND, return_dtype=pl.String),
        )
        .sort("entered_at")
        .unique(["pupil_id", "date", "lesson_no", "type_name"], keep="last")
        .sort("school_number", "pupil_id", "date", "start")
        .with_columns(month=pl.col("date").dt.month())
        .collect()
    )
    for (month,), part in marks.partition_by("month", as_dict=True).items():
        part.write_parquet(root / f"marks-{month}.parquet", compression="zstd")
    rows = marks.group_by("pupil_id", "grade", "date", "kind").len("n")
    for window, since in SINCE.items():
        inside = rows.filter(pl.col("date") >= pl.lit(since).str.to_date())
        sums = inside.pivot(
            "kind", index="pupil_id", values="n", aggregate_function="sum"
        )
        sums.write_parquet(root / f"{window}.parquet")
    days = (
        rows.filter(pl.col("kind") < "b")
        .group_by("pupil_id", "grade", "date")
        .agg(pl.col("n").sum())
        .sort("pupil_id", "date")
        .with_columns(so_far=pl.col("n").cum_sum().over("pupil_id"))
    )
    for step, (primary, secondary) in LIMITS.items():
        limit = (
            pl.when(pl.col("grade").cast(int) < 7).then(primary).otherwise(secondary)
        )
        over = days.filter(pl.col("so_far") >= limit)
        over.group_by("pupil_id").agg(pl.col("date").min()).write_parquet(
            root / f"{step}.parquet"
        )


def main(what: str, folder: str, root: str) -> None:
    steps = {"pandas": with_pandas, "polars": with_polars}
    steps[what](Path(folder), Path(root))


if __name__ == "__main__":
    main(*sys.argv[1:])
