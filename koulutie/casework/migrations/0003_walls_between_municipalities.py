"""Row-level security by municipality (PostgreSQL)."""

from django.db import migrations

from koulutie.registry import walls

TABLES = {
    "casework_task": "pupil_id registry_pupil",
    "casework_reaction": "task_id casework_task",
    "casework_note": "pupil_id registry_pupil",
    "casework_noterevision": "note_id casework_note",
    "casework_notedraft": "pupil_id registry_pupil",
}


def put_up(apps, schema_editor):
    walls.put_up(schema_editor, TABLES)


def take_down(apps, schema_editor):
    walls.take_down(schema_editor, TABLES)


class Migration(migrations.Migration):
    dependencies = [
        ("casework", "0002_notes"),
        ("registry", "0008_walls_between_municipalities"),
    ]
    operations = [migrations.RunPython(put_up, take_down)]
