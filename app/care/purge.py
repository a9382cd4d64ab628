"""Keeping the promise of retention: the parties of events that are long over are erased, a few hundred at a time.

Where there is nothing to erase, nothing is written. When the last party of an event is erased, the key of its free text
ends too: what a gate or an invitation was called, and why somebody was let in anyway.

SQL by name: `_WORDS` asks for the keys that are left, which stand in no foreign key of the event.
"""

from datetime import datetime, timedelta
from uuid import UUID

from piccolo.query.functions.aggregate import Count

from app.activity.kinds import Kind
from app.activity.record import RULE, record
from app.care.heartbeat import unsound
from app.care.resealing import reseal
from app.database.connection import fetch, now
from app.database.data_keys import end_keys, end_left_keys
from app.database.rows import uuid_of
from app.registrations.erasure import forget
from app.seats.hold import Held, hold
from app.seats.tally import ensure_tally, still_tallied
from app.security.keyring import Keyring
from app.security.sealing import ENDED
from app.web import idempotency, limits
from models.events import Event
from models.registrations import Registration
from models.states import RegistrationState

BATCH = 100  # parties; whoever books meanwhile waits for as many


_WORDS = """
SELECT event.id, event.ends_at, event.retention_days FROM data_key JOIN event ON event.id = data_key.subject
WHERE event.ends_at < $1 AND data_key.sealed_key <> $2
"""


async def purge(keyring: Keyring, *, dry_run: bool = False) -> int:
    """Erase the parties of events whose retention time is over, and answers kept too long. Returns how many parties."""
    moment, erased = now(), 0
    due, words = await _due(moment), await _words_due(moment)
    if dry_run:
        return sum(due.values())
    await end_left_keys()
    if due or words:
        await reseal(keyring)  # what an older release left in plain words has no key that could end
    for event in due:
        erased += await _purge_event(event)
    for event in {*due, *words}:
        await _forget_words(event)
    await idempotency.sweep(moment)
    await limits.sweep(moment)
    return erased


async def purge_if_time_is_sound(keyring: Keyring) -> int:
    """The same in the background: where the clock may be wrong nothing is erased, as that is for good."""
    return await purge(keyring) if await unsound() is None else 0


async def due_by_event() -> dict[str, int]:
    """How many parties a purge would erase now, by the event's slug."""
    due = await _due(now())
    if not due:
        return {}
    named = await Event.select(Event.id, Event.slug).where(Event.id.is_in(list(due))).order_by(Event.slug)
    return {row["slug"]: due[row["id"]] for row in named}


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


async def _words_due(moment: datetime) -> list[UUID]:
    """Events whose time is over and whose free text still opens."""
    rows = await fetch(_WORDS, moment, ENDED)
    return [uuid_of(row["id"]) for row in rows if _is_over(row["ends_at"], row["retention_days"], moment)]


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
    async with hold(event, ("ends_at", "retention_days", "time_zone", "tallied_revision")) as held:
        if not _is_over(held.facts["ends_at"], held.facts["retention_days"], now()):
            return 0  # it was moved while others were erased
        rows = (
            await Registration.select(Registration.id)
            .where(Registration.event == event, Registration.state != RegistrationState.ERASED.value)
            .limit(BATCH)
        )
        if not rows:
            return 0
        await _forget_counted(held, [row["id"] for row in rows])
    return len(rows)


async def forget_counted(event: UUID, parties: list[UUID]) -> None:
    """Erase parties of an event that is over."""
    async with hold(event, ("time_zone", "tallied_revision"), even_deleted=True) as held:
        await _forget_counted(held, parties)


async def _forget_counted(held: Held, parties: list[UUID]) -> None:
    await ensure_tally(held)
    await forget(held, parties)
    await still_tallied(held.event)  # who is erased was counted, and counts still
    await record(Kind.PURGED, RULE, held.event, held.event, parties=len(parties))


async def _forget_words(event: UUID) -> None:
    async with hold(event, ("ends_at", "retention_days"), even_deleted=True) as held:
        left = await Registration.exists().where(
            Registration.event == event, Registration.state != RegistrationState.ERASED.value
        )
        if not left and _is_over(held.facts["ends_at"], held.facts["retention_days"], now()):
            await end_keys([event])
        await still_tallied(event)
