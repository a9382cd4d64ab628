"""Booking, the hottest write of an opening: finished rows come in, and the event decides by one conditional UPDATE.

SQL by name: taking or queueing is the first statement, so that it decides before anything is written.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from app.database.connection import fetch, insert, now, write
from app.database.together import NewRows, SqlPart, change_together
from app.seats.places import OPEN, STILL_ON, TAKE_BUS_IN_TIME, left, take_bus
from app.seats.shapes import Booked
from app.seats.waiting import promote_waiting
from app.validation.refusals import Problem, Refused, invalid
from models.registrations import Registration
from models.states import RegistrationState, TicketState
from models.tickets import Ticket

_TAKE = """
UPDATE event SET revision = revision + 1, seats_taken = seats_taken + $2
WHERE id = $1 AND seats_waiting = 0 AND (capacity IS NULL OR seats_taken + $2 <= capacity) AND {open}
RETURNING revision
"""
_QUEUE = """
UPDATE event SET revision = revision + 1, seats_waiting = seats_waiting + $2 WHERE id = $1 AND {open}
RETURNING revision
"""
_COULD_MOVE = """
SELECT event.capacity IS NULL OR event.capacity - event.seats_taken >= registration.party
  OR (registration.take_what_there_is AND event.seats_taken < event.capacity) AS could
FROM registration JOIN event ON event.id = registration.event WHERE registration.id = $1
"""
_BUS_THERE = "SELECT id FROM pickup_point WHERE id = $1"
_BOOKED = "SELECT id, number, short_code, state, party, children, pickup_point FROM registration WHERE id = $1"


class BookingRows(msgspec.Struct, frozen=True):
    """What a booking writes, but for state, place in the queue and revision, which the event decides.

    `registration` holds its columns, `tickets` one dict of columns each; `draw_short_code` is asked until a code is
    free in the event.
    """

    registration: dict[str, Any]
    tickets: list[dict[str, Any]]
    draw_short_code: Callable[[], str]


async def book(rows: BookingRows, moment: datetime, *, aside: bool = False, by_hand: bool = False) -> Booked | None:
    """Take places for a party or put it last on the waiting list; None where nobody can register at this moment.

    Set `aside` it waits at its place in the order, and only the attaché lets it move up. `settle` says whether it stays
    there. `by_hand` an attaché books, whom no registration window binds. Raises Refused "pickup_point_full", and then
    nothing is written.
    """
    event, party, bus = (rows.registration[name] for name in ("event", "party", "pickup_point"))
    async with write():
        is_open = STILL_ON if by_hand else OPEN
        took = [] if aside else await fetch(_TAKE.format(open=is_open), event, party, moment)
        queued = [] if took else await fetch(_QUEUE.format(open=is_open), event, party, moment)
        if not took and not queued:
            return None
        if took and bus and not await take_bus(bus, party):
            raise Refused("pickup_point_full")
        if queued and bus and not await fetch(_BUS_THERE, bus):
            raise invalid([Problem("pickup_point", "unknown_pickup_point")])  # removed since the event was read
        state = RegistrationState.CONFIRMED if took else RegistrationState.WAITING
        revision = (took or queued)[0]["revision"]
        place = revision if queued else None
        columns = {**rows.registration, "state": state.value, "wait_position": place, "revision": revision}
        columns["set_aside_at"] = moment if aside else None
        short_code = await insert_registration(columns, rows.draw_short_code)
        ticket = (TicketState.VALID if took else TicketState.WAITING).value
        await insert(Ticket, *({**each, "state": ticket, "revision": revision} for each in rows.tickets))
        known = {name: columns[name] for name in ("id", "number", "party", "children", "pickup_point")}
        return Booked(short_code=short_code, state=state, set_aside=aside, **known)


async def book_at_once(rows: BookingRows, moment: datetime, beside: Callable[[Booked], list[NewRows]]) -> Booked | None:
    """The same for a party that fits, with all that belongs to it, in one statement, where the database can.

    `beside` makes the further rows of the booking as it will stand. None where it must go the long way: nobody is
    waiting, there are places and seats, nothing of it is there already, or else nothing is done.
    """
    event, party, bus = (rows.registration[name] for name in ("event", "party", "pickup_point"))
    confirmed, valid = RegistrationState.CONFIRMED, TicketState.VALID
    columns = {**rows.registration, "state": confirmed.value, "short_code": rows.draw_short_code()}
    known = {name: columns[name] for name in ("id", "number", "short_code", "party", "children", "pickup_point")}
    booked = Booked(state=confirmed, **known)
    took = await change_together(
        SqlPart(_TAKE.format(open=OPEN), (event, party, moment)),
        [
            NewRows(Registration, [columns], stamped=True),
            NewRows(Ticket, [{**each, "state": valid.value} for each in rows.tickets], stamped=True),
            *beside(booked),
        ],
        [SqlPart(TAKE_BUS_IN_TIME, (bus, party))] if bus else [],
    )
    return booked if took else None


async def settle(event: UUID, booked: Booked, *, accept_waiting: bool) -> Booked:
    """Let whoever fits move up, in the transaction that booked; how the booking stands then.

    Raises Refused "event_full" for a party that would have to wait but does not accept it, "pickup_point_full" where it
    has places but no bus; then nothing of the booking is written.
    """
    if booked.set_aside and not accept_waiting and await left(event, now()) <= 0:
        raise Refused("event_full", left=0)
    if booked.state == RegistrationState.CONFIRMED or booked.set_aside:
        return booked
    if accept_waiting and not await could_move(booked.id):
        return booked
    await promote_waiting(event)
    settled = msgspec.convert((await fetch(_BOOKED, booked.id))[0], Booked, strict=False)
    if settled.state == RegistrationState.WAITING and not accept_waiting:
        raise Refused("event_full", left=await left(event, now()))
    if settled.state == RegistrationState.CONFIRMED and booked.pickup_point and settled.pickup_point is None:
        raise Refused("pickup_point_full")
    return settled


async def could_move(registration: UUID) -> bool:
    """Whether there are places for one that has just joined the others; nobody before it moves up because of it."""
    (row,) = await fetch(_COULD_MOVE, registration)
    return bool(row["could"])


async def insert_registration(columns: dict[str, Any], draw_short_code: Callable[[], str]) -> str:
    """Write a registration under a short code that is free in its event; returns the code."""
    while not await insert(
        Registration, {**columns, "short_code": (short_code := draw_short_code())}, unless_there="event, short_code"
    ):
        continue  # another party of this event has the code: draw again
    return short_code
