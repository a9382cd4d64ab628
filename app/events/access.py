"""Which event a request is about, within what exists for who asks: the rest is 404, and what one may not do 403."""

from litestar.handlers import BaseRouteHandler

from app.accounts.rights import Right
from app.accounts.shapes import Staff
from app.events.queries import staff_event
from app.events.shapes import EventRow
from app.validation.refusals import Refused
from app.web.request import SAFE, Connection, Req, asking, is_public

RIGHT = "right"  # what a handler's opt says it takes


async def event_of_path(connection: Connection, handler: BaseRouteHandler) -> None:
    """The guard of staff's addresses that name an event; who asks is known by now.

    A handler says by `opt` which right it takes; one that says nothing takes the right to change events, or, where it
    only shows something, the right to see counts.
    """
    slug = connection.path_params.get("slug")
    if slug is None or is_public(handler):
        return
    even_deleted = bool(handler.opt.get("even_deleted"))
    staff: Staff = connection.state.staff
    event = await staff_event(slug, staff, even_deleted=even_deleted)
    if event is None:
        raise Refused("not_found")
    usual = Right.COUNTS if asking(connection).method in SAFE else Right.CHANGE_EVENTS
    if not staff.may(handler.opt.get(RIGHT, usual), event.host_country, event.id):
        raise Refused("forbidden")
    connection.state.event = event


async def may_read_names(connection: Connection, _: BaseRouteHandler) -> None:
    """A guard of what shows people of all events at once; below one event the handler's right is enough."""
    event, staff = getattr(connection.state, "event", None), connection.state.staff
    if event is None and not staff.may_anywhere(Right.NAMES):
        raise Refused("forbidden")


def event_of(request: Req) -> EventRow:
    """The event that the guard found."""
    event: EventRow = request.state.event
    return event
