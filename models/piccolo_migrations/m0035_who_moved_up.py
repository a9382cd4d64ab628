"""Who moved up is counted while an event goes on: found without reading all that was ever done with it."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from models.audit import AuditEntry

ID = "2026-11-30T08:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "who moved up"

INDEX = "CREATE INDEX audit_entry_moved_up ON audit_entry (event, action) WHERE action = 'moved_up'"


async def forwards() -> MigrationManager:
    """Piccolo runs what is added with add_raw."""
    manager = MigrationManager(migration_id=ID, app_name="models", description=DESCRIPTION)

    async def run() -> None:
        await AuditEntry.raw(INDEX)

    manager.add_raw(run)
    return manager
