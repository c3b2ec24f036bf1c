"""A week of the log: what is worth a look first, then person by person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from koulutie.oversight.presenters import unusual
from koulutie.oversight.presenters.events import (
    EventRow,
    number_of,
    rows,
    who,
)
from koulutie.oversight.queries import weeks as week_queries
from koulutie.registry import queries
from koulutie.registry.access import Verdict

MOST_UNUSUAL = 100  # lines; more in a week is told by their number


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonWeek:
    """What one person opened in the week."""

    name: str
    opened: int  # pupils' own pages
    lists: int
    pupils: int  # different ones, in whatever way
    last_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ManyRow:
    """Somebody who opened many pupils one by one in a day."""

    name: str
    on: date
    pupils: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WeekPage:
    """What the page shows; `named` are the pupils whose names stand on it."""

    first: date
    last: date
    unusual: list[EventRow]
    more: int
    many: list[ManyRow]
    people: list[PersonWeek]
    named: set[int]


def monday_of(day: date) -> date:
    """Return the Monday of the day's week."""
    return day - timedelta(days=day.weekday())


def week_page(verdict: Verdict, *, first: date) -> WeekPage:
    """Return the week that begins on the Monday."""
    last = first + timedelta(days=6)
    week = week_queries.events_of(verdict, first=first, last=last)
    odd = week_queries.unusual(week, hours=(unusual.FIRST_HOUR, unusual.LAST_HOUR))
    events = list(odd[:MOST_UNUSUAL])
    lines, names = rows(events, verdict.scope)
    people = week_queries.by_person(week)
    many = week_queries.many_in_a_day(week, at_least=unusual.MANY_PUPILS)
    called = queries.person_names(
        number
        for actor in (*(one.actor for one in people), *(one.actor for one in many))
        if (number := number_of(actor)) is not None
    )
    return WeekPage(
        first=first,
        last=last,
        unusual=lines,
        more=max(odd.count() - MOST_UNUSUAL, 0),
        many=[
            ManyRow(name=who(one.actor, called), on=one.on, pupils=one.pupils)
            for one in many
        ],
        people=[
            PersonWeek(
                name=who(one.actor, called),
                opened=one.opened,
                lists=one.lists,
                pupils=one.pupils,
                last_at=one.last_at,
            )
            for one in people
        ],
        named=names.shown,
    )
