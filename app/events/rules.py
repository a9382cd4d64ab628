"""What makes an event right, and whether registration is open. Pure: the clock comes in as an argument."""

import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo, available_timezones

import msgspec

from app.directory.shapes import Country
from app.events.shapes import MOST_PICKUPS, EventDraft, EventFields, EventRow, PickupDraft, PickupFields, as_raw
from app.validation.fields import Reader
from app.validation.forms import walk, walls_of
from app.validation.refusals import Refused
from calendars.zones import happens_twice
from models.states import Festival

FESTIVALS = tuple(Festival)
LOOKS_AGAIN = 600  # seconds before the opening
NO_PLACES = {"Factory", "localtime"}  # zones of no place (tzdata)
WINDOWS = ("registration", "entry")  # each with `…_opens` and `…_closes`
RESERVED_SLUGS = {"new"}

DAYS = {"entry_rule", "time_zone", "day_turns"}  # what says under which day an admission counts
# a change of any of these is one that calendars must notice (RFC 5545 3.8.7.4)
SEQUENCED = (
    "host_country",
    "starts_local",
    "ends_local",
    "time_zone",
    "all_day",
    "venue",
    "address",
    "latitude",
    "longitude",
)


def read_event(
    raw: Mapping[str, Any],
    countries: Mapping[str, Country],
    within_reach: frozenset[str] | None,
    existing: EventRow | None = None,
    *,
    retention: int,
    asks: bool = False,
) -> EventDraft:
    """Check an event as written; raises Refused naming every wrong field.

    `within_reach` are the host countries the writer is posted to, None for all. `existing` is the event being changed.
    `retention` are the days after an event until this installation erases names.
    A time that happens twice is the first one, unless it `asks` which one is meant.
    """
    read = Reader(raw)
    given = walk(read, EventFields)
    country = _country(read, given["host_country"].upper(), countries, within_reach, existing)
    given["host_country"] = country.code if country else ""
    given["time_zone"] = _zone(read, given["time_zone"] or (country.time_zone if country else "UTC"))
    zone = ZoneInfo(given["time_zone"])
    _on_the_wall(read, EventFields, given, zone, asks=asks)
    _check_span(read, given, zone.key)
    _check_windows(read, given, zone.key)
    _check_position(read, given)
    _check_capacity(read, given["capacity"], existing)
    _check_retention(read, given, retention, existing)
    points = tuple(
        _pickup(point, zone, given["starts_local"], existing, asks=asks)
        for point in read.objects("pickup_points", MOST_PICKUPS)
    )
    _keep_chosen_pickups(read, points, existing)
    read.finish()
    return EventDraft(**given, pickup_points=points)


def _country(
    read: Reader, code: str, countries: Mapping[str, Country], within_reach: frozenset[str] | None, now: EventRow | None
) -> Country | None:
    country = countries.get(code)
    if country is None:
        if code:
            read.wrong("host_country", "unknown_country")
    elif within_reach is not None and code not in within_reach:
        read.wrong("host_country", "country_out_of_reach")
    elif country.paused and (now is None or now.host_country != code):
        read.wrong("host_country", "country_paused")
    return country


def _zone(read: Reader, name: str) -> str:
    if name in available_timezones() - NO_PLACES:
        return name
    read.wrong("time_zone", "unknown_zone")
    return "UTC"


def _on_the_wall(
    read: Reader, shape: type[msgspec.Struct], given: dict[str, Any], zone: ZoneInfo, *, asks: bool
) -> None:
    """Bring every time of a shape, as it was sent, to the event's wall."""
    for attribute, name in walls_of(shape).items():
        if (moment := given[attribute]) is not None:
            a_day = bool(given.get("all_day")) and name in {"starts_at", "ends_at"}
            told = not asks or a_day or moment.tzinfo is not None or isinstance(read.given(name), datetime)
            given[attribute] = _wall(read, name, moment, zone, a_day=a_day, told=told)


def _wall(read: Reader, name: str, moment: datetime, zone: ZoneInfo, *, a_day: bool, told: bool) -> datetime | None:
    """The wall time that is meant. A day begins also where clocks skip its midnight (Beirut, Cairo, Santiago).

    Of a time that happens twice the offset or the fold says which one; not `told`, it is asked for.
    """
    wall = moment.replace(tzinfo=None, fold=0)
    first, second = wall.replace(tzinfo=zone), wall.replace(tzinfo=zone, fold=1)
    if moment.tzinfo is not None and moment.utcoffset() not in {first.utcoffset(), second.utcoffset()}:
        read.wrong(name, "offset_disagrees")
        return None
    if not a_day and first.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != wall:
        read.wrong(name, "time_does_not_exist")
        return None
    if not happens_twice(wall, zone.key):
        return wall
    if not told:
        read.wrong(name, "time_happens_twice")
        return None
    is_second = moment.fold == 1 if moment.tzinfo is None else moment.utcoffset() == second.utcoffset()
    return wall.replace(fold=int(is_second))


def _check_span(read: Reader, given: dict[str, Any], zone: str) -> None:
    starts, ends = given["starts_local"], given["ends_local"]
    for name, moment in (("starts_at", starts), ("ends_at", ends)):
        if given["all_day"] and moment is not None and (moment.hour, moment.minute) != (0, 0):
            read.wrong(name, "not_midnight")
    if starts and ends and instant(ends, zone) <= instant(starts, zone):
        read.wrong("ends_at", "ends_before_start")


def _check_windows(read: Reader, given: dict[str, Any], zone: str) -> None:
    """When one may register, and when the gate admits by itself; who comes outside of that is let in by hand."""
    walls = {name: wall for name, wall in given.items() if name.endswith("_local") and wall}
    ends, *windows = (
        instant(walls[name], zone) if name in walls else None
        for name in ("ends_local", *(f"{name}_{side}_local" for name in WINDOWS for side in ("opens", "closes")))
    )
    for name, opens, closes in zip(WINDOWS, windows[::2], windows[1::2], strict=True):
        if opens and closes and closes <= opens:
            read.wrong(f"{name}_closes_at", "closes_before_opens")
        elif name == "registration" and opens and ends and opens >= ends:
            read.wrong("registration_opens_at", "opens_after_end")
        elif name == "registration" and closes and ends and closes > ends:
            read.wrong(f"{name}_closes_at", "closes_after_end")


def _check_capacity(read: Reader, capacity: int | None, existing: EventRow | None) -> None:
    if existing and capacity is not None and capacity < existing.seats_taken and not read.has_problem("capacity"):
        read.wrong("capacity", "below_seats_taken", taken=existing.seats_taken)


def _check_retention(read: Reader, given: dict[str, Any], days: int, existing: EventRow | None) -> None:
    """Names may go sooner than elsewhere, and never later than was said to those who registered."""
    said = existing.retention_days if existing else 0
    most = said if existing and (existing.was_public or not existing.draft) else max(days, said)
    if given["retention_days"] is None:
        given["retention_days"] = min(most, days)
    elif given["retention_days"] > most and not read.has_problem("retention_days"):
        read.wrong("retention_days", "kept_too_long", most=most)


def _check_position(read: Reader, given: dict[str, Any]) -> None:
    latitude, longitude = given["latitude"], given["longitude"]
    if (latitude is None) != (longitude is None) and not read.has_problem("latitude", "longitude"):
        read.wrong("longitude" if longitude is None else "latitude", "both_or_none")


def _pickup(
    read: Reader, zone: ZoneInfo, starts: datetime | None, existing: EventRow | None, *, asks: bool
) -> PickupDraft:
    known = {str(point.id): point for point in existing.pickup_points} if existing else {}
    row = read.text("id", 36)
    if row and row not in known:
        read.wrong("id", "unknown_pickup_point")
    given = walk(read, PickupFields)
    _on_the_wall(read, PickupFields, given, zone, asks=asks)
    seats = given["seats"]
    begins, leaves, returns = (
        instant(wall, zone.key) if wall else None for wall in (starts, given["departs_local"], given["returns_local"])
    )
    if leaves and begins and leaves >= begins:
        read.wrong("departs_at", "pickup_after_start")
    if returns and (from_then := leaves or begins) and returns <= from_then:
        read.wrong("returns_at", "return_before_departure")
    if row in known and seats is not None and seats < known[row].seats_taken:
        read.wrong("seats", "below_seats_taken", taken=known[row].seats_taken)
    read.refuse_unknown()
    return PickupDraft(id=UUID(row) if row in known else None, **given)


def _keep_chosen_pickups(read: Reader, points: tuple[PickupDraft, ...], existing: EventRow | None) -> None:
    kept = {point.id for point in points}
    if existing and any(point.seats_taken and point.id not in kept for point in existing.pickup_points):
        read.wrong("pickup_points", "pickup_in_use")


def instant(wall: datetime, zone: str) -> datetime:
    """The UTC instant of a wall time in a zone."""
    return wall.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def moved_along(raw: dict[str, Any], event: EventRow, given: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Shift all that hangs on the start by as much as it moves, unless it is given; also which fields that were."""
    try:
        shift = datetime.fromisoformat(str(given["starts_at"])).replace(tzinfo=None) - event.starts_local
    except (KeyError, ValueError):
        return raw, []  # the rule names a wrong start
    if not shift or bool(given.get("all_day", event.all_day)) != event.all_day:
        return raw, []  # a day that becomes whole moves no hour
    before = as_raw(event)
    walls = walls_of(EventFields).values()
    along: dict[str, Any] = {
        name: _shifted(before[name], shift, raw.get(name)) for name in walls if name != "starts_at"
    }
    sent = {str(point.get("id")): point for point in raw.get("pickup_points") or () if isinstance(point, dict)}
    along["pickup_points"] = [
        point
        | {
            name: _shifted(point[name], shift, sent.get(point["id"], {}).get(name))
            for name in ("departs_at", "returns_at")
        }
        for point in before["pickup_points"]
    ]
    along["programme"] = [_turned(item, event.starts_local, shift) for item in before["programme"]]
    moved = {name: value for name, value in along.items() if name not in given and value != before[name]}
    return raw | moved, sorted(moved)


def _turned(item: Mapping[str, Any], starts: datetime, shift: timedelta) -> dict[str, Any]:
    """Something of the programme, so much later: its hour, and its day where it passes midnight first."""
    midnight = starts.replace(hour=0, minute=0, second=0, microsecond=0)
    hour, minute = item["at"].split(":")
    was = midnight + timedelta(days=item["day"] - 1, hours=int(hour), minutes=int(minute))
    try:
        day = ((was + shift).date() - (starts + shift).date()).days + 1
    except OverflowError:
        return dict(item)
    return {**item, "at": f"{was + shift:%H:%M}", "day": max(1, day)}


def _shifted(moment: datetime | str | None, shift: timedelta, sent: Any) -> datetime | str | None:
    """So much later; of a time that happens twice the one that was chosen (`sent`), or was meant before."""
    try:
        later = None if moment is None else datetime.fromisoformat(str(moment)) + shift
    except OverflowError:
        return moment
    chosen = next((each for each in (sent, moment) if isinstance(each, datetime)), None)
    return later if later is None else later.replace(fold=chosen.fold) if chosen else later.isoformat()


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
    if not event.published or not event.registration_opens_at:
        return None
    left = (event.registration_opens_at - now).total_seconds()
    return int(left) + 2 + jitter if 0 < left <= LOOKS_AGAIN else None


def registration_refusal(event: EventRow, now: datetime) -> Refused | None:
    """Why nobody can register at this instant, or None."""
    if event.cancelled:
        return Refused("event_cancelled")
    if not event.published:
        return Refused("not_found")
    if now >= event.ends_at or (event.registration_closes_at and now >= event.registration_closes_at):
        return Refused("registration_closed")
    if event.registration_opens_at and now < event.registration_opens_at:
        return Refused("registration_not_open", at=event.registration_opens_at, zone=event.time_zone)
    if event.registration_paused:
        return Refused("registration_paused")
    return None
