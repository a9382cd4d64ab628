"""Reading parties: by the party's own link, by short code, and for the desk."""

import asyncio
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec

from app.database.connection import fetch
from app.registrations.rules import folded
from app.registrations.shapes import InvitationRow, Party
from app.security.keyring import Keyring
from app.security.links import make_key, proves, read_key
from app.security.sealing import Unreadable, unseal
from app.validation.refusals import Refused

LINK = "party"
LONG_AGO = datetime(1900, 1, 1, tzinfo=UTC)

_PARTIES = """
SELECT id, event, number, short_code, state, party, children, sealed_name, language, pickup_point, link_issue,
  created_at, passed_over, take_what_there_is, invitation, attention, sealed_note, (
    SELECT coalesce(sum(earlier.party), 0) FROM registration AS earlier
    WHERE registration.state = 'waiting' AND earlier.event = registration.event AND earlier.state = 'waiting'
      AND earlier.wait_position < registration.wait_position
  ) AS ahead
FROM registration
"""
_TICKETS = """
SELECT ticket.id, ticket.registration, ticket.number, ticket.issue, ticket.state, ticket.sealed_name, ticket.child,
  min(admission.admitted_at) AS admitted_at
FROM ticket LEFT JOIN admission ON admission.ticket = ticket.id
WHERE ticket.registration IN ({places})
GROUP BY ticket.id, ticket.registration, ticket.number, ticket.issue, ticket.state, ticket.sealed_name, ticket.child
ORDER BY ticket.number
"""


def party_key(keyring: Keyring, party: UUID, issue: int = 0) -> str:
    """The secret part of the party's link."""
    return make_key(keyring, LINK, party, issue)


async def party_by_key(keyring: Keyring, key: str) -> Party:
    """The party whose link this is; raises Refused "not_found" or "erased"."""
    parts = read_key(key)
    if parts is None:
        raise Refused("not_found")
    found = await _parties(keyring, "id = $1", parts[0])
    if not found or not proves(keyring, LINK, key, found[0].link_issue):
        raise Refused("not_found")
    if found[0].state == "erased":
        raise Refused("erased")
    return found[0]


INVITATION = "invitation"

_INVITATIONS = """
SELECT id, event, label, party_limit, uses, created_at, revoked_at,
  (SELECT count(*) FROM ticket JOIN registration ON registration.id = ticket.registration
   WHERE registration.invitation = invitation.id AND ticket.state = 'valid') AS registered,
  (SELECT count(DISTINCT admission.ticket) FROM admission JOIN ticket ON ticket.id = admission.ticket
   JOIN registration ON registration.id = ticket.registration WHERE registration.invitation = invitation.id) AS admitted
FROM invitation
"""


async def invitation_by_key(keyring: Keyring, key: Any, event: UUID) -> InvitationRow | None:
    """The invitation to this event whose link holds `key`, unless it was revoked."""
    parts = read_key(key) if isinstance(key, str) and key else None
    if parts is None or not proves(keyring, INVITATION, str(key)):
        return None
    rows = await fetch(f"{_INVITATIONS} WHERE id = $1 AND event = $2 AND revoked_at IS NULL", parts[0], event)
    return msgspec.convert(rows[0], InvitationRow, strict=False) if rows else None


async def invitations_of(event: UUID) -> list[InvitationRow]:
    """Every invitation to an event, the newest first."""
    rows = await fetch(f"{_INVITATIONS} WHERE event = $1 ORDER BY created_at DESC, id", event)
    return msgspec.convert(rows, list[InvitationRow], strict=False)


async def limit_of(party: Party, event_limit: int) -> int:
    """The most people that a party may have: the event's limit, or its invitation's."""
    if party.invitation is None:
        return event_limit
    rows = await fetch("SELECT party_limit FROM invitation WHERE id = $1", party.invitation)
    return max(event_limit, int(rows[0]["party_limit"])) if rows else event_limit


async def party_by_id(keyring: Keyring, event: UUID, registration: UUID) -> Party | None:
    """A party of this event, for its attaché."""
    found = await _parties(keyring, "id = $1 AND event = $2 AND state <> 'erased'", registration, event)
    return found[0] if found else None


async def party_by_number(keyring: Keyring, number: str) -> Party | None:
    """The party with this registration number (16 hex digits)."""
    found = await _parties(keyring, "number = $1", number)
    return found[0] if found else None


async def party_by_short_code(keyring: Keyring, event: UUID, short_code: str) -> Party | None:
    """The party with this spoken code in the event."""
    found = await _parties(keyring, "event = $1 AND short_code = $2 AND state <> 'erased'", event, short_code)
    return found[0] if found else None


async def parties_of(keyring: Keyring, event: UUID, after: tuple[Any, UUID] | None, limit: int) -> list[Party]:
    """An event's parties, the first to register first; `after` is (created_at, id) of the last one seen."""
    if after is None:
        return await _parties(keyring, f"event = $1 AND state <> 'erased' ORDER BY created_at, id LIMIT {limit}", event)
    return await _parties(
        keyring,
        "event = $1 AND state <> 'erased' AND (created_at > $2 OR (created_at = $2 AND id > $3))"
        f" ORDER BY created_at, id LIMIT {limit}",
        event,
        *after,
    )


async def look_alikes(keyring: Keyring, event: UUID) -> tuple[list[Party], dict[UUID, str]]:
    """An event's booked parties without their tickets, and the keyed hash of the phone of those who gave one."""
    condition = "event = $1 AND state IN ('confirmed', 'waiting') ORDER BY created_at, id LIMIT 20000"
    rows = await fetch(f"{_PARTIES} WHERE {condition}", event)
    phones = await fetch(
        "SELECT registration, address_hash FROM reach WHERE channel = 'phone'"
        " AND registration IN (SELECT id FROM registration WHERE event = $1)",
        event,
    )
    return (
        [_party(keyring, row, []) for row in rows],
        {UUID(str(row["registration"])): row["address_hash"] for row in phones},
    )


async def parties_named(keyring: Keyring, event: UUID, name: str, most: int) -> list[Party]:
    """An event's first parties that have every word of `name` in their own; names are unsealed off the event loop."""
    rows = await fetch("SELECT id, sealed_name FROM registration WHERE event = $1 AND state <> 'erased'", event)
    found = await asyncio.to_thread(_named, keyring, rows, name, most)
    parties = [await party_by_id(keyring, event, row) for row in found]
    return [party for party in parties if party is not None]


def _named(keyring: Keyring, rows: list[dict[str, Any]], name: str, most: int) -> list[UUID]:
    words = {folded(word) for word in name.split()} - {""}
    found = []
    for row in rows if words else []:
        known = _name(keyring, row["sealed_name"], f"registration.sealed_name:{row['id']}")
        if words <= {folded(word) for word in known.split()}:
            found.append(UUID(str(row["id"])))
            if len(found) == most:
                break
    return found


async def _parties(keyring: Keyring, condition: str, *args: Any) -> list[Party]:
    rows = await fetch(f"{_PARTIES} WHERE {condition}", *args)
    if not rows:
        return []
    places = ", ".join(f"${index + 1}" for index in range(len(rows)))
    tickets: dict[Any, list[dict[str, Any]]] = {}
    for ticket in await fetch(_TICKETS.format(places=places), *(row["id"] for row in rows)):
        tickets.setdefault(str(ticket["registration"]), []).append(ticket)
    return [_party(keyring, row, tickets.get(str(row["id"]), [])) for row in rows]


def _party(keyring: Keyring, row: dict[str, Any], tickets: list[dict[str, Any]]) -> Party:
    return msgspec.convert(
        {
            **row,
            "ahead": int(row["ahead"]),
            "name": _name(keyring, row["sealed_name"], f"registration.sealed_name:{row['id']}"),
            "attention": tuple(row["attention"].split()),
            "note": _name(keyring, row["sealed_note"], f"registration.sealed_note:{row['id']}"),
            "tickets": tuple(
                {**ticket, "name": _name(keyring, ticket["sealed_name"], f"ticket.sealed_name:{ticket['id']}")}
                for ticket in tickets
            ),
        },
        Party,
        strict=False,
    )


def _name(keyring: Keyring, sealed: str, place: str) -> str:
    try:
        return unseal(keyring, sealed, place)
    except Unreadable:
        return "—"


class Counts(msgspec.Struct, frozen=True):
    """Distinct people of an event. `inside` are those admitted and not left; walk-ins are counted apart."""

    registered: int
    waiting: int
    admitted: int
    inside: int
    walk_ins: int
    parties: int


async def counts(event: UUID, day: str = "", since: datetime = LONG_AGO) -> Counts:
    """The event's head counts, recounted from the rows; who is inside and walk-ins only of a day where one is given."""
    rows = await fetch(
        """
        SELECT
          (SELECT count(*) FROM ticket WHERE event = $1 AND state = 'valid') AS registered,
          (SELECT coalesce(sum(party), 0) FROM registration WHERE event = $1 AND state = 'waiting') AS waiting,
          (SELECT count(DISTINCT ticket) FROM admission WHERE event = $1) AS admitted,
          (SELECT count(DISTINCT ticket) FROM admission
           WHERE event = $1 AND inside AND (CAST($2 AS TEXT) = '' OR day = $2)) AS inside,
          (SELECT coalesce(sum(size), 0) FROM walk_in
           WHERE event = $1 AND NOT undone AND counted_at >= $3) AS walk_ins,
          (SELECT count(*) FROM registration WHERE event = $1 AND state = 'confirmed') AS parties
        """,
        event,
        day,
        since,
    )
    return Counts(**{name: int(value) for name, value in rows[0].items()})


async def miscounted() -> list[dict[str, Any]]:
    """Events whose stored seats differ from a recount of their rows; empty when all is well."""
    return await fetch(
        """
        SELECT slug, seats_taken, seats_waiting, tickets, people_waiting FROM (
          SELECT event.slug, event.seats_taken, event.seats_waiting,
            (SELECT count(*) FROM ticket WHERE ticket.event = event.id AND ticket.state = 'valid') AS tickets,
            (SELECT coalesce(sum(party), 0) FROM registration
             WHERE registration.event = event.id AND registration.state = 'waiting') AS people_waiting
          FROM event
        ) AS recount
        WHERE seats_taken <> tickets OR seats_waiting <> people_waiting
        """
    )
