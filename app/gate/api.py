"""The gate for programs: pairing by attachés; roster, scans, walk-ins, codes and names by devices (DESIGN.md 6)."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, delete, get, post
from litestar.params import FromPath

from app.accounts.access import actor
from app.activity.record import Actor, audit
from app.database.connection import now
from app.events.access import api_event
from app.events.queries import event_by_id
from app.gate import actions, rules
from app.gate.access import gate_device
from app.gate.queries import PAIRING, party_states
from app.gate.roster import head_count, roster
from app.gate.scans import record_scans
from app.gate.shapes import Device
from app.registrations.queries import counts, parties_named, party_by_short_code
from app.registrations.shapes import Party
from app.security.links import make_key
from app.validation.fields import Reader
from app.validation.refusals import Refused
from app.web.assets import compressed
from app.web.bodies import json_object
from app.web.idempotency import Answer
from app.web.json import answer_once, json_answer
from app.web.limits import NAMES, SHORT_CODES, count_failure, refuse_guessing
from app.web.request import Req, keyring_of, settings_of

LABEL = 120
NAME = 120
MOST_FOUND = 5


def pair_url(request: Req, pairing: UUID) -> str:
    """The address that the desk shows as a QR; opening it offers to pair that phone."""
    return f"{settings_of(request).base_url}/gate/pair/{make_key(keyring_of(request), PAIRING, pairing)}"


@post("/api/v1/events/{slug:str}/gate-devices", status_code=201)
async def pair(request: Req, slug: FromPath[str]) -> Response[bytes]:
    """A pairing with its first device."""
    staff, event = await api_event(request, slug)
    read = Reader(await json_object(request))
    label = read.text("label", LABEL, required=True)
    read.finish()

    async def act() -> Answer:
        pairing, expires_at = await actions.pair(event, label, actor(request, staff))
        secret = await actions.add_device(pairing)
        return Answer(
            201,
            {
                "id": str(pairing),
                "token": secret,
                "pair_url": pair_url(request, pairing),
                "expires_at": expires_at.isoformat(),
            },
        )

    return await answer_once(request, str(staff.account), act, str(event.id))


@delete("/api/v1/events/{slug:str}/gate-devices/{pairing:str}", status_code=200)
async def revoke(request: Req, slug: FromPath[str], pairing: FromPath[str]) -> Response[bytes]:
    """End a pairing and all its devices."""
    staff, event = await api_event(request, slug)
    try:
        row = UUID(pairing)
    except ValueError as error:
        raise Refused("not_found") from error
    if not await actions.revoke(event.id, row, actor(request, staff)):
        raise Refused("not_found")
    return json_answer(None, 204)


async def present_device(request: Req) -> Device:
    """The phone that asks, while its time at the gate lasts; raises Refused "device_unknown"."""
    device = await gate_device(request)
    if now() > device.over_at:
        raise Refused("device_unknown")
    return device


@get("/gate/api/roster")
async def get_roster(request: Req) -> Response[bytes]:
    """What the phone needs to judge without a network: a page of parties after ?since=, and what else changed."""
    device = await present_device(request)
    since = request.query_params.get("since", "")
    answer = await roster(
        keyring_of(request),
        device,
        int(since) if since.isascii() and since.isdecimal() and len(since) < 19 else 0,
        request.query_params.get("known", ""),
    )
    response = compressed(request, msgspec.json.encode(answer), "application/json", {})
    response.headers["cache-control"] = "private, no-store"
    return response


@post("/gate/api/scans", status_code=200)
async def scans(request: Req) -> Response[bytes]:
    """Judge and keep a batch of scans, in order."""
    device = await gate_device(request)
    asks = rules.read_scans(await json_object(request), keyring_of(request), now())
    return json_answer({"results": await record_scans(device, asks)})


@post("/gate/api/walk-ins", status_code=200)
async def walk_ins(request: Req) -> Response[bytes]:
    """Count a group without tickets."""
    device = await gate_device(request)
    ask = rules.read_walk_in(await json_object(request), now())
    counted = await actions.count_walk_in(device, ask)
    return json_answer(
        {"nonce": ask.nonce, "repeat": not counted, **msgspec.structs.asdict(await counts(device.event))}
    )


@post("/gate/api/phone", status_code=200)
async def phone(request: Req) -> Response[bytes]:
    """How the phone is: what it knows, what it has not delivered, its clock, storage and battery."""
    device = await present_device(request)
    await actions.note_phone(device, rules.read_phone(await json_object(request), now()))
    return json_answer(
        {"now": now().isoformat(), "counts": msgspec.structs.asdict(await head_count(await event_by_id(device.event)))}
    )


@get("/gate/api/short-codes/{short_code:str}")
async def short_codes(request: Req, short_code: FromPath[str]) -> Response[bytes]:
    """The one party with a spoken code; wrong codes are counted per phone."""
    device = await present_device(request)
    return json_answer(await party_at_gate(request, device, short_code))


@post("/gate/api/names", status_code=200)
async def names(request: Req) -> Response[bytes]:
    """Parties with this whole word in their name, where the attaché allows it: few, counted per phone, audited."""
    device = await present_device(request)
    if not (await event_by_id(device.event)).gate_search:
        raise Refused("search_off")
    read = Reader(await json_object(request))
    name = read.text("name", NAME, required=True)
    read.finish()
    keyring = keyring_of(request)
    await refuse_guessing(keyring, NAMES, str(device.id))
    await count_failure(keyring, NAMES, str(device.id))
    found = await parties_named(keyring, device.event, name, MOST_FOUND)
    await audit(Actor("device", str(device.id)), "names_read", "event", device.event, device.event, parties=len(found))
    return json_answer({"items": [await at_gate(party) for party in found]})


async def party_at_gate(request: Req, device: Device, short_code: str) -> dict[str, Any]:
    """A party found by its spoken code, as a gate device may see it."""
    keyring = keyring_of(request)
    await refuse_guessing(keyring, SHORT_CODES, str(device.id))
    wanted = "".join(each for each in short_code.upper() if each.isalnum())
    party = await party_by_short_code(keyring, device.event, wanted)
    if party is None:
        await count_failure(keyring, SHORT_CODES, str(device.id))
        raise Refused("short_code_unknown")
    return await at_gate(party)


async def came_in(party: Party) -> dict[int, datetime]:
    """Who of a party came in on the gate's present day: ticket number → when."""
    entry = rules.entry_of(await event_by_id(party.event))
    day, states = rules.day_of(entry, now()), await party_states(party.event, [party.number])
    tickets = states[party.number].tickets if party.number in states else {}
    return {number: ticket.seen[day].at for number, ticket in tickets.items() if day in ticket.seen}


async def at_gate(party: Party) -> dict[str, Any]:
    """What a gate device may see of a party that it found without a ticket."""
    inside = await came_in(party)
    return {
        "short_code": party.short_code,
        "registration": party.number,
        "state": party.state,
        "name": party.name,
        "note": party.note,
        "attention": party.attention,
        "party": party.party,
        "children": party.children,
        "tickets": [
            {
                "number": ticket.number,
                "ticket": f"{party.number}-{ticket.number}",
                "state": ticket.state,
                "admitted_at": inside[ticket.number].isoformat() if ticket.number in inside else None,
            }
            for ticket in party.tickets
        ],
    }


HANDLERS = [pair, revoke, get_roster, scans, walk_ins, phone, short_codes, names]
