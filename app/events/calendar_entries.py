"""Events as calendar entries, and their VEVENT bytes, kept."""

from collections.abc import Sequence
from datetime import timedelta

import msgspec

from app.directory.shapes import ContactRow
from app.events.feed_rows import FeedItem
from app.events.shapes import EventRow, Pickup
from app.festivals.shapes import NAMES
from app.i18n.catalogues import local_time, pick, translate
from app.validation.marks import _
from calendars.feed import CalendarEntry, calendar, vevent, without_description
from calendars.words import lunar_line
from models.states import EventState

MOST_CONTACTS = 3
REMINDED = timedelta(hours=2)  # before the start, or before the bus leaves

Contacts = Sequence[ContactRow]


class Own(msgspec.Struct, frozen=True):
    """What a party's own entry tells: its link ("" unless asked for: people share calendars), its bus, a reminder."""

    link: str
    pickup: Pickup | None
    reminds: bool


def help_line(contacts: Contacts, language: str) -> str:
    """Whom to call, on one line; "" where there is nobody."""
    told = [f"{pick(contact.label, language)} {contact.value}" for contact in contacts[:MOST_CONTACTS]]
    return f"{translate(language, 'Do you need help?')} {' · '.join(told)}" if told else ""


def entry(
    event: EventRow, language: str, base_url: str, contacts: Contacts = (), own: Own | None = None
) -> CalendarEntry:
    """An event as a calendar in this language shows it, or as a party's own entry."""
    title, latin = pick(event.title, language), event.title.get("en", "")
    word, khmer = translate(language, "Cancelled"), translate("km", "Cancelled")
    words = f"[{word}]" if word == khmer else f"[{word} · {khmer}]"
    notice = pick(event.notice, language) if event.notice else ""
    bus = own.pickup if own else None
    paragraphs = (
        own.link if own else "",
        _bus_line(bus, event.time_zone, language) if bus else "",
        notice,
        lunar_line(language, event.first_day),
        help_line(contacts, language),
        pick(event.description, language),
    )
    return CalendarEntry(
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
        cancelled=words if event.cancelled else "",
        sequence=event.sequence,
        created_at=event.created_at,
        modified_at=event.modified_at,
        category=NAMES[event.festival],
        language=language,
        alarm=_alarm(event, bus) if own and own.reminds and (bus or not event.all_day) else None,
    )


def _alarm(event: EventRow, bus: Pickup | None) -> timedelta:
    """How long before the start to remind: two hours before one has to leave."""
    leaves = bus.departs_at if bus and bus.departs_at else event.starts_at
    return event.starts_at - leaves + REMINDED


def _bus_line(bus: Pickup, zone: str, language: str) -> str:
    """Which bus, where it stops, and when it leaves and goes back."""
    times = [(_("leaves at {time}"), bus.departs_at), (_("goes back at {time}"), bus.returns_at)]
    said = [translate(language, words, time=local_time(at, zone)) for words, at in times if at]
    place = " · ".join(part for part in (pick(bus.name, language), pick(bus.place, language), *said) if part)
    return f"{translate(language, 'Bus')}: {place}"


def one_event_calendar(
    event: EventRow, language: str, base_url: str, contacts: Contacts = (), own: Own | None = None
) -> bytes:
    """A calendar with one event, to add."""
    return calendar(
        name=pick(event.title, language),
        description=pick(event.country_names, language),
        address=f"{base_url}/calendars/{language}/events/{event.slug}.ics",
        zone=event.time_zone,
        language=language,
        zones=() if event.all_day else (event.time_zone,),
        events=[vevent(entry(event, language, base_url, contacts, own))],
    )


class Made(msgspec.Struct, frozen=True, gc=False):
    """An event of a feed and its VEVENT bytes: whole, and with its address alone as description."""

    item: FeedItem
    whole: bytes
    brief: bytes


class Vevents:
    """VEVENT bytes by what a feed knows of an event (its id, content revision, state) and by language. The MOST that
    were made last are kept (1.5 kB each): to look is all that a feed of thousands does with most of its events."""

    MOST = 12_000

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], Made] = {}

    def known(self, lines: list[str], language: str) -> list[Made | None]:
        """The bytes of these events, where they were made before."""
        get = self._kept.get
        return [get((line, language)) for line in lines]

    def make(self, line: str, event: EventRow, language: str, base_url: str, contacts: Contacts = ()) -> Made:
        """Render an event in the state that the feed shows (cancelled where it moved away from) and keep it."""
        item = FeedItem.read(line)
        facts = entry(msgspec.structs.replace(event, state=EventState(item.state)), language, base_url, contacts)
        raw = vevent(facts)
        made = self._kept[line, language] = Made(item, raw, without_description(raw, facts.url))
        while len(self._kept) > self.MOST:
            del self._kept[next(iter(self._kept))]
        return made

    def clear(self) -> None:
        self._kept.clear()


VEVENTS = Vevents()
