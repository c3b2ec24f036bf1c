"""Where a pupil is through one school year, as rosters tell it: closing and opening stays.

Plain values in, plain values changed; `roster` writes what changed to the database.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date


@dataclass(slots=True, kw_only=True)
class Stay:
    """A pupil in a class over [from_, to); `pk` is None until it is written."""

    class_id: int
    from_: date
    to: date
    pk: int | None = None
    is_changed: bool = False

    def overlaps(self, from_: date, to: date) -> bool:
        """Say whether the two half-open intervals share a day."""
        return self.from_ < to and from_ < self.to


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What one row of a roster says; a date that it does not tell is None."""

    class_id: int
    from_: date | None
    to: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """The year's bounds, and the day on which the roster was true."""

    starts_on: date
    ends_before: date
    as_of: date

    def today(self) -> date:
        """Return the roster's day, moved into the year."""
        return min(max(self.as_of, self.starts_on), self.ends_before)


@dataclass(slots=True, kw_only=True)
class Course:
    """A pupil's stays of one year. No two of them overlap, before and after `tell`."""

    span: Span
    stays: list[Stay] = field(default_factory=list)
    moves: int = 0

    def tell(self, rows: Iterable[Told]) -> None:
        """Bring the stays in line with the rows, in the order of their beginnings."""
        for row in sorted(rows, key=lambda row: row.from_ or date.min):
            known = self._known(row)
            if known is None:
                self._open(row)
            else:
                self._correct(known, row)

    def _known(self, row: Told) -> Stay | None:
        """Return the stay that the row speaks of: same class, and the times touch."""
        same = [stay for stay in self.stays if stay.class_id == row.class_id]
        if row.from_ is None:
            # Somebody who left and is listed again without a date has come back today.
            current = [stay for stay in same if stay.to > self.span.today()]
            return max(current, key=lambda stay: stay.from_, default=None)
        end = row.to or self.span.ends_before
        touching = [stay for stay in same if stay.overlaps(row.from_, end)]
        return min(touching, key=lambda stay: stay.from_, default=None)

    def _correct(self, stay: Stay, row: Told) -> None:
        """Move the ends of a stay to where the row puts them, as far as others allow."""
        from_ = row.from_ or stay.from_
        to = row.to or stay.to
        others = [other for other in self.stays if other is not stay]
        if (from_, to) == (stay.from_, stay.to) or from_ >= to:
            return
        if any(other.overlaps(from_, to) for other in others):
            return
        stay.from_, stay.to, stay.is_changed = from_, to, True

    def _open(self, row: Told) -> None:
        """Begin a stay: what ran until then ends, what begins later bounds it."""
        first = self.span.starts_on if not self.stays else self.span.today()
        from_ = row.from_ or first
        to = row.to or self.span.ends_before
        for stay in self.stays:
            if stay.from_ == from_ and stay.overlaps(from_, to):
                # The same beginning in another class: the source corrected the class.
                stay.class_id, stay.is_changed = row.class_id, True
                return
            if stay.from_ < from_ < stay.to:
                stay.to, stay.is_changed = from_, True
                self.moves += 1
            elif from_ < stay.from_ < to:
                to = stay.from_
        if from_ < to:
            self.stays.append(
                Stay(class_id=row.class_id, from_=from_, to=to, is_changed=True)
            )
