"""Every row of every table at one instant, and filling an empty database with such rows; on both engines alike.

A snapshot keeps nobody from writing. On SQLite no log is emptied while one is read, so that what is erased meanwhile is
gone from the files only afterwards. Both use a connection of their own.
"""

import sqlite3
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import date, datetime
from typing import Any, Protocol
from uuid import UUID

import asyncpg
from piccolo.columns import Column, ForeignKey
from piccolo.table import Table, sort_table_classes

from app.database.connection import Engine, tables
from app.database.lane import BUSY_MS
from app.database.lanes import LaneEngine

CHUNK = 1_000  # rows
DERIVED = frozenset({"head_count"})  # what triggers count while rows come in
SEEDED = frozenset({"host_country", "contact", "counter"})  # what migrations fill themselves

Values = tuple[Any, ...]


class Shape:
    """A table by name, with its columns and the Python type of each as JSON is read back."""

    def __init__(self, table: type[Table]) -> None:
        self.name = table._meta.tablename
        columns = table._meta.columns
        self.columns = tuple(column._meta.db_column_name for column in columns)
        self.kinds = tuple(_kind(column) for column in columns)
        self.uuids = tuple(index for index, kind in enumerate(self.kinds) if kind in {UUID, UUID | None})


def _kind(column: Column) -> Any:
    kind = column.value_type
    if isinstance(column, ForeignKey):
        kind = column._foreign_key_meta.resolved_references._meta.primary_key.value_type
    if kind not in {UUID, str, int, bool, bytes, datetime, date, float}:
        kind = str
    return kind | None if column._meta.null else kind


def shapes() -> list[Shape]:
    """Every table, those that others refer to first."""
    return [Shape(table) for table in sort_table_classes(tables()) if table._meta.tablename not in DERIVED]


class Reading(Protocol):
    """A snapshot that is open."""

    def rows(self, table: str, columns: Sequence[str]) -> AsyncIterator[list[Values]]:
        """A table's rows, CHUNK at a time."""
        ...

    async def migrations(self) -> list[str]:
        """Ids of the migrations that it has seen."""
        ...


class Filling(Protocol):
    """A database that is being filled, in one transaction."""

    async def is_taken(self) -> bool:
        """Whether anything but what migrations seed stands there."""
        ...

    async def clear(self, tables: Iterable[str]) -> None:
        """Remove what migrations seeded."""
        ...

    async def put(self, table: str, columns: Sequence[str], rows: list[Values]) -> None:
        """Add rows."""
        ...

    async def count(self, table: str) -> int:
        """How many rows a table has."""
        ...


TAKEN = ("account", "event", "registration", "audit_entry")


# -- SQLite ----------------------------------------------------------------------------------------------------------


class FileReading:
    """One read transaction on the file."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    async def rows(self, table: str, columns: Sequence[str]) -> AsyncIterator[list[Values]]:
        cursor = self._connection.execute(f"SELECT {', '.join(columns)} FROM {table}")
        while some := cursor.fetchmany(CHUNK):
            yield some

    async def migrations(self) -> list[str]:
        return [row[0] for row in self._connection.execute("SELECT name FROM migration ORDER BY id")]


class FileFilling(FileReading):
    """One write transaction on the file; foreign keys are looked at once, at the end."""

    async def is_taken(self) -> bool:
        return any([await self.count(table) for table in TAKEN])

    async def clear(self, tables: Iterable[str]) -> None:
        for table in tables:
            self._connection.execute(f"DELETE FROM {table}")

    async def put(self, table: str, columns: Sequence[str], rows: list[Values]) -> None:
        places = ", ".join("?" for _ in columns)
        self._connection.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({places})", rows)

    async def count(self, table: str) -> int:
        return int(self._connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


@asynccontextmanager
async def _file(engine: LaneEngine, *, fills: bool) -> AsyncIterator[sqlite3.Connection]:
    connection = sqlite3.connect(engine.path, isolation_level=None, detect_types=sqlite3.PARSE_DECLTYPES)
    try:
        for pragma in (f"busy_timeout = {BUSY_MS}", "synchronous = FULL", "foreign_keys = OFF", "secure_delete = ON"):
            connection.execute(f"PRAGMA {pragma}")
        connection.execute("BEGIN IMMEDIATE" if fills else "BEGIN")
        yield connection
        if fills:
            if connection.execute("PRAGMA foreign_key_check").fetchone():
                raise sqlite3.IntegrityError("foreign keys")
            connection.execute("COMMIT")
    finally:
        connection.close()  # whatever is not committed is undone


# -- PostgreSQL ------------------------------------------------------------------------------------------------------


class ServerReading:
    """One repeatable-read transaction on a connection of its own."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection

    async def rows(self, table: str, columns: Sequence[str]) -> AsyncIterator[list[Values]]:
        cursor = await self._connection.cursor(f"SELECT {', '.join(columns)} FROM {table}")
        while some := await cursor.fetch(CHUNK):
            yield [tuple(row) for row in some]

    async def migrations(self) -> list[str]:
        return [row[0] for row in await self._connection.fetch("SELECT name FROM migration ORDER BY id")]


class ServerFilling(ServerReading):
    """One transaction on a connection of its own, with the tables locked."""

    async def is_taken(self) -> bool:
        return any([await self.count(table) for table in TAKEN])

    async def clear(self, tables: Iterable[str]) -> None:
        for table in tables:
            await self._connection.execute(f"DELETE FROM {table}")

    async def put(self, table: str, columns: Sequence[str], rows: list[Values]) -> None:
        await self._connection.copy_records_to_table(table, records=rows, columns=columns)

    async def count(self, table: str) -> int:
        return int(await self._connection.fetchval(f"SELECT count(*) FROM {table}"))


@asynccontextmanager
async def _server(engine: Any, *, fills: bool) -> AsyncIterator[asyncpg.Connection]:
    connection = await engine.get_new_connection()
    try:
        # a cursor of a large table outlives the few seconds that a page's statement may take
        kind = {} if fills else {"isolation": "repeatable_read", "readonly": True}
        async with connection.transaction(**kind):
            if fills:
                await connection.execute(f"LOCK TABLE {', '.join(TAKEN)} IN EXCLUSIVE MODE")
            yield connection
    finally:
        await connection.close()


# -- either ----------------------------------------------------------------------------------------------------------


@asynccontextmanager
async def reading(engine: Engine) -> AsyncIterator[Reading]:
    """Open a snapshot of the database as it is now."""
    if isinstance(engine, LaneEngine):
        async with _file(engine, fills=False) as file:
            yield FileReading(file)
    else:
        async with _server(engine, fills=False) as server:
            yield ServerReading(server)


@asynccontextmanager
async def filling(engine: Engine) -> AsyncIterator[Filling]:
    """Fill a migrated database; whatever fails leaves it as it was."""
    if isinstance(engine, LaneEngine):
        async with _file(engine, fills=True) as file:
            yield FileFilling(file)
    else:
        async with _server(engine, fills=True) as server:
            yield ServerFilling(server)


def typed(shape: Shape, rows: list[Values]) -> list[Values]:
    """Rows with ids as ids: SQLite gives some as text, PostgreSQL as its own kind."""
    if not shape.uuids:
        return rows
    made = []
    for row in rows:
        values = list(row)
        for index in shape.uuids:
            if values[index] is not None:
                values[index] = UUID(str(values[index]))
        made.append(tuple(values))
    return made


def in_chunks(rows: Iterable[Values]) -> Iterator[list[Values]]:
    """Rows, CHUNK at a time."""
    some: list[Values] = []
    for row in rows:
        some.append(row)
        if len(some) == CHUNK:
            yield some
            some = []
    if some:
        yield some
