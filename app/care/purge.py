"""Keeping the promise of retention: the parties of events that are long over are erased, a few hundred at a time.

Where there is nothing to erase, nothing is written.
"""

from datetime import datetime, timedelta
from uuid import UUID

from piccolo.query.functions.aggregate import Count

from app.activity.kinds import Kind
from app.activity.record import RULE, record
from app.database.connection import now
from app.registrations.erasure import forget
from app.seats.hold import hold
from app.seats.places import free
from app.web import idempotency, limits
from models.registrations import Registration
from models.states import RegistrationState

BATCH = 500


async def purge(*, dry_run: bool = False) -> int:
    """Erase the parties of events whose retention time is over, and answers kept too long. Returns how many parties."""
    moment, erased = now(), 0
    for event, left in (await _due(moment)).items():
        erased += left if dry_run else await _purge_event(event)
    if not dry_run:
        await idempotency.sweep(moment)
        await limits.sweep(moment)
    return erased


async def _due(moment: datetime) -> dict[UUID, int]:
    """Events whose time is over, with the number of parties that are left of them."""
    event = Registration.event
    left = (
        await Registration.select(
            event, event.ends_at.as_alias("ends_at"), event.retention_days.as_alias("days"), Count(alias="parties")
        )
        .where(Registration.state != RegistrationState.ERASED.value, event.ends_at < moment)
        .group_by(event, event.ends_at, event.retention_days)
    )
    return {row["event"]: row["parties"] for row in left if _is_over(row["ends_at"], row["days"], moment)}


def _is_over(ends_at: datetime, days: int, moment: datetime) -> bool:
    return moment >= ends_at + timedelta(days=days)


async def _purge_event(event: UUID) -> int:
    erased = 0
    while batch := await _purge_batch(event):
        erased += batch
        if batch < BATCH:
            break
    return erased


async def _purge_batch(event: UUID) -> int:
    async with hold(event, ("ends_at", "retention_days")) as held:
        if not _is_over(held.facts["ends_at"], held.facts["retention_days"], now()):
            return 0  # it was moved while others were erased
        rows = (
            await Registration.select(Registration.id, Registration.state, Registration.party)
            .where(Registration.event == event, Registration.state != RegistrationState.ERASED.value)
            .limit(BATCH)
        )
        if not rows:
            return 0
        waiting = sum(row["party"] for row in rows if row["state"] == RegistrationState.WAITING)
        await free(event, RegistrationState.WAITING, waiting)
        await forget(held, [row["id"] for row in rows])
        await record(Kind.PURGED, RULE, event, event, parties=len(rows))
    return len(rows)
