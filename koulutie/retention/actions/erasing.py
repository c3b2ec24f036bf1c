"""Erasing a pupil in two steps by two persons; the rows of the database."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction

from koulutie.core.definitions.roles import Action
from koulutie.core.errors import DomainError, gettext_noop
from koulutie.core.scope import Purpose
from koulutie.registry import audit
from koulutie.registry.models import Guardian, Person, Pupil, PupilKey
from koulutie.retention.actions.running import erase_person
from koulutie.retention.models import Erasure
from koulutie.retention.queries.belonging import (
    belongings,
    numbered,
    own_accounts,
    texts_of,
)

State = Erasure.State


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """By what pupils are known in the texts and files of others."""

    municipality_ids: frozenset[int]
    keys: frozenset[str]  # of source databases, and learner numbers
    names: frozenset[str]  # last names


# --- two steps --------------------------------------------------------------------------


def prepare(
    *,
    pupil: Pupil,
    planned: dict[str, dict[str, int]],
    reason: str,
    by: Person,
    now: datetime,
) -> Erasure:
    """Ask for a pupil to be erased; somebody else confirms it.

    Raises
    ------
    DomainError
        The pupil is being erased already.
    """
    made = Erasure(
        municipality_id=pupil.municipality_id,
        pupil_id=pupil.pk,
        reason=reason,
        planned=planned,
        prepared_by=by,
        prepared_at=now,
    )
    made.full_clean(validate_constraints=False)
    try:
        with transaction.atomic():
            made.save()
            _log(made, Action.ERASE_PUPIL, by=by, now=now, reason="prepared")
    except IntegrityError as error:
        raise DomainError(
            gettext_noop("Somebody has already asked for this pupil to be erased.")
        ) from error
    return made


def confirm(*, erasure: Erasure, by: Person, now: datetime) -> None:
    """Confirm as a second person; it is done at once by the worker, or by the night.

    Raises
    ------
    DomainError
        The same person prepared it, or it is not waiting.
    """
    with transaction.atomic():
        here = _waiting(erasure, State.PREPARED)
        if here.prepared_by_id == by.pk:
            raise DomainError(
                gettext_noop(
                    "You prepared this yourself. Somebody else has to confirm it."
                )
            )
        here.state, here.confirmed_by, here.confirmed_at = State.CONFIRMED, by, now
        here.full_clean()
        here.save()
        _log(here, Action.CONFIRM_ERASURE, by=by, now=now, reason="confirmed")


def withdraw(*, erasure: Erasure, by: Person, now: datetime) -> None:
    """Give up an erasure that nobody has confirmed."""
    with transaction.atomic():
        here = _waiting(erasure, State.PREPARED)
        here.state = State.WITHDRAWN
        here.full_clean()
        here.save()
        _log(here, "withdraw_erasure", by=by, now=now, reason="withdrawn")


def finish(*, erasure: Erasure, now: datetime) -> None:
    """Say that nothing of the pupil is left."""
    with transaction.atomic():
        erasure.state, erasure.done_at, erasure.waiting_for = State.DONE, now, []
        erasure.reason = ""
        erasure.save()
        _log(erasure, "erase_pupil", by=None, now=now, reason="erased")


def _waiting(erasure: Erasure, state: str) -> Erasure:
    """Return the row as it stands now, held until the transaction ends."""
    here = Erasure.objects.select_for_update().get(pk=erasure.pk)
    if here.state != state:
        raise DomainError(
            gettext_noop("Somebody has decided about this meanwhile. Open it again.")
        )
    return here


def _log(
    erasure: Erasure, action: str, *, by: Person | None, now: datetime, reason: str
) -> None:
    audit.record(
        actor=audit.actor_of(by),
        action=action,
        purpose=Purpose.OVERSIGHT,
        target=f"erasure:{erasure.pk}",
        pupil_ids={erasure.pupil_id},
        reason=reason,
        at=now,
    )


# --- rows -------------------------------------------------------------------------------


def known_by(pupil_ids: Collection[int]) -> Known:
    """Return what to look for in files, before the rows that say it are deleted."""
    pupils = list(Pupil._base_manager.filter(pk__in=pupil_ids))
    keys = PupilKey._base_manager.filter(pupil__in=pupil_ids)
    found = set(keys.values_list("key", flat=True))
    found |= {one.learner_oid for one in pupils}
    names = {one.last_name for one in pupils}
    return Known(
        municipality_ids=frozenset(one.municipality_id for one in pupils),
        keys=frozenset(found - {""}),
        names=frozenset(names - {""}),
    )


def erase_rows(pupil_ids: Collection[int]) -> dict[str, int]:
    """Delete everything that belongs to the pupils; return how many rows of each rule.

    What names them by number only (the access log) stays; texts that persons wrote beside
    such a number, outside the sealed log, are blanked. Call it inside a transaction.
    """
    gone: dict[str, int] = {}
    for one in belongings():
        number = one.rows(pupil_ids).count()
        if number:
            gone[one.rule] = gone.get(one.rule, 0) + number
    guardians = set(
        Guardian._base_manager.filter(pupils__in=pupil_ids).values_list("pk", flat=True)
    )
    accounts = own_accounts(pupil_ids)
    Pupil._base_manager.filter(pk__in=pupil_ids).delete()
    for person_id in accounts:
        erase_person(person_id)
    Guardian._base_manager.filter(pk__in=guardians, pupils=None).delete()
    for model in numbered():
        blank = dict.fromkeys(texts_of(model), "")
        if blank:
            model._base_manager.filter(pupil_id__in=list(pupil_ids)).update(**blank)
    return gone
