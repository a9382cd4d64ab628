"""What one source took of an event, counted while it is known."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from models.events import Event

ID = "2026-11-28T17:15:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "sources"


async def forwards() -> MigrationManager:
    """The same index for both databases."""
    manager = MigrationManager(migration_id=ID, app_name="models", description=DESCRIPTION)

    async def run() -> None:
        await Event.raw("CREATE INDEX registration_source ON registration (event, source) WHERE source <> ''")

    manager.add_raw(run)
    return manager
