"""Who may open what: one line for every address of the product.

A line says of what kind the thing in the address is, and for each person which of them
they may open: those of the classes 7A, 7B (Finnish school), 3A (Swedish school) or the
twin municipality. Whoever is not named is refused with 403; whoever is named gets 404 for
all other things of the kind. An address without a line fails the tests.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

# What each person may read by name anywhere: checked on every page they open.
NAMED = {
    "aino": {"7B"},
    "bjorn": {"3A"},
    "cecilia": {"7A", "7B"},
    "otto": {"twin"},
}
SEES_PROTECTED = {"aino"}  # the pupil under protected identity is in her class
CLASSES = ("7A", "7B", "3A", "twin")


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """The line of one address."""

    # Name of the thing's kind in `world.py`, by the name of the address's argument.
    things: Mapping[str, str] = field(default_factory=dict)
    # Person to the classes whose things they may open; "*" where the address names nothing.
    opens: Mapping[str, str]
    method: str = "get"
    data: Mapping[str, str] = field(default_factory=dict)
    names: str = ""  # classes whose pupils the page may name to whoever opens it


TEACHERS = {"aino": "7B", "bjorn": "3A", "otto": "twin"}
SCHOOL_STAFF = TEACHERS | {"cecilia": "7A 7B"}


MAIN_USER = {"daniel": "7A 7B 3A"}
SEES_BATCHES = MAIN_USER | {"cecilia": "7A 7B"}

OWN_NOTES = TEACHERS | {"cecilia": "7A"}  # the notes of 7A in `world.py` are hers


def anywhere(*names: str) -> dict[str, str]:
    return dict.fromkeys(names, "*")


# Counts of a school: who runs it, who works in it as a coach, who steers all schools.
SEES_SCHOOLS = {"cecilia": "7A 7B", "farid": "7A 7B", "elina": "7A 7B 3A"}
OVERSEERS = anywhere("cecilia", "greta")
EVERYBODY = anywhere(*SCHOOL_STAFF, "daniel", "elina", "farid", "greta")
NOTES_LIST = anywhere(*SCHOOL_STAFF)
EVERYWHERE = dict.fromkeys(EVERYBODY, " ".join(CLASSES))  # a definition is of no class


EXPECTED: dict[str, Expected] = {
    "ui:gallery": Expected(opens=anywhere(*SCHOOL_STAFF, "daniel", "elina", "greta")),
    "casework:today": Expected(opens=anywhere(*SCHOOL_STAFF)),
    "casework:task": Expected(things={"pk": "task"}, opens=SCHOOL_STAFF),
    "casework:class_list": Expected(things={"pk": "class"}, opens=SCHOOL_STAFF),
    "casework:pupil": Expected(things={"pk": "pupil"}, opens=SCHOOL_STAFF),
    "casework:new_note": Expected(things={"pk": "pupil"}, opens=SCHOOL_STAFF),
    "casework:keep_draft": Expected(
        things={"pk": "pupil"}, opens=SCHOOL_STAFF, method="post"
    ),
    "casework:drop_draft": Expected(
        things={"pk": "pupil"}, opens=SCHOOL_STAFF, method="post"
    ),
    "casework:words": Expected(opens=NOTES_LIST),
    "casework:note": Expected(things={"pk": "note"}, opens=SCHOOL_STAFF),
    "casework:note_text": Expected(things={"pk": "note"}, opens=SCHOOL_STAFF),
    "casework:change_note": Expected(things={"pk": "note"}, opens=OWN_NOTES),
    "casework:withdraw_note": Expected(things={"pk": "note"}, opens=OWN_NOTES),
    "casework:schools": Expected(opens=anywhere(*SEES_SCHOOLS)),
    "casework:school": Expected(things={"pk": "school"}, opens=SEES_SCHOOLS),
    "insight:figures": Expected(opens=EVERYBODY),
    "insight:figure": Expected(things={"name": "indicator"}, opens=EVERYWHERE),
    "insight:rows": Expected(
        things={"name": "indicator", "pupil_id": "pupil"}, opens=SCHOOL_STAFF
    ),
    "oversight:week": Expected(opens=OVERSEERS),
    "oversight:log": Expected(opens=OVERSEERS),
    "oversight:notices": Expected(opens=OVERSEERS),
    "oversight:notices_seen": Expected(opens=OVERSEERS, method="post"),
    "oversight:release": Expected(
        things={"pk": "pupil"}, opens={"cecilia": "7A 7B", "greta": "7A 7B 3A"}
    ),
    "oversight:readers": Expected(
        things={"pk": "pupil"}, opens=SCHOOL_STAFF | {"greta": "7A 7B 3A"}
    ),
    "oversight:find": Expected(opens=anywhere("cecilia", "elina")),
    # Name and school of anybody in the municipality: that is what it is for.
    "oversight:open_pupil": Expected(
        things={"pk": "pupil"},
        opens=dict.fromkeys(("cecilia", "elina"), "7A 7B 3A"),
        names="7A 7B 3A",
    ),
    "oversight:close": Expected(
        things={"pk": "grant"},
        opens=dict.fromkeys(("cecilia", "elina"), ""),  # only what oneself opened
        method="post",
    ),
    "oversight:grants": Expected(opens=anywhere("daniel", "greta")),
    "oversight:give": Expected(opens=anywhere("daniel")),
    "oversight:end": Expected(things={"pk": "grant"}, opens=MAIN_USER),
    "oversight:roles": Expected(opens=anywhere("daniel", "greta")),
    "retention:report": Expected(opens=anywhere("daniel", "greta")),
    "retention:erasures": Expected(opens=anywhere("daniel", "greta")),
    "retention:choose": Expected(opens=anywhere("cecilia", "daniel"), method="post"),
    "retention:prepare": Expected(
        things={"pk": "pupil"}, opens=MAIN_USER | {"cecilia": "7A 7B"}
    ),
    "retention:erasure": Expected(
        things={"pk": "erasure"}, opens=MAIN_USER | {"greta": "7A 7B 3A"}
    ),
    "retention:confirm": Expected(
        things={"pk": "erasure"}, opens={"greta": "7A 7B 3A"}, method="post"
    ),
    "retention:withdraw": Expected(
        things={"pk": "erasure"}, opens={"greta": "7A 7B 3A"}, method="post"
    ),
    "accounts:links": Expected(things={"pk": "pupil"}, opens=SCHOOL_STAFF),
    "accounts:tie": Expected(opens=anywhere("daniel")),
    "retention:pupils_data": Expected(
        things={"pk": "pupil"}, opens={"cecilia": "7A 7B"}
    ),
    "retention:dictionary": Expected(opens=anywhere("daniel", "greta")),
    "retention:record": Expected(opens=anywhere("daniel", "greta")),
    "retention:assessment": Expected(opens=anywhere("daniel", "greta")),
    "intake:batches": Expected(opens=anywhere("daniel", "cecilia")),
    "intake:upload": Expected(opens=anywhere("daniel")),
    "intake:batch": Expected(things={"pk": "batch"}, opens=SEES_BATCHES),
    "intake:accept": Expected(things={"pk": "batch"}, opens=MAIN_USER, method="post"),
    "intake:reject": Expected(things={"pk": "batch"}, opens=MAIN_USER, method="post"),
    "intake:again": Expected(things={"pk": "batch"}, opens=MAIN_USER, method="post"),
    "intake:batch_rejections": Expected(things={"pk": "batch"}, opens=MAIN_USER),
    "intake:rejections_csv": Expected(things={"pk": "batch"}, opens=MAIN_USER),
    "intake:profile": Expected(things={"pk": "batch"}, opens=MAIN_USER),
    "intake:mapping": Expected(opens=anywhere("daniel")),
    "intake:folder": Expected(opens=anywhere("daniel")),
    "intake:calendar_year": Expected(opens=anywhere("daniel"), method="post"),
    "intake:calendar": Expected(opens=anywhere("daniel", "cecilia")),
    **{
        f"intake:{name}": Expected(opens=anywhere("daniel", "cecilia"), method="post")
        for name in (
            "add_days",
            "remove_days",
            "calendar_file",
            "calendar_totals",
        )
    },
}
