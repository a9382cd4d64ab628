"""Undoing at the heart: places that were given up or handed on come back, as far as nobody else has them by now.

SQL by name: these statements decide who has a place.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from app.database.connection import fetch
from app.seats.hold import Held
from app.seats.holdings import holding_of
from app.seats.places import leave_bus, take_bus
from app.seats.waiting import promote_waiting
from app.validation.refusals import Problem, Refused, invalid
from models.states import RegistrationState, TicketState

_ENDED = """
SELECT id, ended_at, ended_by, revision FROM registration
WHERE id = $1 AND state = 'cancelled' AND ended_by IS NOT NULL AND ended_at > $2
"""
_LEFT = "SELECT count(*) AS people FROM ticket WHERE registration = $1 AND state = 'given_up' AND ended_at = $2"
_TAKE_AGAIN = """
UPDATE event SET seats_taken = seats_taken + $2
WHERE id = $1 AND (capacity IS NULL OR seats_taken + $2 <= capacity) RETURNING id
"""
_WAIT_AGAIN = "UPDATE event SET seats_waiting = seats_waiting + $2 WHERE id = $1 RETURNING id"
_BUS_THERE = "SELECT id FROM pickup_point WHERE id = $1"
_FIRST = "SELECT min(wait_position) AS position FROM registration WHERE event = $1 AND state = 'waiting'"
_TICKETS = """
UPDATE ticket SET state = $3, ended_at = NULL, revision = $4
WHERE registration = $1 AND state = 'given_up' AND ended_at = $2 RETURNING id
"""
_SIZE = """
SELECT count(*) AS people, coalesce(sum(CASE WHEN child THEN 1 ELSE 0 END), 0) AS children FROM ticket
WHERE registration = $1 AND state IN ('valid', 'waiting')
"""
_BACK = """
UPDATE registration SET state = $2, wait_position = $3, pickup_point = $4, party = $5, children = $6, revision = $7,
  ended_at = NULL, ended_by = NULL
WHERE id = $1 AND state = 'cancelled' AND ended_by = $8 RETURNING id
"""
_FRIEND = "SELECT state, revision, pickup_point FROM registration WHERE id = $1"
_HANDED_BACK = """
UPDATE ticket SET state = 'valid', ended_at = NULL, revision = $3
WHERE registration = $1 AND number = $2 AND state = 'handed_on' RETURNING child
"""
_FRIENDS_PLACE = "UPDATE ticket SET state = 'handed_on', revision = $2 WHERE registration = $1 RETURNING id"
_GIVER = "SELECT state, party, children, pickup_point, ended_by FROM registration WHERE id = $1"
_GIVER_BACK = """
UPDATE registration SET state = 'confirmed', party = $2, children = $3, pickup_point = $4, revision = $5
WHERE id = $1 RETURNING id
"""


class Ended(msgspec.Struct, frozen=True):
    """A party that gave up: when, and the entry of the audit that tells it."""

    id: UUID
    ended_at: datetime
    ended_by: UUID
    revision: int


class Before(msgspec.Struct, frozen=True):
    """What it was before: booked or waiting, at which place in the queue, with which bus."""

    state: RegistrationState
    position: int | None = None
    bus: UUID | None = None


async def ended(registration: UUID, since: datetime) -> Ended:
    """A party that gave up after `since` and has not come back; raises Refused "nothing_to_undo"."""
    rows = await fetch(_ENDED, registration, since)
    if not rows:
        raise Refused("nothing_to_undo")
    return msgspec.convert(rows[0], Ended, strict=False)


async def take_again(held: Held, party: Ended, before: Before, place: int | None = None) -> RegistrationState:
    """Give a party the places that it gave up; where others have them, it waits before everybody else (or at `place`).

    Its bus only if that still has room for all of them. Raises Refused where some of it are inside and the rest find no
    place, "nothing_to_undo" where somebody else was first.
    """
    left = (await fetch(_LEFT, party.id, party.ended_at))[0]["people"]
    booked = before.state == RegistrationState.CONFIRMED
    fits = booked and bool(await fetch(_TAKE_AGAIN, held.event, left))
    state = RegistrationState.CONFIRMED if fits else RegistrationState.WAITING
    ticket = TicketState.VALID if fits else TicketState.WAITING
    await fetch(_TICKETS, party.id, party.ended_at, ticket.value, held.revision)
    size = (await fetch(_SIZE, party.id))[0]
    if not size["people"]:
        raise Refused("nothing_to_undo")
    if booked and not fits and size["people"] > left:
        raise Refused("not_enough_places", free=0, party=left)
    position = before.position if not booked else await _first(held) if place is None else place
    if not fits:
        await fetch(_WAIT_AGAIN, held.event, size["people"])  # who came in meanwhile waits with the others
    bus = await _bus_again(before.bus, state, size["people"])
    shape: tuple[Any, ...] = (
        state.value,
        None if fits else position,
        bus,
        size["people"],
        size["children"],
        held.revision,
    )
    if not await fetch(_BACK, party.id, *shape, party.ended_by):
        raise Refused("nothing_to_undo")
    await promote_waiting(held.event)
    return (await holding_of(party.id))[0].state


async def _first(held: Held) -> int:
    first = (await fetch(_FIRST, held.event))[0]["position"]
    return int(held.revision if first is None else first - 1)


async def _bus_again(bus: UUID | None, state: RegistrationState, people: int) -> UUID | None:
    if bus is None or not await fetch(_BUS_THERE, bus):
        return None
    return bus if state == RegistrationState.WAITING or await take_bus(bus, people) else None


def _must_take_back(giver: dict[str, Any], most: int) -> None:
    """Whether this party can have one more: it is booked, or its last ticket was the one that was handed on."""
    if giver["state"] == RegistrationState.ERASED:
        raise Refused("erased")
    if giver["state"] == RegistrationState.WAITING:
        raise Refused("ticket_waiting")
    if giver["state"] == RegistrationState.CANCELLED and giver["ended_by"]:
        raise Refused("registration_cancelled")  # the rest of the party gave up meanwhile
    if giver["state"] == RegistrationState.CONFIRMED and giver["party"] >= most:
        raise invalid([Problem("party", "party_too_large", {"limit": most})])


async def take_back(held: Held, giver: UUID, number: int, friend: UUID, meanwhile: int, most: int) -> None:
    """A ticket that was handed on is the giver's again; the friend's place becomes its own.

    `meanwhile` is the revision of the handing on: whoever did anything with the friend's page since keeps the place.
    `most` is how many people the party may have. A code that was renewed meanwhile stays dead.
    Raises Refused.
    """
    theirs = (await fetch(_FRIEND, friend))[0]
    if theirs["state"] != RegistrationState.CONFIRMED or theirs["revision"] != meanwhile:
        raise Refused("friend_was_there")
    mine = (await fetch(_GIVER, giver))[0]
    _must_take_back(mine, most)
    had = mine["party"] if mine["state"] == RegistrationState.CONFIRMED else 0
    back = await fetch(_HANDED_BACK, giver, number, held.revision)
    if not back:
        raise Refused("nothing_to_undo")
    await fetch(_FRIENDS_PLACE, friend, held.revision)
    bus = mine["pickup_point"] if had else theirs["pickup_point"]
    if bus != theirs["pickup_point"]:  # the party moved to another bus, or to none
        if theirs["pickup_point"]:
            await leave_bus(theirs["pickup_point"], 1)
        if bus and not await take_bus(bus, 1):
            raise invalid([Problem("pickup_point", "pickup_point_full")])
    children = (mine["children"] if had else 0) + int(back[0]["child"])
    await fetch(_GIVER_BACK, giver, had + 1, children, bus, held.revision)
