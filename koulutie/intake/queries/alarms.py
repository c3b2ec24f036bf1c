"""What a person should look at before a batch comes in, compared with the one before it.

An alarm is plain values, ``{"code", "level", "params"}``; its sentences are in
`intake.presenters`. Level ``look`` stands in the way until somebody says that they looked;
``note`` only informs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any

from koulutie.intake.models import Batch

Alarm = dict[str, Any]
LOOK, NOTE = "look", "note"

# Rows per school day below half or above twice the last batch are rarely a real change.
FEWEST, MOST = 0.5, 2.0
# A few broken rows are everyday; one in twenty is a change in the file.
REJECTED_SHARE = 0.05
# A school with fewer marks a day than this has days without any by chance.
MARKS_A_DAY = 5
LISTED = 20  # names or days that one alarm lists


def must_be_seen(batch: Batch) -> list[str]:
    """Return the codes of the alarms that stand in the way."""
    return [one["code"] for one in batch.alarms if one["level"] == LOOK]


def alarms_of(
    batch: Batch,
    *,
    earlier: Batch | None,
    same_file: Batch | None,
    known_types: frozenset[str],
) -> list[Alarm]:
    """Return the alarms of a previewed batch, the gravest first.

    Parameters
    ----------
    earlier
        The last batch that came in from the same source; None: this is the first.
    same_file
        A batch of the very same file that is in already.
    known_types
        Names of the mark types that came in before.
    """
    found = [*_about_itself(batch, same_file)]
    # Before anything has come in, the calendar is as likely to be what is wrong.
    level = LOOK if earlier else NOTE
    found += _gaps(batch.shape.get("gaps", {}), level)
    found += _free_days(batch.shape.get("free_days", {}), level)
    if earlier is not None and same_file is None:
        found += _against(batch, earlier, known_types)
    return sorted(found, key=lambda one: one["level"] != LOOK)


def _alarm(code: str, level: str, **params: object) -> Alarm:
    return {"code": code, "level": level, "params": params}


def _about_itself(batch: Batch, same_file: Batch | None) -> Iterator[Alarm]:
    counts = batch.counts
    if same_file is not None:
        yield _alarm(
            "same_file",
            NOTE,
            batch=same_file.pk,
            day=_day(same_file.taken_in_at),
        )
    if not counts.get("read"):
        yield _alarm("nothing_read", NOTE)
    for check in batch.checks:
        if not check["agrees"]:
            yield _alarm("totals_differ", LOOK, **check["params"])
            break
    rejected, read = counts.get("rejected", 0), counts.get("read", 0)
    if rejected and rejected > REJECTED_SHARE * (read + rejected):
        yield _alarm("many_rejected", LOOK, rejected=rejected, read=read)
    if batch.shape.get("future"):
        yield _alarm("marks_in_future", LOOK, **batch.shape["future"])
    if counts.get("stale"):
        yield _alarm("older_rows", NOTE, rows=counts["stale"])


def _gaps(gaps: Mapping[str, list[str]], level: str) -> Iterator[Alarm]:
    """Say which schools have school days inside the period without a single mark."""
    if gaps:
        days = sorted({day for school in gaps.values() for day in school})
        yield _alarm(
            "days_without_marks",
            level,
            schools=", ".join(sorted(gaps)[:LISTED]),
            days=days[:LISTED],
            count=len(days),
        )


def _free_days(days: Mapping[str, int], level: str) -> Iterator[Alarm]:
    """Say on which days without school there are marks; they are counted all the same."""
    if days:
        yield _alarm(
            "days_without_school",
            level,
            days=sorted(days)[:LISTED],
            count=len(days),
            rows=sum(days.values()),
        )


def _against(
    batch: Batch, earlier: Batch, known_types: frozenset[str]
) -> Iterator[Alarm]:
    for compare in COMPARISONS:
        yield from compare(batch, earlier)
    new = [one["name"] for one in batch.types if one["name"] not in known_types]
    if new:
        yield _alarm("new_types", NOTE, types=", ".join(new[:LISTED]), count=len(new))


def _rows_far_off(batch: Batch, earlier: Batch) -> Iterator[Alarm]:
    now, then = _rows_a_day(batch), _rows_a_day(earlier)
    if then and not FEWEST <= now / then <= MOST:
        yield _alarm("rows_far_off", LOOK, now=round(now, 1), then=round(then, 1))


def _rows_a_day(batch: Batch) -> float:
    """Return the rows per day that has any."""
    days = len(batch.shape.get("days", {}))
    return batch.counts.get("read", 0) / days if days else 0.0


def _schools_missing(batch: Batch, earlier: Batch) -> Iterator[Alarm]:
    missing = sorted(
        set(earlier.shape.get("schools", {})) - set(batch.shape.get("schools", {}))
    )
    if missing:
        yield _alarm(
            "schools_missing",
            LOOK,
            schools=", ".join(missing[:LISTED]),
            count=len(missing),
        )


def _ends_earlier(batch: Batch, earlier: Batch) -> Iterator[Alarm]:
    last, before = batch.shape.get("last"), earlier.shape.get("last")
    if last and before and last < before:
        yield _alarm("ends_earlier", LOOK, last=last, before=before)


COMPARISONS: tuple[Callable[[Batch, Batch], Iterator[Alarm]], ...] = (
    _rows_far_off,
    _schools_missing,
    _ends_earlier,
)


def _day(moment: object) -> str:
    day = moment.date() if hasattr(moment, "date") else None
    return day.isoformat() if isinstance(day, date) else ""


def gaps_of(
    days_by_school: Mapping[str, Mapping[date, int]],
    school_days: Mapping[str, frozenset[date]],
) -> dict[str, list[str]]:
    """Return, by school, the school days inside its own period that have no mark.

    Parameters
    ----------
    days_by_school
        Marks by day, by school number.
    school_days
        The days on which each school was held; a school that is not named has no gaps.
    """
    found = {}
    for school, days in days_by_school.items():
        if not days or sum(days.values()) / len(days) < MARKS_A_DAY:
            continue
        first, last = min(days), max(days)
        expected = {day for day in school_days.get(school, ()) if first <= day <= last}
        if empty := sorted(expected - set(days)):
            found[school] = [day.isoformat() for day in empty]
    return found
