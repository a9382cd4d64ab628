"""An event as workers see it."""

from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from litestar import Response, route
from litestar.params import FromPath

from app.database.connection import now
from app.directory.queries import contacts_of
from app.events.queries import public_event
from app.events.rules import registration_refusal
from app.events.shapes import Event
from app.festivals.queries import dates_of
from app.web.client import Req, settings_of
from app.web.i18n import languages, pick, preferred
from app.web.pages import render, see_other
from app.web.refusals import Refused
from app.web.shelf import Made, shelf_of


def linked_data(event: Event, language: str, base_url: str) -> str:
    """schema.org/Event as JSON for search engines, safe inside a script element."""
    moved = event.previous_starts_at is not None
    zone = ZoneInfo(event.time_zone)
    state = "EventCancelled" if event.state == "cancelled" else "EventRescheduled" if moved else "EventScheduled"
    on_offer = "SoldOut" if event.seats_left == 0 else "InStock"
    availability = "Discontinued" if event.state == "cancelled" else on_offer
    data: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "Festival",
        "name": pick(event.title, language),
        "inLanguage": language,
        "url": f"{base_url}/{language}/events/{event.slug}",
        "startDate": event.first_day.isoformat() if event.all_day else event.starts_at.astimezone(zone).isoformat(),
        "endDate": event.last_day.isoformat() if event.all_day else event.ends_at.astimezone(zone).isoformat(),
        "eventStatus": f"https://schema.org/{state}",
        "eventAttendanceMode": "https://schema.org/OfflineEventAttendanceMode",
        "isAccessibleForFree": True,
        "location": {
            "@type": "Place",
            "name": pick(event.venue, language),
            "address": pick(event.address, language) or pick(event.venue, language),
        },
        "offers": {
            "@type": "Offer",
            "price": 0,
            "priceCurrency": "USD",
            "url": f"{base_url}/{language}/events/{event.slug}",
            "availability": f"https://schema.org/{availability}",
        },
    }
    if event.previous_starts_at is not None:
        before = event.previous_starts_at.astimezone(zone)
        data["previousStartDate"] = before.date().isoformat() if event.all_day else before.isoformat()
    if event.latitude is not None:
        data["location"]["geo"] = {
            "@type": "GeoCoordinates",
            "latitude": event.latitude,
            "longitude": event.longitude,
        }
    return msgspec.json.encode(data).decode().replace("<", "\\u003c")


@route("/{language:str}/events/{slug:str}", http_method=["GET", "HEAD"])
async def event(request: Req, language: FromPath[str], slug: FromPath[str]) -> Response[bytes]:
    """What, when, where, and the way to register."""
    if language not in languages():
        raise Refused("not_found")

    async def make() -> Made:
        found = await public_event(slug)
        if found is None:
            raise Refused("not_found")
        at = now()
        html = render(
            request,
            "pages/event.html",
            event=found,
            feast=await dates_of(found.festival, found.first_day.year),
            linked_data=linked_data(found, language, settings_of(request).base_url),
            over=at >= found.ends_at,
            refusal=registration_refusal(found, at),
            contacts=await contacts_of(found.host_country),
        )
        return Made(html.encode())

    return await shelf_of(request).answer(request, ("event", language, slug), make)


@route("/e/{slug:str}", http_method=["GET", "HEAD"])
async def short(request: Req, slug: FromPath[str]) -> Response[bytes]:
    """The short address of posters: to the event in the visitor's language."""
    if await public_event(slug) is None:
        raise Refused("not_found")
    answer = see_other(f"/{preferred(request.headers.get('accept-language', ''))}/events/{slug}")
    answer.headers["vary"] = "accept-language"
    return answer


HANDLERS = [event, short]
