"""The whole chain up to a task, through the doors that files come by."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

from koulutie.core.marks import Kind
from koulutie.intake.actions.mapping import set_mapping
from koulutie.jobs import intake
from tests.builders import NOW
from tests.jobs.files import TYPES, own_csv
from tests.people import People, make_people

FIRST_DAY = date(2026, 10, 26)


def school_days(count: int, first: date = FIRST_DAY) -> list[date]:
    """Weekdays from a Monday on that no break touches."""
    days = [first + timedelta(days=n) for n in range(2 * count)]
    return [day for day in days if day.isoweekday() < 6][:count]


def absences(
    lessons: int, key: str, type_name: str = "Terveydellinen syy"
) -> list[dict[str, str]]:
    """So many absent lessons of a pupil, four a day."""
    return [
        {
            "pupil_key": key,
            "date": school_days(lessons // 4 + 1)[number // 4].isoformat(),
            "start": f"{9 + number % 4:02d}:00",
            "type_name": type_name,
        }
        for number in range(lessons)
    ]


def bring(
    people: People, folder: Path, *rows: dict[str, str], name: str = "marks.csv"
) -> None:
    """Import rows and take them in; every alarm of so small a file is looked at."""
    path = folder / name
    path.write_bytes(own_csv(*rows))
    report = intake.import_file(
        path, municipality=people.home.municipality, accept=True, now=NOW
    )
    if report.is_refused:
        from koulutie.intake.actions import deciding
        from koulutie.intake.models import Batch
        from koulutie.intake.queries.alarms import must_be_seen

        batch = Batch.objects.get(pk=report.facts["batch"])
        deciding.accept(batch=batch, by=None, now=NOW, seen_alarms=must_be_seen(batch))
        intake.take_in(batch_id=batch.pk, now=NOW)


def a_town_with_a_ladder() -> People:
    """The named people; the municipality has adopted the demo ladder and knows its types."""
    people = make_people()
    home = people.home.municipality
    home.ladder = "koulutie-demo"
    home.save()
    for type_name, kind in (TYPES | {"Luvaton poissaolo": Kind.UNAUTHORISED}).items():
        set_mapping(
            municipality=home,
            school=None,
            type_name=type_name,
            kind=kind,
            by=None,
            now=NOW,
        )
    return people
