"""The things that addresses name, one for each class of the named people's world."""

from __future__ import annotations

from collections.abc import Callable

from koulutie.casework.actions.notes import Written, write_note
from koulutie.casework.models import Task
from koulutie.core.scope import Purpose
from koulutie.intake.models import Batch
from koulutie.registry.access import system_scope
from koulutie.registry.models import Grant, Pupil, SchoolClass
from koulutie.retention.actions.erasing import prepare
from tests import builders as build
from tests.people import People

NOBODYS = 10**6  # an id that nothing has


class World:
    """Finds the thing of a kind that belongs to a class; makes it when first asked."""

    def __init__(self, people: People) -> None:
        self.classes = dict(people.home.classes) | {"twin": people.twin.classes["7B"]}
        self.pupils = {code: found[0] for code, found in people.home.pupils.items()}
        self.pupils["twin"] = people.twin.pupils["7B"][0]
        self.made: dict[tuple[str, str], int | str] = {}

    def find(self, kind: str, code: str) -> int | str:
        """Return the id of the class's thing of the kind."""
        if (kind, code) not in self.made:
            school_class, pupil = self.classes[code], self.pupils[code]
            self.made[kind, code] = MAKERS[kind](school_class, pupil)
        return self.made[kind, code]


def a_task(school_class: SchoolClass, pupil: Pupil) -> int:
    task = Task.objects.create(
        pupil=pupil,
        school=school_class.school,
        school_class=school_class,
        ladder="demo",
        ladder_version=1,
        ladder_hash="0" * 64,
        step="s30",
        window_key="2026",
        crossed_on=build.TODAY,
        value=31,
        threshold=30,
        rows_counted=31,
        coverage=0.9,
        facts_version=1,
        role="homeroom_teacher",
        opened_at=build.NOW,
        due_on=build.TODAY,
        state_at=build.NOW,
    )
    return int(task.pk)


def a_batch(school_class: SchoolClass, pupil: Pupil) -> int:
    school = school_class.school
    batch = Batch.objects.create(
        municipality=school.municipality,
        school=school,
        file_name=f"marks-{school_class.code}.csv",
        sha256=f"{school_class.pk:064}",
        size=1,
        via=Batch.Via.UPLOAD,
        state_at=build.NOW,
        received_at=build.NOW,
    )
    return int(batch.pk)


def a_note(school_class: SchoolClass, pupil: Pupil) -> int:
    """A restricted note by the class's own teacher, else by the principal."""
    running = Grant.objects.filter(valid_to__gt=build.TODAY)
    grant = (
        running.filter(school_class=school_class).first()
        or running.filter(school=school_class.school, role="principal")[0]
    )
    note = write_note(
        pupil_id=pupil.pk,
        written=Written(kind="delicate", is_restricted=True, text="Between us."),
        scope=system_scope(name="test", purpose=Purpose.ATTENDANCE),
        by=grant.person,
        now=build.NOW,
    )
    return int(note.pk)


def a_grant(school_class: SchoolClass, pupil: Pupil) -> int:
    teacher = build.a_person("Sijainen", f"Sijainen-{school_class.pk}")
    return int(build.a_grant(teacher, "class_teacher", school_class).pk)


def an_erasure(school_class: SchoolClass, pupil: Pupil) -> int:
    return int(
        prepare(
            pupil=pupil,
            planned={},
            reason="Asked for in a test.",
            by=build.a_person("Pyytäjä", f"Pyytäjä-{school_class.pk}"),
            now=build.NOW,
        ).pk
    )


MAKERS: dict[str, Callable[[SchoolClass, Pupil], int | str]] = {
    "indicator": lambda school_class, pupil: "absence_rate",
    "pupil": lambda school_class, pupil: pupil.pk,
    "class": lambda school_class, pupil: school_class.pk,
    "school": lambda school_class, pupil: school_class.school_id,
    "municipality": lambda school_class, pupil: school_class.school.municipality_id,
    "task": a_task,
    "grant": a_grant,
    "note": a_note,
    "batch": a_batch,
    "erasure": an_erasure,
}
