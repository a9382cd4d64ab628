"""One SQLite connection, and the thread that runs what may take long on it."""

import asyncio
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from queue import SimpleQueue
from typing import Any, TypeVar

from app.database.short import Short
from app.database.slow import note_slow

Row = dict[str, Any]
T = TypeVar("T")
Job = tuple[asyncio.Future[Any], Callable[[], Any]] | None

BUSY_MS = 5000
AT_MOST = 0.003  # seconds that a statement may read on the loop's thread
STEPS = 1_000  # of SQLite's machine between two looks at the clock, about twenty rows


class FileConnection:
    """One SQLite connection; one thread at a time may use it."""

    connection: sqlite3.Connection

    def __init__(self, path: str, short: Short, *, read_only: bool, busy_ms: int = BUSY_MS) -> None:
        self._path = path
        self._short = short
        self._read_only = read_only
        self._busy_ms = busy_ms

    def connect(self) -> None:
        """Open the connection."""
        connection = sqlite3.connect(
            self._path,
            isolation_level=None,
            detect_types=sqlite3.PARSE_DECLTYPES,
            check_same_thread=False,
            cached_statements=256,
        )
        for pragma in (
            f"busy_timeout = {self._busy_ms}",
            "journal_mode = WAL",
            "synchronous = FULL",
            "foreign_keys = ON",
            "secure_delete = ON",  # what is removed or written over is zeros in the file, not a hole with names in it
            *(["query_only = ON"] if self._read_only else []),
        ):
            connection.execute(f"PRAGMA {pragma}")
        self.connection = connection

    def execute(self, sql: str, args: Sequence[Any]) -> list[Row]:
        """Run one statement and fetch every row; whoever calls it has the connection for itself."""
        began = time.perf_counter()
        cursor = self.connection.execute(sql, args)
        rows = cursor.fetchall()
        if rows:
            names = [column[0] for column in cursor.description]
            rows = [dict(zip(names, row, strict=True)) for row in rows]
        self._short.note(sql, note_slow(sql, began))
        return rows

    def at_once(self, sql: str, args: Sequence[Any], *, reads: bool) -> list[Row] | None:
        """The same on the loop's thread. None where reading takes longer than AT_MOST: then it is broken off.

        What writes goes on to its end, as SQLite would undo the whole transaction.
        """
        if not reads:
            return self.execute(sql, args)
        over = time.perf_counter() + AT_MOST
        self.connection.set_progress_handler(lambda: time.perf_counter() > over, STEPS)
        try:
            return self.execute(sql, args)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_INTERRUPT:
                raise
            self._short.note(sql, AT_MOST)
            return None
        finally:
            self.connection.set_progress_handler(None, 0)


class Lane(FileConnection):
    """A connection with a thread that runs what may take long; idle, the loop's own thread may use it."""

    def __init__(self, path: str, short: Short, *, read_only: bool) -> None:
        super().__init__(path, short, read_only=read_only)
        self._jobs: SimpleQueue[Job] = SimpleQueue()
        self._waiting = 0
        self._thread = threading.Thread(target=self._work, name="bon-lane", daemon=True)
        self._thread.start()

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            future, function = job
            try:
                result = function()
            except BaseException as error:  # noqa: BLE001 - it belongs to whoever waits
                self._answer(future, future.set_exception, error)
            else:
                self._answer(future, future.set_result, result)

    @staticmethod
    def _answer(future: asyncio.Future[Any], setter: Callable[[Any], None], value: Any) -> None:
        def deliver() -> None:
            if not future.done():
                setter(value)

        try:
            future.get_loop().call_soon_threadsafe(deliver)
        except RuntimeError:
            return  # the loop is gone, and with it whoever waited

    def call(self, function: Callable[[], T]) -> asyncio.Future[T]:
        """Run `function` on the lane's thread; cancelling the future does not stop it."""
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._waiting += 1
        future.add_done_callback(self._done)
        self._jobs.put((future, function))
        return future

    def _done(self, _: asyncio.Future[Any]) -> None:
        self._waiting -= 1

    @property
    def idle(self) -> bool:
        """Whether nothing is at work on the lane's thread, so that the loop's own may use the connection."""
        return not self._waiting

    def _close(self) -> None:
        self.connection.close()

    async def close(self) -> None:
        await self.call(self._close)
        self._jobs.put(None)
