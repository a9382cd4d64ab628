"""PostgreSQL behind Piccolo: its engine with a bounded pool and a limit on waiting for a place in it."""

import asyncio
import time
from collections.abc import Sequence
from typing import Any, Self, cast

import asyncpg
from piccolo.engine.postgres import PostgresEngine, PostgresTransaction
from piccolo.querystring import QueryString

from app.database.lane import Row
from app.database.slow import note_slow

POOL_SIZE = 8
POOLED = "statement_cache_size=0"  # of BON_DATABASE_URL, asyncpg's name: no statement is prepared
POOLED_PATIENCE = 5.0  # seconds
WAIT_SECONDS = 5.0
PATIENCE_MS = 500  # others wait behind whoever waits for a whole table


# a row's older versions go once nobody began before the transaction that wrote the present one had ended
_STILL_SEEN = """
SELECT EXISTS (SELECT 1 FROM {table} WHERE ({rows}) AND age(xmin) <= greatest(
  age(pg_snapshot_xmin(pg_current_snapshot())::xid),
  (SELECT max(age(backend_xmin)) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid())
))
"""


async def taken_from(pool: Any) -> asyncpg.Connection:
    """A connection of the pool; raises TimeoutError after WAIT_SECONDS, ConnectionError where no server is there."""
    try:
        return await asyncio.wait_for(pool.acquire(), WAIT_SECONDS)
    except (ConnectionError, TimeoutError):
        raise
    except OSError as error:  # its socket is gone, its host is not found
        raise ConnectionRefusedError(error.errno, error.strerror) from error


class Connection(asyncpg.Connection):  # type: ignore[misc]
    """One that goes back to the pool as it is: nothing of Bon sets what would have to be reset, which costs a trip."""

    def get_reset_query(self) -> str:
        return ""


class PoolTransaction(PostgresTransaction):
    """Piccolo's transaction; waiting for a connection ends after WAIT_SECONDS with TimeoutError."""

    async def get_connection(self) -> Any:
        return await taken_from(cast(Any, self.engine).pool)


class PoolEngine(PostgresEngine):
    """Piccolo's PostgreSQL engine, connected when opened rather than when imported."""

    def __init__(self, url: str) -> None:
        config: dict[str, Any] = {"timeout": 5, "command_timeout": 30, "connection_class": Connection}
        self.pooled = POOLED in url  # a pooler between us and the server lends a connection for one transaction
        if self.pooled:
            config["statement_cache_size"] = 0
            url = url.replace(f"?{POOLED}&", "?").replace(f"?{POOLED}", "").replace(f"&{POOLED}", "")
        super().__init__(config={"dsn": url, **config}, extensions=())

    async def check_version(self) -> None:
        """Nothing at construction: Piccolo would connect at import."""

    async def prep_database(self) -> None:
        """No extensions are needed."""

    async def open(self) -> Self:
        """Open the pool; raises OSError or asyncpg.PostgresError when the server cannot be used."""
        await self.start_connection_pool(min_size=1, max_size=POOL_SIZE)
        return self

    async def close(self) -> None:
        if self.pool is not None:
            await self.pool.close()
            self.pool = None

    def transaction(self, allow_nested: bool = True) -> PostgresTransaction:
        """A transaction on a pooled connection; Piccolo's own kind while the pool is not open (its command line)."""
        kind = PostgresTransaction if self.pool is None else PoolTransaction
        return kind(engine=self, allow_nested=allow_nested)

    async def fetch(self, sql: str, args: Sequence[Any] = ()) -> list[Row]:
        """Run one statement with `$1` placeholders and return its rows."""
        transaction = self.current_transaction.get()
        if transaction is not None:
            return await self._rows(transaction.connection, sql, args)
        if self.pool is None:
            raise RuntimeError("the database is not open")
        connection = await taken_from(self.pool)
        try:
            return await self._rows(connection, sql, args)
        finally:
            await self.pool.release(connection)

    @staticmethod
    async def _rows(connection: asyncpg.Connection, sql: str, args: Sequence[Any]) -> list[Row]:
        began = time.perf_counter()
        rows = await connection.fetch(sql, *args)
        note_slow(sql, began)
        return [dict(row) for row in rows]

    async def forget_old(self, table: str, rows: str) -> bool:
        """Leave no older version of these rows (a condition) in the files of a small table.

        False while a transaction that may see one goes on, or somebody needs the table for longer than a moment.
        """
        if self.pool is None:
            raise RuntimeError("the database is not open")
        async with self.pool.acquire() as connection:
            if await connection.fetchval(_STILL_SEEN.format(table=table, rows=rows)):
                return False
        return await self.rewrite([table])

    async def rewrite(self, tables: Sequence[str]) -> bool:
        """Write these tables anew, so that their gaps hold nothing; False where somebody needs one for longer."""
        if self.pool is None:
            raise RuntimeError("the database is not open")
        async with self.pool.acquire() as connection:
            if not self.pooled:  # what is set would be another's, too
                await connection.execute(f"SET lock_timeout = {PATIENCE_MS}")
            try:
                for table in tables:  # a plain VACUUM leaves the bytes where they were
                    await connection.execute(f"VACUUM (FULL) {table}", timeout=POOLED_PATIENCE if self.pooled else None)
            except (asyncpg.LockNotAvailableError, TimeoutError):
                return False
            finally:
                if not self.pooled:
                    await connection.execute("RESET lock_timeout")
        return True

    async def run_querystring(self, querystring: QueryString, in_pool: bool = True) -> list[Row]:
        if self.pool is None:
            return cast(list[Row], await super().run_querystring(querystring, in_pool))
        sql, args = querystring.compile_string(engine_type=self.engine_type)
        return await self.fetch(sql, args)

    async def run_ddl(self, ddl: str, in_pool: bool = True) -> list[Row]:
        if self.pool is None:
            return cast(list[Row], await super().run_ddl(ddl, in_pool))
        return await self.fetch(ddl)
