"""Confirming festival dates from a decree, and taking that back."""

from uuid import uuid4

from app.database.audit import Actor, audit
from app.database.connection import fetch, now, write
from app.festivals.shapes import ConfirmationDraft


async def confirm(draft: ConfirmationDraft, by: Actor) -> None:
    """Write what a decree says; a second time replaces the first."""
    async with write():
        await fetch(
            "INSERT INTO confirmed_festival"
            " (id, year, festival, first_day, last_day, sangkran_at, source, revision, confirmed_at)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7, 1, $8) ON CONFLICT (year, festival) DO UPDATE SET"
            " first_day = $4, last_day = $5, sangkran_at = $6, source = $7, confirmed_at = $8,"
            " revision = confirmed_festival.revision + 1 RETURNING revision",
            uuid4(),
            draft.year,
            draft.festival,
            draft.first_day,
            draft.last_day,
            draft.sangkran_at,
            draft.source,
            now().replace(microsecond=0),
        )
        await audit(by, "festival_confirmed", "festival", f"{draft.year} {draft.festival}", source=draft.source)


async def withdraw(year: int, festival: str, by: Actor) -> bool:
    """Go back to the projection; False if nothing was confirmed."""
    async with write():
        gone = await fetch(
            "DELETE FROM confirmed_festival WHERE year = $1 AND festival = $2 RETURNING id", year, festival
        )
        if gone:
            await audit(by, "festival_withdrawn", "festival", f"{year} {festival}")
    return bool(gone)
