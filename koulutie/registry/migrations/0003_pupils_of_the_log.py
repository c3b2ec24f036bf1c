"""Who was opened moves from a list in the event into rows: "who opened this pupil" is a look-up.

The triggers of 0002 come down here; 0004 puts up those of the log as it is then.
"""

from importlib import import_module

import django.db.models.deletion
from django.db import migrations, models

FIRST_TRIGGERS = import_module("koulutie.registry.migrations.0002_append_only_log")


def tell_kinds_and_pupils(apps, schema_editor):
    event, pupil = (
        apps.get_model("registry", name) for name in ("AccessEvent", "OpenedPupil")
    )
    event.objects.filter(outcome="denied").update(kind="denied")
    event.objects.filter(outcome="allowed", action__startswith="view_").update(
        kind="list"
    )
    rows = event.objects.exclude(pupil_ids=[]).order_by("pk")
    opened = []
    for pk, ids in rows.values_list("pk", "pupil_ids").iterator():
        opened += [pupil(event_id=pk, pupil_id=one) for one in sorted(set(ids))]
    pupil.objects.bulk_create(opened, batch_size=500)
    ones = pupil.objects.values("event").annotate(n=models.Count("pk")).filter(n=1)
    event.objects.filter(kind="list", pk__in=ones.values("event")).update(kind="view")


def nothing(apps, schema_editor):
    """The rows go with their table; the list stays in the event until 0004."""


class Migration(migrations.Migration):
    dependencies = [("registry", "0002_append_only_log")]

    operations = [
        migrations.RunPython(FIRST_TRIGGERS.take_down, FIRST_TRIGGERS.put_up),
        migrations.AddField(
            model_name="accessevent",
            name="kind",
            field=models.CharField(default="act", max_length=10),
            preserve_default=False,
        ),
        migrations.CreateModel(
            name="OpenedPupil",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                ("pupil_id", models.BigIntegerField()),
                (
                    "event",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="pupils",
                        to="registry.accessevent",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("pupil_id", "event"), name="opened_pupil_once"
                    )
                ],
            },
        ),
        migrations.RunPython(tell_kinds_and_pupils, nothing),
    ]
