"""What policy, scope and access log cost a pupil's page, beside the same page without them.

The city's registry is put into a database of its own, and two persons open the same pupils'
pages through Django's test client: a class teacher (25 pupils) and a principal (a school).
Without: the verdict is ready beforehand and names one pupil, no row of the facts is asked
for a scope, and no event is written. Prints the median milliseconds, taken in turn.
"""

# ruff: noqa: E402  # models can be imported only when Django stands

from __future__ import annotations

import datetime as dt
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from zoneinfo import ZoneInfo

os.environ.setdefault("KOULUTIE_HOME", tempfile.mkdtemp(prefix="koulutie-bench-home-"))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "koulutie.config.settings")

import django

django.setup()

import pyarrow.parquet as pq
from django.conf import settings
from django.core.management import call_command
from django.db import connection, transaction
from django.test import Client

from bench.data import AS_OF, YEAR
from bench.ours import latest
from koulutie.core.definitions.roles import Action, FieldGroup
from koulutie.core.scope import Purpose, Scope
from koulutie.registry import access, models
from koulutie.ui import clock, middleware
from koulutie.ui.http import Request

NOW = dt.datetime.combine(AS_OF, dt.time(9, 30), ZoneInfo("Europe/Helsinki"))
WARM = 10  # pages before any is counted
PAGES = "60"  # counted ones of each kind, unless told otherwise
BATCH = 5_000


def registry(folder: Path, facts: str) -> None:
    """Put the city's schools, classes, pupils and stays into the database."""
    table = pq.read_table(folder / "registry/enrolments.parquet")
    stays = table.select(["pupil_id", "school_id", "class_id", "grade", "language"])
    rows = stays.to_pylist()
    city = models.Municipality.objects.create(code="901", name_fi="X", name_sv="X")
    year = models.SchoolYear.objects.create(
        municipality=city,
        year=YEAR.year,
        starts_on=YEAR.starts_on,
        spring_starts_on=YEAR.spring_starts_on,
        ends_before=YEAR.ends_before,
    )
    schools = {row["school_id"]: row["language"] for row in rows}
    models.School.objects.bulk_create(
        models.School(
            pk=pk,
            municipality=city,
            number=f"{pk:05}",
            name=f"S{pk}",
            language=language,
        )
        for pk, language in schools.items()
    )
    classes = {row["class_id"]: row for row in rows}
    models.SchoolClass.objects.bulk_create(
        models.SchoolClass(
            pk=pk,
            school_id=row["school_id"],
            school_year=year,
            code=f"{row['grade']}.{pk}",
            grade=row["grade"],
        )
        for pk, row in classes.items()
    )
    models.Pupil.objects.bulk_create(
        [
            models.Pupil(
                pk=row["pupil_id"], municipality=city, first_name="A", last_name="B"
            )
            for row in rows
        ],
        batch_size=BATCH,
    )
    models.Enrolment.objects.bulk_create(
        [
            models.Enrolment(
                pupil_id=row["pupil_id"],
                school_class_id=row["class_id"],
                from_date=YEAR.starts_on,
                to_date=dt.date(YEAR.year + 1, 8, 1),
            )
            for row in rows
        ],
        batch_size=BATCH,
    )
    models.FactsVersion.objects.create(
        number=1,
        municipality=city,
        tables=dict(latest(facts).tables),
        as_of=AS_OF,
        made_at=NOW,
        cause="bench",
    )


def reader(role: str, **place: int) -> Client:
    """Return a signed-in browser of somebody with one grant."""
    person = models.Person(username=role, first_name="A", last_name="B")
    person.set_unusable_password()
    person.save()
    models.Grant.objects.create(
        person=person, role=role, valid_from=YEAR.starts_on, reason="bench", **place
    )
    client = Client(SERVER_NAME="localhost")
    client.force_login(person)
    return client


@contextmanager
def unguarded(fields: frozenset[FieldGroup]) -> Iterator[None]:
    """Give every request a ready verdict over one pupil, and write no event."""

    def decide(request: Request, policy: access.Policy) -> None:
        assert request.resolver_match is not None
        pupil = request.resolver_match.kwargs["pk"]
        only = frozenset({pupil})
        request.policy = policy
        request.scope = Scope(
            actor="person:0",
            purpose=Purpose.ATTENDANCE,
            reason="",
            is_whole_municipality=True,
            pupil_ids=only,
        )
        request.verdict = access.Verdict(
            allowed=True,
            reason="",
            scope=request.scope,
            reaches=(access.Reach(grant_id=0, fields=fields, pupil_ids=only),),
        )

    held = middleware.decide, middleware.log_opening
    middleware.decide = decide  # for the other side only
    middleware.log_opening = lambda *_: None
    try:
        yield
    finally:
        middleware.decide, middleware.log_opening = held


def opened(client: Client, pupil: int) -> tuple[float, str]:
    """Open a pupil's page; return the milliseconds and what it says."""
    started = time.perf_counter()
    response = client.get(f"/pupils/{pupil}/")
    spent = 1000 * (time.perf_counter() - started)
    assert response.status_code == 200, response.status_code
    return spent, response.content.decode()


def compared(
    client: Client, role: str, pupils: list[int], pages: int
) -> dict[str, float]:
    """Return the median milliseconds with and without; the pages must be the same."""
    person = models.Person.objects.get(username=role)
    verdict = access.scope_for(
        person=person,
        action=Action.VIEW_PUPIL,
        purpose=Purpose.ATTENDANCE,
        on=AS_OF,
    )
    spent: dict[str, list[float]] = {"with": [], "without": []}
    for number in range(WARM + pages):
        pupil = pupils[number % len(pupils)]
        guarded = opened(client, pupil)
        with unguarded(verdict.fields_about(pupil)):
            bare = opened(client, pupil)
        assert body(guarded[1]) == body(bare[1]), f"pupil {pupil}"
        spent["with"].append(guarded[0])
        spent["without"].append(bare[0])
    events = models.AccessEvent.objects.filter(actor=f"person:{person.pk}").count()
    assert events == WARM + pages, events
    medians = {name: statistics.median(of[WARM:]) for name, of in spent.items()}
    return medians | {"pupils": float(len(verdict.scope.pupil_ids))}


def body(page: str) -> str:
    """Return what the page is about: its head has a new token each time."""
    return page[page.index("<main") : page.index("</main>")]


def main(folder: str, facts: str, pages: str = PAGES) -> None:
    settings.FACTS_ROOT = facts
    call_command("migrate", verbosity=0)
    with transaction.atomic():
        registry(Path(folder), facts)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    clock.now = lambda: NOW
    home = (
        models.Enrolment.objects.unscoped("bench")
        .order_by("pk")
        .select_related("school_class")[0]
    )
    in_class = models.Enrolment.objects.unscoped("bench").filter(
        school_class=home.school_class
    )
    pupils = sorted(in_class.values_list("pupil", flat=True))
    teacher = reader("class_teacher", school_class_id=home.school_class_id)
    principal = reader("principal", school_id=home.school_class.school_id)
    print(
        json.dumps(
            {
                "class_teacher": compared(teacher, "class_teacher", pupils, int(pages)),
                "principal": compared(principal, "principal", pupils, int(pages)),
            }
        )
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
