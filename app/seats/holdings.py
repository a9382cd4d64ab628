"""What a party holds: its places and bus seats grow, shrink, move and are given up, always under `hold`.

SQL by name: these statements decide who has a place.
"""

from datetime import datetime
from uuid import UUID, uuid4

import msgspec

from app.database.connection import fetch, insert
from app.database.rows import places
from app.seats.hold import Held, must_be
from app.seats.places import free, leave_bus, take_bus, take_more
from app.seats.shapes import GivenUp, Holding, Place
from app.seats.waiting import promote_waiting
from app.validation.refusals import Problem, Refused, invalid
from models.states import RegistrationState, TicketState
from models.tickets import Ticket

MOST_NUMBERS = 255  # a ticket's number is one byte in its code

_HOLDING = """
SELECT id, event, state, party, children, pickup_point, last_ticket, revision, wait_position FROM registration
WHERE id = $1
"""
_PLACES = """
SELECT ticket.id, ticket.number, ticket.child, ticket.issue,
  EXISTS (SELECT 1 FROM admission WHERE admission.ticket = ticket.id) AS admitted
FROM ticket WHERE registration = $1 AND state IN ('valid', 'waiting') ORDER BY number
"""
_LAST_IN_QUEUE = "UPDATE registration SET wait_position = $2 WHERE id = $1 RETURNING id"
_NUMBERED = "UPDATE registration SET last_ticket = last_ticket + $2 WHERE id = $1 RETURNING id"
_BUS_OF = "SELECT pickup_point FROM registration WHERE id = $1"
_BUS = "UPDATE registration SET pickup_point = $2 WHERE id = $1 RETURNING id"
_SIZE = "UPDATE registration SET party = $2, children = $3, revision = $4 WHERE id = $1 RETURNING id"
_TOUCH = "UPDATE registration SET revision = $2 WHERE id = $1 RETURNING id"
_TOUCH_TICKETS = """
UPDATE ticket SET revision = $2 WHERE registration = $1 AND state IN ('valid', 'waiting') RETURNING id
"""
_END = """
UPDATE registration SET state = 'cancelled', wait_position = NULL, pickup_point = NULL, revision = $2, ended_at = $3
WHERE id = $1 AND state IN ('confirmed', 'waiting') RETURNING id
"""
_ENDED_BY = "UPDATE registration SET ended_by = $2 WHERE id = $1 RETURNING id"
_ADMITTED = """
SELECT count(DISTINCT ticket.id) AS people FROM ticket JOIN admission ON admission.ticket = ticket.id
WHERE ticket.registration = $1 AND ticket.state = 'valid'
"""
_GIVE_UP_UNUSED = """
UPDATE ticket SET state = 'given_up', revision = $2, ended_at = $3
WHERE registration = $1 AND state IN ('valid', 'waiting')
AND NOT EXISTS (SELECT 1 FROM admission WHERE admission.ticket = ticket.id) RETURNING id
"""
_LEFT_UNUSED = """
UPDATE ticket SET state = 'given_up', revision = $2,
  ended_at = (SELECT registration.ended_at FROM registration WHERE registration.id = ticket.registration)
WHERE registration = $1 AND state = $3
AND NOT EXISTS (SELECT 1 FROM admission WHERE admission.ticket = ticket.id)
AND EXISTS (SELECT 1 FROM registration WHERE registration.id = ticket.registration
  AND registration.state IN ('cancelled', 'erased')) RETURNING id
"""
_HAND_ON_TICKET = "UPDATE ticket SET state = 'handed_on', revision = $2, ended_at = $3 WHERE id = $1 RETURNING id"
_HAND_ON = """
UPDATE registration SET state = $2, party = $3, children = $4, pickup_point = $5, revision = $6
WHERE id = $1 RETURNING id
"""


async def holding(registration: UUID) -> Holding:
    """What a party has now, in whichever state; call it under `hold`."""
    return msgspec.convert((await fetch(_HOLDING, registration))[0], Holding, strict=False)


async def holding_of(registration: UUID) -> tuple[Holding, list[Place]]:
    """What a party has now, and its places by number; raises Refused for one that has ended."""
    holding = msgspec.convert((await fetch(_HOLDING, registration))[0], Holding, strict=False)
    if holding.state == RegistrationState.ERASED:
        raise Refused("erased")
    if holding.state == RegistrationState.CANCELLED:
        raise Refused("registration_cancelled")
    return holding, msgspec.convert(await fetch(_PLACES, registration), list[Place], strict=False)


async def has_places(registration: UUID) -> bool:
    """Whether a party is booked or waits; call it under `hold`."""
    return (await fetch(_HOLDING, registration))[0]["state"] in {RegistrationState.CONFIRMED, RegistrationState.WAITING}


async def must_not_be_erased(registration: UUID) -> None:
    """Raises Refused for a party that was erased while somebody looked at it; call it under `hold`."""
    if (await fetch(_HOLDING, registration))[0]["state"] == RegistrationState.ERASED:
        raise Refused("erased")


async def grow(
    held: Held, holding: Holding, more: int, moment: datetime, *, by_hand: bool = False
) -> list[Place] | None:
    """Places for more people, all of them or none; a waiting party that grows goes to the end of the list.

    None where the event does not give them; raises Refused where its bus or the numbers do not.
    """
    if holding.last_ticket + more > MOST_NUMBERS:
        raise Refused("changes_exhausted")
    if not await take_more(held.event, holding.state, more, moment, by_hand=by_hand):
        return None
    confirmed = holding.state == RegistrationState.CONFIRMED
    if confirmed and holding.pickup_point and not await take_bus(holding.pickup_point, more):
        raise invalid([Problem("pickup_point", "pickup_point_full")])
    if not confirmed:
        await fetch(_LAST_IN_QUEUE, holding.id, held.revision)
    state = TicketState.VALID if confirmed else TicketState.WAITING
    fresh = [Place(uuid4(), holding.last_ticket + number, False, 0, False) for number in range(1, more + 1)]
    await insert_tickets(held, holding.id, fresh, state)
    await fetch(_NUMBERED, holding.id, more)
    return fresh


async def insert_tickets(held: Held, registration: UUID, fresh: list[Place], state: TicketState) -> None:
    """Nameless tickets for these places."""
    await insert(
        Ticket,
        *(
            {
                "id": place.id,
                "event": held.event,
                "registration": registration,
                "number": place.number,
                "child": place.child,
                "state": state.value,
                "revision": held.revision,
            }
            for place in fresh
        ),
    )


async def drop(held: Held, holding: Holding, dropped: list[Place]) -> None:
    """Give these places up, for others at once."""
    ids = [place.id for place in dropped]
    await fetch(
        f"UPDATE ticket SET state = 'given_up', revision = $1 WHERE id IN ({places(ids, 2)}) RETURNING id",
        held.revision,
        *ids,
    )
    await free(held.event, holding.state, len(ids))
    if holding.state == RegistrationState.CONFIRMED and holding.pickup_point:
        await leave_bus(holding.pickup_point, len(ids))


async def move_bus(holding: Holding, to: UUID | None) -> None:
    """Another bus, or none; a waiting party only wishes. Raises Refused where it is full."""
    if to == holding.pickup_point:
        return
    if holding.state == RegistrationState.CONFIRMED:
        if to and not await take_bus(to, holding.party):
            raise invalid([Problem("pickup_point", "pickup_point_full")])
        if holding.pickup_point:
            await leave_bus(holding.pickup_point, holding.party)
    await fetch(_BUS, holding.id, to)


async def resize(held: Held, registration: UUID, party: int, children: int) -> None:
    """Write down how many people a party has now."""
    await fetch(_SIZE, registration, party, children, held.revision)


async def touch(held: Held, registration: UUID) -> None:
    """Something of the party is another: gates that ask for what is new must see it."""
    await fetch(_TOUCH, registration, held.revision)


async def touch_tickets(held: Held, registration: UUID) -> None:
    """The same for what its tickets say."""
    await fetch(_TOUCH_TICKETS, registration, held.revision)
    await touch(held, registration)


async def mark_erased(held: Held, registrations: list[UUID]) -> None:
    """These parties are anonymous from now on; the places that they have stay counted."""
    await fetch(
        f"UPDATE registration SET state = 'erased', revision = $1 WHERE id IN ({places(registrations, 2)})",
        held.revision,
        *registrations,
    )


async def give_up(
    held: Held, registration: UUID, moment: datetime, meant: frozenset[int] | None = None
) -> GivenUp | None:
    """End a registration's hold on seats and bus; the conditional UPDATE decides who does it.

    Returns what became free, or None where it had ended before. Whoever is inside stays counted.
    """
    before = msgspec.convert((await fetch(_HOLDING, registration))[0], Holding, strict=False)
    if before.state in {RegistrationState.CONFIRMED, RegistrationState.WAITING}:
        must_be(before.revision, meant)
    if not await fetch(_END, registration, held.revision, moment):
        return None
    confirmed = before.state == RegistrationState.CONFIRMED
    used = (await fetch(_ADMITTED, registration))[0]["people"] if confirmed else 0
    await free(held.event, before.state, before.party - used)
    if confirmed and before.pickup_point:
        await leave_bus(before.pickup_point, before.party)
    await fetch(_GIVE_UP_UNUSED, registration, held.revision, moment)
    return GivenUp(int(before.party - used), before)


async def ended_by(registration: UUID, entry: UUID) -> None:
    """Which entry of the audit tells that the party gave up: whoever undoes it names it."""
    await fetch(_ENDED_BY, registration, entry)


async def release_unused(registration: UUID, event: UUID, revision: int) -> None:
    """Give up what a party that has left still holds but nobody used after all (an admission was undone)."""
    freed = await fetch(_LEFT_UNUSED, registration, revision, TicketState.VALID.value)
    # who came in from the waiting list never took a seat
    await fetch(_LEFT_UNUSED, registration, revision, TicketState.WAITING.value)
    if freed:
        await free(event, RegistrationState.CONFIRMED, len(freed))
        bus = (await fetch(_BUS_OF, registration))[0]["pickup_point"]
        if bus:  # a party erased after its event still has one; who gave up left it then
            await leave_bus(bus, len(freed))
        await promote_waiting(event)


async def hand_on(held: Held, holding: Holding, place: Place, moment: datetime) -> None:
    """The party has one place fewer, whose ticket admits no more; the place itself stays taken, by a friend."""
    await fetch(_HAND_ON_TICKET, place.id, held.revision, moment)
    left = holding.party - 1
    await fetch(
        _HAND_ON,
        holding.id,
        (RegistrationState.CONFIRMED if left else RegistrationState.CANCELLED).value,
        left or 1,
        max(0, min(holding.children - int(place.child), left)),
        holding.pickup_point if left else None,
        held.revision,
    )
