"""Definitions and rows in words."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from koulutie.core.definitions import Indicator
from koulutie.core.definitions.indicator import Count, Over
from koulutie.core.definitions.roles import FieldGroup
from koulutie.core.indicators.behind import Row
from koulutie.core.marks import ABSENCES, Kind
from koulutie.insight.queries import Opened
from koulutie.ui.glyphs import ABSENCE
from koulutie.ui.templatetags.koulutie import kind_name, number, unit

COUNTS = {
    Count.LESSONS: gettext_lazy("absent lessons of 45 minutes"),
    Count.MARKS: gettext_lazy("marks"),
    Count.BLOCKS: gettext_lazy("marks, a double lesson counted once"),
    Count.DAYS_WITH_ANY: gettext_lazy("days with at least one such mark"),
    Count.LONGEST_STREAK: gettext_lazy(
        "the longest row of school days with such a mark"
    ),
    Count.CONCENTRATION: gettext_lazy(
        "the most that fall on one weekday, subject or hour"
    ),
    Count.DAYS_SINCE_OLDEST: gettext_lazy("days since the oldest mark still open"),
}
OVER = {
    Over.OFFERED: gettext_lazy("lessons offered to the pupil"),
    Over.KEPT: gettext_lazy("offered lessons whose register was kept"),
    Over.LESSONS: gettext_lazy("absent lessons"),
    Over.MARKS: gettext_lazy("marks"),
    Over.BLOCKS: gettext_lazy("marks, a double lesson counted once"),
    Over.SCHOOL_DAYS: gettext_lazy("school days on which the pupil was enrolled"),
}


def definition(indicator: Indicator) -> list[tuple[str, str]]:
    """Return how the figure is computed as pairs of words, from the definition itself."""
    pairs = [
        (_("Counted"), str(COUNTS[indicator.numerator.count])),
        (_("Kinds of mark"), kinds_in_words(indicator.numerator.kinds)),
    ]
    if indicator.denominator is not None:
        pairs.append((_("Divided by"), str(OVER[indicator.denominator.count])))
    if indicator.minimum_denominator:
        pairs.append(
            (
                _("Withheld below"),
                _("%(n)s lessons or days: too little to say anything")
                % {"n": number(indicator.minimum_denominator)},
            )
        )
    if indicator.minimum_count:
        pairs.append(
            (
                _("Withheld below"),
                _("%(n)s marks or days: too few to be a pattern")
                % {"n": number(indicator.minimum_count)},
            )
        )
    pairs += [
        (_("Windows"), ", ".join(indicator.windows)),
        (_("Answers for it"), indicator.owner),
        (_("Read through"), str(indicator.reviewed_on)),
        (_("Version"), f"{indicator.version} · {indicator.hash[:12]}"),
    ]
    return pairs


def kinds_in_words(kinds: Collection[Kind]) -> str:
    """Return the kinds' names, in the order of the five classes."""
    return ", ".join(kind_name(str(kind)) for kind in Kind if kind in kinds)


@dataclass(frozen=True, slots=True, kw_only=True)
class RowShown:
    """One mark as the reader may see it."""

    date: date
    lesson: str
    subject: str
    kind: str
    lessons: float
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowsPage:
    """A figure, opened."""

    value: str
    sum: str
    facts_version: int | None
    as_of: date | None
    counted: tuple[RowShown, ...]
    left_out: tuple[RowShown, ...]


def rows_page(
    indicator: Indicator, opened: Opened | None, *, fields: Collection[FieldGroup]
) -> RowsPage:
    """Return the figure with its rows; nothing that the reader may not see is in it."""
    if opened is None or not may_open(indicator, fields):
        return RowsPage(
            value=_("not shown"),
            sum="",
            facts_version=None,
            as_of=None,
            counted=(),
            left_out=(),
        )
    value = opened.figure["value"] if opened.figure else None
    counted = [(row, "") for row in opened.behind.counted]
    return RowsPage(
        value=_("not yet") if value is None else unit(value, indicator.unit),
        sum=sum_in_words(indicator, opened),
        facts_version=opened.number,
        as_of=opened.as_of,
        counted=tuple(shown(counted, fields)),
        left_out=tuple(shown(opened.behind.left_out, fields)),
    )


def may_open(indicator: Indicator, fields: Collection[FieldGroup]) -> bool:
    """Say whether the reader may see what the figure is about.

    One class of absence alone would tell a cause; feedback is a right of its own.
    """
    kinds = indicator.numerator.kinds
    if kinds & ABSENCES and kinds < ABSENCES and FieldGroup.HEALTH not in fields:
        return False
    is_feedback = kinds & {Kind.FEEDBACK_POSITIVE, Kind.FEEDBACK_CORRECTIVE}
    return not is_feedback or FieldGroup.FEEDBACK in fields


def sum_in_words(indicator: Indicator, opened: Opened) -> str:
    """Return what the counted rows add up to, so that anybody can check the figure."""
    behind = opened.behind
    match indicator.numerator.count:
        case Count.LESSONS:
            return _("The rows below add up to %(sum)s.") % {
                "sum": unit(behind.lessons, "lessons")
            }
        case Count.DAYS_WITH_ANY:
            return _("The rows below fall on %(sum)s.") % {
                "sum": unit(behind.days, "days")
            }
        case _:
            return _("There are %(sum)s below.") % {
                "sum": unit(len(behind.counted), "marks")
            }


def shown(
    rows: Iterable[tuple[Row, str]], fields: Collection[FieldGroup]
) -> Iterable[RowShown]:
    """Yield rows in words: plain absence for who may not see causes, no unseen feedback."""
    for row, reason in rows:
        kind = Kind(row["kind"])
        is_feedback = kind in {Kind.FEEDBACK_POSITIVE, Kind.FEEDBACK_CORRECTIVE}
        if is_feedback and FieldGroup.FEEDBACK not in fields:
            continue
        hides = kind in ABSENCES and FieldGroup.HEALTH not in fields
        start = row["start_minute"]
        yield RowShown(
            date=row["date"],
            lesson="" if start is None else f"{start // 60}.{start % 60:02d}",
            subject=row["subject_code"] or row["group_code"] or "",
            kind=ABSENCE if hides else str(kind),
            lessons=row["lessons"],
            reason=_(reason) if reason else "",
        )
