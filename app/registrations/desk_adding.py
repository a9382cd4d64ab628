"""Booking for those who cannot: somebody who phoned, and tickets on paper for people without a phone."""

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency

from app.accounts.access import actor_of
from app.accounts.rights import Right
from app.accounts.shapes import Staff
from app.events.access import RIGHT
from app.events.shapes import EventRow
from app.i18n.catalogues import DEFAULT, languages, own_name
from app.registrations import actions, paper, rules
from app.registrations.listing import Asked, part_of
from app.registrations.prints import facts_to_print, printed_of, sheet
from app.registrations.queries import invitations_of
from app.registrations.shapes import MOST_INVITED, MOST_ON_PAPER
from app.security.nonces import kept_or_new
from app.validation.fields import found_id
from app.validation.refusals import Problem, Refused, invalid
from app.web.bodies import form, nested
from app.web.idempotency import Answer, once_by_nonce
from app.web.rendering import page, said, see_other
from app.web.request import Req, keyring_of, settings_of

FORM, PAPER = "add", "paper"
AT_FIELD = {"pickup_point_full": "pickup_point", "event_full": "accept_waiting"}

Typed = dict[str, str]


@get("/desk/events/{slug:str}/registrations/new", opt={RIGHT: Right.NAMES})
async def add_form(request: Req, staff: NamedDependency[Staff], event: NamedDependency[EventRow]) -> Response[bytes]:
    """Who phoned, and for how many."""
    return _add_page(request, staff, event, {"party": "1", "language": DEFAULT})


def _add_page(
    request: Req, staff: Staff, event: EventRow, typed: Typed, refused: Refused | None = None
) -> Response[bytes]:
    return page(
        request,
        "desk/add.html",
        staff=staff,
        event=event,
        typed=typed,
        limit=MOST_INVITED,
        tongues=[(tag, own_name(tag)) for tag in languages()],
        nonce=kept_or_new(keyring_of(request), FORM, typed.get("nonce", "")),
        **said(refused, AT_FIELD),
    )


@post("/desk/events/{slug:str}/registrations/new", opt={RIGHT: Right.NAMES})
async def add(request: Req, staff: NamedDependency[Staff], event: NamedDependency[EventRow]) -> Response[bytes]:
    """Book for somebody who phoned, also before registration opens, after it closed, and for more than its limit."""
    typed, keyring = await form(request), keyring_of(request)
    wider = msgspec.structs.replace(event, party_limit=max(event.party_limit, MOST_INVITED))

    async def act() -> Answer:
        raw = nested({name: text for name, text in typed.items() if name != "nonce"})
        draft = rules.read_registration(raw, wider, languages(), DEFAULT)
        booked = await actions.register(keyring, event, draft, actor_of(request))
        return Answer(303, {"id": str(booked.id)}, booked.id)

    try:
        made = await once_by_nonce(keyring, (FORM, event.slug, str(staff.account)), typed, act)
    except Refused as refused:
        return _add_page(request, staff, event, typed, refused)
    return see_other(f"/desk/events/{event.slug}/registrations/{made.body['id']}?added=1")


@get("/desk/events/{slug:str}/paper", opt={RIGHT: Right.NAMES})
async def paper_form(request: Req, staff: NamedDependency[Staff], event: NamedDependency[EventRow]) -> Response[bytes]:
    """The batches there are, and a new one."""
    return await _paper_page(request, staff, event, {"people": "16"})


async def _paper_page(
    request: Req, staff: Staff, event: EventRow, typed: Typed, refused: Refused | None = None
) -> Response[bytes]:
    keyring = keyring_of(request)
    return page(
        request,
        "desk/paper.html",
        staff=staff,
        event=event,
        batches=[each for each in await invitations_of(keyring, event.id) if each.paper],
        typed=typed,
        most=MOST_ON_PAPER,
        nonce=kept_or_new(keyring, PAPER, typed.get("nonce", "")),
        **said(refused, AT_FIELD | {"event_full": "people"}),
    )


@post("/desk/events/{slug:str}/paper", opt={RIGHT: Right.NAMES})
async def make_paper(request: Req, staff: NamedDependency[Staff], event: NamedDependency[EventRow]) -> Response[bytes]:
    """A batch, all of it or nothing; or give up what nobody used of one, once that is sure."""
    typed, keyring, by = await form(request), keyring_of(request), actor_of(request)

    async def act() -> Answer:
        raw = {name: text for name, text in typed.items() if name != "nonce"}
        given, bus = rules.read_paper(raw, event)
        batch = await paper.make(keyring, event, given, bus, DEFAULT, by)
        return Answer(303, {"id": str(batch)})

    try:
        if batch := typed.get("revoke"):
            if not typed.get("sure"):
                raise invalid([Problem(f"sure.{batch}", "required")])
            await paper.revoke(event.id, found_id(batch), by)
        else:
            await once_by_nonce(keyring, (PAPER, event.slug, str(staff.account)), typed, act)
    except Refused as refused:
        if refused.code == "not_found":
            raise
        return await _paper_page(request, staff, event, typed, refused)
    return see_other(f"/desk/events/{event.slug}/paper")


@get("/desk/events/{slug:str}/paper/{batch:str}", opt={RIGHT: Right.NAMES})
async def paper_sheet(request: Req, event: NamedDependency[EventRow]) -> Response[bytes]:
    """A batch to print and cut, without what was given up."""
    keyring, base = keyring_of(request), settings_of(request).base_url
    batch = found_id(str(request.path_params["batch"]))
    asked = Asked(show="confirmed", invitation=str(batch))
    parties = (await part_of(keyring, event.id, asked, MOST_ON_PAPER)).parties
    if not parties:
        raise Refused("not_found")
    tickets = [each for party in parties for each in printed_of(keyring, base, event, party)]
    body = await sheet(await facts_to_print(event, parties[0], tickets, DEFAULT))
    headers = {
        "cache-control": "private, no-store",
        "content-disposition": f'inline; filename="{event.slug}-paper.pdf"',
    }
    return Response(body, media_type="application/pdf", headers=headers)


HANDLERS = [add_form, add, paper_form, make_paper, paper_sheet]
