"""Finding the event that a request is about, within what exists for whoever asks: the rest is 404."""

from app.accounts.access import api_staff, desk_staff
from app.accounts.shapes import Staff
from app.events.queries import staff_event
from app.events.shapes import EventRow
from app.validation.refusals import Refused
from app.web.request import Req


async def api_event(request: Req, slug: str) -> tuple[Staff, EventRow]:
    """Whose bearer token it is, and the event if it exists for them."""
    staff = await api_staff(request)
    return staff, await _within_reach(slug, staff)


async def desk_event(request: Req, slug: str) -> tuple[Staff, EventRow]:
    """Who is logged in, and the event if it exists for them."""
    staff = await desk_staff(request)
    return staff, await _within_reach(slug, staff)


async def _within_reach(slug: str, staff: Staff) -> EventRow:
    event = await staff_event(slug, staff)
    if event is None:
        raise Refused("not_found")
    return event
