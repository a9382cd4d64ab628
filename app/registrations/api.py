"""Registrations for integrators: public to make, the party's key to see and change (DESIGN.md 6)."""

from typing import Any
from uuid import UUID

from litestar import Response, delete, get, patch, post
from litestar.params import FromPath

from app.accounts.access import actor
from app.activity.record import audit
from app.events.access import api_event
from app.events.queries import event_by_id, public_event
from app.events.shapes import EventRow
from app.i18n.catalogues import languages
from app.registrations import actions, changes, rules
from app.registrations.queries import invitation_by_key, limit_of, parties_of, party_by_key, party_key
from app.registrations.shapes import Party
from app.security import ticket_code as code
from app.security.keyring import Keyring
from app.validation.refusals import Refused
from app.web.bodies import json_object
from app.web.idempotency import Answer
from app.web.json import ITEMS_A_PAGE, answer_once, cursor_of, json_answer, read_cursor
from app.web.limits import PARTY_KEYS, REGISTERING, count_failure
from app.web.request import Req, client_address, keyring_of, language_of, settings_of, worker


def _tickets(request: Req, event_number: int, number: str, issued: list[tuple[int, int]]) -> list[dict[str, Any]]:
    keyring, base = keyring_of(request), settings_of(request).base_url
    made = [(ticket, code.encode(keyring, event_number, number, ticket, issue)) for ticket, issue in issued]
    return [{"number": ticket, "code": bare, "url": code.address(base, bare)} for ticket, bare in made]


def _booking(request: Req, party: UUID, key: str) -> dict[str, str]:
    return {"id": str(party), "key": key, "page": f"{settings_of(request).base_url}/{language_of(request)}/r/{key}"}


def party_json(request: Req, event: EventRow, party: Party, key: str) -> dict[str, Any]:
    """A registration as its holder sees it; no tickets while it waits."""
    issued = [(ticket.number, ticket.issue) for ticket in party.valid_tickets]
    return {
        **_booking(request, party.id, key),
        "state": party.state,
        "party": party.party,
        "children": party.children,
        "name": party.name,
        "short_code": party.short_code,
        "pickup_point": str(party.pickup_point) if party.pickup_point else None,
        "tickets": _tickets(request, event.number, party.number, issued) if party.state == "confirmed" else [],
    }


@post("/api/v1/events/{slug:str}/registrations", status_code=201)
async def register(request: Req, slug: FromPath[str]) -> Response[bytes]:
    """Book places for a party."""
    event = await public_event(slug)
    if event is None:
        raise Refused("not_found")
    REGISTERING.pass_or_refuse(client_address(request), slug)
    raw = await json_object(request)
    keyring = keyring_of(request)

    async def act() -> Answer:
        invitation = await invitation_by_key(keyring, raw.get("invitation"), event.id)
        draft = rules.read_registration(raw, event, languages(), language_of(request), invitation)
        booked = await actions.register(keyring, event, draft, worker(request))
        issued = [(number + 1, 0) for number in range(booked.party)] if booked.state == "confirmed" else []
        body = {
            **_booking(request, booked.id, party_key(keyring, booked.id)),
            "state": booked.state,
            "party": booked.party,
            "children": booked.children,
            "name": draft.names[0],
            "short_code": booked.short_code,
            "pickup_point": str(booked.pickup_point) if booked.pickup_point else None,
            "tickets": _tickets(request, event.number, booked.number, issued),
        }
        return Answer(201, body, booked.id)

    return await answer_once(request, "public", act, str(event.id))


async def party_of(request: Req, key: str) -> Party:
    """The party of a link; wrong links are counted, so that nobody can try many."""
    keyring, address = keyring_of(request), client_address(request)
    try:
        return await party_by_key(keyring, key)
    except Refused as refused:
        if refused.code == "not_found":
            await count_failure(keyring, PARTY_KEYS, address)
        raise


@get("/api/v1/registrations/{key:str}")
async def one_registration(request: Req, key: FromPath[str]) -> Response[bytes]:
    """What the party's link shows."""
    party = await party_of(request, key)
    return json_answer(party_json(request, await event_by_id(party.event), party, key))


@patch("/api/v1/registrations/{key:str}")
async def change(request: Req, key: FromPath[str]) -> Response[bytes]:
    """More or fewer places, names, phone, e-mail, bus; what is not given stays."""
    party = await party_of(request, key)
    event = await event_by_id(party.event)
    raw = await json_object(request)
    draft = rules.read_change(raw, event, party, await limit_of(party, event.party_limit))
    await changes.change(keyring_of(request), event, party.id, draft, worker(request))
    return json_answer(party_json(request, event, await party_of(request, key), key))


@post("/api/v1/registrations/{key:str}/tickets/{number:str}/hand-on", status_code=201)
async def hand_on(request: Req, key: FromPath[str], number: FromPath[str]) -> Response[bytes]:
    """Make a registration of one for a friend out of one ticket; sent twice with a key, it happens once."""
    party = await party_of(request, key)
    event = await event_by_id(party.event)
    raw = await json_object(request)
    if not (number.isascii() and number.isdecimal() and len(number) < 4):
        raise Refused("not_found")
    keyring = keyring_of(request)

    async def act() -> Answer:
        name, language = rules.read_friend(raw, languages(), party.language)
        friend = await changes.hand_on(keyring, event, party.id, int(number), name, language, worker(request))
        body = {
            **_booking(request, friend.id, party_key(keyring, friend.id)),
            "state": "confirmed",
            "party": 1,
            "name": name,
            "short_code": friend.short_code,
            "pickup_point": str(friend.pickup_point) if friend.pickup_point else None,
            "tickets": _tickets(request, event.number, friend.number, [(1, 0)]),
        }
        return Answer(201, body, friend.id)

    return await answer_once(request, "public", act, f"{key}/{number}")


@delete("/api/v1/registrations/{key:str}", status_code=200)
async def give_up(request: Req, key: FromPath[str]) -> Response[bytes]:
    """Give up all places."""
    party = await party_of(request, key)
    await actions.give_up(party.id, worker(request))
    return json_answer(None, 204)


@post("/api/v1/registrations/{key:str}/erase", status_code=200)
async def erase(request: Req, key: FromPath[str]) -> Response[bytes]:
    """Erase who the party is."""
    try:
        await party_of(request, key)
    except Refused as refused:
        if refused.code != "erased":
            raise

    async def act() -> Answer:
        party = await party_by_key(keyring_of(request), key)
        await actions.erase(party.id, worker(request))
        return Answer(200, {"state": "erased"})

    return await answer_once(request, "public", act, key)


@get("/api/v1/events/{slug:str}/registrations")
async def registrations(request: Req, slug: FromPath[str]) -> Response[bytes]:
    """The event's parties by name, for its attaché; each reading is audited. HQ sees counts, not names."""
    staff, event = await api_event(request, slug)
    if staff.is_hq:
        raise Refused("forbidden")
    keyring: Keyring = keyring_of(request)
    parties = await parties_of(keyring, event.id, read_cursor(request), ITEMS_A_PAGE + 1)
    shown, more = parties[:ITEMS_A_PAGE], len(parties) > ITEMS_A_PAGE
    await audit(actor(request, staff), "names_read", "event", event.id, event.id, parties=len(shown))
    return json_answer(
        {
            "items": [
                {
                    "id": str(party.id),
                    "state": party.state,
                    "party": party.party,
                    "children": party.children,
                    "name": party.name,
                    "short_code": party.short_code,
                    "language": party.language,
                    "pickup_point": str(party.pickup_point) if party.pickup_point else None,
                    "admitted": sum(1 for ticket in party.tickets if ticket.admitted_at),
                    "registered_at": party.created_at.isoformat(),
                }
                for party in shown
            ],
            "next": cursor_of((shown[-1].created_at, shown[-1].id) if more else None),
        }
    )


HANDLERS = [register, one_registration, change, hand_on, give_up, erase, registrations]
