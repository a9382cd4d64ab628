"""The gate for programs: pairing by attachés; roster, scans, walk-ins, codes and names by devices (DESIGN.md 6)."""

from datetime import datetime
from uuid import UUID

import msgspec
from litestar import Response, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from app.accounts.access import actor_of, staff_of
from app.accounts.rights import Right
from app.activity.kinds import Kind
from app.activity.record import device as device_actor
from app.activity.record import record
from app.database.connection import now
from app.events.access import RIGHT
from app.events.queries import event_by_id
from app.events.shapes import EventRow
from app.gate import actions, rules
from app.gate.answers import (
    AtGate,
    AtGateTicket,
    FoundAtGate,
    GateAnswer,
    NameBody,
    PairingAnswer,
    PhoneAnswer,
    PhoneBody,
    PhoneSeen,
    RosterAnswer,
    RosterQuery,
    ScanAnswer,
    ScansAnswer,
    ScansBody,
    WalkInAnswer,
    WalkInBody,
)
from app.gate.queries import PAIRING, judged_parties, pairings_of, scans_of
from app.gate.roster import roster
from app.gate.rules import GateFields
from app.gate.scans import record_scans
from app.gate.shapes import Device
from app.gate.stitching import gzip_around
from app.registrations.queries import parties_named, party_by_short_code
from app.registrations.shapes import Party
from app.seats.counts import counts, head_count
from app.seats.rules import day_of
from app.security.keyring import Keyring
from app.security.links import make_key
from app.validation.fields import Reader, found_id, small_number
from app.validation.refusals import Refused
from app.web.bodies import json_object
from app.web.cursors import PageFields, PageOf, cut, page_answer, read_cursor, read_page
from app.web.described import told
from app.web.idempotency import Answer
from app.web.json import answer_once, json_answer
from app.web.limits import NAMES, SHORT_CODES, count_failure, refuse_guessing
from app.web.request import Req, keyring_of, settings_of

NAME = 120
MOST_FOUND = 5
MOST_REVISION = 10**18
GATES = ("forbidden", "event_cancelled", "event_over")


def pair_url(request: Req, pairing: UUID) -> str:
    """The address that the desk shows as a QR; opening it offers to pair that phone."""
    return f"{settings_of(request).base_url}/gate/pair/{make_key(keyring_of(request), PAIRING, pairing)}"


@post(
    "/api/v1/events/{slug:str}/gate-devices",
    opt={RIGHT: Right.GATE, **told(PairingAnswer, *GATES, body=GateFields, status=201, once=True)},
    status_code=201,
)
async def pair(request: Req, event: NamedDependency[EventRow]) -> Response[bytes]:
    """A pairing with its first device."""
    gate = rules.read_gate(await json_object(request))

    async def act() -> Answer:
        pairing, expires_at = await actions.pair(keyring_of(request), event, gate, actor_of(request))
        secret = await actions.add_device(pairing)
        return Answer(201, PairingAnswer(pairing, secret, pair_url(request, pairing), expires_at))

    return await answer_once(request, str(staff_of(request).account), act, str(event.id))


@get(
    "/api/v1/events/{slug:str}/gate-devices",
    opt={RIGHT: Right.GATE, **told(PageOf[GateAnswer], "forbidden", query=PageFields)},
)
async def gate_devices(request: Req, event: NamedDependency[EventRow]) -> Response[bytes]:
    """The event's pairings, also those that ended, and the phones of each."""
    asked = read_page(request, PageFields)
    found = await pairings_of(keyring_of(request), event.id, read_cursor(request), asked.limit + 1)
    part, place = cut(found, asked.limit, lambda row: (row.created_at, row.id))
    items = [
        GateAnswer(
            row.id,
            row.label,
            row.expires_at,
            row.revoked_at,
            [PhoneSeen(each.id, each.number, each.seen_at, each.scans_waiting, each.battery) for each in row.devices],
        )
        for row in part
    ]
    return page_answer(request, items, place)


@delete(
    "/api/v1/events/{slug:str}/gate-devices/{pairing:str}",
    opt={RIGHT: Right.GATE, **told(None, *GATES, status=204)},
    status_code=200,
)
async def revoke(request: Req, event: NamedDependency[EventRow], pairing: FromPath[str]) -> Response[bytes]:
    """End a pairing and all its devices."""
    if not await actions.revoke(event.id, found_id(pairing), actor_of(request)):
        raise Refused("not_found")
    return json_answer(None, 204)


@get(
    "/api/v1/events/{slug:str}/scans",
    opt={RIGHT: Right.GATE, **told(PageOf[ScanAnswer], "forbidden", query=PageFields)},
)
async def kept_scans(request: Req, event: NamedDependency[EventRow]) -> Response[bytes]:
    """The event's scans in the order in which they came to us."""
    asked = read_page(request, PageFields)
    found = await scans_of(event.id, read_cursor(request), asked.limit + 1)
    return page_answer(request, *cut(found, asked.limit, lambda row: (row.received_at, row.id)))


@get("/gate/api/roster", opt=told(RosterAnswer, query=RosterQuery))
async def get_roster(request: Req, device: NamedDependency[Device]) -> Response[bytes]:
    """What the phone needs to judge without a network: a page of parties after ?since=, and what else changed."""
    since = small_number(request.query_params.get("since", ""), MOST_REVISION) or 0
    page = await roster(keyring_of(request), device, since, request.query_params.get("known", ""))
    headers = {"cache-control": "private, no-store", "vary": "accept-encoding"}
    facts = msgspec.json.encode(page.facts)[:-1] + b","
    if "gzip" not in request.headers.get("accept-encoding", ""):
        return Response(facts + page.parties.plain, media_type="application/json", headers=headers)
    headers["content-encoding"] = "gzip"
    return Response(gzip_around(facts, page.parties, b""), media_type="application/json", headers=headers)


@post("/gate/api/scans", status_code=200, opt={"late": True, **told(ScansAnswer, body=ScansBody)})
async def scans(request: Req, device: NamedDependency[Device]) -> Response[bytes]:
    """Judge and keep a batch of scans, in order."""
    keyring = keyring_of(request)
    asks = rules.read_scans(await json_object(request), keyring, now())
    return json_answer(ScansAnswer(await record_scans(keyring, device, asks)))


@post("/gate/api/walk-ins", status_code=200, opt={"late": True, **told(WalkInAnswer, body=WalkInBody)})
async def walk_ins(request: Req, device: NamedDependency[Device]) -> Response[bytes]:
    """Count a group without tickets."""
    ask = rules.read_walk_in(await json_object(request), now())
    counted = await actions.count_walk_in(device, ask)
    heads = msgspec.structs.asdict(await counts(device.event))
    return json_answer(WalkInAnswer(**heads, nonce=ask.nonce, repeat=not counted))


@post("/gate/api/phone", status_code=200, opt=told(PhoneAnswer, body=PhoneBody))
async def phone(request: Req, device: NamedDependency[Device]) -> Response[bytes]:
    """How the phone is: what it knows, what it has not delivered, its clock, storage and battery."""
    await actions.note_phone(device, rules.read_phone(await json_object(request), now()))
    entry = rules.entry_of(await event_by_id(device.event))
    heads = await head_count(device.event, entry)
    return json_answer(PhoneAnswer(now(), heads))


@get("/gate/api/short-codes/{short_code:str}", opt=told(AtGate, "short_code_unknown"))
async def short_codes(request: Req, device: NamedDependency[Device], short_code: FromPath[str]) -> Response[bytes]:
    """The one party with a spoken code; wrong codes are counted per phone."""
    return json_answer(await party_at_gate(request, device, short_code))


@post("/gate/api/names", status_code=200, opt=told(FoundAtGate, "search_off", body=NameBody))
async def names(request: Req, device: NamedDependency[Device]) -> Response[bytes]:
    """Parties with this whole word in their name, where the attaché allows it: few, counted per phone, audited."""
    if not (await event_by_id(device.event)).gate_search:
        raise Refused("search_off")
    read = Reader(await json_object(request))
    name = read.text("name", NAME, required=True)
    read.finish()
    keyring = keyring_of(request)
    await refuse_guessing(keyring, NAMES, str(device.pairing))
    await count_failure(keyring, NAMES, str(device.pairing))
    found = await parties_named(keyring, device.event, name, MOST_FOUND)
    await record(Kind.NAMES_READ, device_actor(device.id), device.event, device.event, parties=len(found))
    return json_answer(FoundAtGate([await at_gate(keyring, party) for party in found]))


async def party_at_gate(request: Req, device: Device, short_code: str) -> AtGate:
    """A party found by its spoken code, as a gate device may see it."""
    keyring = keyring_of(request)
    await refuse_guessing(keyring, SHORT_CODES, str(device.id))
    wanted = "".join(each for each in short_code.upper() if each.isalnum())
    party = await party_by_short_code(keyring, device.event, wanted)
    if party is None:
        await count_failure(keyring, SHORT_CODES, str(device.id))
        raise Refused("short_code_unknown")
    return await at_gate(keyring, party)


async def came_in(keyring: Keyring, party: Party) -> dict[int, datetime]:
    """Who of a party came in on the gate's present day: ticket number → when."""
    entry = rules.entry_of(await event_by_id(party.event))
    day, states = day_of(entry, now()), await judged_parties(keyring, party.event, [party.number])
    tickets = states[party.number].tickets if party.number in states else {}
    return {number: ticket.seen[day].at for number, ticket in tickets.items() if day in ticket.seen}


async def at_gate(keyring: Keyring, party: Party) -> AtGate:
    """What a gate device may see of a party that it found without a ticket."""
    inside = await came_in(keyring, party)
    return AtGate(
        short_code=party.short_code,
        registration=party.number,
        state=party.state,
        name=party.name,
        note=party.note,
        attention=party.attention,
        party=party.party,
        children=party.children,
        tickets=[
            AtGateTicket(ticket.number, f"{party.number}-{ticket.number}", ticket.state, inside.get(ticket.number))
            for ticket in party.tickets
        ],
    )


HANDLERS = [pair, gate_devices, revoke, kept_scans]
DEVICE_HANDLERS = [get_roster, scans, walk_ins, phone, short_codes, names]
