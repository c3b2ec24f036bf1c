"""Who and what the words of a file mean, as `core.resolving` asks for it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from koulutie.core.calendar import school_days
from koulutie.core.errors import IntakeError, gettext_noop
from koulutie.core.resolving import Lookup
from koulutie.intake.models import Batch
from koulutie.intake.queries.mappings import Meanings
from koulutie.registry import exports
from koulutie.registry.models import Municipality, PupilKey
from koulutie.registry.queries import pupil_keys, school_numbers


def lookup_for(batch: Batch, meanings: Meanings) -> Lookup:
    """Return what is known of the words of the batch's source database."""
    municipality = batch.municipality
    days = school_days(exports.calendar(municipality=municipality))
    return Lookup(
        source_db=batch.source_db,
        pupils=pupil_keys(municipality, source_db=batch.source_db),
        schools=school_numbers(municipality),
        enrolments=exports.enrolments(municipality=municipality),
        meanings=meanings.by_name,
        school_days={pk: frozenset(held) for pk, held in days.items()},
    )


def pupils_called(municipality: Municipality, keys: Iterable[str]) -> dict[str, int]:
    """Return the pupil of each key that exactly one pupil of the municipality has."""
    found: dict[str, set[int]] = defaultdict(set)
    rows = PupilKey.objects.unscoped("rows on their way in").filter(
        municipality=municipality, key__in=set(keys)
    )
    for key, pupil in rows.values_list("key", "pupil"):
        found[key].add(pupil)
    return {key: pupils.pop() for key, pupils in found.items() if len(pupils) == 1}


def pupil_of(municipality: Municipality, key: str) -> int | None:
    """Return the pupil whom any source of the municipality calls so; None: nobody.

    Raises
    ------
    IntakeError
        Two sources call different pupils so.
    """
    keys = PupilKey.objects.unscoped("rows on their way in").filter(
        municipality=municipality, key=key
    )
    found = set(keys.values_list("pupil", flat=True))
    if len(found) > 1:
        raise IntakeError(
            gettext_noop(
                "Several pupils are known by the key %(pupil)s in different sources. "
                "Import the marks of this pupil with a file that names its source."
            ),
            pupil=key,
        )
    return next(iter(found), None)


def key_of(municipality: Municipality, source_db: str, key: str) -> PupilKey | None:
    """Return who is called so: in this source database, else in the only one that does."""
    keys = PupilKey.objects.unscoped("rows on their way in").filter(
        municipality=municipality, key=key
    )
    own = keys.filter(source_db=source_db).first()
    return own or (keys.first() if pupil_of(municipality, key) else None)
