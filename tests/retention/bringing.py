"""Bring a file in, through everything that intake does."""

from __future__ import annotations

from koulutie.intake.actions.deciding import accept
from koulutie.intake.models import Batch
from koulutie.jobs import intake
from koulutie.registry.models import Municipality
from tests.builders import NOW
from tests.jobs.files import send


def codes(batch: Batch) -> list[str]:
    return [alarm["code"] for alarm in batch.alarms]


def bring(content: bytes, municipality: Municipality, name: str = "marks.csv") -> Batch:
    batch = send(content, municipality, name=name)
    batch = intake.preview(batch_id=batch.pk, now=NOW)
    accept(batch=batch, by=None, now=NOW, seen_alarms=codes(batch))
    return intake.take_in(batch_id=batch.pk, now=NOW)
