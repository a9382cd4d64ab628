"""Finds the names that wait for the end of undo, and drafts that were deleted, without a look at the others."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from models.events import Event

ID = "2026-11-25T11:30:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "names that are left"

INDEXES = (
    "CREATE INDEX ticket_ended_names ON ticket (ended_at) WHERE ended_at IS NOT NULL AND sealed_name <> ''",
    "CREATE INDEX event_deleted ON event (ended_at) WHERE ended_at IS NOT NULL",
)


async def forwards() -> MigrationManager:
    """Piccolo runs what is added with add_raw."""
    manager = MigrationManager(migration_id=ID, app_name="models", description=DESCRIPTION)

    async def run() -> None:
        for sql in INDEXES:
            await Event.raw(sql)

    manager.add_raw(run)
    return manager
