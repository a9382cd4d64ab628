"""A party's tickets as files: pictures to save or forward, sheets to print, an entry for the calendar."""

from typing import Any

from litestar import Response, get, route
from litestar.di import NamedDependency
from litestar.params import FromPath

from app.directory.queries import contacts_of
from app.events.calendar_entries import Own, one_event_calendar
from app.events.queries import event_by_id
from app.printing import qr
from app.registrations import prints
from app.registrations.shapes import MOST_IN_PICTURE, Party
from app.validation.fields import small_number
from app.validation.refusals import Refused
from app.web.assets import compressed
from app.web.limits import PRINTING
from app.web.rendering import page
from app.web.request import Req, keyring_of, settings_of, source_of

PRIVATE = {"cache-control": "private, no-store", "x-robots-tag": "noindex"}


@get("/{language:str}/r/{key:str}/calendar.ics")
async def calendar_file(
    request: Req, party: NamedDependency[Party], language: FromPath[str], key: FromPath[str]
) -> Response[bytes]:
    """The event to add to a calendar; the party's link only with ?link=1, because people share calendars."""
    event, base = await event_by_id(party.event), settings_of(request).base_url
    link = f"{base}/{language}/r/{key}" if request.query_params.get("link") == "1" else ""
    pickup = event.pickup(party.pickup_point)
    own = Own(link, pickup, reminds=party.confirmed)
    body = one_event_calendar(event, language, base, await contacts_of(event.host_country), own)
    headers = {**PRIVATE, "content-disposition": f'inline; filename="{event.slug}.ics"'}
    return Response(body, media_type="text/calendar", headers=headers)


@get("/{language:str}/r/{key:str}/tickets.pdf")
async def tickets_pdf(request: Req, party: NamedDependency[Party], language: FromPath[str]) -> Response[bytes]:
    """Every ticket of the party on A4, to print and cut."""
    PRINTING.pass_or_refuse(source_of(request), str(party.id))
    event = await event_by_id(party.event)
    tickets = prints.printed_of(keyring_of(request), settings_of(request).base_url, event, party)
    body = await prints.sheet(await prints.facts_to_print(event, party, tickets, language))
    headers = {**PRIVATE, "content-disposition": f'inline; filename="{event.slug}-{party.short_code}.pdf"'}
    return Response(body, media_type="application/pdf", headers=headers)


@route("/{language:str}/r/{key:str}/{name:str}", http_method=["GET", "HEAD"])
async def picture(
    request: Req, party: NamedDependency[Party], language: FromPath[str], key: FromPath[str], name: FromPath[str]
) -> Response[Any]:
    """Ticket n: `{n}.png` a picture to save or forward, `{n}.pdf` to print, `{n}.svg` its QR, `{n}` large and alone on
    a page; `all.png`, `all-2.png` …: the party's, ten in a picture.
    """
    number, _, kind = name.partition(".")
    everyone, _, part = number.partition("-")
    all_of_them = (everyone, kind) == ("all", "png")
    wanted = small_number(part or "1" if all_of_them else number, 999)
    if kind not in {"png", "svg", "pdf", ""} or wanted is None:
        raise Refused("not_found")
    event = await event_by_id(party.event)
    tickets = prints.printed_of(
        keyring_of(request), settings_of(request).base_url, event, party, None if all_of_them else wanted
    )
    if all_of_them:
        tickets = tickets[(wanted - 1) * MOST_IN_PICTURE : wanted * MOST_IN_PICTURE] if wanted else []
        if not tickets:
            raise Refused("not_found")
    if kind == "svg":
        return compressed(request, qr.svg(tickets[0].address).encode(), "image/svg+xml", PRIVATE)
    if kind:
        PRINTING.pass_or_refuse(source_of(request), str(party.id))
        facts = await prints.facts_to_print(event, party, tickets, language)
        headers = {**PRIVATE, "content-disposition": f'inline; filename="{event.slug}-{party.short_code}-{name}"'}
        made = await (prints.picture if kind == "png" else prints.sheet)(facts)
        return Response(made, media_type="image/png" if kind == "png" else "application/pdf", headers=headers)
    numbers = [each.number for each in party.valid_tickets]
    place = numbers.index(wanted)
    return page(
        request,
        "pages/alone.html",
        before=numbers[place - 1] if place else None,
        after=numbers[place + 1] if place + 1 < len(numbers) else None,
        event=event,
        party=party,
        key=key,
        ticket=tickets[0],
        symbol=qr.svg(tickets[0].address),
    )


HANDLERS = [calendar_file, tickets_pdf, picture]
