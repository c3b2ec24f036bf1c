"""Which openings are worth a look. Declared rules about work, no judgement of a person.

An opening that a rule names may be quite right: an evening meeting, a substitute, a request
for papers. The list asks the principal to look, and says by which rule.
"""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from koulutie.registry.audit import Kind

FIRST_HOUR, LAST_HOUR = 6, 21  # local time, half-open: work of a school is done within
MANY_PUPILS = 25  # about a class: more, one by one in a day, is not a class's teacher

WITH_REASON = _("opened with a reason, outside the role")
AS_FILE = _("left as a file or on paper")
ODD_TIME = _("at night or on a weekend")
REFUSED = _("was refused: the pupil is outside the role")


def reasons(*, kind: str, at: datetime, is_opened_with_reason: bool) -> list[Promise]:
    """Return why one event is worth a look; none for most."""
    local = timezone.localtime(at)
    found: list[Promise] = []
    if kind == Kind.DENIED:
        return [REFUSED]
    if is_opened_with_reason:
        found.append(WITH_REASON)
    if kind in {Kind.EXPORT, Kind.PRINT}:
        found.append(AS_FILE)
    if local.isoweekday() > 5 or not FIRST_HOUR <= local.hour < LAST_HOUR:
        found.append(ODD_TIME)
    return found
