"""Sessions that their owner can see and end, and how long one may last.

The session store decides whether a session lives; the rows here tell whose it is. Ending one
deletes it from the store, so it is gone at its next request, in every process.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from importlib import import_module

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.db import transaction

from koulutie.accounts.models import OpenSession
from koulutie.core.scope import Purpose
from koulutie.registry import audit
from koulutie.registry.models import Person

BEGAN, SEEN = "began_at", "seen_at"
EVERY = 60  # seconds between two writings of when a session was last used
BROWSERS = ("Edg", "OPR", "Firefox", "Chrome", "Safari")
SYSTEMS = ("Windows", "Android", "iPhone", "iPad", "Macintosh", "CrOS", "Linux")
CALLED = {"Edg": "Edge", "OPR": "Opera", "Macintosh": "Mac", "CrOS": "ChromeOS"}


def begin(
    *, session: SessionBase, person: Person, user_agent: str, now: datetime
) -> None:
    """Note a session that has just been signed in to."""
    session[BEGAN] = session[SEEN] = int(now.timestamp())
    assert session.session_key is not None
    OpenSession.objects.filter(
        person=person, began_at__lte=now - settings.SESSION_LONGEST
    ).delete()
    OpenSession.objects.create(
        person=person,
        key=session.session_key,
        browser=browser_in_words(user_agent),
        began_at=now,
        seen_at=now,
    )


def is_over(*, session: SessionBase, now: datetime) -> bool:
    """Say whether a session was idle for too long or has lasted too long; note that it is used."""
    moment = int(now.timestamp())
    began = session.setdefault(BEGAN, moment)
    seen = session.get(SEEN, began)
    if (
        moment - began >= settings.SESSION_LONGEST.total_seconds()
        or moment - seen >= settings.SESSION_IDLE.total_seconds()
    ):
        return True
    if moment - seen >= EVERY or SEEN not in session:
        session[SEEN] = moment
        OpenSession.objects.filter(key=session.session_key).update(seen_at=now)
    return False


def sessions_of(person: Person, *, now: datetime) -> list[OpenSession]:
    """Return a person's sessions that can still be used, the latest used first."""
    found = OpenSession.objects.filter(
        person=person,
        began_at__gt=now - settings.SESSION_LONGEST,
        # What was seen is written once a minute.
        seen_at__gt=now - settings.SESSION_IDLE - timedelta(seconds=EVERY),
    )
    return list(found.order_by("-seen_at", "-pk"))


def end(*, key: str) -> None:
    """Forget a session that its owner leaves."""
    OpenSession.objects.filter(key=key).delete()


def end_others(
    *, person: Person, keep: str, now: datetime, pk: int | None = None
) -> int:
    """End a person's other sessions, or one of them; return how many."""
    others = OpenSession.objects.filter(person=person).exclude(key=keep)
    if pk is not None:
        others = others.filter(pk=pk)
    with transaction.atomic():
        ended = list(others)
        store = import_module(settings.SESSION_ENGINE).SessionStore
        for one in ended:
            store(session_key=one.key).delete()
            one.delete()
        audit.record(
            actor=audit.actor_of(person),
            action="end_session",
            purpose=Purpose.OVERSIGHT,
            target=f"person:{person.pk}",
            reason=f"{len(ended)} sessions ended",
            at=now,
        )
    return len(ended)


def browser_in_words(user_agent: str) -> str:
    """Return browser and system, e.g. ``Firefox, Windows``; the rest would tell people apart."""
    parts = [
        next((name for name in names if name in user_agent), "")
        for names in (BROWSERS, SYSTEMS)
    ]
    return ", ".join(CALLED.get(part, part) for part in parts if part) or "?"
