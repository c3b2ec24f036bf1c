"""Seals over the log, and triggers that let nothing be changed and only expired batches go.

PostgreSQL: every event has the number of its transaction (``xid``). A row with a lower id may
be committed after one with a higher id; the sealer takes only what is below the oldest
transaction that still runs, after which nothing older can appear.

A row may be deleted when its batch is sealed and has an expiry, which the action of retention
alone writes with a mac of its own; every other change is refused by the database itself.
"""

import django.db.models.deletion
from django.db import migrations, models

TABLES = {  # table: the column that says to which event a row belongs; None: never deleted
    "registry_accessevent": "id",
    "registry_openedpupil": "event_id",
    "registry_logseal": None,
    "registry_logsealrange": None,
    "registry_logexpiry": None,
}
EXPIRED = """EXISTS (
    SELECT 1 FROM registry_logsealrange r JOIN registry_logexpiry x ON x.seal_id = r.seal_id
    WHERE OLD.{column} BETWEEN r.first_id AND r.last_id)"""


def sqlite(table, column):
    name = table.removeprefix("registry_")
    refuse = "BEGIN SELECT RAISE(ABORT, 'the access log is append-only'); END;"
    unless = f"WHEN NOT {EXPIRED.format(column=column)}" if column else ""
    return (
        f"CREATE TRIGGER {name}_no_update BEFORE UPDATE ON {table} {refuse}",
        f"CREATE TRIGGER {name}_no_delete BEFORE DELETE ON {table} {unless} {refuse}",
    )


def sqlite_back(table):
    name = table.removeprefix("registry_")
    return (f"DROP TRIGGER {name}_no_update;", f"DROP TRIGGER {name}_no_delete;")


def postgresql(table, column):
    name = table.removeprefix("registry_")
    may_go = (
        f"IF TG_OP = 'DELETE' AND {EXPIRED.format(column=column)} THEN RETURN OLD; END IF;"
        if column
        else ""
    )
    return (
        f"""
        CREATE FUNCTION {name}_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN {may_go} RAISE EXCEPTION 'the access log is append-only'; END $$;
        """,
        f"""
        CREATE TRIGGER {name}_no_change BEFORE UPDATE OR DELETE ON {table}
        FOR EACH ROW EXECUTE FUNCTION {name}_refuse();
        """,
        f"""
        CREATE FUNCTION {name}_refuse_truncate() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION 'the access log is append-only'; END $$;
        """,
        f"""
        CREATE TRIGGER {name}_no_truncate BEFORE TRUNCATE ON {table}
        FOR EACH STATEMENT EXECUTE FUNCTION {name}_refuse_truncate();
        """,
    )


def postgresql_back(table):
    name = table.removeprefix("registry_")
    return (
        f"DROP TRIGGER {name}_no_truncate ON {table};",
        f"DROP TRIGGER {name}_no_change ON {table};",
        f"DROP FUNCTION {name}_refuse();",
        f"DROP FUNCTION {name}_refuse_truncate();",
    )


SQLITE = tuple(line for one in TABLES.items() for line in sqlite(*one))
SQLITE_BACK = tuple(line for table in TABLES for line in sqlite_back(table))
POSTGRESQL = tuple(line for one in TABLES.items() for line in postgresql(*one))
POSTGRESQL_BACK = tuple(line for table in TABLES for line in postgresql_back(table))

XID = (
    "ALTER TABLE registry_accessevent ADD COLUMN xid xid8 NOT NULL DEFAULT pg_current_xact_id();",
    "CREATE INDEX access_event_xid ON registry_accessevent (xid);",
)
XID_BACK = ("ALTER TABLE registry_accessevent DROP COLUMN xid;",)


def number_transactions(apps, schema_editor):
    run(schema_editor, sqlite=(), postgresql=XID)


def forget_transactions(apps, schema_editor):
    run(schema_editor, sqlite=(), postgresql=XID_BACK)


def put_up(apps, schema_editor):
    run(schema_editor, sqlite=SQLITE, postgresql=POSTGRESQL)


def take_down(apps, schema_editor):
    run(schema_editor, sqlite=SQLITE_BACK, postgresql=POSTGRESQL_BACK)


def run(schema_editor, **statements):
    for statement in statements[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("registry", "0003_pupils_of_the_log")]

    operations = [
        migrations.RemoveField(model_name="accessevent", name="pupil_ids"),
        migrations.AlterField(
            model_name="accessevent",
            name="actor",
            field=models.CharField(db_index=True, max_length=60),
        ),
        migrations.CreateModel(
            name="LogSeal",
            fields=[
                ("number", models.IntegerField(primary_key=True, serialize=False)),
                ("sealed_at", models.DateTimeField()),
                ("oldest_at", models.DateTimeField()),
                ("newest_at", models.DateTimeField()),
                ("events", models.IntegerField()),
                ("digest", models.CharField(max_length=64)),
                ("mac", models.CharField(max_length=64)),
                ("next_from", models.BigIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="LogSealRange",
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
                ("first_id", models.BigIntegerField()),
                ("last_id", models.BigIntegerField()),
                (
                    "seal",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="ranges",
                        to="registry.logseal",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["last_id", "first_id"], name="log_range_ids")
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("last_id__gte", models.F("first_id"))),
                        name="log_range_in_order",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="LogExpiry",
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
                ("before", models.DateTimeField()),
                ("at", models.DateTimeField()),
                ("mac", models.CharField(max_length=64)),
                (
                    "seal",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="expiry",
                        to="registry.logseal",
                    ),
                ),
            ],
        ),
        migrations.RunPython(number_transactions, forget_transactions),
        migrations.RunPython(put_up, take_down),
    ]
