"""Look-up of an event's invitations and of what was booked by one."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from models.events import Event

ID = "2026-11-24T16:02:05:000000"
VERSION = "1.38.0"
DESCRIPTION = "invitation indexes"


async def forwards() -> MigrationManager:
    """The same indexes for both databases."""
    manager = MigrationManager(migration_id=ID, app_name="models", description=DESCRIPTION)

    async def run() -> None:
        await Event.raw("CREATE INDEX invitation_event ON invitation (event)")
        await Event.raw("CREATE INDEX registration_invitation ON registration (invitation)")

    manager.add_raw(run)
    return manager
