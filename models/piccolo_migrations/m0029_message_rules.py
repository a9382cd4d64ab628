"""What is unique, asked for often and must hold of messages; phones that people gave are as good as confirmed.

SQLite's new keys do not restrict, so triggers do (m0013); a message alone goes with its reach.
"""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine import engine_finder

from models.events import Event

ID = "2026-11-29T01:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "message rules"

INDEXES = (
    "CREATE UNIQUE INDEX message_announcement_reach ON message (announcement, reach)",
    "CREATE INDEX message_announcement_target ON message (announcement, target)",
    "CREATE INDEX message_due ON message (not_before) WHERE state = 'queued'",
    "CREATE INDEX message_claimed ON message (claimed_until) WHERE state = 'sending'",
    "CREATE INDEX message_failed ON message (announcement) WHERE state = 'failed'",
    "CREATE INDEX message_reach ON message (reach)",
    "CREATE INDEX message_registration ON message (registration)",
    "CREATE INDEX announcement_to_fan ON announcement (not_before) WHERE fanned_at IS NULL",
    "CREATE INDEX announcement_of_event ON announcement (event, created_at)",
    "CREATE INDEX reach_token_registration ON reach_token (registration)",
    "CREATE INDEX reach_token_expires ON reach_token (expires_at)",
)
READ_BACK = "UPDATE reach SET confirmed_at = consented_at WHERE channel = 'phone' AND confirmed_at IS NULL"
KEYS = (
    ("message", "announcement", "announcement", "id"),
    ("message", "registration", "registration", "id"),
    ("reach_token", "registration", "registration", "id"),
    ("announcement", "made_by", "account", "id"),
)
RULE = "{row}attempts >= 0"


def statements(engine_type: str) -> list[str]:
    """The SQL of this migration for "sqlite" or "postgres"."""
    sql = [*INDEXES, READ_BACK]
    if engine_type == "postgres":
        return [*sql, f"ALTER TABLE message ADD CONSTRAINT message_attempts CHECK ({RULE.format(row='')})"]
    sql += [
        f"CREATE TRIGGER message_attempts_{moment.lower()} BEFORE {moment} ON message"
        f" WHEN NOT ({RULE.format(row='NEW.')}) BEGIN SELECT RAISE(ABORT, 'CHECK message_attempts'); END"
        for moment in ("INSERT", "UPDATE")
    ]
    return sql + [
        f"CREATE TRIGGER {table}_{column}_restricts BEFORE DELETE ON {parent}"
        f" WHEN EXISTS (SELECT 1 FROM {table} WHERE {column} = OLD.{key})"
        f" BEGIN SELECT RAISE(ABORT, 'FOREIGN KEY {table}_{column}_restricts'); END"
        for table, column, parent, key in KEYS
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
