"""Which event a request is about, within what exists for whoever asks: the rest is 404."""

from litestar.handlers import BaseRouteHandler

from app.events.queries import staff_event
from app.events.shapes import EventRow
from app.validation.refusals import Refused
from app.web.request import Connection, Req, is_public


async def event_of_path(connection: Connection, handler: BaseRouteHandler) -> None:
    """The guard of staff's addresses that name an event; who asks is known by now."""
    slug = connection.path_params.get("slug")
    if slug is None or is_public(handler):
        return
    even_deleted = bool(handler.opt.get("even_deleted"))
    event = await staff_event(slug, connection.state.staff, even_deleted=even_deleted)
    if event is None:
        raise Refused("not_found")
    connection.state.event = event


async def may_read_names(connection: Connection, _: BaseRouteHandler) -> None:
    """A guard of what shows people: HQ sees counts, not names, and who helps with an event sees them by scan alone."""
    staff, event = connection.state.staff, getattr(connection.state, "event", None)
    if staff.is_hq or not staff.countries or (event is not None and event.host_country not in staff.countries):
        raise Refused("forbidden")


def event_of(request: Req) -> EventRow:
    """The event that the guard found."""
    event: EventRow = request.state.event
    return event
