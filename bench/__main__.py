"""Measure, and write bench/RESULTS.md. Each run is a fresh process; medians are told.

``python -m bench --check`` measures nothing: it compares what both sides computed of a
small city, row by row.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench import check
from bench.data import PUPILS, city

RESULTS = Path(__file__).parent / "RESULTS.md"
SMALL = 3_000  # pupils of a comparison
GIB = 1024**2  # ru_maxrss is in KiB


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One process: seconds on the clock, the most memory it held, what it printed."""

    seconds: float
    gib: float
    said: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A row of the table; the bare side and the aim are absent where there is none."""

    work: str
    ours: str
    bare: str = ""
    ratio: float | None = None
    aim: str = ""
    memory: str = ""

    def __str__(self) -> str:
        ratio = "" if self.ratio is None else f"{self.ratio:.2f}"
        cells = (self.work, self.ours, self.bare, ratio, self.aim, self.memory)
        return f"| {' | '.join(cells)} |"


def measured(module: str, *arguments: str) -> Run:
    """Run a module in a process of its own."""
    code = (
        "import resource, runpy, sys; sys.argv = sys.argv[1:]; "
        "runpy.run_module(sys.argv[0], run_name='__main__'); "
        "print('\\n', resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    )
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", code, module, *arguments],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    seconds = time.perf_counter() - started
    *said, peak = done.stdout.split("\n")[:-1]
    return Run(seconds=seconds, gib=int(peak) / GIB, said="\n".join(said).strip())


@contextmanager
def place() -> Iterator[str]:
    """Yield a new folder; remove it afterwards."""
    root = tempfile.mkdtemp(prefix="koulutie-bench-")
    try:
        yield root
    finally:
        shutil.rmtree(root, ignore_errors=True)


def of_runs(runs: list[Run]) -> Run:
    """Return the median of the seconds and the most of the memory."""
    return Run(
        seconds=statistics.median(run.seconds for run in runs),
        gib=max(run.gib for run in runs),
    )


def in_turn(what: str, folder: Path, runs: int, *, on: str = "") -> tuple[Run, Run]:
    """Run the product and the bare script in turn, each time on a fresh copy of `on`."""
    spent: dict[str, list[Run]] = {"bench.ours": [], "bench.bare": []}
    for _ in range(runs):
        for module, into in spent.items():
            with place() as root:
                if on:
                    shutil.copytree(f"{on}/{module}", root, dirs_exist_ok=True)
                into.append(measured(module, what, str(folder), root))
    return of_runs(spent["bench.ours"]), of_runs(spent["bench.bare"])


def paired(work: str, sides: tuple[Run, Run], aim: str) -> Line:
    ours, bare = sides
    return Line(
        work=work,
        ours=f"{ours.seconds:.1f} s",
        bare=f"{bare.seconds:.1f} s",
        ratio=ours.seconds / bare.seconds,
        aim=aim,
        memory=f"{ours.gib:.2f} GiB ({bare.gib:.2f})",
    )


def of_the_city(folder: Path, runs: int) -> Iterator[Line]:
    """Measure the year, the day, the page, and the year in other engines."""
    marks = rows_of(folder / "lesson_mark.csv")
    yield paired(
        f"A city's year: {rows_of(folder / 'roster.csv'):,} pupils, {marks:,} marks; CSV to "
        "marks by month, 23 indicators in their windows, crossings of seven steps",
        in_turn("year", folder, runs),
        "1.6, 2 GiB",
    )
    with place() as before:
        for module in ("bench.ours", "bench.bare"):
            Path(before, module).mkdir()
            measured(module, "before", str(folder), f"{before}/{module}")
        yield paired(
            f"One day into that year: {rows_of(folder / 'day.csv'):,} marks, and all figures "
            "and crossings of their pupils",
            in_turn("day", folder, runs, on=before),
            "2",
        )
        yield from of_a_page(folder, f"{before}/bench.ours")
    for engine in ("pandas", "polars"):
        with place() as root:
            run = measured("bench.frames", engine, str(folder), root)
        yield Line(
            work=f"For the record: the year's main steps in {engine}, untuned (no denominators, streaks, "
            "patterns, percentages)",
            ours="",
            bare=f"{run.seconds:.1f} s",
            memory=f"({run.gib:.2f} GiB)",
        )


def of_a_page(folder: Path, facts: str) -> Iterator[Line]:
    """Measure a pupil's page: its facts against bare reads, its guards against none."""
    spent = json.loads(measured("bench.page", facts).said)
    yield in_ms("The facts of one pupil's page", spent["ours"], spent["bare"], "3")
    spent = json.loads(measured("bench.web", str(folder), facts).said)
    for role in ("class teacher", "principal"):
        found = spent[role.replace(" ", "_")]
        yield in_ms(
            f"A pupil's page for a {role} of {found['pupils']:,.0f} pupils; beside it the "
            "same page without policy, scope and access log",
            found["with"],
            found["without"],
            "1.15",
        )


def in_ms(work: str, ours: float, bare: float, aim: str) -> Line:
    return Line(
        work=work,
        ours=f"{ours:.0f} ms",
        bare=f"{bare:.0f} ms",
        ratio=ours / bare,
        aim=aim,
    )


def rows_of(path: Path) -> int:
    """Return how many rows a CSV with a header has."""
    with path.open("rb") as file:
        blocks = iter(lambda: file.read(1 << 24), b"")
        return sum(block.count(b"\n") for block in blocks) - 1


def compared(folder: Path) -> list[str]:
    """Return what the two sides compute differently."""
    with place() as ours, place() as bare:
        measured("bench.ours", "year", str(folder), ours)
        measured("bench.bare", "year", str(folder), bare)
        wrong = check.differing(ours, bare)
    with place() as ours, place() as bare:
        for module, root in (("bench.ours", ours), ("bench.bare", bare)):
            measured(module, "before", str(folder), root)
            measured(module, "day", str(folder), root)
        return wrong + [f"day: {line}" for line in check.differing(ours, bare)]


def table(lines: list[Line], runs: int) -> str:
    head = (
        f"# Results\n\nMedians of {runs} runs in turn, each in a fresh process (start of the "
        f"interpreter included), on {os.cpu_count()} cores ({platform.machine()}); memory is "
        "the most that any run held, that of the bare script in brackets. The bare script "
        "gives the same figures and crossings, row by row (`python -m bench --check`); it "
        "has no scope, no versions and no definitions.\n\n"
        "| work | ours | bare DuckDB | ratio | aim | most memory |\n|---|---|---|---|---|---|"
    )
    return "\n".join([head, *map(str, lines)]) + "\n"


def main() -> int:
    options = argparse.ArgumentParser(prog="python -m bench")
    options.add_argument("--pupils", type=int)
    options.add_argument("--runs", type=int, default=3)
    options.add_argument("--check", action="store_true")
    chosen = options.parse_args()
    pupils = chosen.pupils or (SMALL if chosen.check else PUPILS)
    folder = city(Path(tempfile.gettempdir()) / f"koulutie-city-{pupils}", pupils)
    if chosen.check:
        wrong = compared(folder)
        print("\n".join(wrong) or "The product and the bare script agree in every row.")
        return int(bool(wrong))
    lines = []
    for line in of_the_city(folder, chosen.runs):
        print(line, flush=True)
        lines.append(line)
    text = table(lines, chosen.runs)
    print(text)
    if pupils == PUPILS:
        RESULTS.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
