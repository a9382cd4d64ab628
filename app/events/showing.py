"""What an event's page shows, for workers and, before it is published, for its attaché."""

from datetime import datetime
from typing import Any

from app.directory.queries import contacts_of
from app.events.linked_data import linked_data
from app.events.rules import days_until, registration_refusal
from app.events.shapes import FACILITY_NAMES, EventRow
from app.events.sharing import map_links, share_links
from app.festivals.queries import dates_of
from app.i18n.catalogues import HOST_LANGUAGES, long_date, pick


def share_text(event: EventRow, language: str) -> str:
    """What stands above the link in a post: title, day, place."""
    parts = (pick(event.title, language), long_date(language, event.first_day), pick(event.venue, language))
    return "\n".join(part for part in parts if part)


def _tags(event: EventRow) -> set[str]:
    """Every language that the attaché wrote something in."""
    texts = (event.title, event.description, event.travel, event.bring, event.notice)
    return {tag for text in (*texts, *(item.what for item in event.programme)) for tag in text}


async def shown(event: EventRow, language: str, base_url: str, at: datetime) -> dict[str, Any]:
    """The facts of the page's template, but for what hangs on who asks."""
    text, short = share_text(event, language), f"{base_url}/e/{event.slug}"
    return {
        "event": event,
        "preview": False,
        "text_languages": [tag for tag in HOST_LANGUAGES if tag in _tags(event)],
        "feast": await dates_of(event.festival, event.first_day.year),
        "linked_data": linked_data(event, language, base_url, at),
        "over": at >= event.ends_at,
        "days_left": days_until(event, at),
        "refusal": None if event.draft else registration_refusal(event, at),
        "contacts": await contacts_of(event.host_country),
        "facility_names": FACILITY_NAMES,
        "map_links": map_links(event),
        "share": share_links(short, text),
        "share_text": f"{text}\n{short}",
    }
