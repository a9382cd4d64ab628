"""Reading events: for everybody what is published or cancelled, for staff what they are posted to."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from app.accounts.shapes import Staff
from app.database.connection import fetch, now
from app.directory.shapes import json_of
from app.events.shapes import EventRow, Pickup

_COLUMNS = ", ".join(
    f"event.{name}"
    for name in EventRow.__struct_fields__
    if name
    not in {
        "country_slug",
        "country_names",
        "pickup_points",
    }
)
_EVENTS = f"""
SELECT {_COLUMNS}, host_country.slug AS country_slug, host_country.names AS country_names
FROM event JOIN host_country ON host_country.code = event.host_country
"""
_PICKUPS = """
SELECT id, event, name, place, departs_local, departs_at, seats, seats_taken FROM pickup_point
"""
_JSON = (
    "title",
    "description",
    "venue",
    "address",
    "notice",
    "country_names",
    "programme",
    "travel",
    "bring",
    "picture_alt",
)

PUBLIC = "event.state IN ('published', 'cancelled')"


def _pickup(row: dict[str, Any]) -> Pickup:
    return msgspec.convert({**row, "name": json_of(row["name"]), "place": json_of(row["place"])}, Pickup, strict=False)


def _event(row: dict[str, Any], pickups: list[dict[str, Any]]) -> EventRow:
    row = {**row, **{name: json_of(row[name]) for name in _JSON}}
    row["facilities"] = tuple(row["facilities"].split())
    row["pickup_points"] = tuple(_pickup(point) for point in pickups if point["event"] == row["id"])
    return msgspec.convert(row, EventRow, strict=False)


async def _find(condition: str, *args: Any) -> list[EventRow]:
    """Events that meet a condition over `event`, with their pick-up points, in two statements."""
    rows = await fetch(f"{_EVENTS} WHERE {condition}", *args)
    if not rows:
        return []
    places = ", ".join(f"${index + 1}" for index in range(len(rows)))
    pickups = await fetch(f"{_PICKUPS} WHERE event IN ({places}) ORDER BY position, id", *(row["id"] for row in rows))
    return [_event(row, pickups) for row in rows]


async def public_event(slug: str) -> EventRow | None:
    """A published or cancelled event."""
    found = await _find(f"event.slug = $1 AND {PUBLIC}", slug)
    return found[0] if found else None


async def staff_event(slug: str, staff: Staff) -> EventRow | None:
    """An event in any state, if it exists for this person."""
    condition, args = staff.condition(2)
    found = await _find(f"event.slug = $1 AND {condition}", slug, *args)
    return found[0] if found else None


async def event_by_id(event: UUID) -> EventRow:
    """An event that is known to exist."""
    return (await _find("event.id = $1", event))[0]


async def staff_events(staff: Staff) -> list[EventRow]:
    """What exists for this person, the latest first."""
    condition, args = staff.condition(1)
    return await _find(f"{condition} ORDER BY event.starts_at DESC, event.slug LIMIT 500", *args)


async def country_events(code: str, since: datetime, until: datetime | None = None) -> list[EventRow]:
    """Public events of a country that end at or after `since` (and before `until`), the soonest first."""
    until_part, args = ("AND event.ends_at < $3", [until]) if until else ("", [])
    return await _find(
        f"event.host_country = $1 AND event.ends_at >= $2 {until_part} AND {PUBLIC}"
        " ORDER BY event.starts_at, event.slug",
        code,
        since,
        *args,
    )


async def picture_file(digest: str, kind: str) -> bytes | None:
    """A file of a picture that an event shows."""
    rows = await fetch("SELECT content FROM event_picture WHERE digest = $1 AND kind = $2 LIMIT 1", digest, kind)
    return bytes(rows[0]["content"]) if rows else None


async def past_events(code: str, now: datetime, since: datetime, most: int) -> list[EventRow]:
    """Events of a country that took place and ended since, the latest first."""
    return await _find(
        f"event.host_country = $1 AND event.ends_at < $2 AND event.ends_at >= $3 AND event.state = 'published'"
        f" ORDER BY event.starts_at DESC, event.slug LIMIT {most}",
        code,
        now,
        since,
    )


class Page(msgspec.Struct, frozen=True):
    """Part of a list, and where the next part begins (None at the end)."""

    items: list[EventRow]
    next: tuple[datetime, UUID] | None


async def page_of_events(
    *,
    staff: Staff | None,
    host_country: str | None,
    festival: str | None,
    changed_since: datetime | None,
    after: tuple[datetime, UUID] | None,
    limit: int,
) -> Page:
    """Events in order of start, or of change when `changed_since` is given (so that nothing slips between pages)."""
    order = "event.modified_at" if changed_since else "event.starts_at"
    args: list[Any] = []

    def place(value: Any) -> str:
        args.append(value)
        return f"${len(args)}"

    conditions = [PUBLIC]
    if staff is not None:
        own, own_args = staff.condition(1)
        args += own_args
        conditions = [f"({PUBLIC} OR {own})"]
    if host_country:
        conditions.append(f"event.host_country = {place(host_country)}")
    if festival:
        conditions.append(f"event.festival = {place(festival)}")
    if changed_since:
        conditions.append(f"event.modified_at >= {place(changed_since)}")
    if after:
        moment, row = place(after[0]), place(after[1])
        conditions.append(f"({order} > {moment} OR ({order} = {moment} AND event.id > {row}))")
    found = await _find(f"{' AND '.join(conditions)} ORDER BY {order}, event.id LIMIT {limit + 1}", *args)
    more = len(found) > limit
    found = found[:limit]
    last = found[-1] if more else None
    return Page(found, (last.modified_at if changed_since else last.starts_at, last.id) if last else None)


class Head(msgspec.Struct, frozen=True):
    """What decides whether a feed must be made anew."""

    events: int
    revisions: int
    modified_at: datetime | None


def _of(code: str | None, festival: str | None, first: int) -> tuple[str, list[Any]]:
    """SQL for the events of a country (or all) and a festival (or all); its arguments begin at `$first`."""
    wanted = [(name, value) for name, value in (("host_country", code), ("festival", festival)) if value]
    condition = " AND ".join(f"event.{name} = ${first + index}" for index, (name, _) in enumerate(wanted))
    return condition or "1 = 1", [value for _, value in wanted]


async def feed_head(code: str | None, festival: str | None = None) -> Head:
    """The public events of a feed as counts; differs whenever something readable changed."""
    condition, args = _of(code, festival, 1)
    rows = await fetch(
        "SELECT count(*) AS events, coalesce(sum(content_revision), 0) AS revisions, max(modified_at) AS modified_at"
        f" FROM event WHERE {condition} AND {PUBLIC}",
        *args,
    )
    row = {**rows[0], "revisions": int(rows[0]["revisions"])}
    return msgspec.convert(row, Head, strict=False)


class FeedItem(msgspec.Struct, frozen=True):
    """What a feed must know of an event to find its bytes and to weigh it; `zone` is "" for all-day events."""

    id: str
    content_revision: int
    state: str
    zone: str
    coming: bool


async def feed_items(
    code: str | None, festival: str | None, since: datetime, cancelled_since: datetime
) -> list[FeedItem]:
    """What a feed shows: events that ended since, cancelled ones for a shorter time; by start."""
    condition, args = _of(code, festival, 4)
    # expressions come as plain text and numbers: reading 900 rows costs a third of what typed columns do
    rows = await fetch(
        "SELECT CAST(id AS TEXT) AS id, content_revision, state, CASE WHEN all_day THEN '' ELSE time_zone END AS zone,"
        " ends_at > $3 AS coming FROM event"
        " WHERE ((state = 'published' AND ends_at >= $1) OR (state = 'cancelled' AND ends_at >= $2))"
        f" AND {condition} ORDER BY starts_at, id",
        since,
        cancelled_since,
        now(),
        *args,
    )
    return msgspec.convert(rows, list[FeedItem], strict=False)


async def events_by_id(ids: list[str]) -> list[EventRow]:
    """Events that are known to exist, in no order."""
    found: list[EventRow] = []
    for first in range(0, len(ids), 500):
        some = ids[first : first + 500]
        places = ", ".join(f"${index + 1}" for index in range(len(some)))
        found += await _find(f"event.id IN ({places})", *(UUID(each) for each in some))
    return found
