"""The desk's side of the gate: pairing phones by QR, and revoking them."""

from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from app.accounts.shapes import Staff
from app.events.shapes import Event
from app.gate import actions
from app.gate.api import LABEL, pair_url
from app.gate.queries import pairings_of
from app.registrations.queries import counts
from app.security.nonces import kept_or_new, nonce_is_ours
from app.tickets import qr
from app.web.bodies import form
from app.web.client import Req, keyring_of
from app.web.fields import Reader
from app.web.idempotency import Kept, once
from app.web.pages import page, see_other
from app.web.refusals import Problem, Refused
from app.web.scope import desk_event
from app.web.sessions import actor

FORM = "pairing"


async def _gates_page(
    request: Req, staff: Staff, event: Event, typed: dict[str, str], problems: tuple[Problem, ...] = ()
) -> Response[bytes]:
    links = [(pairing, pair_url(request, pairing.id)) for pairing in await pairings_of(event.id)]
    return page(
        request,
        "desk/gate.html",
        status=422 if problems else 200,
        staff=staff,
        event=event,
        pairings=[(pairing, qr.svg(link), link) for pairing, link in links],
        counts=await counts(event.id),
        problems=problems,
        typed=typed,
        nonce=kept_or_new(keyring_of(request), FORM, typed.get("nonce", "")),
    )


@get("/desk/events/{slug:str}/gate")
async def gates(request: Req, slug: FromPath[str]) -> Response[bytes]:
    """The event's pairings with their QR, and the head count."""
    staff, event = await desk_event(request, slug)
    return await _gates_page(request, staff, event, {})


@post("/desk/events/{slug:str}/gate")
async def pair(request: Req, slug: FromPath[str]) -> Response[bytes]:
    """A new pairing; a double tap makes one only."""
    staff, event = await desk_event(request, slug)
    typed = await form(request)
    read = Reader(typed)
    label, nonce = read.text("label", LABEL, required=True), typed.get("nonce", "")
    if read.problems:
        return await _gates_page(request, staff, event, typed, tuple(read.problems))

    async def act() -> Kept:
        pairing, _ = await actions.pair(event, label, actor(request, staff))
        return Kept(303, str(pairing))

    keyring = keyring_of(request)
    key = nonce if nonce_is_ours(keyring, FORM, nonce) else None
    await once(keyring, (FORM, str(event.id), str(staff.account)), key, b"", act)
    return see_other(f"/desk/events/{slug}/gate")


@post("/desk/events/{slug:str}/gate/{pairing:str}/revoke")
async def revoke(request: Req, slug: FromPath[str], pairing: FromPath[str]) -> Response[bytes]:
    """End a pairing and its phones."""
    staff, event = await desk_event(request, slug)
    try:
        row = UUID(pairing)
    except ValueError as error:
        raise Refused("not_found") from error
    if not await actions.revoke(event.id, row, actor(request, staff)):
        raise Refused("not_found")
    return see_other(f"/desk/events/{slug}/gate")


HANDLERS = [gates, pair, revoke]
