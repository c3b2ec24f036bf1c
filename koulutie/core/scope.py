"""Who may read which rows, and for what. Made only by `koulutie.registry.access`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum


class Purpose(StrEnum):
    """Why personal data is opened. Every grant names its purposes, every view one."""

    ATTENDANCE = "attendance"  # follow-up of absences, Basic Education Act 26 §
    SUPPORT = "support"  # pedagogical support of one pupil
    COACHING = "coaching"
    STATISTICS = "statistics"  # counts only
    INTAKE = "intake"  # bringing marks and rosters in
    OVERSIGHT = "oversight"  # logs, roles, retention


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """The rows one person may see now, for one purpose.

    A row is inside when its school is in `school_ids`, its class in `class_ids` or its
    pupil in `pupil_ids`. `is_whole_municipality` takes the place of a list of all schools.
    """

    actor: str  # who asks: "person:17" or "system:night"
    purpose: Purpose
    reason: str  # the grant in words, for the log
    is_whole_municipality: bool = False
    school_ids: frozenset[int] = frozenset()
    class_ids: frozenset[int] = frozenset()
    pupil_ids: frozenset[int] = frozenset()
    # Protected identity (turvakielto): pupils whose school and class this scope must not learn.
    hidden_pupil_ids: frozenset[int] = frozenset()

    @property
    def is_empty(self) -> bool:
        """Say whether no row at all can be inside."""
        return not (
            self.is_whole_municipality
            or self.school_ids
            or self.class_ids
            or self.pupil_ids
        )

    def about(self, pupil_ids: Iterable[int]) -> Scope:
        """Return the scope for a question about these pupils only; never a wider one.

        Their rows are inside exactly when they were. Of the named pupils the others are left
        out: a condition with a school's thousand numbers costs more than a pupil's rows.
        """
        return replace(self, pupil_ids=self.pupil_ids.intersection(pupil_ids))
