"""Tasks that a crossing of the ladder opens, and what adults answered.

One crossing (pupil, ladder, step, window instance) is one task, however often the marks
behind it are imported again. A task keeps the versions it was born under, so that the
flag can be replayed: ladder version and hash, facts version, the rows' sum and coverage.
"""

from __future__ import annotations

from typing import ClassVar, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from koulutie.registry.models import Classified, ScopedManager


class Task(models.Model):
    """Somebody should meet a pupil because a step was reached."""

    class State(models.TextChoices):
        OPEN = "open", _("open")
        HANDLED = "handled", _("handled")
        WITHDRAWN = "withdrawn", _("withdrawn: the rows were corrected")

    pupil = models.ForeignKey("registry.Pupil", on_delete=models.CASCADE)
    school = models.ForeignKey("registry.School", on_delete=models.PROTECT)
    school_class = models.ForeignKey("registry.SchoolClass", on_delete=models.PROTECT)
    ladder = models.CharField(max_length=60)
    ladder_version = models.IntegerField()
    ladder_hash = models.CharField(max_length=64)
    step = models.CharField(max_length=60)
    window_key = models.CharField(max_length=40)
    crossed_on = models.DateField()
    value = models.FloatField()  # lessons, percent or days, as the step counts
    threshold = models.FloatField()
    rows_counted = models.IntegerField()
    coverage = models.FloatField(null=True, blank=True)  # share 0-1; null: not known
    facts_version = models.IntegerField()
    role = models.CharField(max_length=40)  # the step's responsible role
    owner = models.ForeignKey(
        "registry.Person", null=True, blank=True, on_delete=models.PROTECT
    )
    opened_at = models.DateTimeField()
    due_on = models.DateField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    state_at = models.DateTimeField()
    # A correction changed the rows of a task that somebody has already answered.
    rows_changed_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[ScopedManager[Self]] = ScopedManager("pupil")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["pupil", "ladder", "step", "window_key"], name="crossing_once"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["state", "due_on"], name="task_state_due"),
        ]

    class Privacy:
        fields: Classified = {
            "pupil": ("personal", "task"),
            "school": ("personal", "task"),
            "school_class": ("personal", "task"),
            "ladder": ("none", "task"),
            "ladder_version": ("none", "task"),
            "ladder_hash": ("none", "task"),
            "step": ("personal", "task"),
            "window_key": ("none", "task"),
            "crossed_on": ("personal", "task"),
            "value": ("personal", "task"),
            "threshold": ("none", "task"),
            "rows_counted": ("personal", "task"),
            "coverage": ("internal", "task"),
            "facts_version": ("internal", "task"),
            "role": ("internal", "task"),
            "owner": ("personal", "task"),
            "opened_at": ("internal", "task"),
            "due_on": ("internal", "task"),
            "state": ("personal", "task"),
            "state_at": ("internal", "task"),
            "rows_changed_at": ("internal", "task"),
        }

    def __str__(self) -> str:
        return f"task:{self.pk}"


class Reaction(models.Model):
    """What an adult did about a task. Rows are added, never changed.

    `outcome` says how the adult judges it now; with `look_again_on` the pupil comes back to
    the adult's Today on that day.
    """

    class Outcome(models.TextChoices):
        NO_WORRY = "no_worry", _("Talked, no worry")
        FOLLOW_UP = "follow_up", _("Talked, I follow how it goes")
        NEEDS_SUPPORT = "needs_support", _("More support is needed")
        NOT_REACHED = "not_reached", _("Not reached yet")

    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="reactions")
    at = models.DateTimeField()
    by = models.ForeignKey("registry.Person", on_delete=models.PROTECT)
    outcome = models.CharField(max_length=20, choices=Outcome.choices)
    talked_with_pupil = models.BooleanField()
    talked_with_guardian = models.BooleanField()
    look_again_on = models.DateField(null=True, blank=True)
    note = models.CharField(max_length=500, blank=True)

    objects: ClassVar[ScopedManager[Self]] = ScopedManager("task__pupil")

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                # Who could not be reached is tried again: the date may not be left open.
                condition=~Q(outcome__in=["follow_up", "not_reached"])
                | Q(look_again_on__isnull=False),
                name="reaction_has_next_date",
            )
        ]

    class Privacy:
        fields: Classified = {
            "task": ("personal", "task"),
            "at": ("personal", "task"),
            "by": ("personal", "task"),
            "outcome": ("personal", "task"),
            "talked_with_pupil": ("personal", "task"),
            "talked_with_guardian": ("personal", "task"),
            "look_again_on": ("personal", "task"),
            "note": ("personal", "task"),
        }

    def __str__(self) -> str:
        return f"reaction:{self.pk}"
