"""Sums and the unusual of a week, computed by the database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Count, Max, Q, QuerySet
from django.db.models.functions import TruncDate

from koulutie.oversight.queries.log import ONE_DAY, events_for, start_of
from koulutie.registry.access import Verdict
from koulutie.registry.audit import Kind
from koulutie.registry.models import AccessEvent, Grant

SATURDAY = 6  # ISO


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonSum:
    """What one actor opened."""

    actor: str
    opened: int
    lists: int
    pupils: int
    last_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DaySum:
    """How many different pupils one actor opened one by one on a day."""

    actor: str
    on: date
    pupils: int


def events_of(verdict: Verdict, *, first: date, last: date) -> QuerySet[AccessEvent]:
    """Return what persons saw or were refused in the days inclusive, for the reader."""
    seen = events_for(verdict).exclude(kind=Kind.ACT)
    return seen.filter(
        at__gte=start_of(first),
        at__lt=start_of(last + ONE_DAY),
        actor__startswith="person:",
    )


def unusual(
    week: QuerySet[AccessEvent], *, hours: tuple[int, int]
) -> QuerySet[AccessEvent]:
    """Return what a rule of `presenters.unusual` names, the newest first.

    `hours` are the usual ones, local and half-open.
    """
    opened = Grant.objects.filter(ends_at__isnull=False).values("pk")
    odd_time = Q(at__hour__lt=hours[0]) | Q(at__hour__gte=hours[1])
    odd = (
        Q(grant_id__in=opened)
        | Q(kind__in=[Kind.EXPORT, Kind.PRINT])
        | odd_time
        | Q(at__iso_week_day__gte=SATURDAY)
    )
    refused = Q(kind=Kind.DENIED, target__startswith="pupil:")
    return week.filter(refused | (Q(pupils__isnull=False) & odd)).distinct()


def by_person(week: QuerySet[AccessEvent]) -> list[PersonSum]:
    """Return the sums of each actor, who opened the most pupils first."""
    shown = Q(pupils__isnull=False)
    rows = (
        week.order_by()
        .values("actor")
        .annotate(
            opened=Count("pk", filter=shown & Q(kind=Kind.VIEW), distinct=True),
            lists=Count("pk", filter=shown & ~Q(kind=Kind.VIEW), distinct=True),
            different=Count("pupils__pupil_id", distinct=True),
            last_at=Max("at"),
        )
        .filter(different__gt=0)
        .order_by("-opened", "-different", "actor")
    )
    return [
        PersonSum(
            actor=row["actor"],
            opened=row["opened"],
            lists=row["lists"],
            pupils=row["different"],
            last_at=row["last_at"],
        )
        for row in rows
    ]


def many_in_a_day(week: QuerySet[AccessEvent], *, at_least: int) -> list[DaySum]:
    """Return who opened so many different pupils one by one on one local day."""
    rows = (
        week.filter(kind=Kind.VIEW)
        .order_by()
        .annotate(on=TruncDate("at"))
        .values("actor", "on")
        .annotate(different=Count("pupils__pupil_id", distinct=True))
        .filter(different__gte=at_least)
        .order_by("-different", "actor")
    )
    return [
        DaySum(actor=row["actor"], on=row["on"], pupils=row["different"])
        for row in rows
    ]
