"""SQLite behind Piccolo: one write lane with grouped commits and a few read lanes, all kept open.

Why not Piccolo's own engine: it opens a connection and a thread per query and begins transactions that deadlock under
load (docs/decisions/0002-sqlite-lanes.md has the figures). BEGIN, COMMIT and whatever may take long runs on a lane's
thread; statements known to be short run where they are asked for (0021-short-statements.md).
"""

import asyncio
import contextlib
import re
import sqlite3
import time
from collections.abc import Sequence
from contextvars import Token
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar, cast

from piccolo.engine.sqlite import SQLiteEngine
from piccolo.querystring import QueryString

from app.database.lane import BUSY_MS, FileConnection, Lane, Row
from app.database.short import Short
from app.database.turnstile import TURN_SECONDS, Turnstile

T = TypeVar("T")

READ_LANES = 2
PATIENCE_MS = 200  # for what can be tried again soon, while others wait
TRIES = 10
LONGEST_RUN = 0.005  # seconds for which short statements may follow one another


@lru_cache(maxsize=2048)
def numbered(sql: str) -> tuple[str, bool]:
    """`$1` (PostgreSQL's and our spelling) as SQLite's `?1`; and whether it only reads."""
    return re.sub(r"\$(\d+)", r"?\1", sql), sql.lstrip()[:6].upper() == "SELECT"


class TransactionLost(sqlite3.OperationalError):
    """SQLite rolled the open transaction back by itself, as it does on a full disk; whoever waited may try again."""

    sqlite_errorcode = sqlite3.SQLITE_ABORT


class Batch:
    """Transactions that share one COMMIT; `done` is set once it is durable, or holds why it failed."""

    def __init__(self) -> None:
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.done.add_done_callback(lambda future: future.exception())  # nobody may be left to look
        self.committing: asyncio.Task[None] | None = None  # waits behind the bodies that had queued up


class LaneTransaction:
    """One unit of work: a savepoint inside the batch that is open on the write lane."""

    def __init__(self, engine: "LaneEngine") -> None:
        self.engine = engine
        self._parent = engine.lane_transaction()
        self._token: Token[Any] | None = None
        self._savepoints = 0

    async def __aenter__(self) -> "LaneTransaction":
        if self._parent is not None:
            return self._parent
        await self.engine.begin()
        self._token = self.engine.current_transaction.set(cast(Any, self))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._token is None:
            return
        self.engine.current_transaction.reset(self._token)
        await self.engine.end(keep=error is None)

    async def savepoint(self, name: str | None = None) -> "LaneSavepoint":
        """Mark a point to come back to; `await point.rollback_to()`."""
        self._savepoints += 1
        point = LaneSavepoint(self.engine, name or f"point_{self._savepoints}")
        await self.engine.fetch(f"SAVEPOINT {point.name}")
        return point


class LaneSavepoint:
    """A point inside a transaction."""

    def __init__(self, engine: "LaneEngine", name: str) -> None:
        self.engine = engine
        self.name = name

    async def rollback_to(self) -> None:
        await self.engine.fetch(f"ROLLBACK TO SAVEPOINT {self.name}")

    async def release(self) -> None:
        await self.engine.fetch(f"RELEASE SAVEPOINT {self.name}")


class LaneEngine(SQLiteEngine):
    """Piccolo's SQLite engine with its connections replaced by lanes."""

    def __init__(self, path: Path) -> None:
        super().__init__(path=str(path))
        self._writer: Lane | None = None
        self._turn: asyncio.Lock
        self._turnstile: Turnstile
        self._batch: Batch | None = None
        self._readers: list[Lane] = []
        self._reader_slots: asyncio.Semaphore
        self._here: FileConnection
        self._short = Short()
        self._queued = 0  # bodies that wait for their turn
        self._yielded = 0.0

    # -- opening and closing -------------------------------------------------------------------------------------

    async def open(self) -> Self:
        """Open the lanes; raises sqlite3.Error or OSError when the file cannot be used."""
        writer = Lane(self.path, self._short, read_only=False)
        await writer.call(writer.connect)
        self._turn = asyncio.Lock()
        self._turnstile = Turnstile(self.path)
        self._batch = None
        self._reader_slots = asyncio.Semaphore(READ_LANES)
        for _ in range(READ_LANES):
            reader = Lane(self.path, self._short, read_only=True)
            await reader.call(reader.connect)
            self._readers.append(reader)
        self._here = FileConnection(self.path, self._short, read_only=True, busy_ms=0)
        self._here.connect()
        self._writer = writer
        return self

    async def close(self) -> None:
        if self._writer is None:
            return
        async with self._turn:  # whoever writes now finishes first
            for lane in (*self._readers, self._writer):
                await lane.close()
        self._here.connection.close()
        self._turnstile.close()
        self._writer, self._readers = None, []

    @property
    def writer(self) -> Lane:
        if self._writer is None:
            raise RuntimeError("the database is not open")
        return self._writer

    # -- transactions --------------------------------------------------------------------------------------------
    # First come, first served. A lone writer commits at once; where others queued up while its body ran, a commit
    # queues up behind them, and they share it.

    def lane_transaction(self) -> LaneTransaction | None:
        """The transaction that this task is in."""
        return cast(LaneTransaction | None, self.current_transaction.get())

    async def begin(self) -> None:
        """Take the write lane and open a savepoint, in a new batch if none is open."""
        self._queued += 1
        try:
            await self._turn.acquire()
        finally:
            self._queued -= 1
        try:
            first = self._batch is None
            if first:
                await self._turnstile.enter()
            try:
                if not self.writer.idle or (first and not self._begin_at_once()):
                    await self._finish(self.writer.call(lambda: self._open_savepoint(first)))
                else:
                    self._open_savepoint(first)
            except BaseException:
                try:
                    await self._finish(self.writer.call(lambda: self._abandon(first)))
                finally:
                    if first:
                        self._turnstile.leave()
                raise
            if first:
                self._batch = Batch()
        except BaseException:
            self._turn.release()
            raise

    def _begin_at_once(self) -> bool:
        """Begin on the loop's thread, where nobody outside has the file; a lane can wait for it."""
        self.writer.execute("PRAGMA busy_timeout = 0", ())
        try:
            self.writer.execute("BEGIN IMMEDIATE", ())
        except sqlite3.OperationalError:
            return False
        finally:
            self.writer.execute(f"PRAGMA busy_timeout = {BUSY_MS}", ())
        return True

    def _open_savepoint(self, first: bool) -> None:
        if first and not self.writer.connection.in_transaction:
            self.writer.execute("BEGIN IMMEDIATE", ())
        elif not self.writer.connection.in_transaction:
            # a full disk makes SQLite roll everything back by itself: nobody may join what is lost
            raise TransactionLost
        try:
            self.writer.execute("SAVEPOINT body", ())
        except BaseException:
            if first:
                self.writer.execute("ROLLBACK", ())
            raise

    def _abandon(self, first: bool) -> None:
        """Undo an opening that failed, or that succeeded just when its caller was cancelled."""
        if first and self.writer.connection.in_transaction:
            self.writer.execute("ROLLBACK", ())
        elif self.writer.connection.in_transaction:
            with contextlib.suppress(sqlite3.OperationalError):  # there is no savepoint if opening it failed
                self._close_savepoint(keep=False)

    async def end(self, *, keep: bool) -> None:
        """Keep or undo the body, give the lane to the next, and wait until what was kept is durable."""
        batch = self._batch
        if batch is None:
            raise RuntimeError("no transaction is open")
        try:
            if self.writer.idle:
                self._close_savepoint(keep=keep)
            else:
                await self._finish(self.writer.call(lambda: self._close_savepoint(keep=keep)))
        finally:
            if batch.committing is None and not self._queued:
                self._commit(batch)
            else:
                batch.committing = batch.committing or asyncio.ensure_future(self._commit_in_turn(batch))
                self._turn.release()
            if keep:
                await asyncio.shield(batch.done)
            else:
                await asyncio.wait([batch.done])  # what it was refused for was perhaps another's of this batch

    def _close_savepoint(self, *, keep: bool) -> None:
        if not keep:
            self.writer.execute("ROLLBACK TO body", ())
        self.writer.execute("RELEASE body", ())

    async def _commit_in_turn(self, batch: Batch) -> None:
        await self._turn.acquire()
        self._commit(batch)

    def _commit(self, batch: Batch) -> None:
        """Begin to commit; whoever calls it has the turn, which goes on when it is durable."""
        self.writer.call(self._commit_or_roll_back).add_done_callback(lambda over: self._committed(batch, over))

    def _committed(self, batch: Batch, over: asyncio.Future[None]) -> None:
        self._batch = None
        self._turnstile.leave()
        self._turn.release()
        if error := over.exception():
            batch.done.set_exception(error)  # to everybody who shares the commit
        else:
            batch.done.set_result(None)

    def _commit_or_roll_back(self) -> None:
        try:
            self.writer.execute("COMMIT", ())
        except BaseException:
            if self.writer.connection.in_transaction:
                self.writer.execute("ROLLBACK", ())
            raise

    @staticmethod
    async def _finish(future: asyncio.Future[T]) -> T:
        """Wait for the lane however often one is cancelled: its state must be known before anybody else uses it."""
        cancelled = False
        while not future.done():
            try:
                await asyncio.shield(future)
            except asyncio.CancelledError:
                cancelled = True
            except BaseException:  # noqa: BLE001 - told by its result below
                break
        if cancelled:
            future.exception()  # seen
            raise asyncio.CancelledError
        return future.result()

    def transaction(self, *args: Any, **kwargs: Any) -> Any:
        """A unit of work on the write lane; Piccolo's own kind while the lanes are not open (its command line)."""
        return super().transaction(*args, **kwargs) if self._writer is None else LaneTransaction(self)

    # -- statements ----------------------------------------------------------------------------------------------

    async def fetch(self, sql: str, args: Sequence[Any] = ()) -> list[Row]:
        """Run one statement with `$1` placeholders and return its rows."""
        sql, reads = numbered(sql)
        short = self._short.knows(sql)
        if short and time.monotonic() - self._yielded > LONGEST_RUN:
            await asyncio.sleep(0)  # whoever else waits for the loop has a turn between two of many
            self._yielded = time.monotonic()
        if self.current_transaction.get() is not None:
            if short and self.writer.idle and (rows := self.writer.at_once(sql, args, reads=reads)) is not None:
                return rows
            return await self._finish(self.writer.call(lambda: self.writer.execute(sql, args)))
        if reads:
            if short:
                with contextlib.suppress(sqlite3.OperationalError):  # somebody has the file: a lane can wait for it
                    if (rows := self._here.at_once(sql, args, reads=True)) is not None:
                        return rows
            async with self._reader_slots:
                lane = self._readers.pop()
                try:
                    return await self._finish(lane.call(lambda: lane.execute(sql, args)))
                finally:
                    self._readers.append(lane)
        async with self.transaction():
            return await self.fetch(sql, args)

    async def forget_old(self, _table: str, _rows: str) -> bool:
        """Leave nothing in the log that was removed or written over; False while a reader still needs its old state."""
        for _ in range(TRIES):
            if self._batch is not None:
                await asyncio.wait([self._batch.done], timeout=TURN_SECONDS)
            async with self._turn:
                if self._batch is None:  # between two commits
                    await self._turnstile.enter()
                    try:
                        if await self._finish(self.writer.call(self._empty_log)):
                            return True
                    finally:
                        self._turnstile.leave()
        return False

    async def rewrite(self, _tables: Sequence[str]) -> bool:
        """Write the whole file anew, so that its gaps hold nothing; False while others write."""
        async with self._turn:
            if self._batch is not None:
                return False
            await self._turnstile.enter()
            try:
                await self._finish(self.writer.call(lambda: self.writer.execute("VACUUM", ())))
                return await self._finish(self.writer.call(self._empty_log))
            finally:
                self._turnstile.leave()

    def _empty_log(self) -> bool:
        self.writer.execute(f"PRAGMA busy_timeout = {PATIENCE_MS}", ())
        try:
            (told,) = self.writer.execute("PRAGMA wal_checkpoint(TRUNCATE)", ())
        finally:
            self.writer.execute(f"PRAGMA busy_timeout = {BUSY_MS}", ())
        return not told["busy"]

    async def run_querystring(self, querystring: QueryString, in_pool: bool = False) -> list[Row]:
        if self._writer is None:
            return cast(list[Row], await super().run_querystring(querystring, in_pool))
        sql, args = querystring.compile_string(engine_type=self.engine_type)
        return await self.fetch(sql, args)

    async def run_ddl(self, ddl: str, in_pool: bool = False) -> list[Row]:
        if self._writer is None:
            return cast(list[Row], await super().run_ddl(ddl, in_pool))
        return await self.fetch(ddl)

    async def start_connection_pool(self) -> None:
        await self.open()

    async def close_connection_pool(self) -> None:
        await self.close()
