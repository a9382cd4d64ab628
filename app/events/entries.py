"""Events as calendar entries, and their VEVENT bytes kept by (event, language, content revision)."""

from app.events.shapes import Event
from app.festivals.shapes import NAMES
from app.web.i18n import pick, translate
from calendars.feed import Entry, vevent
from calendars.words import lunar_line


def entry(event: Event, language: str, base_url: str, ticket_link: str = "") -> Entry:
    """An event as a calendar in this language shows it; a party's own link only where it is asked for."""
    title, latin = pick(event.title, language), event.title.get("en", "")
    word, khmer = translate(language, "Cancelled"), translate("km", "Cancelled")
    words = f"[{word}]" if word == khmer else f"[{word} · {khmer}]"
    notice = pick(event.notice, language) if event.notice else ""
    paragraphs = (ticket_link, notice, lunar_line(language, event.first_day), pick(event.description, language))
    return Entry(
        uid=str(event.id),
        url=f"{base_url}/{language}/events/{event.slug}",
        summary=f"{title} · {latin}" if latin and latin != title else title,
        description="\n\n".join(part for part in paragraphs if part),
        venue=pick(event.venue, language),
        address=pick(event.address, language),
        latitude=event.latitude,
        longitude=event.longitude,
        starts=event.starts_local,
        ends=event.ends_local,
        zone=event.time_zone,
        all_day=event.all_day,
        cancelled=words if event.state == "cancelled" else "",
        sequence=event.sequence,
        created_at=event.created_at,
        modified_at=event.modified_at,
        category=NAMES[event.festival],
        language=language,
    )


class Vevents:
    """VEVENT bytes; keeps the MOST used last (about 1 kB each)."""

    MOST = 12_000

    def __init__(self) -> None:
        self._kept: dict[tuple[object, ...], bytes] = {}

    def get(self, event: Event, language: str, base_url: str) -> bytes:
        """The bytes of one event, made at its first use after a change."""
        key = (event.id, language, event.content_revision, event.state, base_url)
        found = self._kept.pop(key, None) or vevent(entry(event, language, base_url))
        self._kept[key] = found
        while len(self._kept) > self.MOST:
            del self._kept[next(iter(self._kept))]
        return found

    def clear(self) -> None:
        self._kept.clear()


VEVENTS = Vevents()
