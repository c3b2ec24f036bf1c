"""Sentences that were stored as a message id with values, told in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import get_language, gettext

from koulutie.core.errors import gettext_noop
from koulutie.intake.models import Batch
from koulutie.intake.queries.alarms import LOOK, Alarm
from koulutie.registry.models import Municipality
from koulutie.ui import formats


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmCard:
    """An alarm as a person reads it."""

    code: str
    must_be_seen: bool
    what: str
    why: str
    advice: str


def sentence(message: str, params: Mapping[str, object]) -> str:
    """Return a stored message id in the reader's language, with its values filled in."""
    text = gettext(message)
    return text % params if params else text


def failure_of(batch: Batch) -> str:
    """Return why the batch could not go on; empty where it could."""
    if not batch.failure:
        return ""
    return sentence(batch.failure["message"], batch.failure["params"])


def warnings_of(batch: Batch) -> list[str]:
    """Return what the reader of the file noticed."""
    return [_warning(one) for one in batch.shape.get("warnings", [])]


def _warning(stored: Mapping[str, Any]) -> str:
    """Return a sentence once, with the line and the number of rows it is about."""
    text = sentence(stored["message"], stored["params"])
    line, count = stored["params"].get("line"), stored.get("count", 1)
    if count > 1:
        told = gettext("%(sentence)s Rows: %(count)s, the first on line %(line)s.")
        return told % {"sentence": text, "count": _shown(count), "line": line}
    if line:
        told = gettext("%(sentence)s Line %(line)s.")
        return told % {"sentence": text, "line": line}
    return text


def alarm_cards(batch: Batch) -> list[AlarmCard]:
    """Return the batch's alarms, those that must be looked at first."""
    return [_card(one) for one in batch.alarms]


def _card(alarm: Alarm) -> AlarmCard:
    what, why, advice = ALARMS[alarm["code"]]
    params = {name: _shown(value) for name, value in alarm["params"].items()}
    return AlarmCard(
        code=alarm["code"],
        must_be_seen=alarm["level"] == LOOK,
        what=sentence(what, params),
        why=gettext(why),
        advice=gettext(advice),
    )


def _shown(value: object) -> object:
    """Write days the reader's way; leave all else."""
    match value:
        case str() if _is_day(value):
            return formats.day(date.fromisoformat(value), language())
        case int() | float():
            return formats.number(value, language())
        case list():
            return ", ".join(str(_shown(one)) for one in value)
        case _:
            return value


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return len(text) == len("2026-11-24")


def language() -> str:
    """Return the language of the reader."""
    return (get_language() or "en")[:2]


def municipality_name(municipality: Municipality) -> str:
    """Return what a municipality is called in the reader's language."""
    is_swedish = language() == "sv"
    return municipality.name_sv if is_swedish else municipality.name_fi


# By code: what it is, why it matters, what to do.
ALARMS: dict[str, tuple[str, str, str]] = {
    "same_file": (
        gettext_noop("This very file was taken in on %(day)s, as batch %(batch)s."),
        gettext_noop("The same rows again change nothing."),
        gettext_noop("Check that you sent the file you meant to send."),
    ),
    "nothing_read": (
        gettext_noop("There are no rows in this file."),
        gettext_noop("An empty file changes nothing, but it may be a failed export."),
        gettext_noop("Check the export. If there is truly nothing new, leave it out."),
    ),
    "totals_differ": (
        gettext_noop(
            "The file itself says %(expected)s, but %(counted)s absent lessons were "
            "counted."
        ),
        gettext_noop(
            "Either a mark type means something else here, or part of the file was not "
            "understood."
        ),
        gettext_noop("Check what the mark types mean and look at the rejected rows."),
    ),
    "many_rejected": (
        gettext_noop("%(rejected)s rows were rejected and %(read)s were read."),
        gettext_noop(
            "So many broken rows usually mean that the file or its layout has changed."
        ),
        gettext_noop(
            "Look at the rejected rows and their reasons, mend the export, send it again."
        ),
    ),
    "older_rows": (
        gettext_noop("%(rows)s rows are older than what is already in."),
        gettext_noop(
            "A newer form of these marks is kept; the old one changes nothing."
        ),
        gettext_noop("Nothing to do, unless you meant to bring older marks back."),
    ),
    "days_without_marks": (
        gettext_noop(
            "School days without a single mark: %(count)s. Schools: %(schools)s. Days: "
            "%(days)s."
        ),
        gettext_noop(
            "A whole school without any mark on a school day is rare. Usually the "
            "export left the day out, or the school was closed."
        ),
        gettext_noop(
            "Check the export's period. If the school was closed, add the day to the "
            "calendar."
        ),
    ),
    "days_without_school": (
        gettext_noop(
            "Marks on days without school: %(rows)s. Days: %(count)s (%(days)s)."
        ),
        gettext_noop(
            "They are counted all the same. As often as not it is the calendar that is "
            "wrong."
        ),
        gettext_noop("Check these days in the calendar, then in the export."),
    ),
    "marks_in_future": (
        gettext_noop(
            "Marks on days after the file was made: %(rows)s, up to %(last)s."
        ),
        gettext_noop(
            "A mark is given when the lesson is over. The dates or the day of the export "
            "may be wrong."
        ),
        gettext_noop("Check the dates in the file and when it was exported."),
    ),
    "rows_far_off": (
        gettext_noop("Rows a day: %(now)s. In the last file there were %(then)s."),
        gettext_noop(
            "Such a leap is rarely real. Often a school, class or type is missing."
        ),
        gettext_noop("Compare the export with the last one before you accept."),
    ),
    "schools_missing": (
        gettext_noop("Schools that were in the last file are missing: %(schools)s."),
        gettext_noop(
            "Their marks stay as they are, but grow old without anybody seeing."
        ),
        gettext_noop("Check which schools the export covers."),
    ),
    "ends_earlier": (
        gettext_noop(
            "The marks end on %(last)s; those of the last file on %(before)s."
        ),
        gettext_noop("This may be an old file, sent by mistake."),
        gettext_noop("Check when the file was exported."),
    ),
    "new_types": (
        gettext_noop("New mark types: %(types)s."),
        gettext_noop("A new type may change what teachers use the others for."),
        gettext_noop("Check what each of them means."),
    ),
}
