"""A home of its own in which one pupil is known by canaries, and then erased.

Run as ``python -m tests.retention.erase_target fill|erase`` with KOULUTIE_HOME set.
"""

from __future__ import annotations

import io
import os
import sys
import zipfile
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "koulutie.config.settings")

NAME, KEY, WORDS = "Kanariavuori", "KANARIA-4711", "the canary sings"


def fill() -> None:
    """Bring the pupil in by every way there is, and write about them."""
    from django.conf import settings
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    from koulutie.core.scope import Purpose
    from koulutie.registry import audit
    from koulutie.registry.models import Guardian
    from tests import builders as build
    from tests.jobs.files import map_types, own_csv
    from tests.people import make_people
    from tests.retention.bringing import bring
    from tests.security.world import a_note, a_task

    people = make_people()
    home = people.home.municipality
    map_types(home)
    seventh = people.home.classes["7B"]
    pupil = build.a_pupil(seventh, "Kaisa", NAME, key=KEY)
    guardian = Guardian.objects.create(
        municipality=home, first_name="Kalle", last_name=NAME
    )
    guardian.pupils.add(pupil)
    row = {"pupil_key": KEY}
    bring(own_csv(row), home, f"{NAME} Kaisa.csv")
    corrected = {"type_name": "Terveydellinen syy", "entered_at": "2026-11-18 08:00"}
    bring(own_csv(row | corrected), home, "second.csv")
    rejected = {"pupil_key": KEY, "date": "not a day"}
    bring(own_csv({"pupil_key": "k7B1"}, rejected), home, "third.csv")
    bring(own_csv({"pupil_key": "k7B2", "date": "2026-10-05"}), home, "other.csv")
    done = Path(settings.WATCHED_FOLDER) / "done"
    done.mkdir(parents=True)
    (done / "copy.csv").write_text(f"{KEY};{NAME}")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("inside.csv", f"{KEY};{NAME}" * 50)
    (done / "packed.zip").write_bytes(packed.getvalue())
    note = a_note(seventh, pupil)
    from koulutie.casework.models import NoteRevision

    NoteRevision.objects.unscoped("test").filter(note=note).update(text=WORDS)
    a_task(seventh, pupil)
    audit.record(
        actor=audit.actor_of(people.aino),
        action="view_pupil",
        purpose=Purpose.ATTENDANCE,
        target=f"pupil:{pupil.pk}",
        pupil_ids={pupil.pk},
        reason="r",
        at=build.NOW,
    )
    sys.stdout.write(f"{pupil.pk}\n")


def erase() -> None:
    """Prepare as one person, confirm as another, and let the job do it."""
    from koulutie.jobs.erasing import erase_confirmed
    from koulutie.registry.models import Person, Pupil
    from koulutie.retention.actions import erasing
    from koulutie.retention.presenters.plans import planned
    from tests.builders import NOW

    pupil = Pupil.objects.unscoped("test").get(last_name=NAME)
    erasure = erasing.prepare(
        pupil=pupil,
        planned=planned(pupil.pk),
        reason=f"{NAME} asked for it.",
        by=Person.objects.get(first_name="Daniel"),
        now=NOW,
    )
    greta = Person.objects.get(first_name="Greta")
    erasing.confirm(erasure=erasure, by=greta, now=NOW)
    sys.stdout.write(f"{erase_confirmed(now=NOW)}\n")


if __name__ == "__main__":
    import django

    django.setup()
    {"fill": fill, "erase": erase}[sys.argv[1]]()
