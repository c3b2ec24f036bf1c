"""Choosing the role and place that a session acts in. It only ever takes away."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.contrib.sessions.backends.base import SessionBase
from django.db import transaction

from koulutie.accounts.models import OpenSession
from koulutie.accounts.queries import Context
from koulutie.core.scope import Purpose
from koulutie.registry import audit
from koulutie.registry.models import Person

ACTING = "acting"  # in the session


def choose(
    *, session: SessionBase, context: Context | None, by: Person, now: datetime
) -> None:
    """Act in one context from now on, or in all; the session gets a new key."""
    with transaction.atomic():
        before = session.session_key
        session.cycle_key()
        OpenSession.objects.filter(key=before).update(key=session.session_key)
        if context is None:
            session.pop(ACTING, None)
        else:
            session[ACTING] = {
                "ids": list(context.grant_ids),
                "role": context.role,
                "place": context.place,
            }
        audit.record(
            actor=audit.actor_of(by),
            action="choose_context",
            purpose=Purpose.OVERSIGHT,
            target=f"person:{by.pk}",
            reason=f"acts as {context.role}" if context else "acts in all roles",
            at=now,
        )


def fitting(contexts: Collection[Context], told: Collection[str]) -> Context | None:
    """Return the one context in the schools that the provider told; None where unclear."""
    found = [one for one in contexts if one.school_number in told]
    return found[0] if len(found) == 1 else None
