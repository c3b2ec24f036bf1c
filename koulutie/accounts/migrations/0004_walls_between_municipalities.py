"""Row-level security by municipality (PostgreSQL)."""

from django.db import migrations

from koulutie.registry import walls

TABLES = {
    "accounts_guardianlink": "pupil_id registry_pupil",
}


def put_up(apps, schema_editor):
    walls.put_up(schema_editor, TABLES)


def take_down(apps, schema_editor):
    walls.take_down(schema_editor, TABLES)


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_guardian_links"),
        ("registry", "0008_walls_between_municipalities"),
    ]
    operations = [migrations.RunPython(put_up, take_down)]
