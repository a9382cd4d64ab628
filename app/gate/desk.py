"""The desk's side of the gate: pairing phones by QR, and revoking them."""

from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from app.gate import actions
from app.gate.api import LABEL, pair_url
from app.gate.queries import pairings_of
from app.registrations.queries import counts
from app.tickets import qr
from app.web.bodies import form
from app.web.client import Req
from app.web.fields import Reader
from app.web.pages import page, see_other
from app.web.refusals import Refused
from app.web.scope import desk_event
from app.web.sessions import actor


@get("/desk/events/{slug:str}/gate")
async def gates(request: Req, slug: FromPath[str]) -> Response[bytes]:
    """The event's pairings with their QR, and the head count."""
    staff, event = await desk_event(request, slug)
    pairings = await pairings_of(event.id)
    return page(
        request,
        "desk/gate.html",
        staff=staff,
        event=event,
        pairings=[
            (pairing, qr.svg(pair_url(request, pairing.id)), pair_url(request, pairing.id)) for pairing in pairings
        ],
        counts=await counts(event.id),
        problems=(),
        typed={},
    )


@post("/desk/events/{slug:str}/gate")
async def pair(request: Req, slug: FromPath[str]) -> Response[bytes]:
    """A new pairing."""
    staff, event = await desk_event(request, slug)
    read = Reader(await form(request))
    label = read.text("label", LABEL, required=True)
    if not read.problems:
        await actions.pair(event, label, actor(request, staff))
        return see_other(f"/desk/events/{slug}/gate")
    return page(
        request,
        "desk/gate.html",
        status=422,
        staff=staff,
        event=event,
        pairings=[],
        counts=await counts(event.id),
        problems=tuple(read.problems),
        typed=dict(read.raw),
    )


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
