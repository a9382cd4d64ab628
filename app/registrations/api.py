"""Registrations for integrators: public to make, the party's key to see and change (DESIGN.md 6)."""

from collections.abc import Mapping

from litestar import Response, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from app.events.answers import NoBody
from app.events.present import public_event
from app.events.queries import event_by_id
from app.events.shapes import EventRow
from app.i18n.catalogues import languages
from app.registrations import actions, changes, rules, undoing
from app.registrations.access import party_by_link
from app.registrations.answers import (
    ChangeBody,
    ErasedAnswer,
    FriendBody,
    RegistrationAnswer,
    RegistrationBody,
    TicketAnswer,
)
from app.registrations.queries import invitation_by_key, limit_of, party_by_key, party_key
from app.registrations.shapes import Party, RegistrationDraft
from app.seats.shapes import Booked
from app.security import ticket_code
from app.validation.fields import Reader, small_number
from app.validation.refusals import Refused
from app.web.bodies import json_object
from app.web.conditions import meant_for, tag, unless_known
from app.web.described import told
from app.web.headers import RATE
from app.web.idempotency import Answer
from app.web.json import answer_once, claim_of, json_answer
from app.web.limits import REGISTERING
from app.web.request import Req, keyring_of, language_of, network_of, settings_of, source_of, worker
from models.states import RegistrationState


def booking_json(
    request: Req, event: EventRow, key: str, booked: Booked, name: str, issues: Mapping[int, int]
) -> RegistrationAnswer:
    """A registration as its holder sees it, just made or read again; `issues` of its tickets by their number."""
    keyring, base = keyring_of(request), settings_of(request).base_url
    codes = [
        (number, ticket_code.encode(keyring, event.number, booked.number, number, issue))
        for number, issue in issues.items()
        if booked.state == RegistrationState.CONFIRMED
    ]
    return RegistrationAnswer(
        id=booked.id,
        key=key,
        page=f"{base}/{language_of(request)}/r/{key}",
        state=booked.state,
        set_aside=booked.set_aside,
        party=booked.party,
        children=booked.children,
        name=name,
        short_code=booked.short_code,
        pickup_point=booked.pickup_point,
        tickets=[TicketAnswer(number, code, ticket_code.address(base, code)) for number, code in codes],
    )


def party_json(request: Req, event: EventRow, party: Party, key: str) -> RegistrationAnswer:
    """A registration that was read."""
    booked = Booked(**{name: getattr(party, name) for name in Booked.__struct_fields__})
    issues = {ticket.number: ticket.issue for ticket in party.valid_tickets}
    return booking_json(request, event, key, booked, party.name, issues)


BOOKING = (
    "event_full",
    "event_not_published",
    "event_cancelled",
    "event_over",
    "registration_not_open",
    "registration_closed",
    "registration_paused",
    "pickup_point_full",
    "party_too_large",
    "invitation_full",
)
CHANGING = (
    "erased",
    "registration_cancelled",
    "cancelled_by_desk",
    "not_enough_places",
    "ticket_used",
    "last_place",
    "places_in_use",
    "changes_exhausted",
    "event_over",
    "event_cancelled",
)
GROWING = (*CHANGING, *BOOKING, "rush")
HANDING_ON = (*CHANGING, "ticket_given_up", "ticket_waiting")
UNDOING = ("nothing_to_undo", *CHANGING, *BOOKING)
LEAST_KEY = 16  # characters of an Idempotency-Key: two strangers with "1" would share a party


@post(
    "/api/v1/events/{slug:str}/registrations",
    status_code=201,
    opt={
        "public": True,
        **told(
            RegistrationAnswer,
            *BOOKING,
            "rush",
            "idempotency_key_short",
            body=RegistrationBody,
            status=201,
            once=True,
            limited=True,
        ),
    },
)
async def register(request: Req, slug: FromPath[str]) -> Response[bytes]:
    """Book places for a party."""
    event = await public_event(slug)
    request.scope["state"][RATE] = REGISTERING.pass_or_refuse(source_of(request), slug)
    raw = await json_object(request)
    keyring = keyring_of(request)

    async def read() -> RegistrationDraft:
        invitation = await invitation_by_key(keyring, raw.get("invitation"), event.id)
        return rules.read_registration(raw, event, languages(), language_of(request), invitation)

    def answer(booked: Booked, draft: RegistrationDraft) -> RegistrationAnswer:
        issues = dict.fromkeys(range(1, booked.party + 1), 0)
        return booking_json(request, event, party_key(keyring, booked.id), booked, draft.names[0], issues)

    if 0 < len(request.headers.get("idempotency-key", "")) < LEAST_KEY:
        raise Refused("idempotency_key_short", least=LEAST_KEY)
    once = await claim_of(request, "public", str(event.id))
    kept = await actions.register_once(keyring, event, read, worker(request), network_of(request), answer, once)
    return json_answer(kept.body, kept.status)


@get("/api/v1/registrations/{key:str}", opt={"public": True, **told(RegistrationAnswer, "erased", tagged=True)})
async def one_registration(request: Req, party: NamedDependency[Party], key: FromPath[str]) -> Response[bytes]:
    """What the party's link shows."""
    body = party_json(request, await event_by_id(party.event), party, key)
    return unless_known(request, tag(party.revision), body)


@patch(
    "/api/v1/registrations/{key:str}",
    opt={
        "public": True,
        **told(
            RegistrationAnswer, *CHANGING, *BOOKING, "rush", body=ChangeBody, partial=True, guarded=True, tagged=True
        ),
    },
)
async def change(request: Req, party: NamedDependency[Party], key: FromPath[str]) -> Response[bytes]:
    """More or fewer places, names, phone, e-mail, bus; what is not given stays."""
    event = await event_by_id(party.event)
    raw = await json_object(request)
    draft = rules.read_change(raw, event, party, await limit_of(party, event.party_limit))
    await changes.change(
        keyring_of(request), event, party.id, draft, worker(request), meant_for(request), network_of(request)
    )
    changed = await party_by_link(request, key)
    return json_answer(party_json(request, event, changed, key), headers={"etag": tag(changed.revision)})


@post(
    "/api/v1/registrations/{key:str}/tickets/{number:str}/hand-on",
    status_code=201,
    opt={
        "public": True,
        **told(
            RegistrationAnswer,
            *CHANGING,
            "ticket_given_up",
            "ticket_waiting",
            body=FriendBody,
            status=201,
            once=True,
            guarded=True,
        ),
    },
)
async def hand_on(
    request: Req, party: NamedDependency[Party], key: FromPath[str], number: FromPath[str]
) -> Response[bytes]:
    """Make a registration of one for a friend out of one ticket; sent twice with a key, it happens once."""
    event = await event_by_id(party.event)
    raw = await json_object(request)
    wanted = small_number(number, 999)
    if wanted is None:
        raise Refused("not_found")
    keyring = keyring_of(request)

    async def act() -> Answer:
        name, language = rules.read_friend(raw, languages(), party.language)
        friend = await changes.hand_on(
            keyring, event, party.id, wanted, name, language, worker(request), meant_for(request)
        )
        body = booking_json(request, event, party_key(keyring, friend.id), friend, name, {1: 0})
        return Answer(201, body, friend.id)

    return await answer_once(request, "public", act, f"{key}/{number}")


@post(
    "/api/v1/registrations/{key:str}/tickets/{number:str}/undo",
    status_code=200,
    opt={
        "public": True,
        **told(
            RegistrationAnswer,
            *UNDOING,
            "friend_was_there",
            "ticket_waiting",
            "ticket_given_up",
            body=NoBody,
            once=True,
            guarded=True,
        ),
    },
)
async def take_back(
    request: Req, party: NamedDependency[Party], key: FromPath[str], number: FromPath[str]
) -> Response[bytes]:
    """Take a ticket back that was handed on, within ten minutes and before the friend has used it."""
    Reader(await json_object(request)).finish()
    wanted = small_number(number, 999)
    if wanted is None:
        raise Refused("not_found")

    async def act() -> Answer:
        most = await limit_of(party, (await event_by_id(party.event)).party_limit)
        await undoing.take_back(party.event, party.id, wanted, most, worker(request), meant_for(request))
        return await _as_it_is(request, key)

    return await answer_once(request, "public", act, f"{key}/{number}")


@post(
    "/api/v1/registrations/{key:str}/undo",
    status_code=200,
    opt={"public": True, **told(RegistrationAnswer, *UNDOING, body=NoBody, once=True, guarded=True)},
)
async def take_again(request: Req, party: NamedDependency[Party], key: FromPath[str]) -> Response[bytes]:
    """Take up again what was given up, within ten minutes; where others have the places, it waits before everybody."""
    Reader(await json_object(request)).finish()

    async def act() -> Answer:
        await undoing.take_again(party.event, party.id, worker(request), meant_for(request))
        return await _as_it_is(request, key)

    return await answer_once(request, "public", act, key)


async def _as_it_is(request: Req, key: str) -> Answer:
    party = await party_by_link(request, key)
    return Answer(200, party_json(request, await event_by_id(party.event), party, key), party.id)


@delete(
    "/api/v1/registrations/{key:str}",
    status_code=200,
    opt={"public": True, **told(None, *CHANGING, status=204, guarded=True)},
)
async def give_up(request: Req, party: NamedDependency[Party]) -> Response[bytes]:
    """Give up all places. Until it is erased the party can be read, as cancelled, and for ten minutes be taken back."""
    await actions.give_up(party.id, worker(request), meant_for(request))
    return json_answer(None, 204)


@post(
    "/api/v1/registrations/{key:str}/erase",
    status_code=200,
    opt={"public": True, "even_erased": True, **told(ErasedAnswer, "erased", body=NoBody, once=True, guarded=True)},
)
async def erase(request: Req, key: FromPath[str]) -> Response[bytes]:
    """Erase who the party is; repeated with the same key it answers the same."""

    async def act() -> Answer:
        party = await party_by_key(keyring_of(request), key)
        await actions.erase(party.id, worker(request), meant_for(request))
        return Answer(200, ErasedAnswer(RegistrationState.ERASED))

    return await answer_once(request, "public", act, key)


HANDLERS = [register, one_registration, change, hand_on, take_back, take_again, give_up, erase]
