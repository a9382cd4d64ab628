"""The history of one thing is found by it, campaigns have addresses, and who is HQ has a week for a second factor."""

import re
import unicodedata
from datetime import UTC, datetime, timedelta

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from models.accounts import Account
from models.events import Campaign

ID = "2026-11-28T19:45:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "desk indexes"
GRACE = timedelta(days=7)


async def forwards() -> MigrationManager:
    """The same index for both databases. After the columns: Piccolo runs a migration's raw statements first."""
    manager = MigrationManager(migration_id=ID, app_name="models", description=DESCRIPTION)

    async def run() -> None:
        await Account.raw("CREATE INDEX audit_entry_subject ON audit_entry (subject)")
        await Account.raw("CREATE INDEX registration_in_order ON registration (event, created_at, id)")
        for row in await Campaign.raw("SELECT id, slug, host_country FROM campaign"):
            plain = unicodedata.normalize("NFKD", row["slug"]).encode("ascii", "ignore").decode().lower()
            words = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:80].strip("-")
            address = "-".join(filter(None, (words, (row["host_country"] or "").lower(), str(row["id"])[:8])))
            await Campaign.raw("UPDATE campaign SET address = {} WHERE id = {}", address, row["id"])
        await Account.raw("CREATE UNIQUE INDEX campaign_address ON campaign (address)")
        await Account.update({Account.factor_due: datetime.now(UTC) + GRACE}).where(Account.role == "hq")

    manager.add_raw(run)
    return manager
