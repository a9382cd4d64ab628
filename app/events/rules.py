"""What makes an event right, and whether registration is open. Pure: the clock comes in as an argument."""

import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo, available_timezones

from app.directory.shapes import Country
from app.events.shapes import FACILITY_NAMES, EventDraft, EventRow, PickupDraft, ProgrammeItem, as_raw
from app.validation.fields import Reader, latin_digits
from app.validation.refusals import Refused

FESTIVALS = ("khmer_new_year", "pchum_ben", "visak_bochea", "meak_bochea", "kathina", "water_festival", "other")
ENTRY_RULES = ("once", "daily", "free")
FACILITIES = tuple(FACILITY_NAMES)
LOOKS_AGAIN = 600  # seconds before the opening
NEVER = datetime(1900, 1, 1)  # noqa: DTZ001 - stands in for a wall time that is wrong, until that is said
MOST_PEOPLE = 1_000_000
MOST_PARTY = 60
MOST_PICKUPS = 50
MOST_PROGRAMME = 60
RESERVED_SLUGS = {"new"}

TITLE, PLACE, DESCRIPTION, NOTICE, NAME = 300, 500, 10_000, 2_000, 120

_CLOCK = re.compile(r"(?:[01]?\d|2[0-3]):[0-5]\d")

# a change of any of these is one that calendars must notice (RFC 5545 3.8.7.4)
SEQUENCED = ("starts_local", "ends_local", "time_zone", "all_day", "venue", "address", "latitude", "longitude")


def read_event(
    raw: Mapping[str, Any],
    countries: Mapping[str, Country],
    within_reach: frozenset[str] | None,
    existing: EventRow | None = None,
) -> EventDraft:
    """Check an event as written; raises Refused naming every wrong field.

    `within_reach` are the host countries the writer is posted to, None for all. `existing` is the event being changed.
    """
    read = Reader(raw)
    country = _country(read, countries, within_reach, existing)
    zone_name = _zone(read, country)
    zone = ZoneInfo(zone_name)
    starts, ends, all_day = _span(read, zone)
    opens, closes = _registration_times(read, zone, ends)
    entry_opens, entry_closes = _entry_times(read, zone)
    latitude, longitude = _position(read)
    draft = EventDraft(
        host_country=country.code if country else "",
        campaign=read.text("campaign", NAME),
        festival=read.choice("festival", FESTIVALS, default=None),
        title=read.localised("title", TITLE, required=True),
        description=read.localised("description", DESCRIPTION, lines=True),
        venue=read.place("venue", PLACE),
        address=read.place("address", PLACE),
        latitude=latitude,
        longitude=longitude,
        time_zone=zone_name,
        starts_local=starts or NEVER,
        ends_local=ends or NEVER,
        all_day=all_day,
        capacity=_capacity(read, existing),
        party_limit=read.whole("party_limit", 1, MOST_PARTY, 10) or 10,
        entry_rule=read.choice("entry_rule", ENTRY_RULES, default="once"),
        registration_opens_local=opens,
        registration_closes_local=closes,
        registration_paused=read.flag("registration_paused"),
        notice=read.localised("notice", NOTICE, lines=True),
        programme=tuple(_programme_item(item) for item in read.objects("programme", MOST_PROGRAMME)),
        travel=read.localised("travel", NOTICE, lines=True),
        bring=read.localised("bring", NOTICE, lines=True),
        facilities=read.some_of("facilities", FACILITIES),
        held_after_hours=_given(read.whole("held_after_hours", 0, 24 * 90), 24),
        held_after_passes=_given(read.whole("held_after_passes", 0, 1000), 5),
        entry_opens_local=entry_opens,
        entry_closes_local=entry_closes,
        day_turns=_clock(read, "day_turns") or "04:00",
        admit_waiting=read.flag("admit_waiting"),
        gate_search=read.flag("gate_search"),
        pickup_points=tuple(
            _pickup(point, zone, starts, existing) for point in read.objects("pickup_points", MOST_PICKUPS)
        ),
    )
    _keep_chosen_pickups(read, draft, existing)
    read.finish()
    return draft


def _country(
    read: Reader, countries: Mapping[str, Country], within_reach: frozenset[str] | None, existing: EventRow | None
) -> Country | None:
    code = read.text("host_country", 2, required=True).upper()
    country = countries.get(code)
    if country is None:
        if code:
            read.wrong("host_country", "unknown_country")
    elif within_reach is not None and code not in within_reach:
        read.wrong("host_country", "country_out_of_reach")
    elif country.paused and (existing is None or existing.host_country != code):
        read.wrong("host_country", "country_paused")
    return country


def _zone(read: Reader, country: Country | None) -> str:
    name = read.text("time_zone", 60) or (country.time_zone if country else "UTC")
    if name in available_timezones():
        return name
    read.wrong("time_zone", "unknown_zone")
    return "UTC"


def _span(read: Reader, zone: ZoneInfo) -> tuple[datetime | None, datetime | None, bool]:
    starts = _wall(read, "starts_at", zone, required=True)
    ends = _wall(read, "ends_at", zone, required=True)
    all_day = read.flag("all_day")
    for name, moment in (("starts_at", starts), ("ends_at", ends)):
        if all_day and moment is not None and (moment.hour, moment.minute) != (0, 0):
            read.wrong(name, "not_midnight")
    if starts and ends and instant(ends, zone.key) <= instant(starts, zone.key):
        read.wrong("ends_at", "ends_before_start")
    return starts, ends, all_day


def _registration_times(read: Reader, zone: ZoneInfo, ends: datetime | None) -> tuple[datetime | None, datetime | None]:
    opens = _wall(read, "registration_opens_at", zone)
    closes = _wall(read, "registration_closes_at", zone)
    if opens and closes and closes <= opens:
        read.wrong("registration_closes_at", "closes_before_opens")
    elif closes and ends and closes > ends:
        read.wrong("registration_closes_at", "closes_after_end")
    return opens, closes


def _entry_times(read: Reader, zone: ZoneInfo) -> tuple[datetime | None, datetime | None]:
    """When the gate admits by itself; who comes outside of it is let in by hand."""
    opens, closes = _wall(read, "entry_opens_at", zone), _wall(read, "entry_closes_at", zone)
    if opens and closes and closes <= opens:
        read.wrong("entry_closes_at", "closes_before_opens")
    return opens, closes


def _capacity(read: Reader, existing: EventRow | None) -> int | None:
    capacity = read.whole("capacity", 1, MOST_PEOPLE)
    if existing and capacity is not None and capacity < existing.seats_taken and not read.has_problem("capacity"):
        read.wrong("capacity", "below_seats_taken", taken=existing.seats_taken)
    return capacity


def _position(read: Reader) -> tuple[float | None, float | None]:
    latitude, longitude = read.decimal("latitude", -90, 90), read.decimal("longitude", -180, 180)
    if (latitude is None) != (longitude is None) and not read.has_problem("latitude", "longitude"):
        read.wrong("longitude" if longitude is None else "latitude", "both_or_none")
    return latitude, longitude


def _given(value: int | None, default: int) -> int:
    return default if value is None else value


def _programme_item(read: Reader) -> ProgrammeItem:
    at = _clock(read, "at", required=True)
    what = read.localised("what", TITLE, required=True)
    read.refuse_unknown()
    return ProgrammeItem(at, what)


def _clock(read: Reader, name: str, *, required: bool = False) -> str:
    """A time of day as "09:00", or ""."""
    at = latin_digits(read.text(name, 5, required=required))
    if at and not _CLOCK.fullmatch(at):
        read.wrong(name, "not_a_clock")
        return ""
    return at.zfill(5) if at else ""


def _pickup(read: Reader, zone: ZoneInfo, starts: datetime | None, existing: EventRow | None) -> PickupDraft:
    known = {str(point.id): point for point in existing.pickup_points} if existing else {}
    row = read.text("id", 36)
    if row and row not in known:
        read.wrong("id", "unknown_pickup_point")
    departs = _wall(read, "departs_at", zone)
    if departs and starts and departs >= starts:
        read.wrong("departs_at", "pickup_after_start")
    seats = read.whole("seats", 1, MOST_PEOPLE)
    if row in known and seats is not None and seats < known[row].seats_taken:
        read.wrong("seats", "below_seats_taken", taken=known[row].seats_taken)
    name, place = read.place("name", PLACE, required=True), read.place("place", PLACE)
    read.refuse_unknown()
    return PickupDraft(UUID(row) if row in known else None, name, place, departs, seats)


def _keep_chosen_pickups(read: Reader, draft: EventDraft, existing: EventRow | None) -> None:
    kept = {point.id for point in draft.pickup_points}
    if existing and any(point.seats_taken and point.id not in kept for point in existing.pickup_points):
        read.wrong("pickup_points", "pickup_in_use")


def _wall(read: Reader, name: str, zone: ZoneInfo, *, required: bool = False) -> datetime | None:
    moment = read.moment(name, required=required)
    if moment is None:
        return None
    wall = moment.replace(tzinfo=None)
    local = wall.replace(tzinfo=zone)
    if moment.tzinfo is not None and moment.utcoffset() not in {local.utcoffset(), local.replace(fold=1).utcoffset()}:
        read.wrong(name, "offset_disagrees")
        return None
    if local.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != wall:
        read.wrong(name, "time_does_not_exist")
        return None
    return wall


def instant(wall: datetime, zone: str) -> datetime:
    """The UTC instant of a wall time in a zone."""
    return wall.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def moved_along(raw: dict[str, Any], event: EventRow, given: Mapping[str, Any]) -> dict[str, Any]:
    """Shift registration times, departures and programme as far as the start moves, unless they are given."""
    try:
        shift = datetime.fromisoformat(str(given["starts_at"])).replace(tzinfo=None) - event.starts_local
    except (KeyError, ValueError):
        return raw  # the rule names a wrong start
    before = as_raw(event)
    for name in ("registration_opens_at", "registration_closes_at", "entry_opens_at", "entry_closes_at"):
        if name not in given or given[name] == before[name]:
            raw[name] = _shifted(before[name], shift)
    if "pickup_points" not in given or given["pickup_points"] == before["pickup_points"]:
        raw["pickup_points"] = [
            {**point, "departs_at": _shifted(point["departs_at"], shift)} for point in before["pickup_points"]
        ]
    if "programme" not in given or given["programme"] == before["programme"]:
        raw["programme"] = [
            {
                **item,
                "at": (datetime.fromisoformat(f"1900-01-01T{item['at']}") + shift % timedelta(days=1)).strftime(
                    "%H:%M"
                ),
            }
            for item in before["programme"]
        ]
    return raw


def _shifted(moment: str | None, shift: timedelta) -> str | None:
    try:
        return None if moment is None else (datetime.fromisoformat(moment) + shift).isoformat()
    except OverflowError:
        return moment


def slug_for(draft: EventDraft, country_slug: str) -> str:
    """A speaking address from the English title, else from festival, country and year."""
    ascii_title = unicodedata.normalize("NFKD", draft.title.get("en", "")).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", ascii_title).strip("-")
    if len(words) < 3:
        words = f"{draft.festival.replace('_', '-')}-{country_slug}-{draft.starts_local.year}"
    return words[:80].strip("-")


def days_until(event: EventRow, now: datetime) -> int:
    """Whole days from today to the first day, as the place counts them; 0 on the day itself and after."""
    return max(0, (event.first_day - now.astimezone(ZoneInfo(event.time_zone)).date()).days)


def refresh_after(event: EventRow, now: datetime, jitter: int) -> int | None:
    """Seconds until a page should look again because registration opens within minutes, None otherwise.

    Only then, because a page that changes under its reader's eyes disturbs; not everybody at the same instant:
    `jitter` seconds are added.
    """
    if event.state != "published" or not event.registration_opens_at:
        return None
    left = (event.registration_opens_at - now).total_seconds()
    return int(left) + 2 + jitter if 0 < left <= LOOKS_AGAIN else None


def registration_refusal(event: EventRow, now: datetime) -> Refused | None:
    """Why nobody can register at this instant, or None."""
    if event.state == "cancelled":
        return Refused("event_cancelled")
    if event.state != "published":
        return Refused("not_found")
    if now >= event.ends_at or (event.registration_closes_at and now >= event.registration_closes_at):
        return Refused("registration_closed")
    if event.registration_opens_at and now < event.registration_opens_at:
        return Refused("registration_not_open", at=event.registration_opens_at, zone=event.time_zone)
    if event.registration_paused:
        return Refused("registration_paused")
    return None
