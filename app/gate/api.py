"""The gate for programs: pairing by attachés, scans, walk-ins and short codes by devices (DESIGN.md 6)."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, delete, get, post
from litestar.params import FromPath

from app.database.connection import now
from app.gate import actions, rules
from app.gate.queries import PAIRING
from app.registrations.queries import counts, party_by_short_code
from app.security.links import make_key
from app.web.answers import answer_once, json_answer
from app.web.bodies import json_object
from app.web.client import Req, keyring_of, settings_of
from app.web.devices import gate_device
from app.web.fields import Reader
from app.web.idempotency import Kept
from app.web.limits import SHORT_CODES, count_failure, refuse_guessing
from app.web.refusals import Refused
from app.web.scope import api_event
from app.web.sessions import actor

LABEL = 120
MOST_GROUP = 1_000


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

    async def act() -> Kept:
        pairing, expires_at = await actions.pair(event, label, actor(request, staff))
        secret = await actions.add_device(pairing)
        return Kept(
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


@post("/gate/api/scans", status_code=200)
async def scans(request: Req) -> Response[bytes]:
    """Judge and keep a batch of scans, in order."""
    device = await gate_device(request)
    asks = rules.read_scans(await json_object(request), keyring_of(request), now())
    return json_answer({"results": await actions.record_scans(device, asks)})


@post("/gate/api/walk-ins", status_code=200)
async def walk_ins(request: Req) -> Response[bytes]:
    """Count a group without tickets."""
    device = await gate_device(request)
    if now() > device.over_at:
        raise Refused("device_unknown")
    read = Reader(await json_object(request))
    nonce = read.text("nonce", 100, required=True)
    size = read.whole("size", 1, MOST_GROUP, 1) or 1
    children = read.whole("children", 0, MOST_GROUP, 0) or 0
    if children > size:
        read.wrong("children", "children_exceed_party")
    at = read.moment("at", exact=True)
    read.finish()
    counted = await actions.count_walk_in(
        device, nonce, size, children, at.astimezone(now().tzinfo) if at and at.tzinfo else now()
    )
    return json_answer({"nonce": nonce, "repeat": not counted, **msgspec.structs.asdict(await counts(device.event))})


@get("/gate/api/short-codes/{short_code:str}")
async def short_codes(request: Req, short_code: FromPath[str]) -> Response[bytes]:
    """The one party with a spoken code; wrong codes are counted per phone."""
    device = await gate_device(request)
    return json_answer(await party_at_gate(request, device, short_code))


async def party_at_gate(request: Req, device: Any, short_code: str) -> dict[str, Any]:
    """A party found by its spoken code, as a gate device may see it."""
    if now() > device.over_at:
        raise Refused("device_unknown")
    keyring = keyring_of(request)
    await refuse_guessing(keyring, SHORT_CODES, str(device.id))
    wanted = "".join(each for each in short_code.upper() if each.isalnum())
    party = await party_by_short_code(keyring, device.event, wanted)
    if party is None:
        await count_failure(keyring, SHORT_CODES, str(device.id))
        raise Refused("short_code_unknown")
    return {
        "short_code": party.short_code,
        "registration": party.number,
        "state": party.state,
        "name": party.name,
        "party": party.party,
        "children": party.children,
        "tickets": [
            {
                "number": ticket.number,
                "ticket": f"{party.number}-{ticket.number}",
                "state": ticket.state,
                "admitted_at": ticket.admitted_at.isoformat() if ticket.admitted_at else None,
            }
            for ticket in party.tickets
        ],
    }


HANDLERS = [pair, revoke, scans, walk_ins, short_codes]
