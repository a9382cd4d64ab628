"""One event at a time: whoever holds its row decides alone about its seats, waiting list, tickets and admissions.

SQL by name: every change of an event begins with `_HOLD`, on the product's two hottest paths too.
"""

import contextlib
from collections.abc import AsyncIterator, Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from app.database.connection import fetch, now, rising, write
from app.validation.refusals import Refused

_HOLD = "UPDATE event SET revision = revision + 1 WHERE id = $1 AND ended_at IS NULL RETURNING "
_HOLD_DELETED = "UPDATE event SET revision = revision + 1 WHERE id = $1 RETURNING "
_CONTENT_CHANGED = """
UPDATE event SET content_revision = revision, modified_at = $2 WHERE id = $1 RETURNING id
"""
_CONTENT_CHANGED_IN = """
UPDATE event SET revision = revision + 1, content_revision = revision + 1
WHERE state <> 'draft' AND ends_at > $1 AND (host_country = $2 OR $2 = '') RETURNING id, modified_at
"""
_STAMP = "UPDATE event SET modified_at = $2 WHERE id = $1 RETURNING id"


class Held(msgspec.Struct, frozen=True):
    """An event that nobody else changes until the transaction ends; `facts` are the columns that were asked for."""

    event: UUID
    revision: int
    modified_at: datetime
    facts: dict[str, Any]

    async def content_changed(self) -> None:
        """What people can read of the event is another from now on: feeds, pages' caches and messages go by it."""
        await fetch(_CONTENT_CHANGED, self.event, rising(self.modified_at))


@contextlib.asynccontextmanager
async def hold(event: UUID, columns: Iterable[str] = (), *, even_deleted: bool = False) -> AsyncIterator[Held]:
    """A transaction that changes this event, with a new revision for what it touches. Raises Refused "not_found".

    `even_deleted`: also a draft that was deleted, while that can be undone.
    """
    async with write():
        rows = await fetch(
            (_HOLD_DELETED if even_deleted else _HOLD)
            + ", ".join(dict.fromkeys(("revision", "modified_at", *columns))),
            event,
        )
        if not rows:
            raise Refused("not_found")
        yield Held(event, rows[0]["revision"], rows[0]["modified_at"], rows[0])


async def content_changed_in(host_country: str) -> None:
    """The same for the coming events of a country ("": of all), whose entries name its contacts."""
    for event in await fetch(_CONTENT_CHANGED_IN, now().replace(microsecond=0), host_country):
        await fetch(_STAMP, event["id"], rising(event["modified_at"]))


def must_be(revision: int, meant: frozenset[int] | None) -> None:
    """Refuse what was meant for another state; judged under the event's row."""
    if meant is not None and revision not in meant:
        raise Refused("changed_meanwhile")
