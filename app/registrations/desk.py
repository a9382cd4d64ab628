"""The parties of an event, for its attaché: what is done for them by hand, and who books for many. HQ sees counts."""

from collections.abc import Awaitable, Callable, Mapping

from litestar import Response, get, post
from litestar.di import NamedDependency

from app.accounts.access import actor_of
from app.accounts.shapes import Staff
from app.activity.kinds import Kind
from app.activity.record import Said, record
from app.events.access import event_of, may_read_names
from app.events.shapes import EventRow
from app.printing import qr
from app.registrations import actions, changes, rules, undoing
from app.registrations.access import party_of
from app.registrations.queries import (
    parties_of,
    party_by_id,
    party_key,
    reaches_of,
)
from app.registrations.shapes import ATTENTION, Party
from app.seats import waiting
from app.seats.counts import counts
from app.security.nonces import make_nonce
from app.validation.refusals import Refused
from app.validation.stale import merged, was_of
from app.web.bodies import form
from app.web.cursors import ITEMS_A_PAGE, cursor_of, read_cursor
from app.web.idempotency import Answer, once_by_nonce
from app.web.rendering import page, said, see_other
from app.web.request import Req, keyring_of, settings_of

FORM = "reissue"

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
        nonce=make_nonce(keyring_of(request), FORM),
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
            return await _reissued(request, staff, event, party, typed)
        if chosen not in BY_HAND:
            raise Refused("not_found")
        await BY_HAND[chosen](request, typed)
    except Refused as refused:
        if refused.code == "not_found":
            raise
        return await _party_page(request, staff, event, party, refused=refused, typed=typed)
    return see_other(f"/desk/events/{event.slug}/registrations/{party.id}")


async def _reissued(request: Req, staff: Staff, event: EventRow, party: Party, typed: Typed) -> Response[bytes]:
    """New codes and a new link; the same ones again for a second tap, or when the page is loaded once more."""
    keyring = keyring_of(request)

    async def act() -> Answer:
        issue = await changes.reissue(event.id, party.id, actor_of(request))
        return Answer(200, {"key": party_key(keyring, party.id, issue)}, party.id)

    key = (await once_by_nonce(keyring, (FORM, str(party.id)), typed, act)).body["key"]
    renewed = await party_by_id(keyring, event.id, party.id)
    link = f"{settings_of(request).base_url}/{party.language}/r/{key}"
    return await _party_page(request, staff, event, renewed or party, link=link)


HANDLERS = [registrations, party_page, act_for_party]
