"""Row-level security by municipality (PostgreSQL)."""

from django.db import migrations

from koulutie.registry import walls

TABLES = {
    "intake_batch": "municipality_id",
    "intake_marktypemapping": "municipality_id",
    "intake_savedprofile": "municipality_id",
    "intake_folderrule": "municipality_id",
    "intake_rejectedrow": "batch_id intake_batch",
}


def put_up(apps, schema_editor):
    walls.put_up(schema_editor, TABLES)


def take_down(apps, schema_editor):
    walls.take_down(schema_editor, TABLES)


class Migration(migrations.Migration):
    dependencies = [
        ("intake", "0001_batches_mappings_profiles"),
        ("registry", "0008_walls_between_municipalities"),
    ]
    operations = [migrations.RunPython(put_up, take_down)]
