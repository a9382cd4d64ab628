"""The stored keys of what is personal: one a registration, one for the free text of an event.

SQL by name: a booking writes its key on the product's hottest path, and ending one must overwrite it where it stands.
"""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from app.database.connection import current, fetch, insert, write
from app.database.rows import places, uuid_of
from app.security.keyring import Keyring
from app.security.sealing import ENDED, RowKey, new_key, open_key, sealed_anew
from models.guards import DataKey

SEALED_KEY = "(SELECT sealed_key FROM data_key WHERE data_key.subject = {id}) AS sealed_key"  # a column to read beside

MOST_AT_ONCE = 500  # keys

_KEY = "SELECT sealed_key FROM data_key WHERE subject = $1"
_OF_ERASED = """
SELECT subject FROM data_key JOIN registration ON registration.id = data_key.subject
WHERE registration.state = 'erased' AND data_key.sealed_key <> $1
"""
_RENEW = """
INSERT INTO data_key (subject, sealed_key, swept) VALUES ($1, $2, true)
ON CONFLICT (subject) DO UPDATE SET sealed_key = $2 WHERE data_key.sealed_key = $3 RETURNING subject
"""


_PAGE = "SELECT subject, sealed_key FROM data_key WHERE subject > $1 ORDER BY subject LIMIT $2"
_ANEW = """
UPDATE data_key SET sealed_key = $2, swept = false WHERE subject = $1 AND sealed_key = $3 RETURNING subject
"""


def key_row(key: RowKey) -> dict[str, Any]:
    """The columns of a new row's key."""
    return {"subject": key.subject, "sealed_key": key.sealed, "swept": True}


async def keep_key(key: RowKey) -> None:
    """Write down the key of a new row."""
    await insert(DataKey, key_row(key))


async def key_of(keyring: Keyring, subject: UUID) -> RowKey:
    """The key of this row; one that seals nothing where there is none, or it was ended."""
    rows = await fetch(_KEY, subject)
    return open_key(keyring, rows[0]["sealed_key"] if rows else None, subject)


async def words_key(keyring: Keyring, event: UUID) -> RowKey:
    """The key of an event's free text, made when it is first needed, and again after a purge has ended it."""
    key = await key_of(keyring, event)
    if key.sealed is not None:
        return key
    fresh = new_key(keyring, event)
    renewed = await fetch(_RENEW, event, fresh.sealed, ENDED)
    return fresh if renewed else await key_of(keyring, event)  # somebody else made it first


async def end_keys(subjects: Iterable[UUID]) -> None:
    """End these keys: nothing that was sealed under them opens any more. Who has none yet never gets one."""
    ids = list(subjects)
    rows = ", ".join(f"({place}, $1, false)" for place in places(ids, 2).split(", "))
    await fetch(
        f"INSERT INTO data_key (subject, sealed_key, swept) VALUES {rows} ON CONFLICT (subject) DO UPDATE"
        " SET sealed_key = $1, swept = false WHERE data_key.sealed_key <> $1 RETURNING subject",
        ENDED,
        *ids,
    )


async def end_left_keys() -> None:
    """End the keys of parties that a release which knows no keys has erased."""
    rows = await fetch(_OF_ERASED, ENDED)
    for first in range(0, len(rows), MOST_AT_ONCE):
        await end_keys(row["subject"] for row in rows[first : first + MOST_AT_ONCE])


async def reseal_keys(keyring: Keyring, *, count_only: bool = False) -> int:
    """Seal every key that an older secret seals under the present one, a page at a time; returns how many those were.

    Stopped, it goes on another time; a key that is ended meanwhile stays ended.
    """
    found, after = 0, UUID(int=0)
    while rows := await fetch(_PAGE, after, MOST_AT_ONCE):
        after = uuid_of(rows[-1]["subject"])
        anew = {
            subject: (row["sealed_key"], sealed)
            for row in rows
            if (sealed := sealed_anew(keyring, row["sealed_key"], subject := uuid_of(row["subject"])))
        }
        found += len(anew)
        if anew and not count_only:
            async with write():
                for subject, (before, sealed) in anew.items():
                    await fetch(_ANEW, subject, sealed, before)
    return found


async def sweep() -> bool:
    """Leave no copy of an ended key in the database's files, neither in SQLite's log nor among PostgreSQL's dead rows.

    False where somebody still reads an older state, so that it must wait.
    """
    waiting = [row["subject"] for row in await fetch("SELECT subject FROM data_key WHERE NOT swept")]
    if not waiting:
        return True
    if not await current().forget_old("data_key", "NOT swept"):
        return False
    for first in range(0, len(waiting), MOST_AT_ONCE):
        some = waiting[first : first + MOST_AT_ONCE]
        await fetch(f"UPDATE data_key SET swept = true WHERE subject IN ({places(some)})", *some)
    return True
