"""Deleting a row takes no people, scans or postings along: their keys restrict (Piccolo's default would cascade).

SQLite cannot change a key that is there, so triggers refuse; PostgreSQL's constraints are made anew.
"""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine import engine_finder

from models.events import Event

ID = "2026-11-25T03:24:17:000000"
VERSION = "1.38.0"
DESCRIPTION = "restricting keys"

# table, column, the table it refers to and that table's key
KEYS = (
    ("admission", "event", "event", "id"),
    ("admission", "ticket", "ticket", "id"),
    ("contact", "host_country", "host_country", "code"),
    ("event", "host_country", "host_country", "code"),
    ("gate_device", "pairing", "pairing", "id"),
    ("idempotency", "registration", "registration", "id"),
    ("invitation", "event", "event", "id"),
    ("pairing", "event", "event", "id"),
    ("posting", "account", "account", "id"),
    ("posting", "event", "event", "id"),
    ("posting", "host_country", "host_country", "code"),
    ("reach", "registration", "registration", "id"),
    ("registration", "event", "event", "id"),
    ("registration", "invitation", "invitation", "id"),
    ("registration", "pickup_point", "pickup_point", "id"),
    ("scan", "device", "gate_device", "id"),
    ("scan", "event", "event", "id"),
    ("scan", "registration", "registration", "id"),
    ("ticket", "event", "event", "id"),
    ("ticket", "registration", "registration", "id"),
    ("walk_in", "device", "gate_device", "id"),
    ("walk_in", "event", "event", "id"),
)


def statements(engine_type: str) -> list[str]:
    """The SQL of this migration for "sqlite" or "postgres"."""
    sql = []
    for table, column, parent, key in KEYS:
        if engine_type == "postgres":
            name = f"{table}_{column}_fkey"
            sql += [
                f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {name}",
                f"ALTER TABLE {table} ADD CONSTRAINT {name} FOREIGN KEY ({column}) REFERENCES {parent} ({key})"
                " ON UPDATE CASCADE ON DELETE RESTRICT",
            ]
            continue
        sql.append(
            f"CREATE TRIGGER {table}_{column}_restricts BEFORE DELETE ON {parent}"
            f" WHEN EXISTS (SELECT 1 FROM {table} WHERE {column} = OLD.{key})"
            f" BEGIN SELECT RAISE(ABORT, 'FOREIGN KEY {table}_{column}_restricts'); END"
        )
    return sql


async def forwards() -> MigrationManager:
    """Piccolo runs what is added with add_raw."""
    manager = MigrationManager(migration_id=ID, app_name="models", description=DESCRIPTION)

    async def run() -> None:
        engine = engine_finder()
        for sql in statements(engine.engine_type if engine else ""):
            await Event.raw(sql)

    manager.add_raw(run)
    return manager
