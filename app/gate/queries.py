"""Reading devices, pairings, and parties as the judge needs them."""

from typing import Any
from uuid import UUID

import msgspec

from app.database.connection import fetch, now
from app.directory.shapes import json_of
from app.gate import rules
from app.gate.shapes import Device, PairingRow, PartyState, Seen, TicketState
from app.security.keyring import Keyring
from app.security.links import proves, read_key
from app.security.passwords import hash_secret
from app.web.refusals import Refused

PAIRING = "pair"

_DEVICE = """
SELECT gate_device.id, gate_device.number, pairing.id AS pairing, pairing.label, pairing.expires_at, pairing.revoked_at,
  event.id AS event, event.slug AS event_slug, event.title AS event_title, event.time_zone AS event_zone
FROM gate_device JOIN pairing ON pairing.id = gate_device.pairing JOIN event ON event.id = pairing.event
WHERE gate_device.secret_hash = $1
"""
_PAIRINGS = """
SELECT pairing.id, pairing.label, pairing.created_at, pairing.expires_at, pairing.revoked_at,
  count(gate_device.id) AS devices, max(gate_device.seen_at) AS seen_at
FROM pairing LEFT JOIN gate_device ON gate_device.pairing = pairing.id
WHERE pairing.event = $1
GROUP BY pairing.id, pairing.label, pairing.created_at, pairing.expires_at, pairing.revoked_at
ORDER BY pairing.created_at
"""
_PARTY_STATES = """
SELECT registration.id AS party, registration.number AS party_number, registration.state AS party_state,
  registration.party AS size, ticket.id, ticket.number, ticket.issue, ticket.state,
  admission.day, admission.inside, admission.admitted_at, gate_device.id AS device, gate_device.number AS device_number,
  pairing.label
FROM registration JOIN ticket ON ticket.registration = registration.id
  LEFT JOIN admission ON admission.ticket = ticket.id
  LEFT JOIN scan ON scan.id = admission.scan
  LEFT JOIN gate_device ON gate_device.id = scan.device
  LEFT JOIN pairing ON pairing.id = gate_device.pairing
WHERE registration.event = $1 AND registration.number IN ({places})
"""


async def device_by_secret(secret: str) -> Device | None:
    """The phone that holds this secret, expired or revoked ones too until their scans can no longer be delivered."""
    rows = await fetch(_DEVICE, hash_secret(secret))
    if not rows:
        return None
    device = msgspec.convert({**rows[0], "event_title": json_of(rows[0]["event_title"])}, Device, strict=False)
    return None if now() > device.over_at + rules.LATE_DELIVERY else device


async def pairings_of(event: UUID) -> list[PairingRow]:
    """The event's pairings with how many phones use them."""
    return [msgspec.convert(row, PairingRow, strict=False) for row in await fetch(_PAIRINGS, event)]


class PairingFacts(msgspec.Struct, frozen=True):
    """What a phone sees before it pairs."""

    id: UUID
    label: str
    event: UUID
    event_title: dict[str, str]


async def pairing_by_token(keyring: Keyring, token: str) -> PairingFacts:
    """The pairing that a link opens; raises Refused "not_found" or "pairing_over"."""
    parts = read_key(token)
    if parts is None or not proves(keyring, PAIRING, token):
        raise Refused("not_found")
    rows = await fetch(
        "SELECT pairing.id, pairing.label, pairing.event, pairing.expires_at, pairing.revoked_at,"
        " event.title AS event_title FROM pairing JOIN event ON event.id = pairing.event WHERE pairing.id = $1",
        parts[0],
    )
    if not rows:
        raise Refused("not_found")
    row: dict[str, Any] = {**rows[0], "event_title": json_of(rows[0]["event_title"])}
    ended = await fetch(
        "SELECT id FROM pairing WHERE id = $1 AND (revoked_at IS NOT NULL OR expires_at <= $2)", parts[0], now()
    )
    if ended:
        raise Refused("pairing_over")
    return msgspec.convert(row, PairingFacts, strict=False)


async def party_states(event: UUID, numbers: list[str]) -> dict[str, PartyState]:
    """Parties of the event by registration number, with their tickets and admissions."""
    if not numbers:
        return {}
    places = ", ".join(f"${index + 2}" for index in range(len(numbers)))
    parties: dict[str, PartyState] = {}
    for row in await fetch(_PARTY_STATES.format(places=places), event, *numbers):
        party = parties.get(row["party_number"])
        if party is None:
            party = PartyState(UUID(str(row["party"])), row["party_number"], row["party_state"], row["size"], {})
            parties[party.number] = party
        ticket = party.tickets.get(row["number"])
        if ticket is None:
            ticket = TicketState(UUID(str(row["id"])), row["number"], row["issue"], row["state"], {})
            party.tickets[ticket.number] = ticket
        if row["day"] is not None:
            name = row["label"] if row["device_number"] == 1 else f"{row['label']} · {row['device_number']}"
            ticket.seen[row["day"]] = Seen(row["admitted_at"], UUID(str(row["device"])), name, bool(row["inside"]))
    return parties
