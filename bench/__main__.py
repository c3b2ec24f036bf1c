"""Measure, and write bench/RESULTS.md. Each run is a fresh process; medians are told."""

from __future__ import annotations

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from bench.data import PUPILS, city

RESULTS = Path(__file__).parent / "RESULTS.md"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One process: seconds on the clock, and the most memory it held."""

    seconds: float
    gib: float


def measured(module: str, *arguments: str) -> Run:
    """Run a module in a process of its own."""
    code = (
        "import os, resource, runpy, sys; sys.argv = sys.argv[1:]; "
        "runpy.run_module(sys.argv[0], run_name='__main__'); "
        "print('peak', resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    )
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", code, module, *arguments],
        check=True,
        capture_output=True,
        text=True,
    )
    seconds = time.perf_counter() - started
    peak = int(done.stdout.split()[-1])
    return Run(seconds=seconds, gib=peak / 1024**2)


def pair(folder: Path, runs: int) -> tuple[Run, Run]:
    """Run ours and the bare script in turn; return the medians of each."""
    ours, bare = [], []
    for _ in range(runs):
        for module, into in (("bench.ours", ours), ("bench.bare", bare)):
            root = tempfile.mkdtemp(prefix="koulutie-bench-")
            into.append(measured(module, str(folder), root))
            shutil.rmtree(root)
    return _median(ours), _median(bare)


def _median(runs: list[Run]) -> Run:
    return Run(
        seconds=statistics.median(run.seconds for run in runs),
        gib=max(run.gib for run in runs),
    )


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--pupils", type=int, default=PUPILS)
    options.add_argument("--runs", type=int, default=3)
    chosen = options.parse_args()
    folder = city(
        Path(tempfile.gettempdir()) / f"koulutie-city-{chosen.pupils}", chosen.pupils
    )
    with (folder / "lesson_mark.csv").open("rb") as file:
        rows = (
            sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 24), b""))
            - 1
        )
    ours, bare = pair(folder, chosen.runs)
    lines = [
        "# Results",
        "",
        (
            f"Medians of {chosen.runs} runs in turn, each in a fresh process (interpreter start "
            "included); memory is the most that any run held."
        ),
        "",
        "| work | ours | bare DuckDB | ratio | most memory, ours |",
        "|---|---|---|---|---|",
        (
            f"| a city's year, {chosen.pupils:,} pupils, {rows:,} marks: CSV to marks by month, 23 "
            f"figures in their windows, crossings of 7 steps | {ours.seconds:.1f} s | "
            f"{bare.seconds:.1f} s | {ours.seconds / bare.seconds:.2f} | {ours.gib:.2f} GiB |"
        ),
        "",
        (
            "The bare script computes sums, days and four limits only: no lesson denominators, "
            "streaks, concentrations, patterns, percent steps, history or Delta log."
        ),
    ]
    RESULTS.write_text("\n".join(lines) + "\n")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
