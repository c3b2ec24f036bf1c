"""A process to be killed: takes a batch in, and says first in what state it found the home.

Run as ``python -m tests.jobs.kill_target prepare|work|state`` with KOULUTIE_HOME set.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "koulutie.config.settings")


def prepare() -> None:
    """Make a home in which one batch is in and another, with corrections, was received."""
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    from koulutie.intake.actions.deciding import accept
    from koulutie.jobs import intake
    from koulutie.registry import actions
    from tests import builders as build
    from tests.jobs.files import map_types, own_csv, send

    municipality = build.a_municipality()
    municipality.ladder = "koulutie-demo"
    municipality.save()
    school_class = build.a_class(build.a_school(municipality))
    pupils = [build.a_pupil(school_class, key=f"p{n}") for n in range(40)]
    assert pupils
    actions.set_lesson_total(
        school_year=school_class.school_year,
        grade=7,
        lessons_per_week=30,
        by=None,
        now=build.NOW,
    )
    map_types(municipality)
    first = send(own_csv(*rows(day=9)), municipality, name="first.csv")
    batch = intake.preview(batch_id=first.pk, now=build.NOW)
    accept(batch=batch, by=None, now=build.NOW)
    intake.take_in(batch_id=batch.pk, now=build.NOW)
    second = [*rows(day=9, type_name="Terveydellinen syy"), *rows(day=10), *many()]
    send(own_csv(*second), municipality, name="second.csv")


def rows(day: int, type_name: str = "Selvittämätön poissaolo") -> list[dict[str, str]]:
    return [
        {
            "pupil_key": f"p{pupil}",
            "date": f"2026-11-{day:02}",
            "start": f"{hour:02}:00",
            "type_name": type_name,
            "entered_at": f"2026-11-{day + 1:02} 12:00",
        }
        for pupil in range(40)
        for hour in (9, 10)
    ]


def many() -> list[dict[str, str]]:
    """Absence enough for one pupil to reach a step of the ladder."""
    return [
        {
            "pupil_key": "p0",
            "date": f"2026-09-{day:02}",
            "start": f"{hour:02}:00",
            "entered_at": "2026-10-01 12:00",
        }
        for day in range(1, 31)
        for hour in (8, 9, 10, 11)
        if day % 7 not in {5, 6}
    ]


def state() -> dict[str, object]:
    """Return what a reader of this home sees now."""
    from django.conf import settings

    from koulutie.casework.models import Task
    from koulutie.core.scope import Purpose
    from koulutie.facts.scoped import open_scoped
    from koulutie.facts.store import Store, Version
    from koulutie.intake.models import Batch
    from koulutie.registry.access import system_scope
    from koulutie.registry.queries import latest_version

    latest = latest_version()
    assert latest is not None
    scope = system_scope(name="test", purpose=Purpose.INTAKE)
    version = Version(number=latest.number, tables=latest.tables)
    seen = {}
    with open_scoped(Store(settings.FACTS_ROOT), version, scope) as reader:
        for name in ("marks", "mark_history", "figures", "crossings"):
            table = reader.frame(name).collect(backend="pyarrow").to_native()
            lines = sorted(json.dumps(row, default=str) for row in table.to_pylist())
            text = "\n".join(lines).encode()
            seen[name] = [len(lines), hashlib.sha256(text).hexdigest()[:12]]
    batch = Batch.objects.get(file_name="second.csv")
    return {
        "version": latest.number,
        "tables": seen,
        "is_in": batch.state == "taken_in",
        "counts": batch.counts if batch.state == "taken_in" else None,
        "tasks": Task.objects.unscoped("test").count(),
    }


def work() -> None:
    """Bring the second batch as far as it goes, from wherever an earlier death left it."""
    from koulutie.intake.actions.claiming import release_dead
    from koulutie.intake.actions.deciding import accept
    from koulutie.intake.models import Batch
    from koulutie.jobs import intake
    from tests.builders import NOW

    release_dead(now=NOW)
    batch = Batch.objects.get(file_name="second.csv")
    if batch.state == "received":
        batch = intake.preview(batch_id=batch.pk, now=NOW)
    if batch.state == "previewed":
        seen = [alarm["code"] for alarm in batch.alarms]
        accept(batch=batch, by=None, now=NOW, seen_alarms=seen)
    intake.take_in(batch_id=batch.pk, now=NOW)


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main(what: str) -> None:
    import django

    django.setup()
    from koulutie.registry import walls

    walls.open_process()
    if what == "prepare":
        prepare()
    say(json.dumps(state()))
    if what == "work":
        say("working")
        work()
        say(json.dumps(state()))


if __name__ == "__main__":
    main(sys.argv[1])
