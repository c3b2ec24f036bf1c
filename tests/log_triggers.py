"""Take the append-only log's triggers down and put them up again, as the migration does."""

from __future__ import annotations

from importlib import import_module

from django.db import connection

MIGRATION = import_module("koulutie.registry.migrations.0004_sealed_log")


def take_down() -> None:
    if are_up():
        run(MIGRATION.SQLITE_BACK, MIGRATION.POSTGRESQL_BACK)
    broken = " ON registry_accessevent" if connection.vendor == "postgresql" else ""
    run((f"DROP TRIGGER IF EXISTS broken{broken}",))


def put_up_if_down() -> None:
    if not are_up():
        run(MIGRATION.SQLITE, MIGRATION.POSTGRESQL)


def are_up() -> bool:
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(
                "SELECT 1 FROM sqlite_master WHERE name = 'accessevent_no_update'"
            )
        else:
            cursor.execute(
                "SELECT 1 FROM pg_trigger WHERE tgname = 'accessevent_no_change'"
            )
        return cursor.fetchone() is not None


def run(sqlite: tuple[str, ...], postgresql: tuple[str, ...] | None = None) -> None:
    statements = sqlite if connection.vendor == "sqlite" else postgresql or sqlite
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
