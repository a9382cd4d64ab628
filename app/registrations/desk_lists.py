"""Over the parties of an event: finding one, rushes, leaders' invitations."""

from datetime import timedelta

from litestar import Response, get, post
from litestar.di import NamedDependency

from app.accounts.access import actor_of
from app.accounts.rights import Right
from app.accounts.shapes import Staff
from app.activity.kinds import Kind
from app.activity.record import record
from app.database.connection import now
from app.events.access import RIGHT, may_read_names
from app.events.queries import staff_events
from app.events.shapes import MOST_PEOPLE, EventRow
from app.i18n.catalogues import DEFAULT, languages, own_name
from app.registrations import invitations, rules, set_aside
from app.registrations.finding import MOST_FOUND, find_parties
from app.registrations.queries import INVITATION, invitations_of
from app.registrations.shapes import MOST_INVITED, Party, leaders_link
from app.security.links import make_key
from app.security.nonces import kept_or_new
from app.validation.fields import found_id, small_number
from app.validation.refusals import Problem, Refused, invalid
from app.web.bodies import form
from app.web.idempotency import Answer, once_by_nonce
from app.web.rendering import page, said, see_other
from app.web.request import Req, keyring_of, settings_of

FORM = "invitation"
STILL_ASKED_FOR = timedelta(days=60)  # after an event
LONGEST = 300  # characters of what is looked for


@get(["/desk/find", "/desk/events/{slug:str}/find"], guards=[may_read_names], opt={RIGHT: Right.NAMES})
async def find_form(request: Req, staff: NamedDependency[Staff]) -> Response[bytes]:
    """Whom do you look for, in one event or in all of one's own."""
    return _find_page(request, staff, "", None)


@post(["/desk/find", "/desk/events/{slug:str}/find"], guards=[may_read_names], opt={RIGHT: Right.NAMES})
async def find(request: Req, staff: NamedDependency[Staff]) -> Response[bytes]:
    """Parties by name, end of the phone number, short code or ticket; each search is audited. By POST: no address of
    ours holds a name."""
    text = (await form(request)).get("text", "").strip()[:LONGEST]
    event: EventRow | None = getattr(request.state, "event", None)
    own = [event] if event else [each for each in await staff_events(staff) if each.host_country in staff.countries]
    recent = {each.id: each for each in own if event or each.ends_at > now() - STILL_ASKED_FOR}
    found = await find_parties(keyring_of(request), list(recent), text)
    for row in {party.event for party in found} or set(recent if event else ()):
        many = sum(party.event == row for party in found)
        await record(Kind.NAMES_READ, actor_of(request), row, row, parties=many, searched=True)
    return _find_page(request, staff, text, [(party, recent[party.event]) for party in found])


def _find_page(request: Req, staff: Staff, text: str, found: list[tuple[Party, EventRow]] | None) -> Response[bytes]:
    event: EventRow | None = getattr(request.state, "event", None)
    return page(request, "desk/find.html", staff=staff, event=event, text=text, found=found, most=MOST_FOUND)


@get("/desk/events/{slug:str}/rushes", opt={RIGHT: Right.NAMES})
async def rushes(request: Req, staff: NamedDependency[Staff], event: NamedDependency[EventRow]) -> Response[bytes]:
    """Who took very much from one connection, in numbers, and what can be done about it."""
    return await _rushes_page(request, staff, event)


async def _rushes_page(
    request: Req, staff: Staff, event: EventRow, refused: Refused | None = None, source: str | None = None
) -> Response[bytes]:
    return page(
        request,
        "desk/rushes.html",
        staff=staff,
        event=event,
        sources=await set_aside.sources_of(event.id),
        presses=await set_aside.presses_of(event.id),
        asked=source,
        **said(refused),
    )


@post("/desk/events/{slug:str}/rushes", opt={RIGHT: Right.NAMES})
async def act_on_rush(request: Req, staff: NamedDependency[Staff], event: NamedDependency[EventRow]) -> Response[bytes]:
    """Let a source in, give up all its places, or take that back."""
    typed, by = await form(request), actor_of(request)
    source = typed.get("source", "")
    try:
        match typed.get("do"):
            case "let_in":
                await set_aside.let_source_in(event.id, source, by)
            case "give_up":
                if not typed.get("sure"):
                    raise invalid([Problem("sure", "required")])
                people = small_number(typed.get("people", ""), MOST_PEOPLE) or 0
                await set_aside.give_up_source(event.id, source, people, by)
            case "undo":
                await set_aside.take_source_again(event.id, typed.get("press", ""), by)
            case _:
                raise Refused("not_found")
    except Refused as refused:
        if refused.code == "not_found":
            raise
        return await _rushes_page(request, staff, event, refused, source)
    return see_other(f"/desk/events/{event.slug}/rushes")


@get("/desk/events/{slug:str}/invitations", opt={RIGHT: Right.INVITATIONS})
async def list_invitations(
    request: Req, staff: NamedDependency[Staff], event: NamedDependency[EventRow]
) -> Response[bytes]:
    """Community leaders' links: for how many, and who of them has arrived."""
    return await _invitations_page(request, staff, event, {"party_limit": str(MOST_INVITED), "language": DEFAULT})


async def _invitations_page(
    request: Req, staff: Staff, event: EventRow, typed: dict[str, str], refused: Refused | None = None
) -> Response[bytes]:
    keyring = keyring_of(request)
    base = settings_of(request).base_url
    return page(
        request,
        "desk/invitations.html",
        staff=staff,
        event=event,
        invitations=[
            (each, leaders_link(base, event.slug, each.language or DEFAULT, make_key(keyring, INVITATION, each.id)))
            for each in await invitations_of(keyring, event.id)
            if not each.paper
        ],
        typed=typed,
        tongues=[(tag, own_name(tag)) for tag in languages()],
        nonce=kept_or_new(keyring, FORM, typed.get("nonce", "")),
        **said(refused),
    )


@post("/desk/events/{slug:str}/invitations", opt={RIGHT: Right.INVITATIONS})
async def invite(request: Req, staff: NamedDependency[Staff], event: NamedDependency[EventRow]) -> Response[bytes]:
    """A new link for a leader; a double tap makes one."""
    typed = await form(request)

    async def act() -> Answer:
        raw = {name: text for name, text in typed.items() if name != "nonce"}
        given = rules.read_invitation(raw, languages(), DEFAULT)
        made = await invitations.invite(keyring_of(request), event.id, given, actor_of(request))
        return Answer(303, {"id": str(made)})

    try:
        await once_by_nonce(keyring_of(request), (FORM, event.slug, str(staff.account)), typed, act)
    except Refused as refused:
        return await _invitations_page(request, staff, event, typed, refused)
    return see_other(f"/desk/events/{event.slug}/invitations")


@post("/desk/events/{slug:str}/invitations/{invitation:str}/revoke", opt={RIGHT: Right.INVITATIONS})
async def uninvite(request: Req, event: NamedDependency[EventRow]) -> Response[bytes]:
    """The link books no more; what was booked stays."""
    row = found_id(str(request.path_params["invitation"]))
    if not await invitations.uninvite(event.id, row, actor_of(request)):
        raise Refused("not_found")
    return see_other(f"/desk/events/{event.slug}/invitations")


HANDLERS = [
    find_form,
    find,
    rushes,
    act_on_rush,
    list_invitations,
    invite,
    uninvite,
]
