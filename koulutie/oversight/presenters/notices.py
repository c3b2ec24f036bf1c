"""Notices as they are told: the pupil by name only where the reader may name it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from koulutie.core.scope import Scope
from koulutie.registry import finding, queries
from koulutie.registry.models import Notice
from koulutie.ui.http import Request


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeRow:
    """One opening with a reason."""

    made_at: datetime
    ends_at: datetime | None
    is_new: bool
    is_open: bool
    who: str
    role: str
    pupil: str
    school: str
    reason: str


def notice_rows(
    notices: Sequence[Notice], request: Request
) -> tuple[list[NoticeRow], set[int]]:
    """Return the notices as lines, and which pupils they name."""
    scope: Scope = request.scope
    about = {one.grant.pupil_id for one in notices if one.grant.pupil_id is not None}
    names = queries.pupil_names(scope, about)
    lines = [_row(one, names, request) for one in notices]
    return lines, set(names)


def _row(notice: Notice, names: dict[int, str], request: Request) -> NoticeRow:
    grant = notice.grant
    pupil = grant.pupil_id or 0
    is_hidden = pupil in request.scope.hidden_pupil_ids
    return NoticeRow(
        made_at=notice.made_at,
        ends_at=grant.ends_at,
        is_new=notice.seen_at is None,
        is_open=grant.ends_at is not None and grant.ends_at > request.now,
        who=grant.person.full_name,
        role=grant.role,
        pupil="" if is_hidden else names.get(pupil) or f"#{pupil}",
        school="" if is_hidden else finding.school_name_of(pupil, on=request.today),
        reason=grant.reason,
    )
