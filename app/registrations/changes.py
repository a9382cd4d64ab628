"""Changing a party that is booked: more or fewer places, names, reaches, bus, handing a ticket on, new codes.

Each is one transaction that begins by touching the event's row, like everything that changes seats.
"""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import msgspec

from app.activity.record import Actor, audit
from app.database.connection import fetch, insert, now, write
from app.events.rules import registration_refusal
from app.events.shapes import EventRow
from app.registrations.actions import (
    LEAVE_BUS,
    OPEN,
    draw_number,
    insert_registration,
    insert_tickets,
    set_reach,
)
from app.registrations.shapes import ChangeDraft, Held
from app.seats.waiting import TAKE_BUS, promote_waiting
from app.security.keyring import Keyring
from app.security.sealing import seal
from app.validation.refusals import Problem, Refused, invalid
from models.tickets import Ticket

MOST_NUMBERS = 255  # a ticket's number and its issue are one byte each in its code

_MORE_SEATS = f"""
UPDATE event SET seats_taken = seats_taken + $2
WHERE id = $1 AND seats_waiting = 0 AND (capacity IS NULL OR seats_taken + $2 <= capacity) AND {OPEN} RETURNING id
"""
_MORE_WAITING = f"UPDATE event SET seats_waiting = seats_waiting + $2 WHERE id = $1 AND {OPEN} RETURNING id"
_HELD = """
SELECT id, event, state, party, children, pickup_point, last_ticket FROM registration WHERE id = $1
"""
_TICKETS = """
SELECT ticket.id, ticket.number, ticket.child, ticket.issue,
  EXISTS (SELECT 1 FROM admission WHERE admission.ticket = ticket.id) AS admitted
FROM ticket WHERE registration = $1 AND state IN ('valid', 'waiting') ORDER BY number
"""


class _Place(msgspec.Struct):
    id: UUID
    number: int
    child: bool
    issue: int
    admitted: bool


async def _begin(registration: UUID, event: UUID) -> tuple[Held, list[_Place], int]:
    """Nobody else changes this event's seats from here on; the party as it is now, its places, and the revision."""
    locked = await fetch("UPDATE event SET revision = revision + 1 WHERE id = $1 RETURNING revision", event)
    held = msgspec.convert((await fetch(_HELD, registration))[0], Held, strict=False)
    if held.state == "erased":
        raise Refused("erased")
    if held.state == "cancelled":
        raise Refused("registration_cancelled")
    places = msgspec.convert(await fetch(_TICKETS, registration), list[_Place], strict=False)
    return held, places, int(locked[0]["revision"])


async def change(keyring: Keyring, event: EventRow, registration: UUID, draft: ChangeDraft, by: Actor) -> None:
    """Make a party what the draft says; what it leaves out stays. Raises Refused, and then nothing has changed."""
    moment = now()
    async with write():
        held, places, revision = await _begin(registration, event.id)
        wanted = held.party - len(draft.drop) if draft.drop else (draft.party or held.party)
        if wanted < held.party:
            places = await _shrink(held, places, held.party - wanted, draft.drop, revision)
            held = msgspec.structs.replace(held, party=wanted)
        if draft.moves_bus:  # before more people come: a bus that they leave must not refuse them
            await _move_bus(event, held, draft.pickup_point)
            held = msgspec.structs.replace(held, pickup_point=draft.pickup_point)
        if wanted > held.party:
            places += await _grow(event, held, wanted - held.party, revision, moment)
            held = msgspec.structs.replace(held, party=wanted)
        await _write_down(keyring, held, places, draft, revision)
        await audit(by, "party_changed", "registration", registration, event.id, party=wanted, changed=draft.changed)
        await promote_waiting(event.id)


async def _grow(event: EventRow, held: Held, more: int, revision: int, moment: datetime) -> list[_Place]:
    """Places for more people, all of them or none; a waiting party that grows goes to the end of the list."""
    if held.last_ticket + more > MOST_NUMBERS:
        raise Refused("changes_exhausted")
    sql = _MORE_SEATS if held.state == "confirmed" else _MORE_WAITING
    if not await fetch(sql, event.id, more, moment):
        raise registration_refusal(event, moment) or Refused("event_full")
    if held.state == "confirmed" and held.pickup_point and not await fetch(TAKE_BUS, held.pickup_point, more):
        raise invalid([Problem("pickup_point", "pickup_point_full")])
    if held.state == "waiting":
        await fetch("UPDATE registration SET wait_position = $2 WHERE id = $1 RETURNING id", held.id, revision)
    state = "valid" if held.state == "confirmed" else "waiting"
    rows = await insert_tickets(
        held.event, held.id, range(held.last_ticket + 1, held.last_ticket + more + 1), state, revision
    )
    await fetch("UPDATE registration SET last_ticket = last_ticket + $2 WHERE id = $1 RETURNING id", held.id, more)
    return [_Place(row["id"], row["number"], False, 0, False) for row in rows]


async def _shrink(held: Held, places: list[_Place], fewer: int, chosen: tuple[int, ...], revision: int) -> list[_Place]:
    """Give up the chosen places, else the highest numbers; whoever is inside keeps the place."""
    free = [place for place in places if not place.admitted]
    dropped = [place for place in free if place.number in chosen] if chosen else free[::-1][:fewer]
    if len(dropped) < fewer:
        raise invalid([Problem("drop" if chosen else "party", "places_in_use", {"inside": len(places) - len(free)})])
    ids = [place.id for place in dropped]
    await fetch(
        "UPDATE ticket SET state = 'given_up', sealed_name = '', revision = $1"
        f" WHERE id IN ({_marks(ids, 2)}) RETURNING id",
        revision,
        *ids,
    )
    column = "seats_taken" if held.state == "confirmed" else "seats_waiting"
    await fetch(f"UPDATE event SET {column} = {column} - $2 WHERE id = $1 RETURNING id", held.event, fewer)
    if held.state == "confirmed" and held.pickup_point:
        await fetch(LEAVE_BUS, held.pickup_point, fewer)
    return [place for place in places if place.id not in set(ids)]


def _marks(values: list[Any], first: int) -> str:
    return ", ".join(f"${first + index}" for index in range(len(values)))


async def _move_bus(event: EventRow, held: Held, to: UUID | None) -> None:
    """Another bus, or none; a waiting party only wishes."""
    if to == held.pickup_point:
        return
    if held.state == "confirmed":
        if to and not await fetch(TAKE_BUS, to, held.party):
            raise invalid([Problem("pickup_point", "pickup_point_full")])
        if held.pickup_point:
            await fetch(LEAVE_BUS, held.pickup_point, held.party)
    await fetch("UPDATE registration SET pickup_point = $2 WHERE id = $1 RETURNING id", held.id, to)


async def _write_down(keyring: Keyring, held: Held, places: list[_Place], draft: ChangeDraft, revision: int) -> None:
    children = sum(place.child for place in places)
    if (
        draft.children is not None and draft.children != children
    ):  # how many says nothing of which: the last ones, as at registration
        children = draft.children
        for index, place in enumerate(places):
            child = index >= len(places) - children
            if place.child != child:
                await fetch("UPDATE ticket SET child = $2 WHERE id = $1 RETURNING id", place.id, child)
    for place, name in zip(places, draft.names or (), strict=False):
        if place.number == 1:
            sealed = seal(keyring, name, f"registration.sealed_name:{held.id}")
            if name:
                await fetch("UPDATE registration SET sealed_name = $2 WHERE id = $1 RETURNING id", held.id, sealed)
            continue
        sealed = seal(keyring, name, f"ticket.sealed_name:{place.id}") if name else ""
        await fetch("UPDATE ticket SET sealed_name = $2 WHERE id = $1 RETURNING id", place.id, sealed)
    for channel, address in (("phone", draft.phone), ("e-mail", draft.email)):
        if address is not None:
            await set_reach(keyring, held.id, channel, address)
    await fetch(
        "UPDATE registration SET party = $2, children = $3, revision = $4 WHERE id = $1 RETURNING id",
        held.id,
        held.party,
        children,
        revision,
    )


class HandedOn(msgspec.Struct, frozen=True):
    """The friend's new registration of one."""

    id: UUID
    number: str
    short_code: str
    pickup_point: UUID | None


async def hand_on(
    keyring: Keyring, event: EventRow, registration: UUID, number: int, name: str, language: str, by: Actor
) -> HandedOn:
    """Make a registration of one for a friend out of a ticket, whose old code dies. Raises Refused."""
    async with write():
        held, places, revision = await _begin(registration, event.id)
        if held.state != "confirmed":
            raise Refused("ticket_waiting")
        if now() >= event.ends_at or event.state != "published":
            raise Refused("event_cancelled" if event.state == "cancelled" else "event_over")
        place = next((each for each in places if each.number == number), None)
        if place is None:
            raise Refused("ticket_given_up")
        if place.admitted:
            raise Refused("ticket_used")
        await fetch(
            "UPDATE ticket SET state = 'handed_on', sealed_name = '', revision = $2 WHERE id = $1 RETURNING id",
            place.id,
            revision,
        )
        friend, drawn = uuid4(), draw_number()
        short_code = await insert_registration(
            {
                "id": friend,
                "event": event.id,
                "number": drawn,
                "state": "confirmed",
                "party": 1,
                "children": int(place.child),
                "sealed_name": seal(keyring, name, f"registration.sealed_name:{friend}"),
                "language": language,
                "pickup_point": held.pickup_point,
                "last_ticket": 1,
                "consented_at": now(),
                "created_at": now(),
                "revision": revision,
            }
        )
        await insert(
            Ticket,
            {
                "id": uuid4(),
                "event": event.id,
                "registration": friend,
                "number": 1,
                "child": place.child,
                "state": "valid",
                "revision": revision,
            },
        )
        left = held.party - 1
        await fetch(
            "UPDATE registration SET state = $2, party = $3, children = $4, pickup_point = $5, revision = $6"
            " WHERE id = $1 RETURNING id",
            registration,
            "confirmed" if left else "cancelled",
            left or 1,
            max(0, min(held.children - int(place.child), left)),
            held.pickup_point if left else None,
            revision,
        )
        await audit(by, "handed_on", "registration", registration, event.id, ticket=number, friend=str(friend))
        return HandedOn(friend, drawn, short_code, held.pickup_point)


async def reissue(event: UUID, registration: UUID, by: Actor) -> int:
    """New codes and a new link for a party; the old ones die. Returns the issue of the link. Raises Refused."""
    async with write():
        _, places, revision = await _begin(registration, event)
        if any(place.issue >= MOST_NUMBERS for place in places):
            raise Refused("changes_exhausted")
        await fetch(
            "UPDATE ticket SET issue = issue + 1, revision = $2 WHERE registration = $1"
            " AND state IN ('valid', 'waiting') RETURNING id",
            registration,
            revision,
        )
        renewed = await fetch(
            "UPDATE registration SET link_issue = link_issue + 1, revision = $2 WHERE id = $1 RETURNING link_issue",
            registration,
            revision,
        )
        await audit(by, "reissued", "registration", registration, event)
        return int(renewed[0]["link_issue"])


async def set_attention(
    keyring: Keyring, event: UUID, registration: UUID, attention: tuple[str, ...], note: str, by: Actor
) -> None:
    """What the gate should know of a party: words that phones can tell, and a sentence that only its tickets open."""
    async with write():
        locked = await fetch("UPDATE event SET revision = revision + 1 WHERE id = $1 RETURNING revision", event)
        await fetch(
            "UPDATE registration SET attention = $3, sealed_note = $4, revision = $5"
            " WHERE id = $1 AND event = $2 AND state <> 'erased' RETURNING id",
            registration,
            event,
            " ".join(attention),
            seal(keyring, note, f"registration.sealed_note:{registration}"),
            locked[0]["revision"],
        )
        await audit(by, "attention_set", "registration", registration, event, attention=" ".join(attention))
