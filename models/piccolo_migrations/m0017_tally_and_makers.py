"""One row a tally's count; who made the gates and invitations that are there, from the audit; parties in their order.

What SQLite's new keys do not restrict, triggers do, as in m0013.
"""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine import engine_finder

from models.events import Event

ID = "2026-11-25T09:03:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "tally index and makers"

BOTH = (
    "CREATE UNIQUE INDEX tally_event_day_measure_key ON tally (event, day, measure, key)",
    "CREATE INDEX registration_event_created_at_id ON registration (event, created_at, id)",
    "UPDATE account SET rights_since = created_at WHERE rights_since IS NULL",
)
# who made what an older release did not note stands in the audit
MADE_BY = """
UPDATE {table} SET made_by = (
  SELECT account.id FROM audit_entry JOIN account ON CAST(account.id AS TEXT) = audit_entry.actor
  WHERE audit_entry.action = '{action}' AND audit_entry.actor_kind = 'staff'
    AND audit_entry.subject = CAST({table}.id AS TEXT) LIMIT 1
) WHERE made_by IS NULL
"""
CHECK = "people >= 0"
KEYS = (("tally", "event", "event"), ("pairing", "made_by", "account"), ("invitation", "made_by", "account"))


def statements(engine_type: str) -> list[str]:
    """The SQL of this migration for "sqlite" or "postgres"."""
    sql = [
        *BOTH,
        MADE_BY.format(table="pairing", action="gate_paired"),
        MADE_BY.format(table="invitation", action="invited"),
    ]
    if engine_type == "postgres":
        return [*sql, f"ALTER TABLE tally ADD CONSTRAINT tally_people CHECK ({CHECK})"]
    sql += [
        f"CREATE TRIGGER tally_people_{moment.lower()} BEFORE {moment} ON tally WHEN NOT (NEW.{CHECK})"
        " BEGIN SELECT RAISE(ABORT, 'CHECK tally_people'); END"
        for moment in ("INSERT", "UPDATE")
    ]
    return sql + [
        f"CREATE TRIGGER {table}_{column}_restricts BEFORE DELETE ON {parent}"
        f" WHEN EXISTS (SELECT 1 FROM {table} WHERE {column} = OLD.id)"
        f" BEGIN SELECT RAISE(ABORT, 'FOREIGN KEY {table}_{column}_restricts'); END"
        for table, column, parent in KEYS
    ]


async def forwards() -> MigrationManager:
    """Piccolo runs what is added with add_raw."""
    manager = MigrationManager(migration_id=ID, app_name="models", description=DESCRIPTION)

    async def run() -> None:
        engine = engine_finder()
        for sql in statements(engine.engine_type if engine else ""):
            await Event.raw(sql)

    manager.add_raw(run)
    return manager
