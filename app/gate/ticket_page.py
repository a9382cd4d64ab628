"""What a ticket's QR opens: that one ticket, without names and without a way to the party.

On a paired gate device the same page offers to admit (and does so by itself where there is script).
"""

import secrets

from litestar import Response, route
from litestar.params import FromPath

from app.directory.queries import contacts_of
from app.events.queries import event_by_id
from app.gate.access import optional_device
from app.i18n.catalogues import languages
from app.printing import qr
from app.registrations.queries import party_by_number
from app.security.ticket_code import NotATicket, address, bare_code, decode
from app.validation.refusals import Refused
from app.web.limits import PARTY_KEYS, count_failure
from app.web.rendering import page
from app.web.request import Req, keyring_of, settings_of, source_of


@route(["/T/{text:str}", "/t/{text:str}"], http_method=["GET", "HEAD"])
async def ticket(request: Req, text: FromPath[str]) -> Response[bytes]:
    """One ticket, in its party's language."""
    device = await optional_device(request)
    if device is not None:
        return page(request, "gate/arrived.html", text=text[:4000], nonce=secrets.token_hex(12), device=device)
    keyring = keyring_of(request)
    try:
        code = decode(keyring, text)
    except NotATicket as refusal:
        await count_failure(keyring, PARTY_KEYS, source_of(request))
        raise Refused(refusal.code) from refusal
    party = await party_by_number(keyring, code.registration)
    found = next((each for each in party.tickets if each.number == code.ticket), None) if party else None
    if party is None or found is None or party.erased:
        raise Refused("ticket_unknown")
    event = await event_by_id(party.event)
    current = found.valid and found.issue == code.issue
    return page(
        request,
        "pages/ticket.html",
        language=party.language if party.language in languages() else None,
        event=event,
        party=party,
        ticket=found,
        current=current,
        symbol=qr.svg(address(settings_of(request).base_url, bare_code(text))) if current else "",
        contacts=await contacts_of(event.host_country),
    )


HANDLERS = [ticket]
