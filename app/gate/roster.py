"""The roster: what a phone needs to judge tickets without a network, by pages and by what changed since.

The cursor is the event's revision up to which a phone knows every party; whatever changes a party, its tickets or their
admissions moves the party's revision. A page may be seconds older than its answer: what changed meanwhile has a higher
revision and comes with a later page. DESIGN.md 6 and 8 say what a row holds.
"""

import asyncio
import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from app.database.connection import fetch, now
from app.database.lane import Row
from app.database.rows import json_of
from app.events.queries import event_by_id
from app.events.shapes import EventRow
from app.gate import rules
from app.gate.queries import LABEL, label_of
from app.gate.roster_seals import encoded, party_secrets, seal_for_tickets
from app.gate.shapes import Device, device_name
from app.gate.stitching import Deflated, part_of
from app.registrations.shapes import HELD
from app.seats.counts import head_count
from app.seats.rules import day_of
from app.security.keyring import Keyring
from app.security.moments import Moments, epoch
from app.security.sealing import Unreadable, keyed_hash, open_key
from models.states import RegistrationState, TicketState

VERSION = 1
PARTIES_A_PAGE = 2_000  # parties
NO_LONGER, HANDED_ON = -1, -2  # in place of a ticket's issue
WORTH_HOLDING = 100  # parties
MOST_HELD = 48 * 1024 * 1024  # bytes; a page is half a megabyte
NOBODY = part_of(b'"parties":[],"revoked":[]}')
NEIGHBOURS = timedelta(days=45)

_held = Moments[Deflated](MOST_HELD)
_making: dict[tuple[Any, ...], asyncio.Future[Deflated]] = {}

_UPTO = """
SELECT max(revision) AS upto, count(*) AS parties FROM (
  SELECT revision FROM registration WHERE event = $1 AND revision > $2 ORDER BY revision LIMIT $3
) AS next
"""
_PARTIES = """
SELECT id, number, state, party, children, sealed_name, sealed_note, pickup_point, attention, sealed_key
FROM registration LEFT JOIN data_key ON data_key.subject = registration.id
WHERE event = $1 AND revision > $2 AND revision <= $3
"""
_UNMOVED = "SELECT number FROM registration WHERE event = $1 AND revision > $2 AND revision <= $3"
_TICKETS = """
SELECT registration.number AS party, ticket.number, ticket.issue, ticket.state
FROM registration JOIN ticket ON ticket.registration = registration.id
WHERE registration.event = $1 AND registration.revision > $2 AND registration.revision <= $3 ORDER BY ticket.number
"""
_ADMISSIONS = """
SELECT registration.number AS party, ticket.number, admission.inside, admission.admitted_at, scan.device
FROM registration JOIN ticket ON ticket.registration = registration.id JOIN admission ON admission.ticket = ticket.id
  LEFT JOIN scan ON scan.id = admission.scan
WHERE registration.event = $1 AND registration.revision > $2 AND registration.revision <= $3 AND admission.day = $4
ORDER BY admission.admitted_at, ticket.number
"""
_DEVICES = f"""
SELECT gate_device.id, gate_device.number, pairing.event, {LABEL}
FROM gate_device JOIN pairing ON pairing.id = gate_device.pairing
WHERE pairing.event = $1 ORDER BY pairing.created_at, pairing.id, gate_device.number
"""
_NEIGHBOURS = """
SELECT number, title, starts_at, time_zone FROM event
WHERE host_country = $1 AND id <> $2 AND state = 'published' AND starts_at > $3 AND starts_at < $4
ORDER BY starts_at LIMIT 100
"""


class RosterPage(msgspec.Struct, frozen=True):
    """A page as JSON: what is this phone's and this moment's, and behind it the parties, which are the same for all."""

    facts: dict[str, Any]
    parties: Deflated


async def roster(keyring: Keyring, device: Device, since: int, known: str) -> RosterPage:
    """The next page after `since` (0: from the beginning). The head is left out if the phone knows it by its tag."""
    event = await event_by_id(device.event)
    reset = since > event.revision  # the server was restored from an older backup
    since = 0 if reset else since
    bounds = (await fetch(_UPTO, event.id, since, PARTIES_A_PAGE))[0]
    upto = int(bounds["upto"] or since)
    more = bounds["parties"] == PARTIES_A_PAGE
    devices = await fetch(_DEVICES, event.id)
    head = await _head(keyring, device, event, devices)
    tag = hashlib.sha256(msgspec.json.encode(head)).hexdigest()[:16]
    parties = await _parties(keyring, event, since, upto, bounds["parties"])
    facts = {
        "version": VERSION,
        "now": now().isoformat(),
        "cursor": str(upto if more else max(upto, event.revision)),
        "more": more,
        "reset": reset,
        "counts": msgspec.structs.asdict(await head_count(event.id, rules.entry_of(event))),
        "tag": tag,
    }
    return RosterPage(facts if tag == known else facts | head, parties)


async def _head(keyring: Keyring, device: Device, event: EventRow, devices: list[dict[str, Any]]) -> dict[str, Any]:
    neighbours = await fetch(
        _NEIGHBOURS, event.host_country, event.id, event.starts_at - NEIGHBOURS, event.starts_at + NEIGHBOURS
    )
    return {
        "event": {
            "number": event.number,
            "slug": event.slug,
            "title": event.title,
            "state": event.state,
            "time_zone": event.time_zone,
            "starts_at": event.starts_at.isoformat(),
            "ends_at": event.ends_at.isoformat(),
            "entry_rule": event.entry_rule,
            "day_turns": event.day_turns,
            "entry_opens_at": _iso(event.entry_opens_at),
            "entry_closes_at": _iso(event.entry_closes_at),
            "admit_waiting": event.admit_waiting,
            "search": event.gate_search,
        },
        "device": {"id": str(device.id), "name": device.name, "until": device.over_at.isoformat()},
        "gates": {_short(row["id"]): device_name(label_of(keyring, row), row["number"]) for row in devices},
        "pickups": {_short(point.id): point.name for point in event.pickup_points},
        "others": {
            str(row["number"]): {
                "title": json_of(row["title"]),
                "starts_at": row["starts_at"].isoformat(),
                "time_zone": row["time_zone"],
            }
            for row in neighbours
        },
        # phones of one event sign what they hand over to each other
        "handing": encoded(bytes.fromhex(keyed_hash(keyring, "handing", str(event.id)))),
        "keys": {str(key_id): encoded(keyring.ticket_verifier(key_id).public_bytes_raw()) for key_id in keyring.ids},
    }


def _short(row: Any) -> str:
    """A row's id as the roster spells it: enough to tell an event's few gates and buses apart."""
    return str(row)[:8]


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).isoformat()


async def _parties(keyring: Keyring, event: EventRow, since: int, upto: int, many: int) -> Deflated:
    """The same for every phone, as JSON; made once while several ask.

    Parties leave a page when something of them changes, and none comes in: bounds and number say whether it holds.
    """
    if not many:
        return NOBODY
    key = (event.id, event.number, since, upto, many, day_of(rules.entry_of(event), now()), keyring.current)
    if (held := _held.get(key)) is not None:
        return held
    making = _making.get(key)
    if making is None:
        making = asyncio.ensure_future(_made(keyring, event, since, upto, many, key))
        _making[key] = making
        making.add_done_callback(lambda _: _making.pop(key, None))
    return await asyncio.shield(making)


async def _made(keyring: Keyring, event: EventRow, since: int, upto: int, many: int, key: tuple[Any, ...]) -> Deflated:
    read_at = epoch()
    read = await _read_page(event, since, upto)

    def deflated() -> Deflated:
        parties, revoked = _rows(keyring, event, *read)
        return part_of(msgspec.json.encode({"parties": parties, "revoked": revoked})[1:])

    part = await asyncio.to_thread(deflated)
    if len(read[0]) == many >= WORTH_HOLDING:
        _held.hold(key, part, len(part.plain) + len(part.deflated), read_at)
    return part


async def _read_page(event: EventRow, since: int, upto: int) -> tuple[list[Row], list[Row], list[Row]]:
    """The parties with a revision in (since, upto], their tickets, and who of them came in today."""
    bounds = (event.id, since, upto)
    parties = await fetch(_PARTIES, *bounds)
    tickets = await fetch(_TICKETS, *bounds)
    day = day_of(rules.entry_of(event), now())
    admissions = await fetch(_ADMISSIONS, *bounds, day)
    still = await fetch("SELECT revision FROM event WHERE id = $1", event.id)
    if still[0]["revision"] != event.revision:  # what moved between these statements comes whole with a later page
        unmoved = {row["number"] for row in await fetch(_UNMOVED, *bounds)}
        parties = [party for party in parties if party["number"] in unmoved]
    return parties, tickets, admissions


def _rows(
    keyring: Keyring,
    event: EventRow,
    parties: list[dict[str, Any]],
    tickets: list[dict[str, Any]],
    admissions: list[dict[str, Any]],
) -> tuple[list[Any], list[str]]:
    issues: dict[str, list[int]] = {}
    for ticket in tickets:
        held = issues.setdefault(ticket["party"], [])
        held += [NO_LONGER] * (ticket["number"] - 1 - len(held))
        holds = ticket["state"] in HELD
        held.append(ticket["issue"] if holds else HANDED_ON if ticket["state"] == TicketState.HANDED_ON else NO_LONGER)
    admitted: dict[str, dict[tuple[int, Any], list[int]]] = {}
    for admission in admissions:
        at = int(admission["admitted_at"].timestamp())
        runs = admitted.setdefault(admission["party"], {})
        number = admission["number"] if admission["inside"] else -admission["number"]
        runs.setdefault((at, admission["device"]), []).append(number)
    rows: list[Any] = []
    revoked = []
    for party in parties:
        reference, secret = party_secrets(party["number"], event.number)
        if party["state"] == RegistrationState.ERASED:
            revoked.append(reference)
            continue
        runs = admitted.get(party["number"], {})
        rows.append(
            [
                reference,
                party["state"],
                party["party"],
                party["children"],
                [[at, _short(device), *numbers] for (at, device), numbers in runs.items()],
                issues.get(party["number"], []),
                seal_for_tickets(secret, _shown(keyring, party)),
                "" if party["pickup_point"] is None else _short(party["pickup_point"]),
                party["attention"],
            ]
        )
    return rows, revoked


def _shown(keyring: Keyring, party: dict[str, Any]) -> str:
    """What a scan shows of a party: the name, and on a second line the note."""
    key, texts = open_key(keyring, party["sealed_key"], party["id"]), []
    for column in ("sealed_name", "sealed_note"):
        try:
            texts.append(key.unseal(party[column], f"registration.{column}:{party['id']}"))
        except Unreadable:
            texts.append("—")
    return "\n".join(texts).rstrip("\n")
