"""A city's year of marks, written once by the product's own generator."""

from __future__ import annotations

from pathlib import Path

from koulutie.demo.synth import synth

PUPILS = 60_000


def city(folder: Path, pupils: int = PUPILS) -> Path:
    """Return the folder with roster.csv and lesson_mark.csv of so many pupils."""
    if not (folder / "lesson_mark.csv").exists():
        synth(pupils=pupils, out=folder, seed=1)
    return folder
