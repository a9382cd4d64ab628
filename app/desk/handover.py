"""Hand-over: what ends with somebody's posting is adopted or ended, one tick each."""

from collections.abc import Awaitable, Callable
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency

from app.accounts.access import actor_of, may
from app.accounts.rights import Right
from app.accounts.shapes import Staff
from app.activity.record import Actor
from app.desk.held import HeldThing, held_by_others
from app.gate import actions as gates
from app.registrations import invitations
from app.validation.refusals import Refused
from app.web.bodies import form
from app.web.rendering import page, see_other
from app.web.request import Req, keyring_of

GUARDS = [may(Right.INVITATIONS)]
Does = Callable[[UUID, UUID, Actor], Awaitable[bool]]

DOES: dict[tuple[str, str], Does] = {
    ("adopt", "pairing"): gates.adopt,
    ("adopt", "invitation"): invitations.adopt,
    ("end", "pairing"): gates.revoke,
    ("end", "invitation"): invitations.uninvite,
}


@get("/desk/handover", guards=GUARDS)
async def handover(request: Req, staff: NamedDependency[Staff]) -> Response[bytes]:
    """What ends, or ended, with the posting of somebody else."""
    return page(request, "desk/handover.html", staff=staff, held=await _mine(request, staff))


async def _mine(request: Req, staff: Staff) -> list[HeldThing]:
    return await held_by_others(keyring_of(request), staff)


@post("/desk/handover", guards=GUARDS)
async def take_over(request: Req, staff: NamedDependency[Staff]) -> Response[bytes]:
    """Adopt or end what is ticked; what is not there any more is passed over."""
    typed = await form(request)
    if typed.get("do") not in {"adopt", "end"}:
        raise Refused("not_found")
    for thing in await _mine(request, staff):
        if typed.get(f"{thing.kind}.{thing.id}"):
            await DOES[typed["do"], thing.kind](thing.event, thing.id, actor_of(request))
    return see_other("/desk/handover")


HANDLERS = [handover, take_over]
