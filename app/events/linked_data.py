"""An event as schema.org/Event, for search engines."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from app.events.rules import registration_refusal
from app.events.shapes import EventRow
from app.i18n.catalogues import pick, pick_tagged, translate

SCHEMA = "https://schema.org/"
# how an offer stands that nobody can take up now
CLOSED = {
    "registration_not_open": "PreOrder",
    "registration_paused": "OutOfStock",
    "event_cancelled": "Discontinued",
    "event_over": "Discontinued",
}


def linked_data(event: EventRow, language: str, base_url: str, at: datetime) -> str:
    """JSON that is safe inside a script element; nothing in it is empty, and the offer is what the page says."""
    zone = ZoneInfo(event.time_zone)
    moved = event.previous_starts_at is not None
    state = "EventCancelled" if event.cancelled else "EventRescheduled" if moved else "EventScheduled"
    url = f"{base_url}/{language}/events/{event.slug}"

    def when(moment: datetime) -> str:
        there = moment.astimezone(zone)
        return there.date().isoformat() if event.all_day else there.isoformat()

    tag, title = pick_tagged(event.title, language)
    data = {
        "@context": "https://schema.org",
        "@type": "Festival",
        "name": title,
        "inLanguage": tag or language,
        "description": pick(event.description, language),
        "url": url,
        "startDate": event.first_day.isoformat() if event.all_day else when(event.starts_at),
        "endDate": event.last_day.isoformat() if event.all_day else when(event.ends_at),
        "previousStartDate": when(event.previous_starts_at) if event.previous_starts_at else "",
        "eventStatus": f"{SCHEMA}{state}",
        "eventAttendanceMode": f"{SCHEMA}OfflineEventAttendanceMode",
        "isAccessibleForFree": True,
        "location": _place(event, language),
        "organizer": {
            "@type": "GovernmentOrganization",
            "name": translate(language, "Ministry of Labour and Vocational Training of Cambodia"),
        },
        "offers": _offer(event, url, at),
        "image": f"{base_url}/{language}/events/{event.slug}/card.jpg?{event.content_revision}",
    }
    return msgspec.json.encode(_filled(data)).decode().replace("<", "\\u003c")


def _place(event: EventRow, language: str) -> dict[str, Any]:
    venue, address = pick(event.venue, language), pick(event.address, language)
    country = pick(event.country_names, language)
    place: dict[str, Any] = {
        "@type": "Place",
        "name": venue or address or country,
        "address": address or venue or country,
    }
    if event.latitude is not None:
        place |= {"geo": {"@type": "GeoCoordinates", "latitude": event.latitude, "longitude": event.longitude}}
    return place


def _offer(event: EventRow, url: str, at: datetime) -> dict[str, Any]:
    refused = registration_refusal(event, at)
    if refused:
        availability = CLOSED.get(refused.code, "OutOfStock")
    else:
        availability = "SoldOut" if event.seats_left == 0 else "InStock"
    opens = event.registration_opens_at
    return {
        "@type": "Offer",
        "price": 0,
        "priceCurrency": "USD",
        "url": url,
        "availability": f"{SCHEMA}{availability}",
        "validFrom": opens.astimezone(ZoneInfo(event.time_zone)).isoformat() if opens else "",
    }


def _filled(data: dict[str, Any]) -> dict[str, Any]:
    """Without what is empty, at every depth."""
    return {
        name: _filled(value) if isinstance(value, dict) else value
        for name, value in data.items()
        if value not in ("", None, {})
    }
