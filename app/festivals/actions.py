"""Confirming festival dates from a decree, and taking that back.

SQL by name: one statement writes or rewrites a confirmation, and only if anything differs; the builder cannot say that
the revision goes on from the row that is there.
"""

from datetime import datetime
from uuid import uuid4

from app.activity.kinds import Kind
from app.activity.record import Actor, record
from app.database.connection import fetch, rising, write
from app.festivals.shapes import ConfirmationDraft
from models.festivals import ConfirmedFestival

_CONFIRM = """
INSERT INTO confirmed_festival
  (id, year, festival, first_day, last_day, sangkran_at, source, withdrawn, revision, confirmed_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, false, 1, $8) ON CONFLICT (year, festival) DO UPDATE SET
  first_day = $4, last_day = $5, sangkran_at = $6, source = $7, withdrawn = false, confirmed_at = $8,
  revision = confirmed_festival.revision + 1
WHERE confirmed_festival.withdrawn OR confirmed_festival.first_day <> $4
  OR confirmed_festival.last_day <> $5 OR confirmed_festival.source <> $7
  OR (confirmed_festival.sangkran_at IS NULL) <> (CAST($9 AS INTEGER) = 0)
  OR confirmed_festival.sangkran_at <> $6 RETURNING revision
"""


async def confirm(draft: ConfirmationDraft, by: Actor) -> None:
    """Write what a decree says; the same again changes nothing."""
    async with write():
        wrote = await fetch(
            _CONFIRM,
            uuid4(),
            draft.year,
            draft.festival,
            draft.first_day,
            draft.last_day,
            draft.sangkran_at,
            draft.source,
            await _stamp(draft.year, draft.festival),
            0 if draft.sangkran_at is None else 1,
        )
        if wrote:
            await record(Kind.FESTIVAL_CONFIRMED, by, f"{draft.year} {draft.festival}", source=draft.source)


async def withdraw(year: int, festival: str, by: Actor) -> bool:
    """Go back to the projection; False if nothing was confirmed."""
    table = ConfirmedFestival
    async with write():
        gone = (
            await table.update(
                {
                    table.withdrawn: True,
                    table.revision: table.revision + 1,
                    table.confirmed_at: await _stamp(year, festival),
                }
            )
            .where(table.year == year, table.festival == festival, table.withdrawn.eq(False))
            .returning(table.id)
        )
        if gone:
            await record(Kind.FESTIVAL_WITHDRAWN, by, f"{year} {festival}")
    return bool(gone)


async def _stamp(year: int, festival: str) -> datetime:
    """When this change of a confirmation was made, as calendars read it."""
    before = (
        await ConfirmedFestival.select(ConfirmedFestival.confirmed_at)
        .where(ConfirmedFestival.year == year, ConfirmedFestival.festival == festival)
        .first()
    )
    return rising(before["confirmed_at"] if before else None)
