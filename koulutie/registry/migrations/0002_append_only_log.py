"""The access log takes new rows and nothing else; the database itself refuses the rest.

SQLite: two triggers. PostgreSQL: row triggers, and one for TRUNCATE, which fires none of
them. Retention later deletes whole sealed batches as the owner of the triggers.
"""

from django.db import migrations

SQLITE = (
    """
    CREATE TRIGGER access_event_no_update BEFORE UPDATE ON registry_accessevent
    BEGIN SELECT RAISE(ABORT, 'the access log is append-only'); END;
    """,
    """
    CREATE TRIGGER access_event_no_delete BEFORE DELETE ON registry_accessevent
    BEGIN SELECT RAISE(ABORT, 'the access log is append-only'); END;
    """,
)
SQLITE_BACK = (
    "DROP TRIGGER access_event_no_update;",
    "DROP TRIGGER access_event_no_delete;",
)

POSTGRESQL = (
    """
    CREATE FUNCTION access_event_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'the access log is append-only'; END $$;
    """,
    """
    CREATE TRIGGER access_event_no_change BEFORE UPDATE OR DELETE ON registry_accessevent
    FOR EACH ROW EXECUTE FUNCTION access_event_refuse();
    """,
    """
    CREATE TRIGGER access_event_no_truncate BEFORE TRUNCATE ON registry_accessevent
    FOR EACH STATEMENT EXECUTE FUNCTION access_event_refuse();
    """,
)
POSTGRESQL_BACK = (
    "DROP TRIGGER access_event_no_truncate ON registry_accessevent;",
    "DROP TRIGGER access_event_no_change ON registry_accessevent;",
    "DROP FUNCTION access_event_refuse();",
)


def put_up(apps, schema_editor):
    run(schema_editor, sqlite=SQLITE, postgresql=POSTGRESQL)


def take_down(apps, schema_editor):
    run(schema_editor, sqlite=SQLITE_BACK, postgresql=POSTGRESQL_BACK)


def run(schema_editor, **statements):
    for statement in statements[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("registry", "0001_people_places_grants")]

    operations = [migrations.RunPython(put_up, take_down, elidable=False)]
