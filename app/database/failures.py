"""What a failure of the database means to whoever asked: each is over some time, and a retry may help.

The names of PostgreSQL's come from its error codes (appendix A), SQLite's from its result codes.
"""

import errno
import sqlite3

import asyncpg

BUSY, AWAY, FULL, READ_ONLY = "busy", "database_away", "disk_full", "read_only"

_SQLITE = {
    sqlite3.SQLITE_BUSY: BUSY,
    sqlite3.SQLITE_LOCKED: BUSY,
    sqlite3.SQLITE_ABORT: BUSY,  # rolled back by itself: TransactionLost
    sqlite3.SQLITE_FULL: FULL,
    sqlite3.SQLITE_READONLY: READ_ONLY,
    sqlite3.SQLITE_CANTOPEN: AWAY,
    sqlite3.SQLITE_IOERR: AWAY,
}
_CLASSES: tuple[tuple[type[BaseException], str], ...] = (
    (asyncpg.TooManyConnectionsError, BUSY),
    (asyncpg.DiskFullError, FULL),
    (asyncpg.ReadOnlySQLTransactionError, READ_ONLY),
    (asyncpg.SerializationError, BUSY),
    (asyncpg.DeadlockDetectedError, BUSY),
    (asyncpg.LockNotAvailableError, BUSY),
    (asyncpg.QueryCanceledError, BUSY),
    (asyncpg.PostgresConnectionError, AWAY),
    (asyncpg.OperatorInterventionError, AWAY),  # shut down, crashed, starting up
    (asyncpg.InsufficientResourcesError, AWAY),
    (asyncpg.PostgresSystemError, AWAY),
    (asyncpg.InternalClientError, AWAY),
    (ConnectionError, AWAY),
    (TimeoutError, BUSY),
)
_CLOSED = ("connection is closed", "connection was closed", "pool is closing", "connection has been released")


def meaning(error: BaseException) -> str | None:
    """One of BUSY, AWAY, FULL, READ_ONLY; None for what is no failure of the database but a mistake."""
    if code := getattr(error, "sqlite_errorcode", 0):
        return _SQLITE.get(code & 0xFF)  # the low byte of an extended code
    if isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return FULL
    if isinstance(error, OSError) and error.errno == errno.EROFS:
        return READ_ONLY
    if isinstance(error, asyncpg.InterfaceError) and any(each in str(error) for each in _CLOSED):
        return AWAY
    return next((what for kind, what in _CLASSES if isinstance(error, kind)), None)
