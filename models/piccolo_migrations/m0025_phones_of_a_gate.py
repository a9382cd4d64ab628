"""How many phones may use a gate's square at a time."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns.column_types import Integer
from piccolo.columns.indexes import IndexMethod

ID = "2026-11-28T18:17:01:364807"
VERSION = "1.38.0"
DESCRIPTION = "phones of a gate"


async def forwards() -> MigrationManager:
    """The column, for both databases."""
    manager = MigrationManager(migration_id=ID, app_name="models", description=DESCRIPTION)

    manager.add_column(
        table_class_name="Pairing",
        tablename="pairing",
        column_name="most_phones",
        db_column_name="most_phones",
        column_class_name="Integer",
        column_class=Integer,
        params={
            "default": 20,
            "null": False,
            "primary_key": False,
            "unique": False,
            "index": False,
            "index_method": IndexMethod.btree,
            "choices": None,
            "db_column_name": None,
            "secret": False,
        },
        schema=None,
    )

    return manager
