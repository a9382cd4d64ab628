"""Registering without an account, and the party's own page."""

import asyncio
import secrets
from typing import Any

from litestar import Response, get, post, route
from litestar.params import FromPath

from app.database.connection import now
from app.directory.queries import contacts_of, country_by_slug
from app.events.calendar_entries import one_event_calendar
from app.events.queries import event_by_id, public_event
from app.events.rules import refresh_after, registration_refusal
from app.events.shapes import EventRow
from app.events.sharing import share_links
from app.i18n.catalogues import languages, local_time, pick, translate
from app.printing import qr
from app.registrations import actions, changes, prints, rules
from app.registrations.api import party_of
from app.registrations.queries import invitation_by_key, limit_of, party_key
from app.registrations.shapes import Party, TicketRow
from app.security import ticket_code as code
from app.security.nonces import kept_or_new, make_nonce, nonce_age, nonce_is_ours
from app.validation.fields import latin_digits
from app.validation.refusals import Problem, Refused, invalid
from app.web.assets import compressed
from app.web.bodies import form, nested
from app.web.idempotency import Answer, once
from app.web.limits import REGISTERING
from app.web.rendering import page, see_other
from app.web.request import Req, client_address, keyring_of, language_of, require_same_origin, settings_of, worker

FORM = "register"
FRIEND = "hand-on"
TRAP = "website"  # a field that people do not see and programs fill in
QUICKEST = 1.0  # seconds: a form sent sooner waits out the rest of it
MOST_IN_PICTURE = 10  # squares below one another; more are for the sheet
# a refusal of the whole that belongs next to one field
AT_FIELD = {"pickup_point_full": "pickup_point", "event_full": "accept_waiting"}
PRIVATE = {"cache-control": "private, no-store", "x-robots-tag": "noindex"}


async def _public(language: str, slug: str) -> EventRow:
    event = await public_event(slug) if language in languages() else None
    if event is None:
        raise Refused("not_found")
    return event


@get("/{language:str}/events/{slug:str}/register")
async def registration_form(request: Req, language: FromPath[str], slug: FromPath[str]) -> Response[bytes]:
    """The form, with a signed nonce that makes sending it twice harmless."""
    event = await _public(language, slug)
    typed = {"party": "1", "invitation": request.query_params.get("invitation", "")}
    return await _form_page(request, event, typed, (), registration_refusal(event, now()))


async def _form_page(
    request: Req,
    event: EventRow,
    typed: dict[str, str],
    problems: tuple[Problem, ...],
    refusal: Refused | None = None,
    *,
    status: int = 200,
) -> Response[bytes]:
    return page(
        request,
        "pages/register.html",
        status=status,
        event=event,
        typed=typed,
        problems=problems,
        refusal=refusal,
        closed=registration_refusal(event, now()) is not None,
        refresh=refresh_after(event, now(), secrets.randbelow(8)),
        invitation=await invitation_by_key(keyring_of(request), typed.get("invitation", ""), event.id),
        nonce=kept_or_new(keyring_of(request), FORM, typed.get("nonce", "")),
    )


@post("/{language:str}/events/{slug:str}/register")
async def register(request: Req, language: FromPath[str], slug: FromPath[str]) -> Response[bytes]:
    """Book, then show the party's page; what is wrong is said by its field, and nothing typed is lost."""
    require_same_origin(request)
    event = await _public(language, slug)
    REGISTERING.pass_or_refuse(client_address(request), slug)
    typed = await form(request)
    keyring = keyring_of(request)
    nonce = typed.get("nonce", "")
    if not nonce_is_ours(keyring, FORM, nonce):
        return await _form_page(request, event, typed, (), Refused("form_expired"), status=422)
    if typed.pop(TRAP, ""):
        trapped = invalid([Problem(TRAP, "trap")])
        return await _form_page(request, event, typed, trapped.problems, trapped, status=422)
    await asyncio.sleep(max(0.0, QUICKEST - nonce_age(nonce)))

    async def act() -> Answer:
        raw = nested({name: value for name, value in typed.items() if name != "nonce"})
        invitation = await invitation_by_key(keyring, typed.get("invitation"), event.id)
        draft = rules.read_registration(raw, event, languages(), language, invitation)
        booked = await actions.register(keyring, event, draft, worker(request))
        return Answer(303, {"key": party_key(keyring, booked.id)}, booked.id)

    try:
        # the nonce alone makes a repetition: whoever goes back and corrects a letter must not book twice
        kept = await once(keyring, (FORM, slug), nonce, b"", act)
    except Refused as refused:
        problems = refused.problems
        if field := AT_FIELD.get(refused.code):
            problems = (*problems, Problem(field, refused.code, refused.facts))
        present = await _public(language, slug)
        return await _form_page(request, present, typed, problems, refused, status=refused.status)
    return see_other(f"/{language}/r/{kept.body['key']}")


@get("/{language:str}/r/{key:str}")
async def party_page(request: Req, language: FromPath[str], key: FromPath[str]) -> Response[bytes]:
    """The party's tickets, and what can be done with them."""
    if language not in languages():
        raise Refused("not_found")
    return await _party_page(request, await party_of(request, key), key)


async def _party_page(
    request: Req, party: Party, key: str, *, typed: dict[str, str] | None = None, refused: Refused | None = None
) -> Response[bytes]:
    event = await event_by_id(party.event)
    problems = refused.problems if refused else ()
    if refused and (field := AT_FIELD.get(refused.code)):
        problems = (*problems, Problem(field, refused.code, refused.facts))
    link = f"{settings_of(request).base_url}/{language_of(request)}/r/{key}"
    present = [ticket for ticket in party.tickets if ticket.state in {"valid", "waiting"}]
    return page(
        request,
        "pages/party.html",
        status=refused.status if refused else 200,
        event=event,
        party=party,
        present=present,
        key=key,
        link=link,
        share=share_links(link, translate(language_of(request), "Our tickets")),
        over=now() >= event.ends_at,
        limit=max(await limit_of(party, event.party_limit), party.party),
        pickup=next((point for point in event.pickup_points if point.id == party.pickup_point), None),
        contacts=await contacts_of(event.host_country),
        typed=typed if typed is not None else _as_typed(party, present),
        refused=refused,
        problems=problems,
        friend_fields=[problem.field for problem in problems if problem.field.startswith("friend.")],
        nonce=make_nonce(keyring_of(request), FRIEND),
    )


def _as_typed(party: Party, present: list[TicketRow]) -> dict[str, str]:
    names = [party.name if ticket.number == 1 else ticket.name for ticket in present]
    typed = {f"names.{index}": name for index, name in enumerate(names)}
    return typed | {
        "party": str(party.party),
        "children": str(party.children or ""),
        "pickup_point": str(party.pickup_point or ""),
    }


@post("/{language:str}/r/{key:str}/change")
async def change(request: Req, language: FromPath[str], key: FromPath[str]) -> Response[bytes]:
    """More or fewer places, names, phone, e-mail, bus; what is wrong is said by its field."""
    require_same_origin(request)
    party = await party_of(request, key)
    event = await event_by_id(party.event)
    typed = await form(request)
    raw: dict[str, Any] = {name: typed[name] for name in ("party", "children", "pickup_point") if name in typed}
    if typed.get("children") == "":
        raw["children"] = "0"
    if typed.get("drop", "").isdecimal() and len(typed["drop"]) < 4:
        raw = {"drop": [int(typed["drop"])]}
    elif any(name.startswith("names.") for name in typed):
        wished = latin_digits(raw.get("party", ""))
        size = int(wished) if wished.isdecimal() and len(wished) < 4 else party.party
        raw["names"] = [typed.get(f"names.{index}", "") for index in range(min(size, party.party))]
    for name in ("phone", "email"):
        if typed.get(name) or typed.get(f"no_{name}"):
            raw[name] = "" if typed.get(f"no_{name}") else typed[name]
    try:
        draft = rules.read_change(raw, event, party, await limit_of(party, event.party_limit))
        await changes.change(keyring_of(request), event, party.id, draft, worker(request))
    except Refused as refused:
        if refused.code in {"erased", "not_found"}:
            raise
        return await _party_page(request, await party_of(request, key), key, typed=typed, refused=refused)
    return see_other(f"/{language}/r/{key}")


@post("/{language:str}/r/{key:str}/hand-on")
async def hand_on(request: Req, language: FromPath[str], key: FromPath[str]) -> Response[bytes]:
    """Hand a ticket on to a friend: shows the friend's link to send. Sent twice it happens once."""
    require_same_origin(request)
    party = await party_of(request, key)
    event = await event_by_id(party.event)
    typed = await form(request)
    keyring, nonce, number = keyring_of(request), typed.get("nonce", ""), typed.get("number", "")

    async def act() -> Answer:
        name, tag = rules.read_friend({"name": typed.get("name", "")}, languages(), language)
        wanted = int(number) if number.isascii() and number.isdecimal() and len(number) < 4 else 0
        friend = await changes.hand_on(keyring, event, party.id, wanted, name, tag, worker(request))
        return Answer(200, {"key": party_key(keyring, friend.id), "name": name}, friend.id)

    try:
        once_key = nonce if nonce_is_ours(keyring, FRIEND, nonce) else None
        kept = await once(keyring, (FRIEND, key, number), once_key, b"", act)
    except Refused as refused:
        beside = tuple(Problem(f"friend.{number}", each.code, each.facts) for each in refused.problems)
        own = Refused(refused.code, beside, **refused.facts)
        return await _party_page(request, await party_of(request, key), key, refused=own)
    link = f"{settings_of(request).base_url}/{language}/r/{kept.body['key']}"
    return page(
        request,
        "pages/handed_on.html",
        event=event,
        key=key,
        link=link,
        friend=kept.body["name"],
        share=share_links(link, pick(event.title, language)),
    )


@post("/{language:str}/r/{key:str}/give-up")
async def give_up(request: Req, language: FromPath[str], key: FromPath[str]) -> Response[bytes]:
    """Give up all places."""
    require_same_origin(request)
    party = await party_of(request, key)
    if (await form(request)).get("sure"):
        await actions.give_up(party.id, worker(request))
    return see_other(f"/{language}/r/{key}")


@post("/{language:str}/r/{key:str}/erase")
async def erase(request: Req, language: FromPath[str], key: FromPath[str]) -> Response[bytes]:
    """Erase who the party is; the link opens nothing any more."""
    require_same_origin(request)
    party = await party_of(request, key)
    if not (await form(request)).get("sure"):
        return see_other(f"/{language}/r/{key}")
    await actions.erase(party.id, worker(request))
    return page(request, "pages/erased.html")


@get("/{language:str}/r/{key:str}/calendar.ics")
async def calendar_file(request: Req, language: FromPath[str], key: FromPath[str]) -> Response[bytes]:
    """The event to add to a calendar; the party's link only with ?link=1, because people share calendars."""
    if language not in languages():
        raise Refused("not_found")
    party = await party_of(request, key)
    event, base = await event_by_id(party.event), settings_of(request).base_url
    link = f"{base}/{language}/r/{key}" if request.query_params.get("link") == "1" else ""
    body = one_event_calendar(event, language, base, await contacts_of(event.host_country), link)
    headers = {**PRIVATE, "content-disposition": f'inline; filename="{event.slug}.ics"'}
    return Response(body, media_type="text/calendar", headers=headers)


@get("/{language:str}/r/{key:str}/tickets.pdf")
async def tickets_pdf(request: Req, language: FromPath[str], key: FromPath[str]) -> Response[bytes]:
    """Every ticket of the party on A4, to print and cut."""
    if language not in languages():
        raise Refused("not_found")
    party, event, tickets = await _printed(request, key, None)
    body = await prints.sheet(await _facts(event, party, tickets, language))
    headers = {**PRIVATE, "content-disposition": f'inline; filename="{event.slug}-{party.short_code}.pdf"'}
    return Response(body, media_type="application/pdf", headers=headers)


@route("/{language:str}/r/{key:str}/{name:str}", http_method=["GET", "HEAD"])
async def picture(request: Req, language: FromPath[str], key: FromPath[str], name: FromPath[str]) -> Response[Any]:
    """Ticket n: `{n}.png` a picture to save or forward (`all.png`: the party's), `{n}.pdf` to print, `{n}.svg` its QR,
    `{n}` large and alone on a page."""
    number, _, kind = name.partition(".")
    wanted = None if (number, kind) == ("all", "png") else number
    if (
        kind not in {"png", "svg", "pdf", ""}
        or not (wanted is None or (number.isascii() and number.isdecimal() and len(number) < 4))
        or language not in languages()
    ):
        raise Refused("not_found")
    party, event, tickets = await _printed(request, key, None if wanted is None else int(number))
    if kind == "svg":
        return compressed(request, qr.svg(tickets[0].address).encode(), "image/svg+xml", PRIVATE)
    if kind:
        facts = await _facts(event, party, tickets[:MOST_IN_PICTURE], language)
        headers = {**PRIVATE, "content-disposition": f'inline; filename="{event.slug}-{party.short_code}-{name}"'}
        made = await (prints.picture if kind == "png" else prints.sheet)(facts)
        return Response(made, media_type="image/png" if kind == "png" else "application/pdf", headers=headers)
    return page(
        request,
        "pages/alone.html",
        event=event,
        party=party,
        key=key,
        ticket=tickets[0],
        symbol=qr.svg(tickets[0].address),
    )


async def _printed(request: Req, key: str, number: int | None) -> tuple[Party, EventRow, list[prints.Printed]]:
    """The party of a link, its event, and its tickets (or the one of this number) as they are printed."""
    party = await party_of(request, key)
    event = await event_by_id(party.event)
    valid = party.valid_tickets if party.state == "confirmed" else ()
    keyring, base = keyring_of(request), settings_of(request).base_url
    printed = [
        prints.Printed(
            ticket.number,
            len(valid),
            party.name if ticket.number == 1 else ticket.name,
            ticket.child,
            code.address(base, code.encode(keyring, event.number, party.number, ticket.number, ticket.issue)),
        )
        for ticket in valid
        if number in {None, ticket.number}
    ]
    if not printed:
        raise Refused("not_found")
    return party, event, printed


async def _facts(event: EventRow, party: Party, tickets: list[prints.Printed], language: str) -> dict[str, Any]:
    country = await country_by_slug(event.country_slug)
    bus = next((point for point in event.pickup_points if point.id == party.pickup_point), None)
    departs = f" · {local_time(bus.departs_at, event.time_zone)}" if bus and bus.departs_at else ""
    hosts = country.languages if country else ()
    said = f"{pick(bus.name, language)}{departs}" if bus else ""
    return prints.facts_of(event, tickets, language, hosts, party.short_code, said)


HANDLERS = [
    registration_form,
    register,
    party_page,
    change,
    hand_on,
    give_up,
    erase,
    calendar_file,
    tickets_pdf,
    picture,
]
