"""The table of the cache that all processes share, and the count of policy reports."""

from django.core.cache import caches
from django.core.cache.backends.db import BaseDatabaseCache
from django.core.management import call_command
from django.db import migrations, models


def make_cache_table(apps, schema_editor):
    if isinstance(caches["default"], BaseDatabaseCache):
        alias = schema_editor.connection.alias
        call_command("createcachetable", database=alias, verbosity=0)


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.CreateModel(
            name="PolicyViolation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField()),
                ("directive", models.CharField(max_length=40)),
                ("reports", models.PositiveIntegerField(default=0)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("day", "directive"), name="violation_once")
                ],
            },
        ),
        migrations.RunPython(make_cache_table, migrations.RunPython.noop),
    ]
