"""A batch of the log expires only when every event of it is older than the limit named."""

from django.db import migrations

YOUNG = "EXISTS (SELECT 1 FROM registry_logseal WHERE number = NEW.seal_id AND newest_at >= NEW.before)"
SAYS = "the access log keeps what is not older than the limit"

SQLITE = (
    f"""
    CREATE TRIGGER logexpiry_not_early BEFORE INSERT ON registry_logexpiry WHEN {YOUNG}
    BEGIN SELECT RAISE(ABORT, '{SAYS}'); END;
    """,
)
SQLITE_BACK = ("DROP TRIGGER logexpiry_not_early;",)

POSTGRESQL = (
    f"""
    CREATE FUNCTION logexpiry_refuse_early() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN IF {YOUNG} THEN RAISE EXCEPTION '{SAYS}'; END IF; RETURN NEW; END $$;
    """,
    """
    CREATE TRIGGER logexpiry_not_early BEFORE INSERT ON registry_logexpiry
    FOR EACH ROW EXECUTE FUNCTION logexpiry_refuse_early();
    """,
)
POSTGRESQL_BACK = (
    "DROP TRIGGER logexpiry_not_early ON registry_logexpiry;",
    "DROP FUNCTION logexpiry_refuse_early();",
)


def put_up(apps, schema_editor):
    run(schema_editor, sqlite=SQLITE, postgresql=POSTGRESQL)


def take_down(apps, schema_editor):
    run(schema_editor, sqlite=SQLITE_BACK, postgresql=POSTGRESQL_BACK)


def run(schema_editor, **statements):
    for statement in statements[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("registry", "0006_ended_grants_stay")]

    operations = [migrations.RunPython(put_up, take_down)]
