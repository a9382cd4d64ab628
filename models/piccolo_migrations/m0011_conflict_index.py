"""The conflicts of an event, which are few among many scans."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from models.events import Event

ID = "2026-11-24T18:00:01:000000"
VERSION = "1.38.0"
DESCRIPTION = "conflict index"


async def forwards() -> MigrationManager:
    """The same index for both databases."""
    manager = MigrationManager(migration_id=ID, app_name="models", description=DESCRIPTION)

    async def run() -> None:
        await Event.raw("CREATE INDEX scan_conflict ON scan (event) WHERE conflict")

    manager.add_raw(run)
    return manager
