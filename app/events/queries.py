"""Reading events: for everybody what is published or cancelled, for staff what they are posted to.

SQL by name: `_NEXT` counts over windows, which the builder has not; `_EVENTS` and `_PICKUPS` are read by every
registration, roster and page (the builder would cost them 0.2 ms, docs/decisions/0010-builder-and-sql.md).
"""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from app.accounts.shapes import Staff
from app.database.connection import fetch, now
from app.database.rows import json_of, places
from app.events.shapes import EventRow, Pickup, Sought, with_folds
from app.validation.forms import loaded
from models.events import EventPicture
from models.states import EventState

_OF_OTHERS = {"keeps", "country_slug", "country_names", "pickup_points"}
_COLUMNS = ", ".join(f"event.{name}" for name in EventRow.__struct_fields__ if name not in _OF_OTHERS)
_EVENTS = f"""
SELECT {_COLUMNS}, event.kept_until, host_country.slug AS country_slug, host_country.names AS country_names
FROM event JOIN host_country ON host_country.code = event.host_country
"""
_PICKUPS = f"SELECT event, {', '.join(Pickup.__struct_fields__)} FROM pickup_point"

PUBLIC = "event.state IN ('published', 'cancelled')"
THERE = "event.ended_at IS NULL"  # a draft that was deleted stays for as long as that can be undone

_NEXT = f"""
SELECT id, many FROM (
  SELECT event.id, count(*) OVER (PARTITION BY event.host_country) AS many,
    row_number() OVER (PARTITION BY event.host_country ORDER BY event.starts_at, event.slug) AS place
  FROM event WHERE event.ends_at >= $1 AND event.state = '{EventState.PUBLISHED.value}' AND {THERE}
) AS coming
"""


def within(staff: Staff, first: int) -> tuple[str, list[Any]]:
    """SQL over `event` that holds for the events that exist for this person; its arguments begin at `$first`."""
    if staff.is_hq:
        return "1 = 1", []
    parts, args = ["1 = 0"], list[Any]()
    for column, values in (("event.host_country", sorted(staff.countries)), ("event.id", sorted(staff.events))):
        if values:
            parts.append(f"{column} IN ({places(values, first + len(args))})")
            args += values
    return f"({' OR '.join(parts)})", args


def keeps(row: dict[str, Any]) -> bool:
    """Whether an event's free places are kept for somebody at this moment."""
    return bool(row["seats_waiting"]) and row["kept_until"] is not None and row["kept_until"] > now()


def _event(row: dict[str, Any], pickups: list[dict[str, Any]]) -> EventRow:
    row = loaded(EventRow, row)
    row |= {name: json_of(row[name]) for name in ("country_names", "picture_alt")}
    row["keeps"] = keeps(row)
    row["pickup_points"] = tuple(
        with_folds(Pickup, loaded(Pickup, point), row["time_zone"]) for point in pickups if point["event"] == row["id"]
    )
    return msgspec.convert(with_folds(EventRow, row, row["time_zone"]), EventRow, strict=False)


class Coming(msgspec.Struct, frozen=True):
    """The next event of a country, and how many are to come with it."""

    event: EventRow
    many: int


async def find(condition: str, *args: Any) -> list[EventRow]:
    """Events that meet a condition over `event`, with their pick-up points, in two statements."""
    rows = await fetch(f"{_EVENTS} WHERE {condition}", *args)
    if not rows:
        return []
    pickups = await fetch(
        f"{_PICKUPS} WHERE event IN ({places(rows)}) ORDER BY position, id", *(row["id"] for row in rows)
    )
    return [_event(row, pickups) for row in rows]


async def staff_event(slug: str, staff: Staff, *, even_deleted: bool = False) -> EventRow | None:
    """An event in any state, if it exists for this person; `even_deleted`: also a draft while that can be undone."""
    condition, args = within(staff, 2)
    there = "1 = 1" if even_deleted else THERE
    found = await find(f"event.slug = $1 AND {there} AND {condition}", slug, *args)
    return found[0] if found else None


async def event_by_id(event: UUID) -> EventRow:
    """An event that is known to exist."""
    return (await find("event.id = $1", event))[0]


async def staff_coming(staff: Staff, at: datetime, after: tuple[datetime, UUID] | None, limit: int) -> list[EventRow]:
    """What exists for this person and is not over, the next first; `after` is (start, id) of the last one seen."""
    condition, args = within(staff, 4 if after else 2)
    turn = "AND (event.starts_at > $2 OR (event.starts_at = $2 AND event.id > $3))" if after else ""
    return await find(
        f"{THERE} AND event.ends_at > $1 {turn} AND {condition} ORDER BY event.starts_at, event.id LIMIT {limit}",
        at,
        *(after or ()),
        *args,
    )


async def staff_past(staff: Staff, at: datetime, after: tuple[datetime, UUID] | None, limit: int) -> list[EventRow]:
    """What is over, the last first; `after` is (start, id) of the last one seen."""
    first = 4 if after else 2
    condition, args = within(staff, first)
    turn = "AND (event.starts_at < $2 OR (event.starts_at = $2 AND event.id < $3))" if after else ""
    return await find(
        f"{THERE} AND event.ends_at <= $1 {turn} AND {condition}"
        f" ORDER BY event.starts_at DESC, event.id DESC LIMIT {limit}",
        at,
        *(after or ()),
        *args,
    )


async def staff_events(staff: Staff) -> list[EventRow]:
    """What exists for this person, the latest first."""
    condition, args = within(staff, 1)
    return await find(f"{THERE} AND {condition} ORDER BY event.starts_at DESC, event.slug LIMIT 500", *args)


async def part_of_country(code: str, since: datetime, most: int, skipped: int = 0) -> list[EventRow]:
    """Public events of a country that end at or after `since`, the soonest first: `most` of them, after so many.

    A country may have thousands, and each is a wide row: they are found by narrow ones.
    """
    rows = await fetch(
        f"SELECT id FROM event WHERE host_country = $1 AND ends_at >= $2 AND {PUBLIC}"
        f" ORDER BY starts_at, slug LIMIT {most} OFFSET {skipped}",
        code,
        since,
    )
    ids = [row["id"] for row in rows]
    return await find(f"event.id IN ({places(ids)}) ORDER BY event.starts_at, event.slug", *ids) if ids else []


async def next_of_countries(at: datetime) -> dict[str, Coming]:
    """The next event of each host country that has one, with how many are to come, by its code; the soonest first."""
    rows = await fetch(f"{_NEXT} WHERE place = 1", at)
    many = {row["id"]: row["many"] for row in rows}
    events = await find(f"event.id IN ({places(rows)}) ORDER BY event.starts_at, event.slug", *many) if rows else []
    return {event.host_country: Coming(event, many[event.id]) for event in events}


async def twins_of(event: EventRow) -> int:
    """How many other events of its country begin at the same moment, at the same place or under the same title."""
    beside = await find(
        f"{THERE} AND event.host_country = $1 AND event.starts_at = $2 AND event.id <> $3",
        event.host_country,
        event.starts_at,
        event.id,
    )
    standing = (other for other in beside if not other.cancelled)
    return sum(1 for other in standing if other.venue == event.venue or other.title == event.title)


async def past_events(code: str, now: datetime, since: datetime, most: int) -> list[EventRow]:
    """Events of a country that took place and ended since, the latest first."""
    return await find(
        f"event.host_country = $1 AND event.ends_at < $2 AND event.ends_at >= $3 AND event.state = 'published'"
        f" ORDER BY event.starts_at DESC, event.slug LIMIT {most}",
        code,
        now,
        since,
    )


async def picture_file(digest: str, kind: str) -> bytes | None:
    """A file of a picture that an event shows."""
    row = (
        await EventPicture.select(EventPicture.content)
        .where(EventPicture.digest == digest, EventPicture.kind == kind)
        .first()
    )
    return bytes(row["content"]) if row else None


class Page(msgspec.Struct, frozen=True):
    """Part of a list, and where the next part begins (None at the end)."""

    items: list[EventRow]
    next: tuple[datetime, UUID] | None


async def page_of_events(sought: Sought, staff: Staff | None, after: tuple[datetime, UUID] | None, limit: int) -> Page:
    """Events in order of start, or of change when `changed_since` is given (so that nothing slips between pages)."""
    order = "event.modified_at" if sought.changed_since else "event.starts_at"
    args: list[Any] = []

    def place(value: Any) -> str:
        args.append(value)
        return f"${len(args)}"

    conditions = [PUBLIC]
    if staff is not None:
        own, own_args = within(staff, 1)
        args += own_args
        conditions = [THERE, f"({PUBLIC} OR {own})"]
    wanted = (
        ("event.host_country =", sought.host_country),
        ("event.festival =", sought.festival),
        ("event.belongs_to =", sought.campaign),
        ("event.state =", sought.state),
        ("event.ends_at >", sought.ends_after),
        ("event.modified_at >=", sought.changed_since),
    )
    conditions += [f"{comparison} {place(value)}" for comparison, value in wanted if value]
    if after:
        moment, row = place(after[0]), place(after[1])
        conditions.append(f"({order} > {moment} OR ({order} = {moment} AND event.id > {row}))")
    found = await find(f"{' AND '.join(conditions)} ORDER BY {order}, event.id LIMIT {limit + 1}", *args)
    more = len(found) > limit
    found = found[:limit]
    last = found[-1] if more else None
    return Page(found, (last.modified_at if sought.changed_since else last.starts_at, last.id) if last else None)


async def public_addresses(most: int) -> list[tuple[str, datetime]]:
    """The slugs of public events, and when each was changed last, the last first."""
    rows = await fetch(
        f"SELECT slug, modified_at FROM event WHERE {PUBLIC} ORDER BY modified_at DESC LIMIT {int(most)}"
    )
    return [(row["slug"], row["modified_at"]) for row in rows]


async def events_by_id(ids: list[str]) -> list[EventRow]:
    """Events that are known to exist, in no order."""
    found: list[EventRow] = []
    for first in range(0, len(ids), 500):
        some = ids[first : first + 500]
        found += await find(f"event.id IN ({places(some)})", *(UUID(each) for each in some))
    return found
