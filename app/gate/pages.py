"""The gate on a volunteer's phone: pair, scan or type, and see at once who is let in. Works without script."""

import secrets
from datetime import UTC, datetime
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from app.database.connection import now
from app.gate import actions, rules
from app.gate.access import optional_device, pairing_cookie
from app.gate.api import came_in, party_at_gate
from app.gate.queries import pairing_by_token
from app.gate.scans import record_scans
from app.gate.shapes import REASONS, Device, Result
from app.i18n.catalogues import translate
from app.registrations.codes import LENGTH as SHORT_CODE_LENGTH
from app.registrations.queries import party_by_number
from app.registrations.shapes import ATTENTION, Party
from app.seats.counts import counts
from app.validation.fields import small_number
from app.validation.refusals import Refused
from app.validation.sentences import SENTENCES
from app.web.bodies import form
from app.web.rendering import page, see_other
from app.web.request import Req, keyring_of, language_of, require_same_origin, settings_of
from models.states import Direction

# what the scanner has to say without asking the server
SCANNER_CODES = (
    "code_malformed", "code_unknown_key", "code_forged", "other_event", "ticket_unknown", "ticket_reissued",
    "ticket_given_up", "ticket_waiting", "not_inside", "entry_not_open", "entry_closed", "another_day",
    "event_cancelled", "device_unknown", "short_code_unknown", "search_off", "too_many_requests", "scan_unknown",
)  # fmt: skip


@get("/gate", opt={"public": True})
async def gate(request: Req) -> Response[bytes]:
    """Ready for the next ticket; for a phone that is not paired, how to pair it."""
    device = await optional_device(request)
    if device is None or now() > device.over_at:
        return page(request, "gate/unpaired.html", status=200 if device is None else 410, over=device is not None)
    return await _gate_page(request, device)


async def _gate_page(request: Req, device: Device, *, status: int = 200, **facts: Any) -> Response[bytes]:
    blank: dict[str, Any] = {"result": None, "party": None, "choice": None, "refusal": None, "text": ""}
    return page(
        request,
        "gate/gate.html",
        status=status,
        device=device,
        counts=await counts(device.event),
        nonce=secrets.token_hex(12),
        reasons={reason: translate(language_of(request), text) for reason, text in REASONS.items()},
        attention={word: translate(language_of(request), text) for word, text in ATTENTION.items()},
        refusals={code: translate(language_of(request), SENTENCES[code][1]) for code in SCANNER_CODES},
        **{**blank, **facts},
    )


@post("/gate", status_code=200, opt={"late": True})
async def admit(request: Req, device: NamedDependency[Device]) -> Response[bytes]:
    """Judge what was scanned or typed, and show it big."""
    typed = await form(request)
    text = typed.get("code", "").strip()
    short = "".join(each for each in text if each.isalnum())
    if len(short) == SHORT_CODE_LENGTH:
        if now() > device.over_at:
            raise Refused("device_unknown")
        try:
            found = await party_at_gate(request, device, short)
        except Refused as refused:
            return await _gate_page(request, device, refusal=refused, text=text, status=refused.status)
        return await _gate_page(request, device, choice=found)
    if not text and not typed.get("ticket") and not typed.get("undo"):
        return see_other("/gate")
    return await _judged(request, device, typed, text)


async def _judged(request: Req, device: Device, typed: dict[str, str], text: str) -> Response[bytes]:
    sent = [small_number(each, 999) for each in typed.get("numbers", "").split(",")]
    numbers = [number for number in sent if number is not None]
    scan: dict[str, Any] = {
        "nonce": typed.get("nonce") or secrets.token_hex(12),
        "override": typed.get("override", ""),
        "direction": typed.get("direction") or Direction.IN.value,
    }
    scan |= {
        name: value
        for name, value in (("code", text), ("ticket", typed.get("ticket")), ("undo", typed.get("undo")))
        if value
    }
    if numbers:
        scan["numbers"] = numbers
    if typed.get("rehearsal"):
        scan["rehearsal"] = True
    keyring = keyring_of(request)
    asks = rules.read_scans({"scans": [scan]}, keyring, now())
    result = (await record_scans(keyring, device, asks))[0]
    party = await _party_after(request, device, asks[0].registration)
    inside = await came_in(keyring, party) if party else {}
    return await _gate_page(
        request,
        device,
        result=result,
        party=party,
        left=[ticket.number for ticket in party.valid_tickets if ticket.number not in inside] if party else [],
        at=_at(result),
        text=text,
        scanned=scan,
        ticket=f"{asks[0].registration}-{asks[0].ticket}" if asks[0].registration else "",
    )


def _at(result: Result) -> datetime | None:
    return datetime.fromisoformat(result.first["at"]).astimezone(UTC) if result.first else None


async def _party_after(request: Req, device: Device, registration: str) -> Party | None:
    party = await party_by_number(keyring_of(request), registration) if registration else None
    return party if party is not None and party.event == device.event and not party.erased else None


@get("/gate/pair/{token:str}", opt={"public": True})
async def pairing(request: Req, token: FromPath[str]) -> Response[bytes]:
    """Offer to pair this phone; opening the link changes nothing."""
    facts = await pairing_by_token(keyring_of(request), token)
    return page(request, "gate/pair.html", pairing=facts, token=token)


@post("/gate/pair/{token:str}", opt={"public": True})
async def pair(request: Req, token: FromPath[str]) -> Response[bytes]:
    """Make this browser a gate device."""
    require_same_origin(request)
    facts = await pairing_by_token(keyring_of(request), token)
    present = await optional_device(request)
    if present is not None and present.pairing == facts.id and now() <= present.over_at:
        return see_other("/gate")  # a double tap, or the link opened once more
    secret = await actions.add_device(facts.id)
    return see_other("/gate", [pairing_cookie(settings_of(request), secret, rules.LATE_DELIVERY * 8)])


@post("/gate/walk-ins")
async def walk_ins(request: Req, device: NamedDependency[Device]) -> Response[bytes]:
    """Count a group without tickets."""
    typed = await form(request)
    try:
        ask = rules.read_walk_in({"nonce": secrets.token_hex(12), **typed}, now())
    except Refused as refused:
        told = Refused(refused.problems[0].code, **refused.problems[0].facts)
        return await _gate_page(request, device, status=422, refusal=told)
    await actions.count_walk_in(device, ask)
    return see_other("/gate")


@post("/gate/unpair", opt={"late": True})
async def unpair(request: Req) -> Response[bytes]:
    """Make this browser an ordinary one again."""
    return see_other("/gate", [pairing_cookie(settings_of(request), "", rules.CLOCK_TOLERANCE * 0)])


HANDLERS = [gate, admit, pairing, pair, walk_ins, unpair]
