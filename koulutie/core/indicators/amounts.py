"""What an indicator asks to have added up: amounts, told apart by their column names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from koulutie.core.calendar import Window
from koulutie.core.definitions.indicator import By, Count, Indicator, Over
from koulutie.core.errors import Fault
from koulutie.core.marks import Kind
from koulutie.core.tallies import Of, Tally

_COUNTED = {
    Over.LESSONS: Count.LESSONS,
    Over.MARKS: Count.MARKS,
    Over.BLOCKS: Count.BLOCKS,
}


@dataclass(frozen=True, slots=True, order=True)
class Amount:
    """One way of counting marks of some kinds."""

    count: Count
    kinds: tuple[Kind, ...]  # sorted
    by: By | None = None

    @property
    def name(self) -> str:
        """Return the amount's name."""
        by = f":{self.by}" if self.by else ""
        return f"{self.count}{by}:{'+'.join(self.kinds)}"

    def column(self, number: int) -> str:
        """Return the column of the window with this number."""
        return f"{self.name}@{number}"

    def column_of_all(self, number: int) -> str:
        """Return the column of the number over all values of a concentration."""
        return f"all:{self.name}@{number}"

    @property
    def tally(self) -> Tally | None:
        """The column of the day rows that it is computed from; None: from the marks."""
        match self.count:
            case Count.LESSONS:
                return Tally(Of.LESSONS, self.kinds)
            case Count.DAYS_SINCE_OLDEST:
                return Tally(Of.OPEN, self.kinds)
            case Count.BLOCKS:
                return None
            case Count.CONCENTRATION if self.by is not By.WEEKDAY:
                return None
            case _:
                return Tally(Of.MARKS, self.kinds)


def numerator(indicator: Indicator) -> Amount:
    """Return what the indicator counts."""
    part = indicator.numerator
    return Amount(part.count, tuple(sorted(part.kinds)), part.by)


def denominator(indicator: Indicator) -> Amount | Over | None:
    """Return what it divides by: marks, lessons or days of the timetable, or nothing."""
    part = indicator.denominator
    if part is None:
        return None
    if part.count in _COUNTED:
        return Amount(_COUNTED[part.count], tuple(sorted(part.kinds)))
    return part.count


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Everything that a set of indicators asks for, each thing once."""

    windows: tuple[Window, ...]
    wanted: tuple[tuple[Amount, int], ...]  # an amount, and the number of its window

    @classmethod
    def of(cls, indicators: Iterable[Indicator]) -> Plan:
        """Gather what the indicators ask for."""
        indicators = list(indicators)
        names = sorted({name for each in indicators for name in each.windows})
        wanted = {
            (amount, names.index(name))
            for each in indicators
            for amount in (numerator(each), denominator(each))
            if isinstance(amount, Amount)
            for name in each.windows
        }
        windows = tuple(Window.parse(name) for name in names)
        return cls(windows=windows, wanted=tuple(sorted(wanted)))

    def number(self, window: str) -> int:
        """Return the number of a window by its name."""
        return [str(known) for known in self.windows].index(window)

    @property
    def tallies(self) -> frozenset[Tally]:
        """The columns of the day rows that are needed."""
        found = (amount.tally for amount, _ in self.wanted)
        return frozenset(tally for tally in found if tally is not None)

    def counting(self, *counts: Count, by: Sequence[By | None] = (None,)) -> Plan:
        """Return the plan of these ways of counting only."""
        kept = tuple(
            (amount, number)
            for amount, number in self.wanted
            if amount.count in counts and amount.by in by
        )
        return Plan(windows=self.windows, wanted=kept)

    @property
    def kinds(self) -> list[Kind]:
        """Every kind that takes part."""
        return sorted({kind for amount, _ in self.wanted for kind in amount.kinds})

    def numbers_of(self, amount: Amount) -> list[int]:
        """Return the windows in which an amount is wanted."""
        return [number for each, number in self.wanted if each == amount]

    @property
    def amounts(self) -> list[Amount]:
        """The amounts, each once."""
        return sorted({amount for amount, _ in self.wanted})


def of_mark_rows(amount: Amount) -> By:
    """Return what a concentration over mark rows is looked for in."""
    if amount.by is None:
        raise Fault(f"{amount.name} is no concentration")
    return amount.by
