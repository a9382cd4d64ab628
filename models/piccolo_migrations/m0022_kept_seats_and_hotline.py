"""Finds the events whose kept places fall free, and calls the ministry's hotline what people call it.

A label that somebody has changed since stays as it is.
"""

import json

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from models.directory import Contact
from models.events import Event
from models.piccolo_migrations.m0003_host_countries import HOTLINE, HOTLINE_LABEL

ID = "2026-11-25T13:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "kept seats and hotline"

INDEX = "CREATE INDEX event_kept_until ON event (kept_until) WHERE kept_until IS NOT NULL"
LABEL = {**HOTLINE_LABEL, "km": "លេខទូរស័ព្ទបន្ទាន់ ក្រសួងការងារ (មិនទាន់ប្រាកដថាហៅពីបរទេសបានទេ)"}


async def forwards() -> MigrationManager:
    """Piccolo runs what is added with add_raw."""
    manager = MigrationManager(migration_id=ID, app_name="models", description=DESCRIPTION)

    async def run() -> None:
        await Event.raw(INDEX)
        for row in await Contact.raw("SELECT label FROM contact WHERE id = {}", HOTLINE):
            label = json.loads(row["label"]) if isinstance(row["label"], str) else row["label"]
            if label == HOTLINE_LABEL:
                text = json.dumps(LABEL, ensure_ascii=False)
                await Contact.raw("UPDATE contact SET label = {} WHERE id = {}", text, HOTLINE)

    manager.add_raw(run)
    return manager
