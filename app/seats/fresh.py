"""Counts of events kept for a moment in this process: made anew once something happened, at most every few seconds.

Counts name nobody. Bounded by MOST events; what is shown is at most AGE old.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Generic, TypeVar
from uuid import UUID

from app.database.connection import now

AGE, MOST = timedelta(seconds=2), 200

Made = TypeVar("Made")


class Fresh(Generic[Made]):
    """One kind of counts, by event."""

    def __init__(self) -> None:
        self._kept: dict[UUID, tuple[datetime, int, Made]] = {}

    async def of(self, event: UUID, revision: int, make: Callable[[], Awaitable[Made]]) -> Made:
        """What `make` counts of an event at this revision; not again while nothing happened, nor twice within AGE."""
        known = self._kept.get(event)
        if known and (known[1] == revision or now() - known[0] < AGE):
            return known[2]
        made = await make()
        if len(self._kept) >= MOST:
            self._kept.clear()
        self._kept[event] = (now(), revision, made)
        return made
