"""Events as iCalendar bytes (RFC 5545, RFC 7986, ICAL.md). The bytes are a pure function of what is given:
no clock, no random ids, no order that depends on hashing."""

import unicodedata
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import regex
from icalendar import Alarm, Calendar, Event, vDuration, vUri

from calendars.zones import before_first_onset, happens_twice, vtimezone

PRODID = "-//Bon//Khmer festivals abroad//EN"
REFRESH = timedelta(hours=6)
_LETTER = regex.compile(r"\X(?:(?<=\u17d2)\X)*")  # a coeng takes the consonant below it along
SUMMARY, DESCRIPTION, LOCATION = 255, 1200, 500  # octets


class CalendarEntry(msgspec.Struct, frozen=True):
    """An event as a calendar shows it. Wall times; for all-day events midnights, the end exclusive.

    `alarm` is how long before the start a calendar reminds its owner: of a party's own entry alone, never in a feed.
    `cancelled` is the word that a cancelled event's summary begins with, "" for one that takes place.
    """

    uid: str
    url: str
    summary: str
    description: str
    venue: str
    address: str
    latitude: float | None
    longitude: float | None
    starts: datetime
    ends: datetime
    zone: str
    all_day: bool
    cancelled: str
    sequence: int
    created_at: datetime
    modified_at: datetime
    category: str
    language: str
    alarm: timedelta | None = None


def cut(text: str, octets: int) -> str:
    """At most so many octets in UTF-8, ending with … where something was left out, never inside what a reader takes for
    one letter: a Khmer cluster, an emoji of several people, a flag."""
    if len(text.encode()) <= octets:
        return text
    kept, room = "", octets - 3
    for letter in _LETTER.findall(text):
        room -= len(letter.encode())
        if room < 0:
            break
        kept += letter
    return kept.rstrip() + "…"


def _plain(text: str) -> str:
    """Without what icalendar passes through: control characters, and backslashes that would become line breaks."""
    kept = "".join(each for each in text if each == "\n" or unicodedata.category(each) != "Cc")
    return kept.replace("\\", "⧵")


def _degrees(value: float) -> str:
    """Without exponent: RFC 5545 3.3.7 knows none."""
    return f"{value:.6f}".rstrip("0").rstrip(".")


def _parameter(text: str) -> str:
    """Text that needs no escaping in a parameter: what RFC 6868 would escape is left out."""
    return cut(_plain(text).replace("\n", " ").replace('"', "'").replace("^", ""), 120)


def _in_utc(entry: CalendarEntry) -> bool:
    """Where a time with its zone would say too little: the zone's rule cannot be written, is not that old, or the time
    comes twice (readers differ in which one they take)."""
    walls = (entry.starts, entry.ends)
    return (
        vtimezone(entry.zone) is None
        or before_first_onset(entry.starts, entry.zone)
        or any(happens_twice(wall, entry.zone) for wall in walls)
    )


def vevent(entry: CalendarEntry) -> bytes:
    """One VEVENT, CRLF-ended."""
    event = Event()
    event.add("uid", entry.uid)
    event.add("dtstamp", entry.modified_at.astimezone(UTC))
    event.add("last-modified", entry.modified_at.astimezone(UTC))
    event.add("created", entry.created_at.astimezone(UTC))
    event.add("sequence", entry.sequence)
    for name, moment in (("dtstart", entry.starts), ("dtend", entry.ends)):
        if entry.all_day:
            event.add(name, moment.date())
        elif _in_utc(entry):
            event.add(name, moment.replace(tzinfo=ZoneInfo(entry.zone)).astimezone(UTC))
        else:
            event.add(name, moment.replace(tzinfo=ZoneInfo(entry.zone)))
    summary = f"{entry.cancelled} {entry.summary}" if entry.cancelled else entry.summary
    event.add("summary", cut(_plain(summary), SUMMARY), parameters={"LANGUAGE": entry.language})
    event.add("description", cut(f"{entry.url}\n\n{_plain(entry.description)}".strip(), DESCRIPTION))
    location = ", ".join(part for part in (entry.venue, entry.address) if part)
    if location:
        event.add("location", cut(_plain(location), LOCATION))
    if entry.latitude is not None and entry.longitude is not None:
        event.add("geo", vUri(f"{_degrees(entry.latitude)};{_degrees(entry.longitude)}"))
        # Apple draws its map from this one, and only where it repeats LOCATION
        event.add(
            "x-apple-structured-location",
            vUri(f"geo:{_degrees(entry.latitude)},{_degrees(entry.longitude)}"),
            parameters={
                "VALUE": "URI",
                "X-ADDRESS": _parameter(entry.address or entry.venue),
                "X-APPLE-RADIUS": "100",
                "X-TITLE": _parameter(entry.venue or entry.address or entry.summary),
            },
        )
    event.add("url", vUri(entry.url))
    event.add("status", "CANCELLED" if entry.cancelled else "CONFIRMED")
    event.add("transp", "TRANSPARENT" if entry.all_day or entry.cancelled else "OPAQUE")
    event.add("categories", [entry.category])
    if entry.alarm is not None and not entry.cancelled:
        alarm = Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("description", cut(_plain(summary), SUMMARY))
        alarm.add("trigger", -entry.alarm)
        event.add_component(alarm)
    return bytes(event.to_ical())


def calendar(
    *,
    name: str,
    description: str,
    address: str,
    zone: str,
    language: str,
    zones: Iterable[str],
    events: Iterable[bytes],
) -> bytes:
    """A whole VCALENDAR around VEVENT bytes. `address` is the feed's own, `zones` those that its events use.

    Without a UID of its own (RFC 7986 5.3 allows one): vdirsyncer and khal take it for the id of every event in it.
    """
    head = Calendar()
    head.add("prodid", PRODID)
    head.add("version", "2.0")
    head.add("name", name, parameters={"LANGUAGE": language})
    head.add("x-wr-calname", name)
    head.add("description", description, parameters={"LANGUAGE": language})
    head.add("x-wr-caldesc", description)
    head.add("x-wr-timezone", zone)
    head.add("url", vUri(address))
    head.add("source", vUri(address), parameters={"VALUE": "URI"})
    head.add("refresh-interval", vDuration(REFRESH), parameters={"VALUE": "DURATION"})
    head.add("x-published-ttl", vDuration(REFRESH))
    head.add("color", "darkorange")
    end = b"END:VCALENDAR\r\n"
    opening = bytes(head.to_ical()).removesuffix(end)
    used = [part for each in sorted({zone, *zones}) if (part := vtimezone(each))]
    return b"".join((opening, *used, *events, end))
