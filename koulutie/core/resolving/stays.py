"""Where a pupil was enrolled on a day."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from koulutie.core.marks import Numbers
from koulutie.core.resolving.words import numbers_of

_FOREVER = 2**23  # days since 1970: an enrolment without an end
_NOBODY = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Stays:
    """Enrolments as arrays of shape (stays,), by pupil and first day; last a row of -1.

    So that row -1, no enrolment, has no school and no class.
    """

    pupil_ids: Numbers
    packed: Numbers  # pupil and first day in one number
    ends: Numbers
    school_ids: Numbers
    class_ids: Numbers
    places: Numbers  # of the school in `schools`
    schools: list[int]

    @classmethod
    def of(cls, enrolments: pa.Table) -> Stays:
        """Sort ENROLMENT for looking up."""
        owner = numbers_of(enrolments["pupil_id"])
        begins = np.clip(numbers_of(enrolments["from_"]), 0, _FOREVER)
        order = np.lexsort((begins, owner))
        school_ids = numbers_of(enrolments["school_id"])[order]
        schools, places = np.unique(school_ids, return_inverse=True)
        return cls(
            pupil_ids=np.append(owner[order], _NOBODY),
            packed=(owner[order] << 24) | begins[order],
            ends=np.append(numbers_of(enrolments["to"], _FOREVER)[order], 0),
            school_ids=np.append(school_ids, -1),
            class_ids=np.append(numbers_of(enrolments["class_id"], -1)[order], -1),
            places=np.append(places, -1),
            schools=schools.tolist(),
        )

    def on(self, pupil_ids: Numbers, days: Numbers) -> Numbers:
        """Return for each row the stay that holds the day: the latest begun; -1: none."""
        wanted = (pupil_ids << 24) | np.clip(days, 0, _FOREVER)
        at = np.searchsorted(self.packed, wanted, side="right") - 1
        found = np.full(len(days), -1, dtype=np.int64)
        # A short stay inside a longer one hides it after its end: then look further back.
        open_ = np.arange(len(days))
        while len(open_):
            open_ = open_[self.pupil_ids[at[open_]] == pupil_ids[open_]]
            fits = self.ends[at[open_]] > days[open_]
            found[open_[fits]] = at[open_[fits]]
            open_ = open_[~fits]
            at[open_] -= 1
            open_ = open_[at[open_] >= 0]
        return found
