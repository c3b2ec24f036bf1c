"""Break-the-glass: a pupil outside one's scope, opened with a reason, for three hours."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from koulutie.core.definitions.roles import Action
from koulutie.core.errors import AccessDenied, DomainError, Fault, gettext_noop
from koulutie.core.scope import Purpose
from koulutie.registry import audit, finding
from koulutie.registry.access import Verdict, scope_in_words
from koulutie.registry.models import Grant, Notice, Person, Pupil

HOURS_OPEN = timedelta(hours=3)
SHORTEST_REASON = 15  # characters; "because" is no reason
LONGEST_REASON = 300


def open_with_reason(
    *, pupil: Pupil, reason: str, verdict: Verdict, by: Person, now: datetime
) -> Grant:
    """Let a person read one pupil for three hours, and tell those who oversee.

    Role and purpose stay those of the grant that lets them do so. A pupil that is already
    open to them stays open until the same moment.

    Raises
    ------
    DomainError
        The reason is too short to be read as one later.
    """
    why = " ".join(reason.split())
    if len(why) < SHORTEST_REASON:
        raise DomainError(
            gettext_noop(
                "Write why you need to see this pupil, in at least %(n)d characters."
            ),
            n=SHORTEST_REASON,
        )
    standing = finding.open_now(by, now=now).filter(pupil=pupil).first()
    if standing is not None:
        return standing
    with transaction.atomic():
        made = _grant(pupil, why[:LONGEST_REASON], verdict, by=by, now=now)
        _tell(made, pupil, now=now)
        audit.record(
            actor=audit.actor_of(by),
            action=Action.BREAK_GLASS,
            purpose=verdict.scope.purpose,
            target=f"pupil:{pupil.pk}",
            pupil_ids={pupil.pk},
            grant_id=made.pk,
            reason=f"{scope_in_words(made)} until {made.ends_at}; reason in the grant",
            at=now,
        )
    return made


def close_opened(*, grant: Grant, by: Person, now: datetime) -> None:
    """End the reading of an opened pupil at once; only who opened it does so."""
    if grant.person_id != by.pk or grant.ends_at is None:
        raise AccessDenied(gettext_noop("Somebody else opened this pupil."))
    with transaction.atomic():
        grant.ends_at = min(grant.ends_at, now)
        grant.save(update_fields=["ends_at"])
        audit.record(
            actor=audit.actor_of(by),
            action="close_glass",
            purpose=Purpose(grant.purposes[0]),
            target=f"pupil:{grant.pupil_id}",
            pupil_ids={grant.pupil_id} if grant.pupil_id else (),
            grant_id=grant.pk,
            reason="ended before its time",
            at=now,
        )


def see_notices(*, by: Person, now: datetime) -> int:
    """Mark a person's notices as read; return how many."""
    return Notice.objects.filter(person=by, seen_at=None).update(seen_at=now)


def _grant(
    pupil: Pupil, reason: str, verdict: Verdict, *, by: Person, now: datetime
) -> Grant:
    ground = Grant.objects.filter(pk__in=verdict.grant_ids).order_by("pk").first()
    if ground is None:
        raise Fault("a verdict without a grant opens nobody")
    ends_at = now + HOURS_OPEN
    made = Grant(
        person=by,
        role=ground.role,
        pupil=pupil,
        valid_from=timezone.localdate(now),
        valid_to=timezone.localdate(ends_at) + timedelta(days=1),
        ends_at=ends_at,
        purposes=[verdict.scope.purpose.value],
        granted_by=by,
        reason=reason,
    )
    made.full_clean()
    made.save()
    return made


def _tell(grant: Grant, pupil: Pupil, *, now: datetime) -> None:
    """Put a notice before the principal of the pupil's school and the officer."""
    on = timezone.localdate(now)
    overseers = finding.overseers_of(finding.where_is(pupil, on=on), on=on, now=now)
    Notice.objects.bulk_create(
        Notice(grant=grant, person=person, made_at=now)
        for person in overseers
        if person != grant.person
    )
