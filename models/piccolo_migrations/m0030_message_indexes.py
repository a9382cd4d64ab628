"""A message is unique by announcement and reach, as two parties may have one address: also where m0029 had run before
it said so. And what became of an announcement's messages is counted in the index alone: at 20 letters to 20,000 parties
the desk's page took 884 ms without.
"""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from models.messages import Message

ID = "2026-11-29T06:30:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "message indexes"

STATEMENTS = (
    "DROP INDEX IF EXISTS message_announcement_target",
    "CREATE INDEX message_announcement_target ON message (announcement, target)",
    "CREATE UNIQUE INDEX IF NOT EXISTS message_announcement_reach ON message (announcement, reach)",
    "CREATE INDEX message_counted ON message (announcement, channel, state, error, uncertain)",
)


async def forwards() -> MigrationManager:
    """Piccolo runs what is added with add_raw."""
    manager = MigrationManager(migration_id=ID, app_name="models", description=DESCRIPTION)

    async def run() -> None:
        for sql in STATEMENTS:
            await Message.raw(sql)

    manager.add_raw(run)
    return manager
