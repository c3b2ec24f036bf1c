"""A class list, one pupil's year and one school, as rows for templates."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from koulutie.casework.models import Task
from koulutie.casework.presenters.tasks import local, rank_of, step_of
from koulutie.casework.queries.facts import (
    ClassFacts,
    ClassSums,
    FigureRow,
    PupilFacts,
    Row,
    SchoolFacts,
)
from koulutie.core.definitions import Indicator, Ladder
from koulutie.core.definitions.roles import FieldGroup
from koulutie.core.marks import ABSENCES, Kind
from koulutie.registry.models import Enrolment, Pupil, SchoolClass
from koulutie.ui.glyphs import ABSENCE
from koulutie.ui.templatetags.koulutie import number, percent, unit

# The order of the national classes in bars and tables, the same everywhere.
ORDER = (
    Kind.HEALTH,
    Kind.PREAPPROVED,
    Kind.OTHER_EXPLAINED,
    Kind.UNRESOLVED,
    Kind.UNAUTHORISED,
)
# Figures that open a pupil's page, in this order; what helps before what worries.
FIRST = (
    "feedback_positive",
    "absence_rate",
    "absence_lessons",
    "absence_unresolved_lessons",
    "late_marks",
)

Fields = Collection[FieldGroup]


@dataclass(frozen=True, slots=True, kw_only=True)
class StepShown:
    """A step as the stairs and its name."""

    text: str
    rank: int
    ranks: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PupilRow:
    """One pupil of a class list."""

    pupil: Pupil
    kinds: tuple[tuple[str, float], ...]  # kind, absent lessons; only those above 0
    lessons: float
    rate: FigureRow | None
    no_percent: str  # why there is no percent
    weekdays: tuple[float | None, ...]  # share 0-1 of own absence, Monday to Friday
    step: StepShown | None  # the latest step reached
    latest_contact: datetime | None


def pupil_rows(
    pupils: Collection[Pupil],
    *,
    facts: ClassFacts,
    tasks: Collection[Task],
    ladders: Mapping[str, Ladder],
    fields: Mapping[int, Fields],
) -> list[PupilRow]:
    """Return the rows in the pupils' order; nothing that the reader may not see is in them."""
    by_pupil: dict[int, list[Task]] = {}
    for task in tasks:
        by_pupil.setdefault(task.pupil_id, []).append(task)
    return [
        pupil_row(
            pupil,
            facts=facts,
            tasks=by_pupil.get(pupil.pk, []),
            ladders=ladders,
            fields=fields[pupil.pk],
        )
        for pupil in pupils
    ]


def pupil_row(
    pupil: Pupil,
    *,
    facts: ClassFacts,
    tasks: Sequence[Task],
    ladders: Mapping[str, Ladder],
    fields: Fields,
) -> PupilRow:
    """Return one row; `tasks` are the pupil's own, newest first."""
    kinds = as_shown(facts.kinds.get(pupil.pk, {}), fields)
    rate = facts.figures.get(pupil.pk, {}).get("absence_rate")
    shown = tasks if FieldGroup.TASKS in fields else ()
    handled = [task for task in shown if task.state == Task.State.HANDLED]
    return PupilRow(
        pupil=pupil,
        kinds=kinds,
        lessons=sum(lessons for _kind, lessons in kinds),
        rate=rate,
        no_percent=why_no_percent(rate),
        weekdays=shares(facts.weekdays.get(pupil.pk, ())),
        step=step_shown(shown[0], ladders) if shown else None,
        latest_contact=handled[0].latest_at if handled else None,  # type: ignore[attr-defined]  # annotated in queries.tasks
    )


def step_shown(task: Task, ladders: Mapping[str, Ladder]) -> StepShown:
    """Return a task's step with its place on the ladder."""
    step = step_of(task, ladders)
    rank, ranks = rank_of(task, ladders)
    return StepShown(
        text=local(step.title) if step else task.step, rank=rank, ranks=ranks
    )


def why_no_percent(rate: FigureRow | None) -> str:
    """Return in words why a pupil has no percentage."""
    if rate is None or rate.withheld == "no_denominator":
        return _("offered lessons not known")
    if rate.withheld:
        return _("too few lessons yet")
    return ""


def shares(lessons: Sequence[float]) -> tuple[float | None, ...]:
    """Return each weekday's share of a pupil's own absent lessons."""
    total = sum(lessons)
    return tuple(one / total for one in lessons) if total else (None,) * 5


def kinds_used(rows: Iterable[PupilRow]) -> list[str]:
    """Return the kinds that a class list's bars show, in their order."""
    used = {kind for row in rows for kind, _lessons in row.kinds}
    return [str(kind) for kind in (*ORDER, ABSENCE) if kind in used]


def as_shown(
    kinds: Mapping[str, float], fields: Fields
) -> tuple[tuple[str, float], ...]:
    """Return lessons by class of absence; one sum where the causes are not the reader's.

    Showing all classes but health would tell health by what is missing.
    """
    if FieldGroup.HEALTH not in fields:
        total = sum(kinds.values())
        return ((ABSENCE, total),) if total else ()
    return tuple((str(kind), kinds[kind]) for kind in ORDER if kinds.get(kind))


def kind_as_shown(kind: str, fields: Fields) -> str:
    """Return a mark's kind, or plain absence where the causes are not the reader's."""
    if FieldGroup.HEALTH in fields or Kind(kind) not in ABSENCES:
        return kind
    return ABSENCE


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """One week of a pupil's year, for the chart and its table."""

    monday: date
    lessons: Mapping[str, float]  # by kind as shown
    school_days: int

    @property
    def total(self) -> float:
        return sum(self.lessons.values())


def weeks(
    absences: Mapping[date, Mapping[str, float]],
    school_days: Mapping[date, int],
    fields: Fields,
) -> list[Week]:
    """Return every week from the year's start, those without absence included."""
    mondays = sorted({*absences, *school_days})
    return [
        Week(
            monday=monday,
            lessons=dict(as_shown(absences.get(monday, {}), fields)),
            school_days=school_days.get(monday, 0),
        )
        for monday in mondays
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkRow:
    """One mark as a table's row."""

    date: date
    lesson: str
    subject: str
    kind: str
    is_absence: bool
    type_name: str  # the school's own word; empty for absences, whose class is shown
    lessons: float


def mark_rows(rows: Iterable[Row], fields: Fields) -> list[MarkRow]:
    """Return marks with what the reader may see: no feedback, no causes without the right."""
    return [
        mark_row(row, fields)
        for row in rows
        if FieldGroup.FEEDBACK in fields or not is_feedback(row["kind"])
    ]


def mark_row(row: Row, fields: Fields) -> MarkRow:
    """Return one mark; an absence's own type name often tells the cause, so it is left out."""
    kind = kind_as_shown(row["kind"], fields)
    is_absence = Kind(row["kind"]) in ABSENCES
    return MarkRow(
        date=row["date"],
        lesson=lesson_in_words(row["start_minute"], row["lesson_no"]),
        subject=row["subject_code"] or row["group_code"] or "",
        kind=kind,
        is_absence=is_absence,
        type_name="" if is_absence else row["type_name"] or "",
        lessons=row["lessons"],
    )


def is_feedback(kind: str) -> bool:
    """Say whether a mark is feedback on how the pupil worked."""
    return Kind(kind) in {Kind.FEEDBACK_POSITIVE, Kind.FEEDBACK_CORRECTIVE}


def lesson_in_words(start_minute: int | None, lesson_no: int | None) -> str:
    """Return a lesson's start, else its number."""
    if start_minute is not None:
        return f"{start_minute // 60}.{start_minute % 60:02d}"
    return _("lesson %(number)s") % {"number": lesson_no} if lesson_no else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stat:
    """One figure in large type."""

    label: str
    value: str
    unit: str = ""
    note: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PupilPage:
    """One pupil's school year."""

    name: str
    place: str
    is_protected: bool
    crumbs: tuple[tuple[str, str], ...]
    strengths: str
    stats: tuple[Stat, ...]
    weeks: tuple[Week, ...]
    marks: tuple[MarkRow, ...]


def pupil_page(
    pupil: Pupil,
    *,
    enrolment: Enrolment | None,
    year: PupilFacts,
    fields: Fields,
    indicators: Mapping[str, Indicator],
) -> PupilPage:
    """Return the page; strengths come first and nothing beyond the reader's fields is in it."""
    school_class = enrolment.school_class if enrolment else None
    return PupilPage(
        name=f"{pupil.first_name} {pupil.last_name}",
        place=f"{school_class.code}, {school_class.school.name}"
        if school_class
        else "",
        is_protected=pupil.is_protected,
        crumbs=crumbs_to(school_class),
        strengths=strengths(year, fields),
        stats=tuple(pupil_stats(pupil, year, fields, indicators)),
        weeks=tuple(weeks(year.absences, year.school_days, fields)),
        marks=tuple(mark_rows(year.marks, fields)),
    )


def crumbs_to(school_class: SchoolClass | None) -> tuple[tuple[str, str], ...]:
    """Return the way to a pupil through the class."""
    if school_class is None:
        return ()
    return (
        (school_class.code, reverse("casework:class_list", args=[school_class.pk])),
    )


def strengths(year: PupilFacts, fields: Fields) -> str:
    """Return what has gone well: weeks without absence, positive feedback."""
    school = [monday for monday, days in year.school_days.items() if days]
    calm = sum(
        1 for monday in school if not sum(year.absences.get(monday, {}).values())
    )
    parts = []
    if school:
        parts.append(
            _("%(calm)s of %(weeks)s school weeks without absence.")
            % {"calm": calm, "weeks": len(school)}
        )
    praise = sum(row["kind"] == Kind.FEEDBACK_POSITIVE for row in year.marks)
    if praise and FieldGroup.FEEDBACK in fields:
        parts.append(
            ngettext(
                "Teachers have given positive feedback %(n)s time.",
                "Teachers have given positive feedback %(n)s times.",
                praise,
            )
            % {"n": praise}
        )
    return " ".join(parts)


def pupil_stats(
    pupil: Pupil, year: PupilFacts, fields: Fields, indicators: Mapping[str, Indicator]
) -> Iterable[Stat]:
    """Yield the figures that open the page, each opening to its rows."""
    for name in FIRST:
        row, indicator = year.figures.get(name), indicators.get(name)
        if row is None or indicator is None:
            continue
        if name.startswith("feedback") and FieldGroup.FEEDBACK not in fields:
            continue
        yield Stat(
            label=local(indicator.title),
            value=_("not yet")
            if row.value is None
            else unit(row.value, indicator.unit),
            note=coverage_note(row),
            url=reverse("insight:rows", args=[name, pupil.pk]),
        )


def value_and_unit(row: FigureRow, indicator: Indicator) -> tuple[str, str]:
    """Return the number for large type and its unit for small type."""
    if row.value is None:
        return _("not yet"), ""
    text = unit(row.value, indicator.unit)
    if indicator.unit == "percent":
        return text, ""
    value, _space, words = text.partition(" ")
    return value, words


def coverage_note(row: FigureRow) -> str:
    """Return how much of the register is behind a percentage."""
    if row.withheld:
        return why_no_percent(row)
    if row.denominator is None or row.coverage is None:
        return ""
    return _("%(share)s of registers kept") % {"share": percent(row.coverage, 0)}


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassRow:
    """One class of a school page."""

    school_class: SchoolClass
    sums: ClassSums
    reached: int  # pupils' steps this term
    overdue: int


NOTHING = ClassSums(pupils=0, absent=0.0, offered=None, unexplained=0.0, coverage=None)


def class_rows(
    classes: Collection[SchoolClass], *, facts: SchoolFacts, overdue: Mapping[int, int]
) -> list[ClassRow]:
    """Return the rows in the classes' order."""
    reached: dict[int, int] = {}
    for (class_id, _step), pupils in facts.steps.items():
        reached[class_id] = reached.get(class_id, 0) + pupils
    return [
        ClassRow(
            school_class=one,
            sums=facts.sums.get(one.pk, NOTHING),
            reached=reached.get(one.pk, 0),
            overdue=overdue.get(one.pk, 0),
        )
        for one in classes
    ]


def school_stats(rows: Sequence[ClassRow]) -> tuple[Stat, ...]:
    """Return the school's own figures: what is overdue first."""
    absent = sum(row.sums.absent for row in rows)
    offered = sum(row.sums.offered or 0.0 for row in rows)
    unexplained = sum(row.sums.unexplained for row in rows)
    return (
        Stat(
            label=_("Steps that have waited too long"),
            value=number(sum(row.overdue for row in rows)),
        ),
        Stat(
            label=_("Absence this school year"),
            value=percent(absent / offered) if offered else _("not yet"),
        ),
        Stat(
            label=_("Of it unexplained"),
            value=percent(unexplained / absent) if absent else _("not yet"),
        ),
        Stat(
            label=_("Steps reached this term"),
            value=number(sum(row.reached for row in rows)),
        ),
    )
