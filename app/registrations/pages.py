"""Registering without an account, and the party's own page."""

from typing import Any

from litestar import Response, get, post, route
from litestar.params import FromPath

from app.database.connection import now
from app.directory.queries import contacts_of
from app.events.entries import one_event_calendar
from app.events.queries import event_by_id, public_event
from app.events.rules import registration_refusal
from app.events.shapes import Event
from app.registrations import actions, rules
from app.registrations.api import party_of
from app.registrations.queries import party_key
from app.registrations.shapes import Ticket
from app.security.nonces import kept_or_new, nonce_is_ours
from app.tickets import code, qr
from app.web.bodies import form, nested
from app.web.client import Req, client_address, keyring_of, require_same_origin, settings_of, worker
from app.web.i18n import languages
from app.web.idempotency import Kept, once
from app.web.limits import REGISTERING
from app.web.pages import page, see_other
from app.web.refusals import Problem, Refused

FORM = "register"
# a refusal of the whole that belongs next to one field
AT_FIELD = {"pickup_point_full": "pickup_point", "event_full": "accept_waiting"}
PRIVATE = {"cache-control": "private, no-store", "x-robots-tag": "noindex"}
PICTURE = {"cache-control": "private, max-age=86400", "x-robots-tag": "noindex"}


async def _public(language: str, slug: str) -> Event:
    event = await public_event(slug) if language in languages() else None
    if event is None:
        raise Refused("not_found")
    return event


@get("/{language:str}/events/{slug:str}/register")
async def registration_form(request: Req, language: FromPath[str], slug: FromPath[str]) -> Response[bytes]:
    """The form, with a signed nonce that makes sending it twice harmless."""
    event = await _public(language, slug)
    return _form_page(request, event, {"party": "1"}, (), registration_refusal(event, now()))


def _form_page(
    request: Req,
    event: Event,
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
        return _form_page(request, event, typed, (), Refused("form_expired"), status=422)

    async def act() -> Kept:
        raw = nested({name: value for name, value in typed.items() if name != "nonce"})
        draft = rules.read_registration(raw, event, languages(), language)
        booked = await actions.register(keyring, event, draft, worker(request))
        return Kept(303, {"key": party_key(keyring, booked.id)}, booked.id)

    try:
        # the nonce alone makes a repetition: whoever goes back and corrects a letter must not book twice
        kept = await once(keyring, (FORM, slug), nonce, b"", act)
    except Refused as refused:
        problems = refused.problems
        if field := AT_FIELD.get(refused.code):
            problems = (*problems, Problem(field, refused.code, refused.facts))
        present = await _public(language, slug)
        return _form_page(request, present, typed, problems, refused, status=refused.status)
    return see_other(f"/{language}/r/{kept.body['key']}")


@get("/{language:str}/r/{key:str}")
async def party_page(request: Req, language: FromPath[str], key: FromPath[str]) -> Response[bytes]:
    """The party's tickets, and what can be done with them."""
    if language not in languages():
        raise Refused("not_found")
    party = await party_of(request, key)
    event = await event_by_id(party.event)
    return page(
        request,
        "pages/party.html",
        event=event,
        party=party,
        key=key,
        over=now() >= event.ends_at,
        pickup=next((point for point in event.pickup_points if point.id == party.pickup_point), None),
        contacts=await contacts_of(event.host_country),
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


@route("/{language:str}/r/{key:str}/{name:str}", http_method=["GET", "HEAD"])
async def picture(request: Req, language: FromPath[str], key: FromPath[str], name: FromPath[str]) -> Response[Any]:
    """`{n}.png` to long-press and save, `{n}.svg` to show: the QR of ticket n."""
    number, _, kind = name.partition(".")
    if (
        kind not in {"png", "svg"}
        or not (number.isascii() and number.isdecimal() and len(number) < 4)
        or language not in languages()
    ):
        raise Refused("not_found")
    party = await party_of(request, key)
    ticket = next((each for each in party.valid_tickets if each.number == int(number)), None)
    if ticket is None or party.state == "waiting":
        raise Refused("not_found")
    text = await _address(request, party.event, party.number, ticket)
    if kind == "svg":
        return Response(qr.svg(text).encode(), media_type="image/svg+xml", headers=PICTURE)
    return Response(qr.png(text), media_type="image/png", headers=PICTURE)


async def _address(request: Req, event: Any, number: str, ticket: Ticket) -> str:
    found = await event_by_id(event)
    bare = code.encode(keyring_of(request), found.number, number, ticket.number, ticket.issue)
    return code.address(settings_of(request).base_url, bare)


HANDLERS = [registration_form, register, party_page, give_up, erase, calendar_file, picture]
