"""Look-up of pictures; opening hours that were plain text ("09:00–17:00") become data, as hours of working days."""

import json
import re
from typing import Any

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from models.events import Event

ID = "2026-11-24T15:21:53:000000"
VERSION = "1.38.0"
DESCRIPTION = "opening hours"

SPAN = re.compile(r"(\d\d:\d\d)\s*[–-]\s*(\d\d:\d\d)")


async def forwards() -> MigrationManager:
    """A unique index, the same for both databases, and one backfill."""
    manager = MigrationManager(migration_id=ID, app_name="models", description=DESCRIPTION)

    async def run() -> None:
        await Event.raw("CREATE UNIQUE INDEX event_picture_event_kind ON event_picture (event, kind)")
        rows: list[dict[str, Any]] = await Event.raw("SELECT id, hours FROM contact WHERE hours <> ''")
        for row in rows:
            if span := SPAN.fullmatch(row["hours"].strip()):
                opening = [{"days": [1, 2, 3, 4, 5], "opens": span[1], "closes": span[2]}]
                await Event.raw("UPDATE contact SET opening = {} WHERE id = {}", json.dumps(opening), row["id"])

    manager.add_raw(run)
    return manager
