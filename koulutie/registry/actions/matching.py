"""Which pupil a roster's row is about.

Learner OID, then the source's own id inside its database, then the keyed hash of the
personal identity code; a name never decides. Rows whose identifiers point to different
pupils, or that contradict what is known, are left for a person to look at.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from functools import partial

from django.conf import settings

from koulutie.core.errors import gettext_noop
from koulutie.core.identifiers import Finding, check_hetu, check_learner_oid, hetu_hmac
from koulutie.registry.actions.roster_rows import BATCH, RosterReport, Row
from koulutie.registry.models import Municipality, Pupil, PupilKey

UPDATED = ["first_name", "last_name", "learner_oid", "hetu_hmac", "is_protected"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """The identifiers of a row that may be used to recognise somebody; empty: none."""

    oid: str
    key: str
    hetu: str

    @property
    def is_empty(self) -> bool:
        """Say whether nothing in the row can recognise anybody."""
        return not (self.oid or self.key or self.hetu)


@dataclass(slots=True, kw_only=True)
class Book:
    """All pupils of a municipality by what they can be recognised by."""

    municipality: Municipality
    source_db: str
    today: date
    by_oid: dict[str, Pupil] = field(default_factory=dict)
    by_key: dict[str, Pupil] = field(default_factory=dict)
    by_hetu: dict[str, Pupil] = field(default_factory=dict)
    # Names of pupils whom this source has no id for: a new namesake may be one of them.
    strangers: set[tuple[str, str]] = field(default_factory=set)
    new: list[Pupil] = field(default_factory=list)
    changed: dict[int, Pupil] = field(default_factory=dict)
    new_keys: list[PupilKey] = field(default_factory=list)

    def load(self) -> None:
        """Read everybody once."""
        pupils = {
            pupil.pk: pupil
            for pupil in Pupil.objects.unscoped("the registry's own writing").filter(
                municipality=self.municipality
            )
        }
        keys = PupilKey.objects.unscoped("the registry's own writing").filter(
            municipality=self.municipality, source_db=self.source_db
        )
        self.by_key = {key: pupils[pk] for key, pk in keys.values_list("key", "pupil")}
        for pupil in pupils.values():
            self._index(pupil)
        known = {pupil.pk for pupil in self.by_key.values()}
        self.strangers = {
            _name(pupil) for pk, pupil in pupils.items() if pk not in known
        }

    def find_or_make(self, row: Row, report: RosterReport) -> Pupil | None:
        """Return the row's pupil, brought up to date; None where a person must look."""
        identity = self._identity(row, report)
        if identity.is_empty:
            report.tell(
                row.line,
                gettext_noop(
                    "Nothing in the row says which pupil it is. "
                    "Give the pupil's id in the source or the learner number."
                ),
            )
            return None
        found = self._candidates(identity)
        if len(found) > 1 or any(_contradicts(identity, pupil) for pupil in found):
            report.tell(
                row.line,
                gettext_noop(
                    "The row's identifiers belong to different pupils. "
                    "Nothing was changed for it; check it in the source."
                ),
            )
            return None
        pupil = found[0] if found else self._make(row, report)
        self._learn(pupil, identity, row, report)
        return pupil

    def save(self) -> None:
        """Write new pupils, changed ones, and new ids of the source."""
        Pupil.objects.bulk_create(self.new, batch_size=BATCH)
        Pupil.objects.bulk_update(self.changed.values(), UPDATED, batch_size=300)
        for key in self.new_keys:
            key.pupil_id = key.pupil.pk
        PupilKey.objects.bulk_create(self.new_keys, batch_size=BATCH)

    def _identity(self, row: Row, report: RosterReport) -> Identity:
        """Return the identifiers that are fit to recognise somebody; tell of odd ones."""
        oid = _usable(row, row.learner_oid, check_learner_oid, report)
        check = partial(check_hetu, today=self.today)
        hetu = _usable(row, row.hetu, check, report)
        return Identity(
            oid=oid,
            key=row.pupil_key[:80],
            hetu=hetu_hmac(hetu, key=settings.HETU_KEY.encode()) if hetu else "",
        )

    def _candidates(self, identity: Identity) -> list[Pupil]:
        """Return the different pupils that the identifiers point to."""
        found = (
            self.by_oid.get(identity.oid),
            self.by_key.get(identity.key),
            self.by_hetu.get(identity.hetu),
        )
        return list({id(pupil): pupil for pupil in found if pupil}.values())

    def _make(self, row: Row, report: RosterReport) -> Pupil:
        pupil = Pupil(municipality=self.municipality)
        self.new.append(pupil)
        report.counts["new pupils"] += 1
        if (row.last_name, row.first_name) in self.strangers:
            report.tell(
                row.line,
                gettext_noop(
                    "A pupil of this name is already known from elsewhere. "
                    "A name does not decide, so a new pupil was made; check that they are two."
                ),
            )
        return pupil

    def _learn(
        self, pupil: Pupil, identity: Identity, row: Row, report: RosterReport
    ) -> None:
        """Bring a pupil's columns up to date; what the row does not tell stays."""
        told = {
            "first_name": row.first_name[:100],
            "last_name": row.last_name[:100],
            "learner_oid": identity.oid,
            "hetu_hmac": identity.hetu,
            "is_protected": row.is_protected,
        }
        before = _columns(pupil)
        for name, value in told.items():
            if value not in ("", None):
                setattr(pupil, name, value)
        if pupil.pk and before != _columns(pupil):
            self.changed[pupil.pk] = pupil
            report.counts["changed pupils"] = len(self.changed)
        if identity.key and identity.key not in self.by_key:
            self.by_key[identity.key] = pupil
            self.new_keys.append(self._key(pupil, identity.key))
        self._index(pupil)

    def _key(self, pupil: Pupil, key: str) -> PupilKey:
        return PupilKey(
            municipality=self.municipality,
            pupil=pupil,
            source_db=self.source_db,
            key=key,
        )

    def _index(self, pupil: Pupil) -> None:
        if pupil.learner_oid:
            self.by_oid[pupil.learner_oid] = pupil
        if pupil.hetu_hmac:
            self.by_hetu[pupil.hetu_hmac] = pupil


def open_book(*, municipality: Municipality, source_db: str, today: date) -> Book:
    """Return the municipality's book, loaded."""
    book = Book(municipality=municipality, source_db=source_db, today=today)
    book.load()
    return book


def _usable(
    row: Row, value: str, check: Callable[[str], Finding], report: RosterReport
) -> str:
    """Return an identifier that may be used as a key, else nothing; tell of odd ones."""
    if not value:
        return ""
    finding = check(value)
    if finding.warning:
        report.tell(row.line, finding.warning)
    return value if finding.is_usable_as_key else ""


def _contradicts(identity: Identity, pupil: Pupil) -> bool:
    """Say whether a strong identifier of the row differs from the one that is known.

    An identity code changes in a lifetime; it contradicts only where no learner OID agrees.
    """
    if identity.oid and pupil.learner_oid:
        return identity.oid != pupil.learner_oid
    return bool(identity.hetu and pupil.hetu_hmac and identity.hetu != pupil.hetu_hmac)


def _columns(pupil: Pupil) -> list[object]:
    return [getattr(pupil, name) for name in UPDATED]


def _name(pupil: Pupil) -> tuple[str, str]:
    return (pupil.last_name, pupil.first_name)
