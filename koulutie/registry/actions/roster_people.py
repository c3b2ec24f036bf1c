"""The guardians and staff of a roster."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django.contrib.auth.hashers import make_password

from koulutie.registry.actions.people import username_for
from koulutie.registry.actions.roster_rows import BATCH, RosterReport, Row
from koulutie.registry.models import Guardian, Language, Municipality, Person, Pupil


def take_in_guardians(
    *,
    rows: Iterable[Row],
    municipality: Municipality,
    source_db: str,
    pupils: Mapping[str, Pupil],
    report: RosterReport,
) -> None:
    """Make or rename guardians and tie each to exactly the pupils that its row names."""
    told = {f"{source_db}/{row.pupil_key}": row for row in rows if row.pupil_key}
    known = {
        one.source_key: one
        for one in Guardian.objects.unscoped("the registry's own writing").filter(
            municipality=municipality
        )
        if one.source_key in told
    }
    new = [
        Guardian(municipality=municipality, source_key=key)
        for key in told.keys() - known.keys()
    ]
    for guardian in (*known.values(), *new):
        row = told[guardian.source_key]
        guardian.first_name, guardian.last_name = (
            row.first_name[:100],
            row.last_name[:100],
        )
        guardian.language = row.language[:10]
    Guardian.objects.bulk_create(new, batch_size=BATCH)
    Guardian.objects.bulk_update(
        known.values(), ["first_name", "last_name", "language"], batch_size=300
    )
    _tie([*known.values(), *new], told, pupils)
    report.counts["new guardians"] += len(new)


def _tie(
    guardians: Iterable[Guardian], told: Mapping[str, Row], pupils: Mapping[str, Pupil]
) -> None:
    """Write who is whose guardian, in bulk."""
    through = Guardian.pupils.through
    wanted = {
        (guardian.pk, pupils[key].pk)
        for guardian in guardians
        for key in told[guardian.source_key].related_keys.replace(" ", "").split(",")
        if key in pupils
    }
    ids = {guardian.pk for guardian in guardians}
    rows = through.objects.filter(guardian__in=ids) if ids else through.objects.none()
    there = {(guardian, pupil): pk for pk, guardian, pupil in rows.values_list()}
    gone = [pk for pair, pk in there.items() if pair not in wanted]
    through.objects.filter(pk__in=gone).delete()
    through.objects.bulk_create(
        [
            through(guardian_id=one, pupil_id=pupil)
            for one, pupil in wanted - there.keys()
        ],
        batch_size=BATCH,
    )


def take_in_staff(*, rows: Iterable[Row], source_db: str, report: RosterReport) -> None:
    """Make or rename accounts of staff; without a password and without any grant.

    A file never gives anybody rights: a person grants them.
    """
    told = {f"{source_db}/{row.pupil_key}": row for row in rows if row.pupil_key}
    known = {
        person.source_key: person
        for person in Person.objects.filter(source_key__in=list(told))
    }
    taken = set(Person.objects.values_list("username", flat=True))
    new = []
    for key, row in told.items():
        if key not in known:
            new.append(_new_person(key, row, taken))
            continue
        person = known[key]
        person.first_name = row.first_name[:100] or person.first_name
        person.last_name = row.last_name[:100] or person.last_name
    Person.objects.bulk_create(new, batch_size=BATCH)
    Person.objects.bulk_update(
        known.values(), ["first_name", "last_name"], batch_size=300
    )
    report.counts["new staff"] += len(new)


def _new_person(key: str, row: Row, taken: set[str]) -> Person:
    username = username_for(
        first_name=row.first_name, last_name=row.last_name, taken=taken
    )
    person = Person(
        username=username,
        first_name=row.first_name[:100] or username,
        last_name=row.last_name[:100] or username,
        language=Language.SWEDISH if row.language == "sv" else Language.FINNISH,
        source_key=key[:160],
        password=make_password(None),
    )
    person.clean_fields()
    return person
