"""The history of one thing is found by it, and who is HQ already has a week to set up a second factor."""

from datetime import UTC, datetime, timedelta

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from models.accounts import Account

ID = "2026-11-28T19:45:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "desk indexes"
GRACE = timedelta(days=7)


async def forwards() -> MigrationManager:
    """The same index for both databases. After the columns: Piccolo runs a migration's raw statements first."""
    manager = MigrationManager(migration_id=ID, app_name="models", description=DESCRIPTION)

    async def run() -> None:
        await Account.raw("CREATE INDEX audit_entry_subject ON audit_entry (subject)")
        await Account.update({Account.factor_due: datetime.now(UTC) + GRACE}).where(Account.role == "hq")

    manager.add_raw(run)
    return manager
