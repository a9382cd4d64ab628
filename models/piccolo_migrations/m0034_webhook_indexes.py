"""A thing is told once: the same of an event, party or admission, at the same revision."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from models.webhooks import Delivery

ID = "2026-11-29T23:56:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "webhook indexes"

STATEMENTS = (
    "CREATE UNIQUE INDEX delivery_told ON delivery (webhook, kind, subject, content_revision)",
    "CREATE UNIQUE INDEX webhook_mark_event ON webhook_mark (webhook, event)",
)


async def forwards() -> MigrationManager:
    """Piccolo runs what is added with add_raw."""
    manager = MigrationManager(migration_id=ID, app_name="models", description=DESCRIPTION)

    async def run() -> None:
        for sql in STATEMENTS:
            await Delivery.raw(sql)

    manager.add_raw(run)
    return manager
