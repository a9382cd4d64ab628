"""Where heads are counted as rows change; the triggers that count come with the next one."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns.column_types import UUID, Integer, Varchar
from piccolo.columns.indexes import IndexMethod

ID = "2026-11-29T17:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "head counts"

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
COLUMNS = (
    ("id", Varchar, {"length": 120, "default": "", "primary_key": True}),
    ("event", UUID, {"default": None, "index": True}),
    ("what", Varchar, {"length": 10, "default": ""}),
    ("key", Varchar, {"length": 40, "default": ""}),
    ("number", Integer, {"default": 0}),
)


async def forwards() -> MigrationManager:
    """One table."""
    manager = MigrationManager(migration_id=ID, app_name="models", description=DESCRIPTION)
    manager.add_table(class_name="HeadCount", tablename="head_count", schema=None, columns=None)
    for name, kind, given in COLUMNS:
        manager.add_column(
            table_class_name="HeadCount",
            tablename="head_count",
            column_name=name,
            db_column_name=name,
            column_class_name=kind.__name__,
            column_class=kind,
            params={**PLAIN, **given},
            schema=None,
        )
    return manager
