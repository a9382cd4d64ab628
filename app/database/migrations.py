"""Bringing a database up to date, and refusing one that a newer release has changed.

Piccolo's own commands are imported where they are used: they bring a formatter of code along, for which no process
that serves has a use.
"""

import contextlib
import fcntl
import io
import os
import re
from collections.abc import AsyncIterator, Iterable
from functools import cache
from pathlib import Path

from piccolo.apps.migrations.tables import Migration

import models
from app.database.connection import DatabaseError, current
from app.database.lanes import LaneEngine

_ID = re.compile(r'^ID = "([^"]+)"$', re.MULTILINE)
MIGRATION_LOCK = 7_301_297  # any number, the same in every process


@cache
def known_migrations() -> list[str]:
    """Ids of this release's migrations, in order."""
    files = (Path(models.__file__).parent / "piccolo_migrations").glob("*.py")
    return sorted(found[1] for file in files if (found := _ID.search(file.read_text(encoding="utf-8"))))


async def seen_migrations() -> list[str]:
    """Ids of the migrations that this database has seen."""
    if not await Migration.table_exists():
        return []
    return sorted(await Migration.get_migrations_which_ran(app_name="models"))


async def pending() -> list[str]:
    """Ids of the migrations that this database has not seen; raises DatabaseError where it is a newer release's."""
    known, seen = known_migrations(), await seen_migrations()
    require_known(seen, "This database was brought up to date")
    return sorted(set(known) - set(seen))


def require_known(migrations: Iterable[str], what: str) -> None:
    """Raise DatabaseError where one of these migrations is none of this release."""
    if newer := sorted(set(migrations) - set(known_migrations())):
        raise DatabaseError(
            f"{what} by a newer release of Bon ({newer[-1]}): this one would not understand it. Use the newer release,"
            " or an older backup."
        )


async def migrate(upto: str = "all") -> list[str]:
    """Bring the database up to date (or up to a migration's id); one process at a time. Returns the ids that ran."""
    async with _one_at_a_time():
        waiting = [each for each in await pending() if upto == "all" or each <= upto]
        if waiting:
            from piccolo.apps.migrations.commands.forwards import ForwardsMigrationManager

            with contextlib.redirect_stdout(io.StringIO()):
                result = await ForwardsMigrationManager(app_name="models", migration_id=upto).run()
            if not result.success:
                raise DatabaseError(f"A migration failed: {result.message}")
    return waiting


@contextlib.asynccontextmanager
async def _one_at_a_time() -> AsyncIterator[None]:
    engine = current()
    if isinstance(engine, LaneEngine):
        file = os.open(f"{engine.path}-migrating", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield
        finally:
            os.close(file)
        return
    connection = await engine.get_new_connection()
    try:
        async with connection.transaction():  # also behind a pooler, which keeps a connection for a transaction only
            await connection.execute(f"SELECT pg_advisory_xact_lock({MIGRATION_LOCK})", timeout=120)
            yield
    finally:
        await connection.close()
