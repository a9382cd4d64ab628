"""Which contact a request is about, within those that this person keeps: the rest is 404."""

from litestar.handlers import BaseRouteHandler

from app.directory.queries import staff_contact
from app.directory.shapes import ContactRow
from app.validation.fields import found_id
from app.validation.refusals import Refused
from app.web.request import Connection, Req


async def contact_of_path(connection: Connection, _: BaseRouteHandler) -> None:
    """The guard of the desk's addresses that name a contact; who asks is known by now."""
    row = connection.path_params.get("contact_id")
    if row is None:
        return
    contact = await staff_contact(found_id(row), connection.state.staff)
    if contact is None:
        raise Refused("not_found")
    connection.state.contact = contact


def contact_of(request: Req) -> ContactRow:
    """The contact that the guard found."""
    contact: ContactRow = request.state.contact
    return contact
