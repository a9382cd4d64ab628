"""Reading devices, pairings, and parties as the judge needs them."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from app.accounts.queries import JOIN_MAKER, MAKER, maker_until
from app.database.connection import fetch, now
from app.database.data_keys import SEALED_KEY
from app.database.rows import json_of, places, uuid_of
from app.gate.answers import ScanAnswer
from app.gate.rules import LATE_DELIVERY
from app.gate.shapes import (
    ByHand,
    Conflict,
    Device,
    JudgedParty,
    JudgedTicket,
    PairingRow,
    Result,
    Seen,
    device_name,
    over_after,
)
from app.seats.counts import LONG_AGO
from app.security.keyring import Keyring
from app.security.links import proves, read_key
from app.security.passwords import hash_secret
from app.security.sealing import open_key
from app.validation.refusals import Refused
from models.gate import Scan
from models.states import Outcome, RegistrationState, TicketState

PAIRING = "pair"

# whoever reads what a gate is called reads these columns
LABEL = f"pairing.id AS pairing, pairing.label, pairing.sealed_label, {SEALED_KEY.format(id='pairing.event')}"

_DEVICE_FACTS = f"""
SELECT gate_device.id, gate_device.number, {LABEL}, event.ends_at, pairing.revoked_at,
  event.id AS event, event.slug AS event_slug, event.title AS event_title, event.time_zone AS event_zone,
  {MAKER.format(made="pairing")}
FROM gate_device JOIN pairing ON pairing.id = gate_device.pairing JOIN event ON event.id = pairing.event
  AND event.ended_at IS NULL {JOIN_MAKER.format(made="pairing")}
"""
_PAIRINGS = f"""
SELECT pairing.id, pairing.event, {LABEL}, pairing.created_at, event.ends_at, revoked_at, {MAKER.format(made="pairing")}
FROM pairing JOIN event ON event.id = pairing.event {JOIN_MAKER.format(made="pairing")}
WHERE event.id = $1 {{part}} ORDER BY pairing.created_at, pairing.id
"""
_DEVICES = """
SELECT gate_device.id, gate_device.pairing, gate_device.number, gate_device.seen_at, synced_to, synced_at,
  scans_waiting, waiting_since, clock_offset, kept, battery, rehearsing
FROM gate_device WHERE gate_device.pairing IN ({places}) ORDER BY gate_device.number
"""
_CONFLICTS = f"""
SELECT scan.id AS scan, scan.code, scan.phone_at, scan.scanned_at, scan.received_at, scan.clock_off, scan.device,
  scan.registration, scan.answer, scan.acknowledged_at, coalesce(registration.short_code, '') AS short_code,
  coalesce(registration.number, '') AS party_number,
  {LABEL}, scan.event, gate_device.number AS device_number
FROM scan JOIN gate_device ON gate_device.id = scan.device JOIN pairing ON pairing.id = gate_device.pairing
  LEFT JOIN registration ON registration.id = scan.registration
WHERE scan.event = $1 AND scan.conflict AND NOT scan.undone ORDER BY scan.received_at DESC, scan.id LIMIT 200
"""
_BY_HAND = f"""
SELECT scan.id AS scan, scan.scanned_at, scan.override, scan.sealed_override, scan.event, scan.registration,
  coalesce(registration.short_code, '') AS short_code, {LABEL}, gate_device.number AS device_number
FROM scan JOIN gate_device ON gate_device.id = scan.device JOIN pairing ON pairing.id = gate_device.pairing
  LEFT JOIN registration ON registration.id = scan.registration
WHERE scan.event = $1 AND (scan.sealed_override <> '' OR scan.override <> '') AND NOT scan.rehearsal AND NOT scan.undone
  AND scan.outcome = 'admitted' AND scan.code <> ''
  AND coalesce(registration.state, '') <> 'erased'
ORDER BY scan.scanned_at DESC, scan.id
"""
_PARTY_STATES = f"""
SELECT registration.id AS party, registration.number AS party_number, registration.state AS party_state,
  registration.party AS size, registration.revision AS party_revision,
  ticket.id, ticket.number, ticket.issue, ticket.state,
  admission.day, admission.inside, admission.admitted_at, gate_device.id AS device, gate_device.number AS device_number,
  {LABEL}, registration.event
FROM registration JOIN ticket ON ticket.registration = registration.id
  LEFT JOIN admission ON admission.ticket = ticket.id
  LEFT JOIN scan ON scan.id = admission.scan
  LEFT JOIN gate_device ON gate_device.id = scan.device
  LEFT JOIN pairing ON pairing.id = gate_device.pairing
WHERE registration.event = $1 AND registration.number IN ({{places}})
"""


async def device_by_secret(keyring: Keyring, secret: str) -> Device | None:
    """The phone that holds this secret, expired or revoked ones too until their scans can no longer be delivered."""
    rows = await fetch(f"{_DEVICE_FACTS} WHERE gate_device.secret_hash = $1", hash_secret(secret))
    if not rows:
        return None
    device = _device(keyring, rows[0])
    return None if now() > device.over_at + LATE_DELIVERY else device


def _device(keyring: Keyring, row: dict[str, Any]) -> Device:
    facts = {
        **row,
        "event_title": json_of(row["event_title"]),
        "label": label_of(keyring, row),
        "expires_at": over_after(row["ends_at"]),
        "revoked_at": _ended(row),
    }
    return msgspec.convert(facts, Device, strict=False)


def _ended(row: dict[str, Any]) -> datetime | None:
    """When a pairing was revoked, or whoever made it lost the right to the event, whichever came first."""
    ends = [moment for moment in (row["revoked_at"], maker_until(row)) if moment is not None]
    return min(ends, default=None)


def label_of(keyring: Keyring, row: dict[str, Any]) -> str:
    """What a gate is called, of a row with its LABEL and its event."""
    key = open_key(keyring, row["sealed_key"], row["event"])
    return key.words(row["label"], row["sealed_label"], f"pairing.sealed_label:{row['pairing']}")


async def pairings_of(
    keyring: Keyring, event: UUID, after: tuple[datetime, UUID] | None = None, most: int | None = None
) -> list[PairingRow]:
    """The event's pairings with the phones that use them, in the order of their making; `after` is (created_at, id) of
    the last one seen."""
    args, part = list[Any](), ""
    if after:
        part, args = "AND (pairing.created_at > $2 OR (pairing.created_at = $2 AND pairing.id > $3))", [*after]
    limit = "" if most is None else f" LIMIT {most}"
    rows = await fetch(f"{_PAIRINGS.format(part=part)}{limit}", event, *args)
    devices: dict[str, list[dict[str, Any]]] = {}
    of = [row["id"] for row in rows]
    for device in await fetch(_DEVICES.format(places=places(of)), *of) if of else ():
        devices.setdefault(str(device["pairing"]), []).append(device)
    return [
        msgspec.convert(
            {
                **row,
                "label": label_of(keyring, row),
                "expires_at": over_after(row["ends_at"]),
                "revoked_at": _ended(row),
                "devices": devices.get(str(row["id"]), []),
            },
            PairingRow,
            strict=False,
        )
        for row in rows
    ]


async def device_of_event(keyring: Keyring, event: UUID, row: UUID) -> Device | None:
    """A phone that is or was paired with this event."""
    rows = await fetch(f"{_DEVICE_FACTS} WHERE gate_device.id = $1 AND event.id = $2", row, event)
    return _device(keyring, rows[0]) if rows else None


async def device_names(keyring: Keyring, event: UUID) -> dict[str, str]:
    """What people call the phones of an event, by their ids."""
    rows = await fetch(f"{_DEVICE_FACTS} WHERE event.id = $1", event)
    return {str(row["id"]): device_name(label_of(keyring, row), row["number"]) for row in rows}


async def scans_of(event: UUID, after: tuple[datetime, UUID] | None, most: int) -> list[ScanAnswer]:
    """An event's scans in the order in which they came to us; `after` is (received_at, id) of the last one seen."""
    at, row = after or (LONG_AGO, UUID(int=0))
    found = (
        await Scan.select(*(getattr(Scan, name) for name in ScanAnswer.__struct_fields__))
        .where(Scan.event == event, (Scan.received_at > at) | ((Scan.received_at == at) & (Scan.id > row)))
        .order_by(Scan.received_at, Scan.id)
        .limit(most)
    )
    return msgspec.convert(found, list[ScanAnswer], strict=False)


async def conflicts_of(keyring: Keyring, event: UUID) -> list[Conflict]:
    """Who was let in although the judge would have refused; the newest first, at most 200."""
    rows = await fetch(_CONFLICTS, event)
    parties = await judged_parties(keyring, event, sorted({row["party_number"] for row in rows if row["party_number"]}))
    return [_conflict(keyring, row, parties.get(row["party_number"])) for row in rows]


async def let_in_by_hand(keyring: Keyring, event: UUID, most: int) -> list[ByHand]:
    """Whom volunteers let in against a refusal, and why they said they did; the newest first, at most so many."""
    return [
        ByHand(
            gate=device_name(label_of(keyring, row), row["device_number"]),
            at=row["scanned_at"],
            reason=open_key(keyring, row["sealed_key"], event).words(
                row["override"], row["sealed_override"], f"scan.sealed_override:{row['scan']}"
            ),
            registration=uuid_of(row["registration"]) if row["registration"] else None,
            short_code=row["short_code"],
        )
        for row in await fetch(f"{_BY_HAND} LIMIT $2", event, most)
    ]


def _conflict(keyring: Keyring, row: dict[str, Any], party: JudgedParty | None) -> Conflict:
    answer = msgspec.convert(json_of(row["answer"]), Result)
    numbers = tuple(each["number"] for each in answer.numbers if each["outcome"] == Outcome.CONFLICT)
    others = [
        seen
        for number in numbers
        if party and number in party.tickets
        for seen in party.tickets[number].seen.values()
        if (seen.device, seen.at) != (uuid_of(row["device"]), row["scanned_at"])  # its own admission
    ]
    first = min(others, key=lambda seen: seen.at, default=None)
    return Conflict(
        scan=uuid_of(row["scan"]),
        code=row["code"],
        gate=device_name(label_of(keyring, row), row["device_number"]),
        phone_at=row["phone_at"],
        scanned_at=row["scanned_at"],
        received_at=row["received_at"],
        clock_off=bool(row["clock_off"]),
        registration=uuid_of(row["registration"]) if row["registration"] else None,
        short_code=row["short_code"],
        numbers=numbers,
        first_at=first.at if first else None,
        first_gate=first.device_name if first else "",
        acknowledged_at=row["acknowledged_at"],
    )


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
        f"SELECT pairing.id, {LABEL}, pairing.event, event.ends_at, pairing.revoked_at,"
        f" event.title AS event_title, {MAKER.format(made='pairing')} FROM pairing"
        " JOIN event ON event.id = pairing.event AND event.ended_at IS NULL"
        f" {JOIN_MAKER.format(made='pairing')} WHERE pairing.id = $1",
        parts[0],
    )
    if not rows:
        raise Refused("not_found")
    row: dict[str, Any] = {
        **rows[0],
        "event_title": json_of(rows[0]["event_title"]),
        "label": label_of(keyring, rows[0]),
    }
    if _ended(row) is not None or over_after(row["ends_at"]) <= now():
        raise Refused("pairing_over")
    return msgspec.convert(row, PairingFacts, strict=False)


async def judged_parties(keyring: Keyring, event: UUID, numbers: list[str]) -> dict[str, JudgedParty]:
    """Parties of the event by registration number, with their tickets and admissions."""
    if not numbers:
        return {}
    parties: dict[str, JudgedParty] = {}
    for row in await fetch(_PARTY_STATES.format(places=places(numbers, 2)), event, *numbers):
        party = parties.get(row["party_number"])
        if party is None:
            party = JudgedParty(
                uuid_of(row["party"]),
                row["party_number"],
                RegistrationState(row["party_state"]),
                row["size"],
                {},
                row["party_revision"],
            )
            parties[party.number] = party
        ticket = party.tickets.get(row["number"])
        if ticket is None:
            ticket = JudgedTicket(uuid_of(row["id"]), row["number"], row["issue"], TicketState(row["state"]), {})
            party.tickets[ticket.number] = ticket
        if row["day"] is not None:
            name = device_name(label_of(keyring, row), row["device_number"])
            ticket.seen[row["day"]] = Seen(row["admitted_at"], uuid_of(row["device"]), name, bool(row["inside"]))
    return parties
