"""Which party a request is about: by its own link for whoever holds it, by its id for the event's attaché."""

from litestar.handlers import BaseRouteHandler

from app.accounts.rights import Right
from app.registrations.queries import party_by_id, party_by_key
from app.registrations.shapes import Party
from app.validation.fields import found_id
from app.validation.refusals import Refused
from app.web.limits import PARTY_KEYS, count_failure
from app.web.request import Connection, Req, asking, keyring_of, source_of


async def party_of_link(connection: Connection, handler: BaseRouteHandler) -> None:
    """The guard of addresses that hold a party's key: the link is the right to see and change it."""
    key = connection.path_params.get("key")
    if key is None:
        return
    try:
        connection.state.party = await party_by_link(asking(connection), key)
    except Refused as refused:
        if not (refused.code == "erased" and handler.opt.get("even_erased")):
            raise


async def party_by_link(request: Req, key: str) -> Party:
    """The party of a link; wrong links are counted, so that nobody can try many."""
    keyring, address = keyring_of(request), source_of(request)
    try:
        return await party_by_key(keyring, key)
    except Refused as refused:
        if refused.code == "not_found":
            await count_failure(keyring, PARTY_KEYS, address)
        raise


async def party_of_path(connection: Connection, _: BaseRouteHandler) -> None:
    """The guard of the desk's addresses that name a party of an event; the event is known by now."""
    row = connection.path_params.get("party_id")
    if row is None:
        return
    party = None
    event, staff = connection.state.event, connection.state.staff
    if staff.may(Right.NAMES, event.host_country):  # else refused, whether there is such a party or not
        party = await party_by_id(keyring_of(asking(connection)), event.id, found_id(row))
        if party is None:
            raise Refused("not_found")
    connection.state.party = party


def party_of(request: Req) -> Party:
    """The party that the guard found."""
    party: Party = request.state.party
    return party
