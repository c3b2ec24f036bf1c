"""What has been kept long enough on a day."""

from __future__ import annotations

import calendar
from collections.abc import Iterator
from datetime import date, datetime, timedelta

from django.db import models
from django.db.models import Exists, Max, OuterRef, QuerySet, Sum

from koulutie.core.errors import Fault
from koulutie.registry.models import (
    AccessEvent,
    Grant,
    LogSeal,
    OpenedPupil,
    Person,
    Pupil,
)
from koulutie.retention.queries.belonging import Belonging, belongings
from koulutie.retention.queries.dictionary import AnyModel, our_models, privacy_of

# These go batch by batch through the doors of the rooms that own them.
THROUGH_DOORS = frozenset({AccessEvent, OpenedPupil})


def months_before(on: date, months: int) -> date:
    """Return the same day of an earlier month, or that month's last."""
    number = on.year * 12 + on.month - 1 - months
    year, month = number // 12, number % 12 + 1
    return date(year, month, min(on.day, calendar.monthrange(year, month)[1]))


def moment_before(now: datetime, months: int) -> datetime:
    """Return the moment so many months earlier, at the same time of day."""
    return now - timedelta(days=(now.date() - months_before(now.date(), months)).days)


def left_pupils(before: date) -> list[int]:
    """Return the pupils whose last stay in any class had ended by the day."""
    rows = Pupil._base_manager.annotate(last=Max("enrolments__to_date"))
    return list(
        rows.filter(last__lte=before).order_by("pk").values_list("pk", flat=True)
    )


def pupils_without_a_stay() -> int:
    """Count the pupils of whom no class is known, so that nobody can say when they left."""
    return int(Pupil._base_manager.filter(enrolments=None).count())


def leaving_with(rule: str) -> tuple[Belonging, ...]:
    """Return what of a rule belongs to pupils, the pupil's own row left out."""
    return tuple(
        one for one in belongings() if one.rule == rule and one.model is not Pupil
    )


def ended_staff(before: date) -> list[int]:
    """Return the persons whose last role had ended by the day."""
    lasting = Grant._base_manager.filter(
        person=OuterRef("pk"), valid_to=None, ends_at=None
    )
    rows = Person._base_manager.annotate(last=Max("grants__valid_to"))
    ended = rows.filter(~Exists(lasting), last__lte=before)
    return list(ended.order_by("pk").values_list("pk", flat=True))


def written_models(rule: str) -> Iterator[tuple[AnyModel, str]]:
    """Yield the models that belong to a rule as a whole, with the field of their time."""
    for model in our_models():
        rules = {name for _, name in privacy_of(model).values()}
        if rules == {rule} and model not in THROUGH_DOORS:
            yield model, time_of(model)


def time_of(model: AnyModel) -> str:
    """Return the field that says when a row was written: the first that is always there."""
    for field in model._meta.concrete_fields:
        if isinstance(field, models.DateTimeField) and not field.null:
            return field.name
    raise Fault(f"{model._meta.label} does not say when a row of it was written")


def written_before(
    model: AnyModel, field: str, before: datetime
) -> QuerySet[models.Model]:
    """Return the rows of a model that are older."""
    found: QuerySet[models.Model] = model._base_manager.filter(
        **{f"{field}__lt": before}
    )
    return found


def sealed_before(before: datetime) -> int:
    """Count the events in whole sealed batches that are older."""
    seals = LogSeal.objects.filter(expiry=None, newest_at__lt=before)
    return int(seals.aggregate(n=Sum("events"))["n"] or 0)
