"""What a lesson mark means: its kind, its national class, what it counts for, its identity.

The five national absence classes came with the 2023 reform (Visma InSchool help,
"Kansalliset poissaololuokitukset ja poissaoloseuranta", 23.10.2023); everything else that
schools mark stands outside absence. Letters and colours of mark types mean different
things in different schools, so a kind is only ever given by a mapping of the type's name.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

Numbers = NDArray[np.int64]
Hashes = NDArray[np.uint64]

LESSON_MINUTES = 45


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


# --- identity ------------------------------------------------------------------------------

UNTOLD = -1  # a slot, group or teacher that the source does not tell
_WIDTH = 8  # bytes of a 64-bit number


def mark_keys(
    *,
    pupil_ids: Numbers,
    dates: Numbers,
    slots: Numbers,
    is_presence: NDArray[np.bool_],
    words: Sequence[Hashes],
    source_ids: Hashes,
) -> Numbers:
    """Return a 64-bit key for each mark: its identity, without its type.

    Parameters
    ----------
    pupil_ids, dates, slots : ndarray of int64, shape (n,)
        Pupil, day (days since 1970), and lesson: its starting minute, or -2 - lesson
        number where only that is told, or -1 where neither is.
    is_presence : ndarray of bool, shape (n,)
        Whether the kind answers "where was the pupil" (`PRESENCE`).
    words : sequence of ndarray of uint64, each shape (n,)
        Hashes of group, teacher and type name, in this order.
    source_ids : ndarray of uint64, shape (n,)
        Hash of the source's database and its own id of the mark; 0 where it has none.

    Returns
    -------
    ndarray of int64, shape (n,)

    Notes
    -----
    A lesson has one answer: presence marks of a known lesson are known by pupil, day and
    lesson alone. Neither type nor teacher takes part, because whoever clears an absence
    often becomes its teacher (on a real page of 2026 all cleared lessons carry the homeroom
    teacher's code), nor the source's id, which a cleared mark may no longer show. All other
    marks are known, within a pupil's day, by the source's id, or by group, teacher and type.

    Pupil and day are part of every key. So no file can reach the marks of pupils that it does
    not name, whatever ids another database gives away twice, and no month that it does not
    hold.

    Two of n keys collide with probability about n^2 / 2^65: for 60 million marks 1 in 10 000.
    """
    day = _mix(_mix(pupil_ids.view(np.uint64)) ^ dates.view(np.uint64))
    place = _mix(day ^ slots.view(np.uint64))
    group, teacher, type_name = words
    has_id = source_ids != 0
    numbered = _mix(_mix(day ^ source_ids))
    # Without a lesson, presence needs group and teacher to be told apart; the type stays out.
    loose = _mix(_mix(place ^ group) ^ teacher)
    full = _mix(loose ^ type_name)
    presence = np.where(slots == UNTOLD, np.where(has_id, numbered, loose), place)
    other = np.where(has_id, numbered, full)
    return np.where(is_presence, presence, other).view(np.int64)


def text_hashes(texts: pa.Array, *, salt: str = "") -> Hashes:
    """Return 64 bits for each text, the same on every machine; 0 for no text.

    Parameters
    ----------
    texts : array of string, shape (n,)
    salt
        Tells apart equal texts of different origin, such as two databases' ids.
    """
    told = np.asarray(pc.fill_null(pc.not_equal(texts, ""), False))
    plain = pc.fill_null(texts, "").cast(pa.large_binary())
    ends = np.frombuffer(plain.buffers()[1], np.int64)[plain.offset :][: len(plain) + 1]
    starts, sizes = ends[:-1], np.diff(ends)
    data = np.frombuffer(plain.buffers()[2] or b"", np.uint8)
    # Room after the end, so that the last text may be read eight bytes at a time too.
    windows = sliding_window_view(np.append(data, np.zeros(_WIDTH, np.uint8)), _WIDTH)
    begun = text_hashes(pa.array([salt]))[0] if salt else np.uint64(0)
    hashes = _mix(sizes.view(np.uint64) ^ begun)
    for at in range(0, int(sizes.max(initial=0)), _WIDTH):
        longer = np.flatnonzero(sizes > at)
        eight = np.ascontiguousarray(windows[starts[longer] + at]).view("<u8")[:, 0]
        kept = _KEPT[np.minimum(sizes[longer] - at, _WIDTH)]
        hashes[longer] = _mix(hashes[longer] ^ (eight & kept))
    return np.where(told, hashes, np.uint64(0))


# The bits of so many bytes, in the order of memory.
_KEPT = np.array(
    [(1 << (8 * count)) - 1 for count in range(_WIDTH + 1)], dtype=np.uint64
)


def _mix(values: Hashes) -> Hashes:
    """Scatter 64-bit numbers (the finalizer of SplitMix64, Steele et al. 2014)."""
    with np.errstate(over="ignore"):
        mixed = values + np.uint64(0x9E37_79B9_7F4A_7C15)
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58_476D_1CE4_E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D0_49BB_1331_11EB)
    scattered: Hashes = mixed ^ (mixed >> np.uint64(31))
    return scattered
