"""The parties of an event, for its attaché: what is done for them by hand, and who books for many. HQ sees counts."""

from collections.abc import Awaitable, Callable, Mapping
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency

from app.accounts.access import actor_of
from app.accounts.shapes import Staff
from app.activity.kinds import Kind
from app.activity.record import Actor, Said, record
from app.events.access import event_of, may_read_names
from app.events.shapes import EventRow
from app.printing import qr
from app.registrations import actions, changes, invitations, rules, set_aside, undoing
from app.registrations.access import party_of
from app.registrations.queries import (
    INVITATION,
    invitations_of,
    look_alikes,
    parties_of,
    party_by_id,
    party_key,
    reaches_of,
)
from app.registrations.shapes import ATTENTION, MOST_INVITED, Party
from app.seats import waiting
from app.seats.counts import counts
from app.security.links import make_key
from app.security.nonces import kept_or_new
from app.validation.fields import found_id
from app.validation.refusals import Problem, Refused, invalid
from app.validation.stale import merged, was_of
from app.web.bodies import form
from app.web.cursors import ITEMS_A_PAGE, cursor_of, read_cursor
from app.web.idempotency import Answer, once_by_nonce
from app.web.rendering import page, said, see_other
from app.web.request import Req, keyring_of, language_of, settings_of

FORM = "invitation"

Typed = Mapping[str, str]


@get("/desk/events/{slug:str}/registrations", guards=[may_read_names])
async def registrations(
    request: Req, staff: NamedDependency[Staff], event: NamedDependency[EventRow]
) -> Response[bytes]:
    """Names, sizes and states; each reading is audited."""
    parties = await parties_of(keyring_of(request), event.id, read_cursor(request), ITEMS_A_PAGE + 1)
    shown = parties[:ITEMS_A_PAGE]
    await record(Kind.NAMES_READ, actor_of(request), event.id, event.id, parties=len(shown))
    return page(
        request,
        "desk/registrations.html",
        staff=staff,
        event=event,
        parties=shown,
        counts=await counts(event.id),
        next=cursor_of((shown[-1].created_at, shown[-1].id)) if len(parties) > ITEMS_A_PAGE else None,
    )


@get("/desk/events/{slug:str}/registrations/{party_id:str}", guards=[may_read_names])
async def party_page(
    request: Req, staff: NamedDependency[Staff], event: NamedDependency[EventRow], party: NamedDependency[Party]
) -> Response[bytes]:
    """One party, and what can be done for it by hand; the reading is audited."""
    await record(Kind.PARTY_READ, actor_of(request), party.id, event.id)
    return await _party_page(request, staff, event, party)


async def _party_page(
    request: Req,
    staff: Staff,
    event: EventRow,
    party: Party,
    *,
    link: str = "",
    refused: Refused | None = None,
    typed: Typed | None = None,
) -> Response[bytes]:
    return page(
        request,
        "desk/party.html",
        staff=staff,
        event=event,
        party=party,
        link=link,
        symbol=qr.svg(link) if link else "",
        reaches=await reaches_of(keyring_of(request), party),
        attention=ATTENTION,
        typed=_noted(party) if typed is None else typed,
        was={"bus": was_of(_with_bus(party)), "attention": was_of(_noted(party))},
        **said(refused),
    )


def _noted(party: Party) -> dict[str, str]:
    """What the gate should know of a party, as form fields."""
    return {"note": party.note, **{f"attention.{word}": "on" for word in party.attention}}


def _with_bus(party: Party) -> dict[str, str]:
    return {"pickup_point": str(party.pickup_point or "")}


async def _move_up(request: Req, typed: Typed) -> None:
    await waiting.move_up(event_of(request).id, party_of(request).id, _reason(request, typed), actor_of(request))


async def _move_first(request: Req, typed: Typed) -> None:
    await waiting.move_first(event_of(request).id, party_of(request).id, _reason(request, typed), actor_of(request))


def _reason(request: Req, typed: Typed) -> Said:
    return Said(keyring_of(request), {"reason": rules.read_reason(typed)})


async def _bus(request: Req, typed: Typed) -> None:
    event, party = event_of(request), party_of(request)
    meant = merged(typed, _with_bus(party))
    meant.refuse_both()
    draft = rules.read_bus(meant.fields, event)
    await changes.change(keyring_of(request), event, party.id, draft, actor_of(request))


async def _attention(request: Req, typed: Typed) -> None:
    event, party = event_of(request), party_of(request)
    meant = merged(typed, _noted(party))
    meant.refuse_both()
    words, note = rules.read_attention(meant.fields)
    await changes.set_attention(keyring_of(request), event.id, party.id, words, note, actor_of(request))


async def _cancel(request: Req, _: Typed) -> None:
    await actions.give_up(party_of(request).id, actor_of(request))


async def _undo(request: Req, _: Typed) -> None:
    await undoing.take_again(event_of(request).id, party_of(request).id, actor_of(request))


RUSH: dict[str, Callable[[UUID, str, Actor], Awaitable[object]]] = {
    "let_in": set_aside.let_source_in,
    "give_up": set_aside.give_up_source,
    "undo": set_aside.take_source_again,
}
BY_HAND: dict[str, Callable[[Req, Typed], Awaitable[None]]] = {
    "move_up": _move_up,
    "move_first": _move_first,
    "bus": _bus,
    "attention": _attention,
    "cancel": _cancel,
    "undo": _undo,
}


@post("/desk/events/{slug:str}/registrations/{party_id:str}", guards=[may_read_names])
async def act_for_party(
    request: Req, staff: NamedDependency[Staff], event: NamedDependency[EventRow], party: NamedDependency[Party]
) -> Response[bytes]:
    """What the pressed button says: new codes, up or first on the waiting list (with a reason), bus, give up."""
    typed = await form(request)
    chosen = typed.get("do", "")
    try:
        if chosen == "reissue":
            return await _reissued(request, staff, event, party)
        if chosen not in BY_HAND:
            raise Refused("not_found")
        await BY_HAND[chosen](request, typed)
    except Refused as refused:
        if refused.code == "not_found":
            raise
        return await _party_page(request, staff, event, party, refused=refused, typed=typed)
    return see_other(f"/desk/events/{event.slug}/registrations/{party.id}")


async def _reissued(request: Req, staff: Staff, event: EventRow, party: Party) -> Response[bytes]:
    """New codes and a new link, which is shown once."""
    keyring = keyring_of(request)
    key = party_key(keyring, party.id, await changes.reissue(event.id, party.id, actor_of(request)))
    renewed = await party_by_id(keyring, event.id, party.id)
    link = f"{settings_of(request).base_url}/{party.language}/r/{key}"
    return await _party_page(request, staff, event, renewed or party, link=link)


@get("/desk/events/{slug:str}/suspicious", guards=[may_read_names])
async def suspicious(request: Req, staff: NamedDependency[Staff], event: NamedDependency[EventRow]) -> Response[bytes]:
    """Parties that look alike: the same phone, the same name, many at once. A look, not a verdict."""
    found = await look_alikes(keyring_of(request), event.id)
    await record(Kind.NAMES_READ, actor_of(request), event.id, event.id, parties=found.read)
    return page(request, "desk/suspicious.html", staff=staff, event=event, clusters=found.clusters)


@post("/desk/events/{slug:str}/suspicious", guards=[may_read_names])
async def cancel_many(request: Req, event: NamedDependency[EventRow]) -> Response[bytes]:
    """Give up the places of the ticked parties; each is audited."""
    for name in await form(request):
        kind, _, row = name.partition(".")
        if kind != "party":
            continue
        try:
            party = await party_by_id(keyring_of(request), event.id, UUID(row))
        except ValueError:
            party = None
        if party:
            await actions.give_up(party.id, actor_of(request))
    return see_other(f"/desk/events/{event.slug}/suspicious")


@get("/desk/events/{slug:str}/rushes", guards=[may_read_names])
async def rushes(request: Req, staff: NamedDependency[Staff], event: NamedDependency[EventRow]) -> Response[bytes]:
    """Who took very much from one connection, in numbers, and what can be done about it."""
    return await _rushes_page(request, staff, event)


async def _rushes_page(request: Req, staff: Staff, event: EventRow, refused: Refused | None = None) -> Response[bytes]:
    sources = await set_aside.sources_of(event.id)
    return page(request, "desk/rushes.html", staff=staff, event=event, sources=sources, **said(refused))


@post("/desk/events/{slug:str}/rushes", guards=[may_read_names])
async def act_on_rush(request: Req, staff: NamedDependency[Staff], event: NamedDependency[EventRow]) -> Response[bytes]:
    """Let a source in, give up all its places, or take that back; a second tap finds nothing left to do."""
    typed = await form(request)
    act = RUSH.get(typed.get("do", ""))
    if act is None:
        raise Refused("not_found")
    if typed["do"] == "give_up" and not typed.get("sure"):
        return await _rushes_page(request, staff, event, invalid([Problem("sure", "required")]))
    await act(event.id, typed.get("source", ""), actor_of(request))
    return see_other(f"/desk/events/{event.slug}/rushes")


@get("/desk/events/{slug:str}/invitations")
async def list_invitations(
    request: Req, staff: NamedDependency[Staff], event: NamedDependency[EventRow]
) -> Response[bytes]:
    """Community leaders' links: for how many, and who of them has arrived."""
    return await _invitations_page(request, staff, event, {"party_limit": str(MOST_INVITED)})


async def _invitations_page(
    request: Req, staff: Staff, event: EventRow, typed: dict[str, str], refused: Refused | None = None
) -> Response[bytes]:
    keyring = keyring_of(request)
    base = f"{settings_of(request).base_url}/{language_of(request)}/events/{event.slug}/register?invitation="
    return page(
        request,
        "desk/invitations.html",
        staff=staff,
        event=event,
        invitations=[
            (each, base + make_key(keyring, INVITATION, each.id)) for each in await invitations_of(keyring, event.id)
        ],
        typed=typed,
        nonce=kept_or_new(keyring, FORM, typed.get("nonce", "")),
        **said(refused),
    )


@post("/desk/events/{slug:str}/invitations")
async def invite(request: Req, staff: NamedDependency[Staff], event: NamedDependency[EventRow]) -> Response[bytes]:
    """A new link for a leader; a double tap makes one."""
    typed = await form(request)

    async def act() -> Answer:
        given = rules.read_invitation({name: text for name, text in typed.items() if name != "nonce"})
        made = await invitations.invite(keyring_of(request), event.id, given, actor_of(request))
        return Answer(303, {"id": str(made)})

    try:
        await once_by_nonce(keyring_of(request), (FORM, event.slug, str(staff.account)), typed, act)
    except Refused as refused:
        return await _invitations_page(request, staff, event, typed, refused)
    return see_other(f"/desk/events/{event.slug}/invitations")


@post("/desk/events/{slug:str}/invitations/{invitation:str}/revoke")
async def uninvite(request: Req, event: NamedDependency[EventRow]) -> Response[bytes]:
    """The link books no more; what was booked stays."""
    row = found_id(str(request.path_params["invitation"]))
    if not await invitations.uninvite(event.id, row, actor_of(request)):
        raise Refused("not_found")
    return see_other(f"/desk/events/{event.slug}/invitations")


HANDLERS = [
    registrations,
    party_page,
    act_for_party,
    suspicious,
    cancel_many,
    rushes,
    act_on_rush,
    list_invitations,
    invite,
    uninvite,
]
