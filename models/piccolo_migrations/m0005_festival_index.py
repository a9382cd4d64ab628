"""One confirmation for a festival of a year."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from models.events import Event

ID = "2026-11-23T05:22:01:000000"
VERSION = "1.38.0"
DESCRIPTION = "festival index"


async def forwards() -> MigrationManager:
    """A unique index, the same for both databases."""
    manager = MigrationManager(migration_id=ID, app_name="models", description=DESCRIPTION)

    async def run() -> None:
        await Event.raw("CREATE UNIQUE INDEX confirmed_festival_year_festival ON confirmed_festival (year, festival)")

    manager.add_raw(run)
    return manager
