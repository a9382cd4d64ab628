"""The parties of an event, for its attaché: what is done for them by hand, and who books for many. HQ sees counts."""

import asyncio
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from app.accounts.access import actor
from app.accounts.shapes import Staff
from app.activity.record import audit
from app.events.access import desk_event
from app.events.shapes import EventRow
from app.printing import qr
from app.registrations import actions, changes, rules
from app.registrations.queries import (
    INVITATION,
    counts,
    invitations_of,
    look_alikes,
    parties_of,
    party_by_id,
    party_key,
)
from app.registrations.shapes import ATTENTION, ChangeDraft, Party
from app.seats import waiting
from app.security.links import make_key
from app.security.nonces import kept_or_new, nonce_is_ours
from app.validation.fields import Reader
from app.validation.refusals import Problem, Refused
from app.web.bodies import form
from app.web.idempotency import Answer, once
from app.web.json import ITEMS_A_PAGE, cursor_of, read_cursor
from app.web.rendering import page, see_other
from app.web.request import Req, keyring_of, language_of, settings_of

FORM = "invitation"
REASON = 300


async def _attache(request: Req, slug: str) -> tuple[Staff, EventRow]:
    """Who is logged in and the event, for those who may see names."""
    staff, event = await desk_event(request, slug)
    if staff.is_hq:
        raise Refused("forbidden")
    return staff, event


@get("/desk/events/{slug:str}/registrations")
async def registrations(request: Req, slug: FromPath[str]) -> Response[bytes]:
    """Names, sizes and states; each reading is audited."""
    staff, event = await _attache(request, slug)
    parties = await parties_of(keyring_of(request), event.id, read_cursor(request), ITEMS_A_PAGE + 1)
    shown = parties[:ITEMS_A_PAGE]
    await audit(actor(request, staff), "names_read", "event", event.id, event.id, parties=len(shown))
    return page(
        request,
        "desk/registrations.html",
        staff=staff,
        event=event,
        parties=shown,
        counts=await counts(event.id),
        next=cursor_of((shown[-1].created_at, shown[-1].id)) if len(parties) > ITEMS_A_PAGE else None,
    )


async def _party(request: Req, slug: str, row: str) -> tuple[Staff, EventRow, Party]:
    staff, event = await _attache(request, slug)
    try:
        party = await party_by_id(keyring_of(request), event.id, UUID(row))
    except ValueError:
        party = None
    if party is None:
        raise Refused("not_found")
    return staff, event, party


@get("/desk/events/{slug:str}/registrations/{row:str}")
async def party_page(request: Req, slug: FromPath[str], row: FromPath[str]) -> Response[bytes]:
    """One party, and what can be done for it by hand; the reading is audited."""
    staff, event, party = await _party(request, slug, row)
    await audit(actor(request, staff), "names_read", "registration", party.id, event.id, parties=1)
    return _party_page(request, staff, event, party)


def _party_page(
    request: Req,
    staff: Staff,
    event: EventRow,
    party: Party,
    *,
    link: str = "",
    refused: Refused | None = None,
    typed: dict[str, str] | None = None,
) -> Response[bytes]:
    return page(
        request,
        "desk/party.html",
        status=refused.status if refused else 200,
        staff=staff,
        event=event,
        party=party,
        link=link,
        symbol=qr.svg(link) if link else "",
        refused=refused,
        problems=refused.problems if refused else (),
        attention=ATTENTION,
        typed=typed
        if typed is not None
        else {"note": party.note, **{f"attention.{word}": "on" for word in party.attention}},
    )


@post("/desk/events/{slug:str}/registrations/{row:str}")
async def act_for_party(request: Req, slug: FromPath[str], row: FromPath[str]) -> Response[bytes]:
    """What the pressed button says: new codes, up or first on the waiting list (with a reason), bus, give up."""
    staff, event, party = await _party(request, slug, row)
    typed = await form(request)
    by = actor(request, staff)
    link = ""
    try:
        match typed.get("do"):
            case "reissue":
                issue = await changes.reissue(event.id, party.id, by)
                key = party_key(keyring_of(request), party.id, issue)
                link = f"{settings_of(request).base_url}/{party.language}/r/{key}"
            case "move_up":
                await waiting.move_up(event.id, party.id, _reason(typed), by)
            case "move_first":
                await waiting.move_first(event.id, party.id, _reason(typed), by)
            case "bus":
                await changes.change(keyring_of(request), event, party.id, _to_bus(typed, event), by)
            case "attention":
                words, note = rules.read_attention(typed)
                await changes.set_attention(keyring_of(request), event.id, party.id, words, note, by)
            case "cancel":
                await actions.give_up(party.id, by)
            case _:
                raise Refused("not_found")
    except Refused as refused:
        if refused.code == "not_found":
            raise
        return _party_page(request, staff, event, party, refused=refused, typed=typed)
    if link:
        renewed = await party_by_id(keyring_of(request), event.id, party.id)
        return _party_page(request, staff, event, renewed or party, link=link)
    return see_other(f"/desk/events/{slug}/registrations/{party.id}")


def _reason(typed: dict[str, str]) -> str:
    read = Reader({"reason": typed.get("reason", "")})
    reason = read.text("reason", REASON, required=True)
    read.finish()
    return reason


def _to_bus(typed: dict[str, str], event: EventRow) -> ChangeDraft:
    points = {str(point.id): point.id for point in event.pickup_points}
    chosen = typed.get("pickup_point", "")
    if chosen and chosen not in points:
        raise Refused("invalid", (Problem("pickup_point", "unknown_pickup_point"),))
    return ChangeDraft(None, (), None, None, None, None, moves_bus=True, pickup_point=points.get(chosen))


@get("/desk/events/{slug:str}/suspicious")
async def suspicious(request: Req, slug: FromPath[str]) -> Response[bytes]:
    """Parties that look alike: the same phone, the same name, many at once. A look, not a verdict."""
    staff, event = await _attache(request, slug)
    parties, phones = await look_alikes(keyring_of(request), event.id)
    clusters = await asyncio.to_thread(rules.clusters, parties, phones)
    await audit(actor(request, staff), "names_read", "event", event.id, event.id, parties=len(parties))
    return page(request, "desk/suspicious.html", staff=staff, event=event, clusters=clusters)


@post("/desk/events/{slug:str}/suspicious")
async def cancel_many(request: Req, slug: FromPath[str]) -> Response[bytes]:
    """Give up the places of the ticked parties; each is audited."""
    staff, event = await _attache(request, slug)
    for name in await form(request):
        kind, _, row = name.partition(".")
        if kind != "party":
            continue
        try:
            party = await party_by_id(keyring_of(request), event.id, UUID(row))
        except ValueError:
            party = None
        if party:
            await actions.give_up(party.id, actor(request, staff))
    return see_other(f"/desk/events/{slug}/suspicious")


@get("/desk/events/{slug:str}/invitations")
async def invitations(request: Req, slug: FromPath[str]) -> Response[bytes]:
    """Community leaders' links: for how many, and who of them has arrived."""
    staff, event = await desk_event(request, slug)
    return await _invitations_page(request, staff, event, {"party_limit": str(rules.MOST_INVITED)}, ())


async def _invitations_page(
    request: Req, staff: Staff, event: EventRow, typed: dict[str, str], problems: tuple[Problem, ...]
) -> Response[bytes]:
    keyring = keyring_of(request)
    base = f"{settings_of(request).base_url}/{language_of(request)}/events/{event.slug}/register?invitation="
    return page(
        request,
        "desk/invitations.html",
        status=422 if problems else 200,
        staff=staff,
        event=event,
        invitations=[(each, base + make_key(keyring, INVITATION, each.id)) for each in await invitations_of(event.id)],
        typed=typed,
        problems=problems,
        nonce=kept_or_new(keyring, FORM, typed.get("nonce", "")),
    )


@post("/desk/events/{slug:str}/invitations")
async def invite(request: Req, slug: FromPath[str]) -> Response[bytes]:
    """A new link for a leader; a double tap makes one."""
    staff, event = await desk_event(request, slug)
    typed = await form(request)
    keyring, nonce = keyring_of(request), typed.get("nonce", "")

    async def act() -> Answer:
        label, limit = rules.read_invitation({name: text for name, text in typed.items() if name != "nonce"})
        return Answer(303, {"id": str(await actions.invite(event.id, label, limit, actor(request, staff)))})

    try:
        key = nonce if nonce_is_ours(keyring, FORM, nonce) else None
        await once(keyring, (FORM, slug, str(staff.account)), key, b"", act)
    except Refused as refused:
        return await _invitations_page(request, staff, event, typed, refused.problems)
    return see_other(f"/desk/events/{slug}/invitations")


@post("/desk/events/{slug:str}/invitations/{row:str}/revoke")
async def uninvite(request: Req, slug: FromPath[str], row: FromPath[str]) -> Response[bytes]:
    """The link books no more; what was booked stays."""
    staff, event = await desk_event(request, slug)
    try:
        found = await actions.uninvite(event.id, UUID(row), actor(request, staff))
    except ValueError:
        found = False
    if not found:
        raise Refused("not_found")
    return see_other(f"/desk/events/{slug}/invitations")


HANDLERS = [registrations, party_page, act_for_party, suspicious, cancel_many, invitations, invite, uninvite]
