"""What each mark type is, what it would move, and a few of its rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time

from django.db.models import QuerySet
from django.forms import BoundField
from django.utils.translation import gettext

from koulutie import catalog
from koulutie.core.definitions import Indicator
from koulutie.core.marks import ABSENCES, Kind
from koulutie.intake.models import MarkTypeMapping
from koulutie.intake.presenters.sentences import language as reader_language
from koulutie.intake.queries.samples import Sample
from koulutie.intake.queries.types import WantedType
from koulutie.ui import formats


@dataclass(frozen=True, slots=True, kw_only=True)
class KindCard:
    """A kind as somebody who has to choose it reads it."""

    kind: Kind
    title: str
    description: str
    counts_as_lesson: bool
    figures: tuple[str, ...]  # titles of the figures that a mark of this kind moves


def kind_cards(language: str) -> tuple[KindCard, ...]:
    """Return every kind with what it moves."""
    current = catalog.current()
    figures = current.indicators.values()
    return tuple(
        KindCard(
            kind=one.kind,
            title=one.title.in_language(language),
            description=one.description.in_language(language),
            counts_as_lesson=bool(one.counts_as_lesson),
            figures=figures_moved_by(one.kind, figures, language),
        )
        for one in current.mark_kinds.kinds
    )


def figures_moved_by(
    kind: Kind, indicators: Iterable[Indicator], language: str
) -> tuple[str, ...]:
    """Return the titles of the figures that count marks of the kind."""
    return tuple(
        one.title.in_language(language)
        for one in indicators
        if kind in one.numerator.kinds
        or (one.denominator is not None and kind in one.denominator.kinds)
    )


def suggestions(names: Iterable[str]) -> Mapping[str, Kind]:
    """Return the kind that each name speaks of, where it is clear."""
    kinds = catalog.current().mark_kinds
    found = {name: kinds.suggest(name) for name in names}
    return {name: kind for name, kind in found.items() if kind is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleRow:
    """One row of a type: when and where, never who."""

    date: date | None
    clock: str
    class_code: str
    group_code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoiceRow:
    """One type that waits for its meaning, with its field and a few of its rows."""

    name: str
    count: int
    hidden: BoundField
    choice: BoundField
    suggestion: str  # the title of the suggested kind; empty: none
    counts_as_lesson: bool  # whether the suggested kind is an absence
    moves: tuple[str, ...]  # titles of the figures that the suggested kind moves
    samples: tuple[SampleRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownRow:
    """A type that has a meaning."""

    name: str
    kind: Kind
    lessons: float
    place: str  # empty: the whole municipality
    is_applied: bool
    set_at: datetime

    @property
    def is_absence(self) -> bool:
        """Say whether it means one of the five classes of absence."""
        return self.kind in ABSENCES


def choice_rows(
    fields: Iterable[tuple[str, BoundField, BoundField]],
    wanted: Iterable[WantedType],
    samples: Mapping[str, list[Sample]],
) -> list[ChoiceRow]:
    """Return a row for every name of the form, given with its two fields."""
    counts = {one.name: one.count for one in wanted}
    kinds = catalog.current().mark_kinds
    cards = {card.kind: card for card in kind_cards(reader_language())}
    rows = []
    for name, hidden, choice in fields:
        kind = kinds.suggest(name)
        card = cards[kind] if kind else None
        rows.append(
            ChoiceRow(
                name=name,
                count=counts.get(name, 0),
                hidden=hidden,
                choice=choice,
                suggestion=card.title if card else "",
                counts_as_lesson=bool(card and card.counts_as_lesson),
                moves=card.figures if card else (),
                samples=tuple(map(_sample_row, samples.get(name, ()))),
            )
        )
    return rows


def _sample_row(sample: Sample) -> SampleRow:
    clock = ""
    if sample.start_minute is not None:
        start = time(*divmod(sample.start_minute, 60))
        moment = datetime.combine(sample.date or date.min, start)
        clock = formats.clock(moment, reader_language())
    elif sample.lesson_no is not None:
        clock = gettext("lesson %(number)s") % {"number": sample.lesson_no}
    return SampleRow(
        date=sample.date,
        clock=clock,
        class_code=sample.class_code,
        group_code=sample.group_code,
    )


def known_rows(mappings: QuerySet[MarkTypeMapping]) -> list[KnownRow]:
    """Return the meanings in force by kind, in the kinds' own order."""
    order = {one.kind: n for n, one in enumerate(catalog.current().mark_kinds.kinds)}
    rows = [
        KnownRow(
            name=one.type_name,
            kind=Kind(one.kind),
            lessons=one.lessons,
            place=one.school.name if one.school else "",
            is_applied=one.is_applied,
            set_at=one.set_at,
        )
        for one in mappings.select_related("school")
    ]
    return sorted(rows, key=lambda row: (order[row.kind], row.name.casefold()))
