"""What a lesson mark means: its kind, its national class, what it counts for, its identity.

The five national absence classes came with the 2023 reform (Visma InSchool help,
"Kansalliset poissaololuokitukset ja poissaoloseuranta", 23.10.2023); everything else that
schools mark stands outside absence. Letters and colours of mark types mean different
things in different schools, so a kind is only ever given by a mapping of the type's name.
"""

from __future__ import annotations

from enum import StrEnum


class Kind(StrEnum):
    """The closed set of kinds; their words and weights are in definitions/mark_kinds.yaml."""

    HEALTH = "absence_health"
    PREAPPROVED = "absence_preapproved"
    OTHER_EXPLAINED = "absence_other_explained"
    UNAUTHORISED = "absence_unauthorised"
    UNRESOLVED = "absence_unresolved"
    LATE_SHORT = "late_short"
    LATE_LONG = "late_long"
    LEFT_AREA = "left_area"
    REMOVED = "removed"
    PRESENT_ELSEWHERE = "present_elsewhere"
    FEEDBACK_POSITIVE = "feedback_positive"
    FEEDBACK_CORRECTIVE = "feedback_corrective"
    INFO = "info"
    SUPPORT = "support"
    IGNORE = "ignore"


ABSENCES = frozenset(
    {
        Kind.HEALTH,
        Kind.PREAPPROVED,
        Kind.OTHER_EXPLAINED,
        Kind.UNAUTHORISED,
        Kind.UNRESOLVED,
    }
)

# Kinds that answer "where was the pupil in this lesson?". A lesson has one answer, so these
# share one identity and a cleared absence replaces the unresolved one. All other marks
# (praise, corrections, notes) may stand beside it and are told apart by their type's name.
PRESENCE = ABSENCES | {
    Kind.LATE_SHORT,
    Kind.LATE_LONG,
    Kind.LEFT_AREA,
    Kind.PRESENT_ELSEWHERE,
}
