"""Row-level security by municipality (PostgreSQL)."""

from django.db import migrations

from koulutie.registry import walls

TABLES = {
    "retention_erasure": "municipality_id",
}


def put_up(apps, schema_editor):
    walls.put_up(schema_editor, TABLES)


def take_down(apps, schema_editor):
    walls.take_down(schema_editor, TABLES)


class Migration(migrations.Migration):
    dependencies = [
        ("retention", "0001_runs_erasures_files"),
        ("registry", "0008_walls_between_municipalities"),
    ]
    operations = [migrations.RunPython(put_up, take_down)]
