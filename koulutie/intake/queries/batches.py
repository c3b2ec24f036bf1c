"""Which batches there are, and which of them a scope may see."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min, Q, QuerySet, Sum

from koulutie.core.scope import Scope
from koulutie.intake.models import Batch, RejectedRow
from koulutie.registry.access import OutsideScope
from koulutie.registry.models import Municipality, School

State = Batch.State
# Another copy of the same file is not asked for while one of these still stands.
UNDECIDED = (State.RECEIVED, State.READING, State.PREVIEWED, State.ACCEPTED)


def municipalities_in(scope: Scope) -> QuerySet[Municipality]:
    """Return the municipalities of which the scope holds every school."""
    everything = Municipality.objects.order_by("code")
    if scope.is_whole_municipality:
        return everything
    inside = School.objects.filter(pk__in=scope.school_ids)
    outside = School.objects.exclude(pk__in=scope.school_ids)
    return everything.filter(pk__in=inside.values("municipality")).exclude(
        pk__in=outside.values("municipality")
    )


def batches_in(scope: Scope) -> QuerySet[Batch]:
    """Return the scope's batches, newest first.

    A file about several schools is seen only by who may see the whole municipality.
    """
    batches = Batch.objects.select_related("school", "received_by", "accepted_by")
    if not scope.is_whole_municipality:
        batches = batches.filter(
            Q(school__in=scope.school_ids)
            | Q(school=None, municipality__in=municipalities_in(scope))
        )
    return batches.order_by("-received_at", "-pk")


def get_batch(scope: Scope, pk: int) -> Batch:
    """Return one batch of the scope, or `OutsideScope`."""
    batch = batches_in(scope).filter(pk=pk).first()
    if batch is None:
        raise OutsideScope(f"batch:{pk}")
    return batch


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """How much came."""

    files: int
    size: int  # bytes


def received_since(municipality: Municipality, moment: datetime) -> Received:
    """Return how much a municipality has sent since a moment."""
    batches = Batch.objects.filter(municipality=municipality, received_at__gt=moment)
    found = batches.aggregate(files=Count("pk"), size=Sum("size", default=0))
    return Received(files=found["files"], size=found["size"])


def undecided_copy(batch: Batch) -> Batch | None:
    """Return a batch of the same file, sent for the same, on which nothing is decided."""
    return _copies(batch).filter(state__in=UNDECIDED).order_by("pk").first()


def taken_in_copy(batch: Batch) -> Batch | None:
    """Return the latest batch of the same file that is already in."""
    copies = _copies(batch).filter(state=State.TAKEN_IN)
    return copies.order_by("-taken_in_at").first()


def first_seen(batch: Batch) -> datetime:
    """Return when this very file was received for the first time."""
    copies = Batch.objects.filter(municipality=batch.municipality, sha256=batch.sha256)
    found = copies.aggregate(first=Min("received_at"))["first"]
    return min(found or batch.received_at, batch.received_at)


def _copies(batch: Batch) -> QuerySet[Batch]:
    return Batch.objects.filter(
        municipality=batch.municipality,
        sha256=batch.sha256,
        school=batch.school,
        class_code=batch.class_code,
        pupil_key=batch.pupil_key,
    ).exclude(pk=batch.pk)


def previous(batch: Batch) -> Batch | None:
    """Return the batch that came in last before this one from the same source.

    Same source: same kind of rows, in the same format and layout, for the same school.
    """
    return (
        Batch.objects.filter(
            municipality=batch.municipality,
            state=State.TAKEN_IN,
            contents=batch.contents,
            dialect=batch.dialect,
            profile=batch.profile,
            school=batch.school,
            pupil_key=batch.pupil_key,
        )
        .exclude(pk=batch.pk)
        .exclude(sha256=batch.sha256)
        .order_by("-taken_in_at", "-pk")
        .first()
    )


def pages_before(batch: Batch) -> QuerySet[Batch]:
    """Return the batches that came in before and were all that there was of one pupil."""
    pages = Batch.objects.filter(
        municipality=batch.municipality,
        state=State.TAKEN_IN,
        contents=Batch.Contents.MARKS,
        shape__has_key="complete",
    )
    return pages.exclude(pupil_key="").exclude(pk=batch.pk)


def known_types(batch: Batch) -> frozenset[str]:
    """Return the names of the mark types of all batches that are in."""
    batches = Batch.objects.filter(
        municipality=batch.municipality, state=State.TAKEN_IN, contents="marks"
    ).exclude(pk=batch.pk)
    lists = batches.values_list("types", flat=True).iterator()
    return frozenset(one["name"] for types in lists for one in types)


def rejections(batch: Batch) -> QuerySet[RejectedRow]:
    """Return the batch's rejected rows in the order of the file."""
    return (
        RejectedRow.objects.unscoped("rows on their way in")
        .filter(batch=batch)
        .order_by("line", "pk")
    )


def waiting(state: str) -> list[int]:
    """Return the batches in a state, the one that has waited longest first."""
    rows = Batch.objects.filter(state=state).order_by("state_at", "pk")
    return list(rows.values_list("pk", flat=True))


def rosters_to_follow() -> QuerySet[Batch]:
    """Return the rosters that are in, but whose changes the facts do not have yet."""
    rows = Batch.objects.filter(
        state=State.TAKEN_IN, contents=Batch.Contents.ROSTER, facts_version=None
    )
    return rows.select_related("municipality").order_by("taken_in_at", "pk")
