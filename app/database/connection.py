"""Which engine is in use, `write()` for changes, `fetch()` for plain SQL, and the migrations."""

import contextlib
import fcntl
import io
import os
import sqlite3
from collections.abc import AsyncIterator, Iterable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from piccolo.apps.migrations.commands.forwards import ForwardsMigrationManager
from piccolo.apps.migrations.tables import Migration
from piccolo.conf.apps import Finder
from piccolo.table import Table

import piccolo_conf
from app.database.lane import Row
from app.database.lanes import LaneEngine
from app.database.pool import PoolEngine

Engine = LaneEngine | PoolEngine

MOST_PLACES = 30_000  # both databases take a little more in one statement
MIGRATION_LOCK = 7_301_297  # any number, the same in every process


class DatabaseError(Exception):
    """The database cannot be used; the text is one sentence for the operator."""


def current() -> Engine:
    """The engine that Piccolo and `fetch` use."""
    engine: Engine = piccolo_conf.DB
    return engine


def tables() -> list[type[Table]]:
    """Every table of Bon."""
    return Finder().get_table_classes(include_apps=["models"])


def use(engine: Engine) -> Engine:
    """Make `engine` the one in use, for every table."""
    piccolo_conf.DB = engine
    everything: list[type[Table]] = [*tables(), Migration]
    for table in everything:
        table._meta.db = engine
    return engine


@contextlib.asynccontextmanager
async def opened(engine: Engine) -> AsyncIterator[Engine]:
    """Use and open `engine`, and close it at the end."""
    use(engine)
    try:
        if isinstance(engine, LaneEngine):
            await _open_file(engine)
        else:
            await _open_pool(engine)
        yield engine
    finally:
        await engine.close()


async def _open_file(engine: LaneEngine) -> None:
    path = Path(engine.path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))  # SQLite gives its other files the same mode
        await engine.open()
    except OSError as error:
        raise DatabaseError(f"{path} cannot be opened: {error.strerror or error}.") from error
    except sqlite3.OperationalError as error:
        raise DatabaseError(
            f"{path} cannot be opened or written ({error}). Check the permissions of the file and its folder."
        ) from error
    except Exception as error:
        raise DatabaseError(
            f"{path} cannot be used as a database ({error}). Restore it from a backup, or move it away to start anew."
        ) from error


async def _open_pool(engine: PoolEngine) -> None:
    try:
        await engine.open()
    except Exception as error:
        raise DatabaseError(f"The PostgreSQL server of BON_DATABASE_URL cannot be used: {error}.") from error


@contextlib.asynccontextmanager
async def write() -> AsyncIterator[None]:
    """One transaction: everything inside is kept together or not at all. Joins the one that is open."""
    async with current().transaction():
        yield


def in_transaction() -> bool:
    """Whether this task sees what may yet be undone."""
    return current().current_transaction.get() is not None


async def fetch(sql: str, *args: Any) -> list[Row]:
    """Run one statement with `$1` placeholders, which both databases speak, and return its rows."""
    return await current().fetch(sql, args)


async def insert(table: type[Table], *rows: dict[str, Any], unless_there: str = "") -> list[Row]:
    """Insert rows of equal columns in as few statements as possible; what is not given takes the column's default.

    `unless_there` names the columns of a unique index: rows that meet it are left out. Returns the inserted keys.
    """
    if not rows:
        return []
    columns = tuple(rows[0])
    at_once = MOST_PLACES // len(columns)
    inserted: list[Row] = []
    for first in range(0, len(rows), at_once):
        some = rows[first : first + at_once]
        sql = _insert_sql(table, columns, len(some), unless_there)
        inserted += await fetch(sql, *(row[column] for row in some for column in columns))
    return inserted


@lru_cache(maxsize=256)
def _insert_sql(table: type[Table], columns: tuple[str, ...], count: int, unless_there: str) -> str:
    places = iter(range(1, count * len(columns) + 1))
    values = ", ".join("(" + ", ".join(f"${next(places)}" for _ in columns) + ")" for _ in range(count))
    key = table._meta.primary_key._meta.db_column_name
    conflict = f" ON CONFLICT ({unless_there}) DO NOTHING" if unless_there else ""
    return f"INSERT INTO {table._meta.tablename} ({', '.join(columns)}) VALUES {values}{conflict} RETURNING {key}"


def now() -> datetime:
    """The instant, in UTC."""
    return datetime.now(UTC)


def rising(before: datetime | None) -> datetime:
    """Now, but later than the last change by a second at least: calendars look at whole seconds."""
    moment = now().replace(microsecond=0)
    return moment if before is None else max(moment, before.replace(microsecond=0) + timedelta(seconds=1))


# -- migrations ------------------------------------------------------------------------------------------------------


def known_migrations() -> list[str]:
    """Ids of this release's migrations, in order."""
    manager = ForwardsMigrationManager(app_name="models")
    folder = manager.get_app_config(app_name="models").resolved_migrations_folder_path
    return sorted(manager.get_migration_ids(manager.get_migration_modules(folder)))


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
