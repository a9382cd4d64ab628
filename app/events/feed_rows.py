"""What feeds read: whether anything changed, and which events they hold. SQL by name: expressions over many rows."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from app.database.connection import fetch, now
from app.database.lane import Row
from app.events.queries import PUBLIC

LEFT_KEPT = timedelta(days=30)
# events that moved away from a country, for whom its feeds still say so
_LEFT = """place_left JOIN event ON event.id = place_left.event
WHERE place_left.host_country = $1 AND place_left.left_at >= $2 AND event.host_country <> $1"""


_COMING = "CASE WHEN ends_at > $3 THEN '1' ELSE '0' END"


class Head(msgspec.Struct, frozen=True):
    """What decides whether a feed must be made anew; `left` are those that moved away, and their revisions."""

    events: int
    revisions: int
    modified_at: datetime | None
    left: tuple[int, int]


def _of(code: str | None, festival: str | None, campaign: UUID | None, first: int) -> tuple[str, list[Any]]:
    """SQL for the events of a country (or all), a festival (or all), a campaign (or all); arguments from `$first`."""
    asked = (("host_country", code), ("festival", festival), ("belongs_to", campaign))
    wanted = [(name, value) for name, value in asked if value]
    condition = " AND ".join(f"event.{name} = ${first + index}" for index, (name, _) in enumerate(wanted))
    return condition or "1 = 1", [value for _, value in wanted]


async def feed_head(code: str | None, festival: str | None = None, campaign: UUID | None = None) -> Head:
    """The public events of a feed as counts; differs whenever something readable changed."""
    condition, args = _of(code, festival, campaign, 1)
    rows = await fetch(
        "SELECT count(*) AS events, coalesce(sum(content_revision), 0) AS revisions, max(modified_at) AS modified_at"
        f" FROM event WHERE {condition} AND {PUBLIC}",
        *args,
    )
    left = await _left("count(*) AS events, coalesce(sum(content_revision), 0) AS revisions", code, festival)
    row = {
        **rows[0],
        "revisions": int(rows[0]["revisions"]),
        "left": (left[0]["events"], int(left[0]["revisions"])) if left else (0, 0),
    }
    return msgspec.convert(row, Head, strict=False)


async def _left(columns: str, code: str | None, festival: str | None) -> list[Row]:
    """Of the events that moved away from this country; a feed of all countries has them where they are now."""
    if code is None:
        return []
    of_festival, args = ("AND event.festival = $3", [festival]) if festival else ("", [])
    return await fetch(f"SELECT {columns} FROM {_LEFT} {of_festival}", code, now() - LEFT_KEPT, *args)


class FeedItem(msgspec.Struct, frozen=True, gc=False):
    """What a feed must know of an event to find its bytes and to weigh it; `zone` is "" for all-day events."""

    id: str
    content_revision: int
    state: str
    coming: bool
    zone: str

    @classmethod
    def read(cls, line: str) -> "FeedItem":
        """From one of `feed_lines`."""
        event, revision, state, coming, zone = line.split(" ")
        return cls(event, int(revision), state, coming == "1", zone)


def _line(state: str, coming: str) -> str:
    """SQL for a FeedItem as one text: reading thousands costs a third of what columns do, and it is a key as it is."""
    parts = ("CAST(event.id AS TEXT)", "CAST(content_revision AS TEXT)", state, coming)
    return " || ' ' || ".join((*parts, "CASE WHEN all_day THEN '' ELSE time_zone END")) + " AS line"


async def feed_lines(
    code: str | None,
    festival: str | None,
    since: datetime,
    cancelled_since: datetime,
    campaign: UUID | None = None,
) -> list[str]:
    """What a feed shows, FeedItems as texts: events that ended since, cancelled ones for a shorter time; by start."""
    condition, args = _of(code, festival, campaign, 4)
    rows = await fetch(
        f"SELECT {_line('state', _COMING)} FROM event"
        " WHERE ((state = 'published' AND ends_at >= $1) OR (state = 'cancelled' AND ends_at >= $2))"
        f" AND {condition} ORDER BY starts_at, id",
        since,
        cancelled_since,
        now(),
        *args,
    )
    return [row["line"] for row in (*rows, *await _left(_line("'cancelled'", "'1'"), code, festival))]
