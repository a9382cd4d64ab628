"""Events as iCalendar bytes (RFC 5545, RFC 7986, ICAL.md). The bytes are a pure function of what is given:
no clock, no random ids, no order that depends on hashing."""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import regex
from icalendar import Alarm, Calendar, vDuration, vUri

from calendars.lines import line, text, utc
from calendars.zones import before_first_onset, happens_twice, vtimezone

PRODID = "-//Bon//Khmer festivals abroad//EN"
REFRESH = timedelta(hours=6)
_LETTER = regex.compile(r"\X(?:(?<=\u17d2)\X)*")  # a coeng takes the consonant below it along
_CONTROLS = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")
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


def cut(words: str, octets: int) -> str:
    """At most so many octets in UTF-8, ending with … where something was left out, never inside what a reader takes for
    one letter: a Khmer cluster, an emoji of several people, a flag."""
    if len(words.encode()) <= octets:
        return words
    kept, room = "", octets - 3
    for letter in _LETTER.findall(words):
        room -= len(letter.encode())
        if room < 0:
            break
        kept += letter
    return kept.rstrip() + "…"


def _plain(words: str) -> str:
    """Without what icalendar passes through: control characters, and backslashes that would become line breaks."""
    return _CONTROLS.sub("", words).replace("\\", "⧵")


def _degrees(value: float) -> str:
    """Without exponent: RFC 5545 3.3.7 knows none."""
    return f"{value:.6f}".rstrip("0").rstrip(".")


def _parameter(words: str) -> str:
    """Text that needs no escaping in a parameter: what RFC 6868 would escape is left out."""
    return cut(_plain(words).replace("\n", " ").replace('"', "'").replace("^", ""), 120)


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
    """One VEVENT, CRLF-ended, its properties in icalendar's order."""
    summary = cut(_plain(f"{entry.cancelled} {entry.summary}" if entry.cancelled else entry.summary), SUMMARY)
    location = ", ".join(part for part in (entry.venue, entry.address) if part)
    in_utc = not entry.all_day and _in_utc(entry)
    lines = [
        b"BEGIN:VEVENT\r\n",
        line(f"SUMMARY;LANGUAGE={entry.language}", text(summary)),
        _time("DTSTART", entry.starts, entry, in_utc=in_utc),
        _time("DTEND", entry.ends, entry, in_utc=in_utc),
        line("DTSTAMP", utc(entry.modified_at)),
        line("UID", text(entry.uid)),
        line("SEQUENCE", str(entry.sequence)),
        line("CATEGORIES", text(entry.category)),
        line("CREATED", utc(entry.created_at)),
        line("DESCRIPTION", text(cut(f"{entry.url}\n\n{_plain(entry.description)}".strip(), DESCRIPTION))),
        line("LAST-MODIFIED", utc(entry.modified_at)),
        line("LOCATION", text(cut(_plain(location), LOCATION))) if location else b"",
        line("STATUS", "CANCELLED" if entry.cancelled else "CONFIRMED"),
        line("TRANSP", "TRANSPARENT" if entry.all_day or entry.cancelled else "OPAQUE"),
        line("URL", entry.url),
    ]
    if entry.latitude is not None and entry.longitude is not None:
        latitude, longitude = _degrees(entry.latitude), _degrees(entry.longitude)
        lines.insert(10, line("GEO", f"{latitude};{longitude}"))
        # Apple draws its map from this one, and only where it repeats LOCATION
        address = _parameter(entry.address or entry.venue)
        title = _parameter(entry.venue or entry.address or entry.summary)
        name = f'X-APPLE-STRUCTURED-LOCATION;VALUE=URI;X-ADDRESS="{address}";X-APPLE-RADIUS=100;X-TITLE="{title}"'
        lines.append(line(name, f"geo:{latitude},{longitude}"))
    if entry.alarm is not None and not entry.cancelled:
        alarm = Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("description", summary)
        alarm.add("trigger", -entry.alarm)
        lines.append(alarm.to_ical())
    return b"".join((*lines, b"END:VEVENT\r\n"))


def without_description(raw: bytes, url: str) -> bytes:
    """A VEVENT that leaves its description to the page at `url`: a feed that is too long for readers gives these up."""
    head, _, rest = raw.partition(b"\r\nDESCRIPTION:")
    _, mark, tail = rest.partition(b"\r\nLAST-MODIFIED:")
    return b"".join((head, b"\r\n", line("DESCRIPTION", text(url)).removesuffix(b"\r\n"), mark, tail))


def _time(name: str, wall: datetime, entry: CalendarEntry, *, in_utc: bool) -> bytes:
    if entry.all_day:
        return line(f"{name};VALUE=DATE", f"{wall:%Y%m%d}")
    if in_utc:
        return line(name, utc(wall.replace(tzinfo=ZoneInfo(entry.zone))))
    return line(f"{name};TZID={entry.zone}", f"{wall:%Y%m%dT%H%M%S}")


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
