"""Webhooks that can change their secret, what they were told by event, and how far each has heard of an event."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns.base import OnDelete, OnUpdate
from piccolo.columns.column_types import UUID, BigInt, Boolean, ForeignKey, Text, Timestamptz, Varchar
from piccolo.columns.defaults.uuid import UUID4
from piccolo.columns.indexes import IndexMethod
from piccolo.table import Table

ID = "2026-11-29T23:55:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "webhooks"

PLAIN = {
    "null": False,
    "primary_key": False,
    "unique": False,
    "index": False,
    "index_method": IndexMethod.btree,
    "choices": None,
    "db_column_name": None,
    "secret": False,
}


class Webhook(Table, tablename="webhook", schema=None):
    """As it is when this runs."""

    id = UUID(default=None, primary_key=True)


class Event(Table, tablename="event", schema=None):
    """As it is when this runs."""

    id = UUID(default=None, primary_key=True)


def _to(table: type[Table]) -> dict[str, object]:
    return {
        "references": table,
        "on_delete": OnDelete.restrict,
        "on_update": OnUpdate.cascade,
        "target_column": None,
        "default": None,
        "index": False,
    }


COLUMNS = (
    ("Webhook", "webhook", "sealed_former", Text, {"default": ""}),
    ("Webhook", "webhook", "former_until", Timestamptz, {"default": None, "null": True}),
    ("Delivery", "delivery", "event", UUID, {"default": None, "null": True}),
    ("Delivery", "delivery", "created_at", Timestamptz, {"default": None, "null": True}),
    ("Delivery", "delivery", "error", Varchar, {"length": 40, "default": ""}),
    ("WebhookMark", "webhook_mark", "id", UUID, {"default": UUID4(), "primary_key": True}),
    ("WebhookMark", "webhook_mark", "webhook", ForeignKey, _to(Webhook)),
    ("WebhookMark", "webhook_mark", "event", ForeignKey, _to(Event)),
    ("WebhookMark", "webhook_mark", "revision", BigInt, {"default": 0}),
    ("WebhookMark", "webhook_mark", "content_revision", BigInt, {"default": 0}),
    ("WebhookMark", "webhook_mark", "state", Varchar, {"length": 10, "default": ""}),
    ("WebhookMark", "webhook_mark", "low", Boolean, {"default": False}),
    ("WebhookMark", "webhook_mark", "over", Boolean, {"default": False}),
    ("WebhookMark", "webhook_mark", "marked_at", Timestamptz, {"default": None}),
)


async def forwards() -> MigrationManager:
    """One table, and columns of two."""
    manager = MigrationManager(migration_id=ID, app_name="models", description=DESCRIPTION)
    manager.add_table(class_name="WebhookMark", tablename="webhook_mark", schema=None, columns=None)
    for class_name, table, name, kind, given in COLUMNS:
        manager.add_column(
            table_class_name=class_name,
            tablename=table,
            column_name=name,
            db_column_name=name,
            column_class_name=kind.__name__,
            column_class=kind,
            params={**PLAIN, **given},
            schema=None,
        )
    return manager
