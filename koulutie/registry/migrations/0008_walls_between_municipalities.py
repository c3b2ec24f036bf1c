"""Row-level security by municipality (PostgreSQL)."""

from django.db import migrations

from koulutie.registry import walls

TABLES = {
    "registry_school": "municipality_id",
    "registry_schoolyear": "municipality_id",
    "registry_calendarday": "municipality_id",
    "registry_pupil": "municipality_id",
    "registry_pupilkey": "municipality_id",
    "registry_guardian": "municipality_id",
    "registry_schoolclass": "school_id registry_school",
    "registry_lessontotal": "school_year_id registry_schoolyear",
    "registry_enrolment": "pupil_id registry_pupil",
    "registry_partialtimetable": "pupil_id registry_pupil",
    "registry_guardian_pupils": "pupil_id registry_pupil",
}


def put_up(apps, schema_editor):
    walls.put_up(schema_editor, TABLES)


def take_down(apps, schema_editor):
    walls.take_down(schema_editor, TABLES)


class Migration(migrations.Migration):
    dependencies = [("registry", "0007_expiry_after_its_events")]
    operations = [migrations.RunPython(put_up, take_down)]
