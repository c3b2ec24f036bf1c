"""Pages of casework: Today, a task, schools and classes, a pupil."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from koulutie import catalog
from koulutie.casework import actions
from koulutie.casework.forms import ReactionForm
from koulutie.casework.models import Task
from koulutie.casework.presenters import notes as noted
from koulutie.casework.presenters import people as shown
from koulutie.casework.presenters import tasks as asked
from koulutie.casework.queries import facts as facts_queries
from koulutie.casework.queries import notes as note_queries
from koulutie.casework.queries import tasks as task_queries
from koulutie.core.definitions.roles import Action, FieldGroup
from koulutie.core.scope import Purpose
from koulutie.registry import access, audit, finding
from koulutie.registry import queries as registry
from koulutie.registry.access import policy
from koulutie.ui import charts
from koulutie.ui.facts import open_facts
from koulutie.ui.http import Request

# Long enough that a change can be seen, short enough that the talk is still remembered.
LOOK_AGAIN = timedelta(days=14)


@require_GET
@policy(Action.VIEW_TODAY, Purpose.ATTENDANCE)
def today(request: Request) -> HttpResponse:
    """What I am asked today: overdue first, then by due date."""
    found = task_queries.today(request.scope, on=request.today)
    request.opened = audit.Opened(target="today", pupil_ids=found.pupil_ids)
    waiting = asked.one_a_pupil(cards(request, (*found.overdue, *found.waiting)))
    again = asked.one_a_pupil(cards(request, found.look_again))
    context = {
        "overdue": [card for card in waiting if card.is_overdue],
        "waiting": [card for card in waiting if not card.is_overdue],
        "look_again": again,
        "lately": asked.one_a_pupil(cards(request, found.lately)),
        "classes": task_queries.classes_now(request.scope, on=request.today),
        "summary": asked.summary(waiting=len(waiting), again=len(again)),
    }
    return render(request, "casework/today.html", context)


def cards(request: Request, tasks: tuple[Task, ...]) -> tuple[asked.Card, ...]:
    """Return tasks as cards for the person who asks."""
    return asked.cards(
        tasks,
        ladders=catalog.current().ladders,
        today=request.today,
        person_id=request.user.pk,
    )


@require_http_methods(["GET", "POST"])
@policy(Action.HANDLE_TASK, Purpose.ATTENDANCE)
def task(request: Request, pk: int) -> HttpResponse:
    """Why the task is here, the rows behind it, and the reaction form."""
    found = task_queries.get_task(request.scope, pk)
    request.opened = audit.Opened(
        target=f"task:{pk}", pupil_ids=frozenset({found.pupil_id})
    )
    initial = {"look_again_on": request.today + LOOK_AGAIN}
    form = ReactionForm(request.POST or None, today=request.today, initial=initial)
    if request.method == "POST" and form.is_valid():
        answer(request, pk, form)
        return redirect("casework:today")
    with open_facts(request.scope) as facts:
        rows = facts_queries.behind_task(facts, found, catalog.current().ladders)
    context = task_context(request, found, rows)
    status = 422 if form.errors else 200
    return render(
        request, "casework/task.html", context | {"form": form}, status=status
    )


def answer(request: Request, pk: int, form: ReactionForm) -> None:
    """Record what the form says."""
    actions.react(
        task_id=pk,
        answer=actions.Answer(**form.cleaned_data),
        seen_at=datetime.fromisoformat(request.POST["seen_at"]),
        scope=request.scope,
        by=request.user,
        now=request.now,
    )
    messages.success(request, _("Saved. Thank you for meeting the pupil."))


def task_context(
    request: Request, found: Task, rows: list[facts_queries.Row]
) -> dict[str, object]:
    """Return what the task's page shows."""
    fields = request.verdict.fields_about(found.pupil_id)
    (card,) = cards(request, (found,))
    return {
        "card": card,
        "rows": shown.mark_rows(rows, fields),
        "rows_title": asked.rows_title(len(rows)),
        "reactions": task_queries.reactions_of(found),
        "shows_notes": FieldGroup.NOTES in fields,
        "crumbs": (
            (_("Today"), "/"),
            *shown.crumbs_to(found.school_class),
        ),
    }


@require_GET
@policy(Action.VIEW_CLASS, Purpose.ATTENDANCE)
def class_list(request: Request, pk: int) -> HttpResponse:
    """A class by name: absence by class, percent with coverage, weekdays, step, contact."""
    school_class = access.get_class(request.scope, pk)
    pupils = list(registry.pupils_of_class(request.scope, pk, on=request.today))
    ids = [pupil.pk for pupil in pupils]
    request.opened = audit.Opened(target=f"class:{pk}", pupil_ids=frozenset(ids))
    scope = request.scope.about(ids)
    with open_facts(scope) as facts:
        found = facts_queries.of_class(facts, ids, school_class.school_year.year)
    rows = shown.pupil_rows(
        pupils,
        facts=found,
        tasks=list(task_queries.tasks_of_pupils(scope, ids)),
        ladders=catalog.current().ladders,
        fields={pupil: request.verdict.fields_about(pupil) for pupil in ids},
    )
    context = {
        "school_class": school_class,
        "rows": rows,
        "kinds": shown.kinds_used(rows),
        "longest": max((row.lessons for row in rows), default=0),
    }
    return render(request, "casework/class.html", context)


@require_GET
@policy(Action.VIEW_PUPIL, Purpose.ATTENDANCE)
def pupil(request: Request, pk: int) -> HttpResponse:
    """One pupil's school year: strengths first, the weeks, the steps, the marks."""
    found = access.get_pupil(request.scope, pk)
    request.opened = audit.Opened(target=f"pupil:{pk}", pupil_ids=frozenset({pk}))
    fields = request.verdict.fields_about(pk)
    enrolment = registry.enrolment_on(pk, on=request.today)
    scope = request.scope.about([pk])
    with open_facts(scope) as facts:
        year = facts_queries.of_pupil(facts, pk, enrolment, on=request.today)
    page = shown.pupil_page(
        found,
        enrolment=enrolment,
        year=year,
        fields=fields,
        indicators=catalog.current().indicators,
    )
    tasks = tuple(task_queries.tasks_of_pupils(scope, [pk]))
    context = {
        "page": page,
        "pupil": found,
        # Opened with a reason, for hours: this page and neither its class nor its tasks.
        "in_hours": finding.open_now(request.user, now=request.now)
        .filter(pupil=pk)
        .exists(),
        "cards": cards(request, tasks) if FieldGroup.TASKS in fields else (),
        "chart": charts.weekly_absence(page.weeks, language=request.LANGUAGE_CODE),
        "notes": notes(request, pk) if FieldGroup.NOTES in fields else None,
    }
    return render(request, "casework/pupil.html", context)


FOR_NOTES = (Purpose.ATTENDANCE, Purpose.SUPPORT)
MAY_WRITE, MAY_READ = (
    access.Policy(action=action, purposes=FOR_NOTES, opens_pupils=True)
    for action in (Action.WRITE_NOTE, Action.READ_RESTRICTED_NOTE)
)


def notes(request: Request, pupil_id: int) -> dict[str, object]:
    """Return a pupil's notes, and what the person may do with them."""
    may = access.may(
        person=request.user, policies=(MAY_WRITE, MAY_READ), on=request.today
    )
    found = note_queries.notes_of(request.scope.about([pupil_id]), pupil_id)
    draft = note_queries.draft_of(by=request.user, pupil_id=pupil_id, note=None)
    return {
        "lines": noted.lines(found, person_id=request.user.pk),
        "may_write": MAY_WRITE in may,
        "may_read_restricted": MAY_READ in may,
        "has_draft": draft is not None,
    }


@require_GET
@policy(Action.VIEW_SCHOOL, Purpose.ATTENDANCE, Purpose.STATISTICS)
def schools(request: Request) -> HttpResponse:
    """The schools of the scope; a person with one school goes straight to it."""
    found = list(registry.schools_in(request.scope).order_by("name"))
    request.opened = audit.Opened(target="schools")
    if len(found) == 1:
        return redirect("casework:school", pk=found[0].pk)
    return render(request, "casework/schools.html", {"schools": found})


@require_GET
@policy(Action.VIEW_SCHOOL, Purpose.ATTENDANCE, Purpose.STATISTICS)
def school(request: Request, pk: int) -> HttpResponse:
    """A school by class: what is overdue, absence, coverage, steps this term."""
    found = access.get_school(request.scope, pk)
    year = registry.school_year_on(found.municipality, on=request.today)
    classes = list(registry.classes_of_school(pk, year=year.year)) if year else []
    request.opened = audit.Opened(target=f"school:{pk}")
    with open_facts(request.scope) as facts:
        sums = facts_queries.of_school(facts, found, year, on=request.today)
    overdue = task_queries.overdue_by_class(school_id=pk, on=request.today)
    rows = shown.class_rows(classes, facts=sums, overdue=overdue)
    context = {
        "school": found,
        "rows": rows,
        "facts": sums,
        "stats": shown.school_stats(rows),
        "opens_classes": bool(request.scope.pupil_ids),
    }
    return render(request, "casework/school.html", context)
