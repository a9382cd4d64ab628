"""One party, for its event's attaché: what is known of it, and everything that can be done for it by hand."""

from collections.abc import Awaitable, Callable, Mapping

from litestar import Response, get, post
from litestar.di import NamedDependency

from app.accounts.access import actor_of
from app.accounts.queries import names_of
from app.accounts.rights import Right
from app.accounts.shapes import Staff
from app.activity.history import history_of
from app.activity.kinds import Kind
from app.activity.record import Said, record
from app.events.access import RIGHT, event_of
from app.events.shapes import EventRow
from app.i18n.catalogues import own_name
from app.printing import qr
from app.registrations import actions, changes, rules, undoing
from app.registrations.access import party_of
from app.registrations.prints import address_of, facts_to_print, printed_of, sheet
from app.registrations.queries import party_by_id, party_key, reaches_of
from app.registrations.shapes import ATTENTION, MOST_INVITED, Party
from app.registrations.typed import as_typed, as_written
from app.seats import waiting
from app.security.nonces import make_nonce
from app.validation.fields import small_number
from app.validation.refusals import Refused
from app.validation.stale import merged, was_of
from app.web.bodies import form
from app.web.idempotency import Answer, once_by_nonce
from app.web.rendering import page, said, see_other
from app.web.request import Req, keyring_of, settings_of

FORM = "reissue"
AT_FIELD = {"event_full": "party"}

Typed = Mapping[str, str]


@get("/desk/events/{slug:str}/registrations/{party_id:str}", opt={RIGHT: Right.NAMES})
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
    ticket: str = "",
    refused: Refused | None = None,
    typed: Typed | None = None,
) -> Response[bytes]:
    keyring = keyring_of(request)
    reaches = await reaches_of(keyring, party)
    shown, noted = as_typed(party, reaches), _noted(party)
    past = await history_of(party.id)
    return page(
        request,
        "desk/party.html",
        staff=staff,
        event=event,
        party=party,
        link=link,
        ticket=ticket,
        symbol=qr.svg(link or ticket) if link or ticket else "",
        added="added" in request.query_params,
        reaches=reaches,
        tongue=own_name(party.language),
        attention=ATTENTION,
        limit=max(MOST_INVITED, party.party),
        typed={**shown, **noted} if typed is None else {**shown, **typed},
        nonce=make_nonce(keyring, FORM),
        was={"change": was_of(shown), "attention": was_of(noted)},
        past=past,
        names=await names_of(each.actor for each in past if each.by == "staff"),
        **said(refused, AT_FIELD),
    )


def _noted(party: Party) -> dict[str, str]:
    """What the gate should know of a party, as form fields."""
    return {"note": party.note, **{f"attention.{word}": "on" for word in party.attention}}


async def _move_up(request: Req, typed: Typed) -> None:
    await waiting.move_up(event_of(request).id, party_of(request).id, _reason(request, typed), actor_of(request))


async def _move_first(request: Req, typed: Typed) -> None:
    await waiting.move_first(event_of(request).id, party_of(request).id, _reason(request, typed), actor_of(request))


def _reason(request: Req, typed: Typed) -> Said:
    return Said(keyring_of(request), {"reason": rules.read_reason(typed)})


async def _change(request: Req, typed: Typed) -> None:
    """Size, names, bus, phone, e-mail, or one place given up: what was touched of the form, and nothing else."""
    event, party, keyring = event_of(request), party_of(request), keyring_of(request)
    given = {name: text for name, text in typed.items() if name != "do"}
    raw = as_written(party, given, as_typed(party, await reaches_of(keyring, party)))
    if raw:
        draft = rules.read_change(raw, event, party, MOST_INVITED)
        await changes.change(keyring, event, party.id, draft, actor_of(request), frozenset({party.revision}))


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
    "change": _change,
    "attention": _attention,
    "cancel": _cancel,
    "undo": _undo,
}


@post("/desk/events/{slug:str}/registrations/{party_id:str}", opt={RIGHT: Right.NAMES})
async def act_for_party(
    request: Req, staff: NamedDependency[Staff], event: NamedDependency[EventRow], party: NamedDependency[Party]
) -> Response[bytes]:
    """What the pressed button says. Links and new tickets are shown in the answer; all else leads back to the party."""
    typed = await form(request)
    chosen = typed.get("do", "")
    try:
        match chosen:
            case "reissue":
                return await _reissued(request, staff, event, party, typed)
            case "reissue_ticket":
                return await _reissued_ticket(request, staff, event, party, typed)
            case "show_link":
                await changes.show_link(event.id, party.id, actor_of(request))
                return await _with_link(request, staff, event, party, party.link_issue)
        if chosen not in BY_HAND:
            raise Refused("not_found")
        await BY_HAND[chosen](request, typed)
    except Refused as refused:
        if refused.code == "not_found":
            raise
        present = await party_by_id(keyring_of(request), event.id, party.id)
        return await _party_page(request, staff, event, present or party, refused=refused, typed=typed)
    return see_other(f"/desk/events/{event.slug}/registrations/{party.id}")


async def _with_link(request: Req, staff: Staff, event: EventRow, party: Party, issue: int) -> Response[bytes]:
    key = party_key(keyring_of(request), party.id, issue)
    link = f"{settings_of(request).base_url}/{party.language}/r/{key}"
    return await _party_page(request, staff, event, party, link=link)


async def _reissued(request: Req, staff: Staff, event: EventRow, party: Party, typed: Typed) -> Response[bytes]:
    """New codes and a new link; the same ones again for a second tap, or when the page is loaded once more."""
    keyring = keyring_of(request)

    async def act() -> Answer:
        return Answer(200, await changes.reissue(event.id, party.id, actor_of(request)), party.id)

    issue = (await once_by_nonce(keyring, (FORM, str(party.id)), typed, act)).body
    renewed = await party_by_id(keyring, event.id, party.id)
    return await _with_link(request, staff, event, renewed or party, issue)


async def _reissued_ticket(request: Req, staff: Staff, event: EventRow, party: Party, typed: Typed) -> Response[bytes]:
    """A new code for one ticket, shown to be scanned or printed."""
    keyring, number = keyring_of(request), small_number(typed.get("number", ""), 999) or 0

    async def act() -> Answer:
        await changes.reissue_ticket(event.id, party.id, number, actor_of(request))
        return Answer(200, number, party.id)

    await once_by_nonce(keyring, (FORM, str(party.id), str(number)), typed, act)
    renewed = await party_by_id(keyring, event.id, party.id) or party
    ticket = next((each for each in renewed.valid_tickets if each.number == number), None)
    address = address_of(keyring, settings_of(request).base_url, event, renewed, ticket) if ticket else ""
    return await _party_page(request, staff, event, renewed, ticket=address)


@get(
    "/desk/events/{slug:str}/registrations/{party_id:str}/tickets.pdf",
    opt={RIGHT: Right.NAMES},
)
async def tickets_to_print(
    request: Req, event: NamedDependency[EventRow], party: NamedDependency[Party]
) -> Response[bytes]:
    """The party's tickets on A4, to hand over; the reading is audited."""
    await record(Kind.PARTY_READ, actor_of(request), party.id, event.id)
    tickets = printed_of(keyring_of(request), settings_of(request).base_url, event, party)
    body = await sheet(await facts_to_print(event, party, tickets, party.language))
    headers = {
        "cache-control": "private, no-store",
        "content-disposition": f'inline; filename="{event.slug}-{party.short_code}.pdf"',
    }
    return Response(body, media_type="application/pdf", headers=headers)


HANDLERS = [party_page, act_for_party, tickets_to_print]
