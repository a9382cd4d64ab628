"""Which engine is in use, `write()` for changes, `fetch()` for plain SQL."""

import contextlib
import os
import sqlite3
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

from piccolo.apps.migrations.tables import Migration
from piccolo.table import Table

import models
import piccolo_conf
from app.database.lane import Row
from app.database.lanes import LaneEngine
from app.database.pool import PoolEngine

Engine = LaneEngine | PoolEngine

MOST_PLACES = 30_000  # both databases take a little more in one statement


class DatabaseError(Exception):
    """The database cannot be used; the text is one sentence for the operator."""


def current() -> Engine:
    """The engine that Piccolo and `fetch` use."""
    engine: Engine = piccolo_conf.DB
    return engine


def tables() -> list[type[Table]]:
    """Every table of Bon."""
    names = [each.name for each in iter_modules(models.__path__) if not each.ispkg and each.name != "piccolo_app"]
    found = [value for name in names for value in vars(import_module(f"models.{name}")).values()]
    return list(
        dict.fromkeys(
            each for each in found if isinstance(each, type) and issubclass(each, Table) and each is not Table
        )
    )


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
