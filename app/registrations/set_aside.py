"""What an attaché decides about a rush that was set aside: let it in, or give up all that its source has, with undo.

SQL by name: one statement tells every source of an event whose parties were set aside.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from piccolo.query.methods.select import Select

from app.activity.kinds import Kind
from app.activity.record import Actor, record
from app.activity.undo import WITHIN
from app.database.connection import fetch, now
from app.registrations import actions, undoing
from app.registrations.rushes import HOLDS
from app.seats.hold import hold
from app.seats.waiting import let_in, promote_waiting
from app.validation.refusals import Refused
from models.registrations import Registration
from models.states import RegistrationState

BATCH = 50  # parties in one transaction: others register meanwhile

_SOURCES = """
SELECT source, count(*) AS parties, coalesce(sum(party), 0) AS people,
  coalesce(sum(CASE WHEN state = 'confirmed' THEN party ELSE 0 END), 0) AS booked,
  coalesce(sum(CASE WHEN state = 'waiting' AND set_aside_at IS NOT NULL THEN party ELSE 0 END), 0) AS aside,
  coalesce(sum(CASE WHEN state = 'cancelled' THEN party ELSE 0 END), 0) AS given_up,
  min(created_at) AS began_at, max(created_at) AS last_at
FROM registration AS mine
WHERE event = $1
  AND (state IN ('confirmed', 'waiting') OR (state = 'cancelled' AND ended_by IS NOT NULL AND ended_at > $2))
  AND (set_aside_at IS NOT NULL OR (source <> '' AND EXISTS (SELECT 1 FROM registration AS other
    WHERE other.event = $1 AND other.source = mine.source AND other.set_aside_at IS NOT NULL)))
GROUP BY source ORDER BY began_at, source
"""


class Source(msgspec.Struct, frozen=True):
    """What one connection has of an event: people booked, set aside, given up within the time of undo. `source` is ""
    once it is not known any more which connection it was."""

    source: str
    parties: int
    people: int
    booked: int
    aside: int
    given_up: int
    began_at: datetime
    last_at: datetime


async def sources_of(event: UUID) -> list[Source]:
    """The sources of which parties were set aside, the earliest first."""
    return msgspec.convert(await fetch(_SOURCES, event, now() - WITHIN), list[Source], strict=False)


def _parties(event: UUID, source: str, also: Any) -> Select[Any]:
    """The parties of a source, in order; of one that is not known any more those that were set aside."""
    theirs = (Registration.event == event) & (Registration.source == source) & also
    if not source:
        theirs = theirs & Registration.set_aside_at.is_not_null()
    return (
        Registration.select(Registration.id).where(theirs).order_by(Registration.created_at).order_by(Registration.id)
    )


async def let_source_in(event: UUID, source: str, by: Actor) -> None:
    """Judge who was set aside like everybody else; from now on the source is counted anew."""
    async with hold(event):
        people = await let_in(event, source)
        await Registration.update({Registration.source: ""}).where(
            Registration.event == event, Registration.source == source, Registration.source != ""
        )
        await record(Kind.SOURCE_LET_IN, by, event, event, people=people)


async def give_up_source(event: UUID, source: str, by: Actor) -> int:
    """Give up all places that this source has, some at a time; whoever waits moves up. Returns how many parties."""
    ended = 0
    while rows := await _parties(event, source, Registration.state.is_in(HOLDS)).limit(BATCH):
        async with hold(event) as held:
            for row in rows:
                await actions.end(held, row["id"], by)
            await promote_waiting(event)
        ended += len(rows)
    if ended:
        await record(Kind.SOURCE_GIVEN_UP, by, event, event, parties=ended)
    return ended


async def take_source_again(event: UUID, source: str, by: Actor) -> int:
    """Undo that, party by party; who finds no place waits before everybody else. Returns how many came back."""
    back = 0
    ended = (
        (Registration.state == RegistrationState.CANCELLED.value)
        & Registration.ended_by.is_not_null()
        & (Registration.ended_at > now() - WITHIN)
    )
    for row in await _parties(event, source, ended):
        try:
            await undoing.take_again(event, row["id"], by)
            back += 1
        except Refused:
            continue  # it came back meanwhile, or was erased
    return back
