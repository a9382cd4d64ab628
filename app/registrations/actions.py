"""Registering, giving up and erasing. Each is one transaction that begins by touching the event's row:
that serialises everything that changes the seats of one event, on both databases."""

import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec

from app.activity.record import Actor, audit
from app.database.connection import fetch, insert, now, write
from app.events.rules import registration_refusal
from app.events.shapes import EventRow
from app.registrations import rules
from app.registrations.shapes import RegistrationDraft
from app.seats.waiting import TAKE_BUS, promote_waiting
from app.security.keyring import Keyring
from app.security.sealing import keyed_hash, seal
from app.validation.refusals import Problem, Refused, invalid
from models.registrations import Invitation, Reach, Registration
from models.tickets import Ticket

PURGE_BATCH = 500

OPEN = """
state = 'published' AND NOT registration_paused AND ends_at > $3
AND (registration_opens_at IS NULL OR registration_opens_at <= $3)
AND (registration_closes_at IS NULL OR registration_closes_at > $3)
"""
_TAKE = f"""
UPDATE event SET revision = revision + 1, seats_taken = seats_taken + $2
WHERE id = $1 AND seats_waiting = 0 AND (capacity IS NULL OR seats_taken + $2 <= capacity) AND {OPEN}
RETURNING revision
"""
_QUEUE = f"""
UPDATE event SET revision = revision + 1, seats_waiting = seats_waiting + $2 WHERE id = $1 AND {OPEN}
RETURNING revision
"""
BUS_THERE = "SELECT id FROM pickup_point WHERE id = $1"
_USE_INVITATION = (
    "UPDATE invitation SET uses = uses + 1 WHERE id = $1 AND event = $2 AND revoked_at IS NULL RETURNING id"
)
LEAVE_BUS = "UPDATE pickup_point SET seats_taken = seats_taken - $2 WHERE id = $1 RETURNING id"


class Registered(msgspec.Struct, frozen=True):
    """A booking that was just made; what the answer needs, without reading it back. Tickets are numbered from 1."""

    id: UUID
    number: str
    short_code: str
    state: str
    party: int
    children: int
    pickup_point: UUID | None


async def register(keyring: Keyring, event: EventRow, draft: RegistrationDraft, by: Actor) -> Registered:
    """Book places for a party; raises Refused when the event is closed, full, or the bus is."""
    moment = now()
    async with write():
        took = await fetch(_TAKE, event.id, draft.party, moment)
        queued = [] if took else await fetch(_QUEUE, event.id, draft.party, moment)
        if not took and not queued:
            raise await _why_not(event, moment)
        state = "confirmed" if took else "waiting"
        if took and draft.pickup_point and not await fetch(TAKE_BUS, draft.pickup_point, draft.party):
            raise Refused("pickup_point_full")
        if queued and draft.pickup_point and not await fetch(BUS_THERE, draft.pickup_point):
            raise invalid([Problem("pickup_point", "unknown_pickup_point")])  # removed since the event was read
        if draft.invitation and not await fetch(_USE_INVITATION, draft.invitation, event.id):
            raise invalid([Problem("invitation", "invitation_unknown")])
        booked = await _write(keyring, event, draft, state, (took or queued)[0]["revision"], moment)
        await audit(by, "registered", "registration", booked.id, event.id, party=draft.party, state=state)
        if took:
            return booked
        await promote_waiting(event.id)
        return await _after_moving_up(booked, draft)


async def _after_moving_up(booked: Registered, draft: RegistrationDraft) -> Registered:
    rows = await fetch(
        "SELECT id, number, short_code, state, party, children, pickup_point FROM registration WHERE id = $1", booked.id
    )
    if rows[0]["state"] == "waiting" and not draft.accept_waiting:
        raise Refused("event_full")
    if rows[0]["state"] == "confirmed" and draft.pickup_point and rows[0]["pickup_point"] is None:
        raise Refused("pickup_point_full")
    return msgspec.convert(rows[0], Registered, strict=False)


async def _why_not(event: EventRow, moment: datetime) -> Refused:
    """Read only to explain: the UPDATE has decided already."""
    rows = await fetch(
        "SELECT state, registration_paused, registration_opens_at, registration_closes_at, ends_at"
        " FROM event WHERE id = $1",
        event.id,
    )
    present = msgspec.structs.replace(event, **msgspec.convert(rows[0], _Openness, strict=False).as_facts())
    return registration_refusal(present, moment) or Refused("busy")


class _Openness(msgspec.Struct):
    state: str
    registration_paused: bool
    registration_opens_at: datetime | None
    registration_closes_at: datetime | None
    ends_at: datetime

    def as_facts(self) -> dict[str, Any]:
        return msgspec.structs.asdict(self)


async def _write(
    keyring: Keyring, event: EventRow, draft: RegistrationDraft, state: str, revision: int, moment: datetime
) -> Registered:
    row, number = uuid4(), draw_number()
    short_code = await insert_registration(
        {
            "id": row,
            "event": event.id,
            "number": number,
            "state": state,
            "party": draft.party,
            "children": draft.children,
            "sealed_name": seal(keyring, draft.names[0], f"registration.sealed_name:{row}"),
            "language": draft.language,
            "pickup_point": draft.pickup_point,
            "take_what_there_is": draft.take_what_there_is,
            "wait_position": revision if state == "waiting" else None,
            "last_ticket": draft.party,
            "invitation": draft.invitation,
            "consented_at": moment,
            "created_at": moment,
            "revision": revision,
        }
    )
    grown_ups = draft.party - draft.children
    tickets = [
        {
            "id": (ticket := uuid4()),
            "event": event.id,
            "registration": row,
            "number": index + 1,
            "sealed_name": seal(keyring, name, f"ticket.sealed_name:{ticket}") if index and name else "",
            "child": index >= grown_ups,
            "state": "valid" if state == "confirmed" else "waiting",
            "revision": revision,
        }
        for index, name in enumerate(draft.names)
    ]
    await insert(Ticket, *tickets)
    for channel, address in (("phone", draft.phone), ("e-mail", draft.email)):
        if address:
            await set_reach(keyring, row, channel, address)
    return Registered(row, number, short_code, state, draft.party, draft.children, draft.pickup_point)


def draw_number() -> str:
    """A registration number: 8 random bytes in hex."""
    return secrets.token_hex(8)


async def insert_registration(columns: dict[str, Any]) -> str:
    """Write a registration under a short code that is free in its event; returns the code."""
    while not await insert(
        Registration,
        {**columns, "short_code": (short_code := rules.new_short_code())},
        unless_there="event, short_code",
    ):
        continue  # another party of this event has the code: draw again
    return short_code


async def insert_tickets(
    event: UUID, registration: UUID, numbers: Iterable[int], state: str, revision: int
) -> list[dict[str, Any]]:
    """Nameless tickets of these numbers; returns them."""
    rows = [
        {"id": uuid4(), "event": event, "registration": registration, "number": number, "state": state}
        for number in numbers
    ]
    await insert(Ticket, *({**row, "revision": revision} for row in rows))
    return rows


async def set_reach(keyring: Keyring, registration: UUID, channel: str, address: str) -> None:
    """The address by which a party is reached on a channel, in place of what was there; "" for none any more."""
    await fetch("DELETE FROM reach WHERE registration = $1 AND channel = $2", registration, channel)
    if address:
        row = uuid4()
        await insert(
            Reach,
            {
                "id": row,
                "registration": registration,
                "channel": channel,
                "sealed_address": seal(keyring, address, f"reach.sealed_address:{row}"),
                "address_hash": keyed_hash(keyring, "reach", address),
                "consented_at": now(),
            },
        )


async def invite(event: UUID, label: str, party_limit: int, by: Actor) -> UUID:
    """A link with which a community leader may book for up to so many people."""
    row = uuid4()
    async with write():
        columns = {"id": row, "event": event, "label": label, "party_limit": party_limit, "created_at": now()}
        await insert(Invitation, columns)
        await audit(by, "invited", "invitation", row, event, label=label, party_limit=party_limit)
    return row


async def uninvite(event: UUID, invitation: UUID, by: Actor) -> bool:
    """Revoke an invitation; what was booked by it stays. False if there is no such; twice changes nothing."""
    async with write():
        rows = await fetch(
            "UPDATE invitation SET revoked_at = coalesce(revoked_at, $3) WHERE id = $1 AND event = $2 RETURNING id",
            invitation,
            event,
            now(),
        )
        if rows:
            await audit(by, "invitation_revoked", "invitation", invitation, event)
    return bool(rows)


class _Held(msgspec.Struct):
    event: UUID
    state: str
    party: int
    pickup_point: UUID | None


async def give_up(registration: UUID, by: Actor) -> None:
    """Give up all places of a party, for others at once. A second time changes nothing."""
    async with write():
        await _release(registration, "cancelled", by)


async def _release(registration: UUID, becomes: str, by: Actor) -> UUID:
    """End a registration's hold on seats and bus; the conditional UPDATE decides who does it. Returns the event."""
    row = await fetch("SELECT event FROM registration WHERE id = $1", registration)
    event = UUID(str(row[0]["event"]))
    locked = await fetch("UPDATE event SET revision = revision + 1 WHERE id = $1 RETURNING revision", event)
    revision = locked[0]["revision"]
    before = await fetch("SELECT event, state, party, pickup_point FROM registration WHERE id = $1", registration)
    held = msgspec.convert(before[0], _Held, strict=False)
    ended = await fetch(
        "UPDATE registration SET state = $2, wait_position = NULL, pickup_point = NULL, revision = $3"
        " WHERE id = $1 AND state IN ('confirmed', 'waiting') RETURNING id",
        registration,
        becomes,
        revision,
    )
    if not ended:
        return event
    # whoever is inside already stays counted: their places are used, not free
    admitted = await fetch(
        "SELECT count(DISTINCT ticket.id) AS people FROM ticket JOIN admission ON admission.ticket = ticket.id"
        " WHERE ticket.registration = $1 AND ticket.state = 'valid'",
        registration,
    )
    free = held.party - admitted[0]["people"] if held.state == "confirmed" else held.party
    column = "seats_taken" if held.state == "confirmed" else "seats_waiting"
    await fetch(f"UPDATE event SET {column} = {column} - $2 WHERE id = $1 RETURNING id", event, free)
    if held.state == "confirmed" and held.pickup_point:
        await fetch(LEAVE_BUS, held.pickup_point, held.party)
    await fetch(
        "UPDATE ticket SET state = 'given_up', sealed_name = '', revision = $2"
        " WHERE registration = $1 AND state IN ('valid', 'waiting')"
        " AND NOT EXISTS (SELECT 1 FROM admission WHERE admission.ticket = ticket.id) RETURNING id",
        registration,
        revision,
    )
    await audit(by, "gave_up", "registration", registration, event, people=free)
    await promote_waiting(event)
    return event


async def release_unused(registration: UUID, event: UUID, revision: int) -> None:
    """Give up what a party that has left still holds but nobody used after all (an admission was undone)."""
    freed = await fetch(
        "UPDATE ticket SET state = 'given_up', revision = $2 WHERE registration = $1 AND state = 'valid'"
        " AND NOT EXISTS (SELECT 1 FROM admission WHERE admission.ticket = ticket.id)"
        " AND EXISTS (SELECT 1 FROM registration WHERE registration.id = ticket.registration"
        " AND registration.state IN ('cancelled', 'erased')) RETURNING id",
        registration,
        revision,
    )
    await fetch(  # who came in from the waiting list never took a seat
        "UPDATE ticket SET state = 'given_up', revision = $2 WHERE registration = $1 AND state = 'waiting'"
        " AND NOT EXISTS (SELECT 1 FROM admission WHERE admission.ticket = ticket.id)"
        " AND EXISTS (SELECT 1 FROM registration WHERE registration.id = ticket.registration"
        " AND registration.state IN ('cancelled', 'erased')) RETURNING id",
        registration,
        revision,
    )
    if freed:
        await fetch("UPDATE event SET seats_taken = seats_taken - $2 WHERE id = $1 RETURNING id", event, len(freed))
        await promote_waiting(event)


async def erase(registration: UUID, by: Actor) -> None:
    """Erase who the party is: places are given up, names, addresses and stored answers go, the counts stay."""
    async with write():
        event = await _release(registration, "cancelled", by)
        await _forget([registration])
        await audit(by, "erased", "registration", registration, event)


async def _forget(parties: list[UUID]) -> None:
    """Remove everything personal of these parties."""
    places = ", ".join(f"${index + 1}" for index in range(len(parties)))
    for sql in (
        "UPDATE registration SET state = 'erased', sealed_name = '', sealed_note = '', attention = '',"
        " revision = (SELECT revision FROM event WHERE event.id = registration.event)"
        f" WHERE id IN ({places}) RETURNING id",
        f"UPDATE ticket SET sealed_name = '' WHERE registration IN ({places}) RETURNING id",
        f"DELETE FROM reach WHERE registration IN ({places})",
        f"DELETE FROM idempotency WHERE registration IN ({places})",
    ):
        await fetch(sql, *parties)


async def purge(*, dry_run: bool = False) -> int:
    """Erase the parties of events whose retention time is over, and answers kept too long. Returns how many parties."""
    moment = now()
    erased = 0
    for event in await fetch("SELECT id, ends_at, retention_days FROM event WHERE ends_at < $1", moment):
        if moment < event["ends_at"] + timedelta(days=event["retention_days"]):
            continue
        if dry_run:
            left = await fetch(
                "SELECT count(*) AS parties FROM registration WHERE event = $1 AND state <> 'erased'", event["id"]
            )
            erased += int(left[0]["parties"])
            continue
        while batch := await _purge_batch(event["id"]):
            erased += batch
    if not dry_run:
        await fetch("DELETE FROM idempotency WHERE expires_at < $1", moment)
        await fetch("DELETE FROM throttle WHERE window_ends_at < $1", moment)
    return erased


async def _purge_batch(event: UUID) -> int:
    async with write():
        await fetch("UPDATE event SET revision = revision + 1 WHERE id = $1 RETURNING id", event)
        rows = await fetch(
            f"SELECT id, state, party FROM registration WHERE event = $1 AND state <> 'erased' LIMIT {PURGE_BATCH}",
            event,
        )
        if not rows:
            return 0
        waiting = sum(row["party"] for row in rows if row["state"] == "waiting")
        await fetch("UPDATE event SET seats_waiting = seats_waiting - $2 WHERE id = $1 RETURNING id", event, waiting)
        await _forget([UUID(str(row["id"])) for row in rows])
        await audit(Actor("rule"), "purged", "event", event, event, parties=len(rows))
    return len(rows)
