"""What an attaché decides about a rush that was set aside: let it in, or give up all that its source has, with undo.

SQL by name: one statement tells every source of an event whose parties were set aside.
"""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import msgspec
from piccolo.query.functions.aggregate import Min, Sum
from piccolo.query.methods.select import Select

from app.activity.kinds import Kind
from app.activity.record import Actor, record
from app.activity.undo import WITHIN, steps_since
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
SELECT source, count(*) AS parties,
  coalesce(sum(CASE WHEN state = 'confirmed' THEN party ELSE 0 END), 0) AS booked,
  coalesce(sum(CASE WHEN state = 'waiting' THEN party ELSE 0 END), 0) AS aside,
  min(created_at) AS began_at, max(created_at) AS last_at
FROM registration AS mine
WHERE event = $1 AND state IN ('confirmed', 'waiting') AND (set_aside_at IS NOT NULL OR source <> '')
  AND EXISTS (SELECT 1 FROM registration AS other WHERE other.event = $1 AND other.source = mine.source
    AND other.state = 'waiting' AND other.set_aside_at IS NOT NULL)
GROUP BY source ORDER BY began_at, source
"""


class Source(msgspec.Struct, frozen=True):
    """What one connection has of an event: people booked, and waiting or set aside. `source` is "" once it is not known
    any more which connection it was."""

    source: str
    parties: int
    booked: int
    aside: int
    began_at: datetime
    last_at: datetime

    @property
    def people(self) -> int:
        return self.booked + self.aside


class GivenUpAtOnce(msgspec.Struct, frozen=True):
    """One press that gave up all places of a source and may be taken back: its parties, how many people are out."""

    id: str
    parties: tuple[UUID, ...]
    people: int


async def sources_of(event: UUID) -> list[Source]:
    """The sources of which parties are set aside, the earliest first."""
    return msgspec.convert(await fetch(_SOURCES, event), list[Source], strict=False)


async def presses_of(event: UUID) -> list[GivenUpAtOnce]:
    """What was given up for whole sources within the time of undo, the last first, as far as it is not back."""
    parties: dict[str, list[UUID]] = {}
    for step in await steps_since(now() - WITHIN, event, event, (Kind.SOURCE_GIVEN_UP,)):
        parties.setdefault(step.facts["press"], []).extend(map(UUID, step.facts["parties"]))
    found = [GivenUpAtOnce(press, tuple(rows), await _people_out(rows)) for press, rows in parties.items()]
    return [press for press in found if press.people]


async def _people_out(rows: list[UUID]) -> int:
    out = (Registration.state == RegistrationState.CANCELLED.value) & (Registration.ended_at > now() - WITHIN)
    summed = await Registration.select(Sum(Registration.party)).where(out & Registration.id.is_in(rows))
    return int(summed[0]["sum"] or 0)


def _parties(event: UUID, source: str) -> Select[Any]:
    """The parties of a source that hold places or wait, in order; of one that is not known any more those set aside."""
    theirs = (Registration.event == event) & (Registration.source == source) & Registration.state.is_in(HOLDS)
    if not source:
        theirs = theirs & Registration.set_aside_at.is_not_null()
    rows = Registration.select(Registration.id).where(theirs)
    return rows.order_by(Registration.created_at).order_by(Registration.id)


async def let_source_in(event: UUID, source: str, by: Actor) -> None:
    """Judge who was set aside like everybody else; from now on the source is counted anew. Raises Refused."""
    async with hold(event):
        people = await let_in(event, source)
        if not people:
            raise Refused("nothing_set_aside")
        if source:
            await Registration.update({Registration.source: ""}).where(
                Registration.event == event, Registration.source == source, Registration.state.is_in(HOLDS)
            )
        await record(Kind.SOURCE_LET_IN, by, event, event, people=people)


async def give_up_source(event: UUID, source: str, people: int, by: Actor) -> None:
    """Give up all places that this source has, some parties at a time; whoever waits moves up. Raises Refused.

    `people` is how many the attaché was told; where they are not as many any more, the attaché looks again.
    """
    if sum(each.people for each in await sources_of(event) if each.source == source) != people:
        raise Refused("changed_meanwhile")
    press, rows = str(uuid4()), [row["id"] for row in await _parties(event, source)]
    for first in range(0, len(rows), BATCH):
        async with hold(event, ("ends_at",)) as held:
            if held.facts["ends_at"] <= now():
                raise Refused("event_over")
            batch = rows[first : first + BATCH]
            for row in batch:
                await actions.end(held, row, by)
            await promote_waiting(event)
            ended = [str(row) for row in batch]
            await record(Kind.SOURCE_GIVEN_UP, by, event, event, press=press, parties=ended)


async def take_source_again(event: UUID, press: str, by: Actor) -> None:
    """Undo such a press, party by party; who finds no place waits before everybody else, in order. Raises Refused."""
    parties = next((each.parties for each in await presses_of(event) if each.id == press), ())
    still = await _still_out(parties)
    first, back = await _first_place(event) - len(still), 0
    for place, row in enumerate(still, first):
        try:
            await undoing.take_again(event, row, by, place=place)
            back += 1
        except Refused:
            continue  # it came back meanwhile, or was erased
    if not back:
        raise Refused("nothing_to_undo")


async def _still_out(parties: tuple[UUID, ...]) -> list[UUID]:
    if not parties:
        return []
    rows = Registration.select(Registration.id).where(
        Registration.id.is_in(list(parties)), Registration.state == RegistrationState.CANCELLED.value
    )
    return [row["id"] for row in await rows.order_by(Registration.created_at).order_by(Registration.id)]


async def _first_place(event: UUID) -> int:
    rows = await Registration.select(Min(Registration.wait_position)).where(
        Registration.event == event, Registration.state == RegistrationState.WAITING.value
    )
    return int(rows[0]["min"] or 0)
