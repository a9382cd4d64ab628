"""Head counts of an event, and the recount that finds what the counters do not say.

SQL by name: one statement each, so that the numbers of an answer belong together.
"""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec

from app.database.connection import fetch, now
from app.database.rows import places, uuid_of
from app.seats.rules import day_begins, day_of
from app.seats.shapes import Counts, Days

LONG_AGO = datetime(1900, 1, 1, tzinfo=UTC)
KEPT = timedelta(seconds=1)
MOST_KEPT = 100  # events

_COUNTS = """
SELECT
  (SELECT count(*) FROM ticket WHERE event = $1 AND state = 'valid') AS registered,
  (SELECT coalesce(sum(party), 0) FROM registration WHERE event = $1 AND state = 'waiting') AS waiting,
  (SELECT count(DISTINCT ticket) FROM admission WHERE event = $1) AS admitted,
  (SELECT count(DISTINCT ticket) FROM admission
   WHERE event = $1 AND inside AND day NOT LIKE '+%' AND (CAST($2 AS TEXT) = '' OR day = $2)) AS inside,
  (SELECT coalesce(sum(size), 0) FROM walk_in
   WHERE event = $1 AND NOT undone AND counted_at >= $3) AS walk_ins,
  (SELECT count(DISTINCT registration) FROM ticket WHERE event = $1 AND state = 'valid') AS parties
"""
_SET_ASIDE = """
SELECT coalesce(sum(party), 0) AS people FROM registration
WHERE event = $1 AND state = 'waiting' AND set_aside_at IS NOT NULL
"""
_SET_ASIDE_IN = """
SELECT event, sum(party) AS people FROM registration
WHERE event IN ({places}) AND state = 'waiting' AND set_aside_at IS NOT NULL GROUP BY event
"""
_SEATS = """
SELECT slug, seats_taken, seats_waiting, tickets, people_waiting FROM (
  SELECT event.slug, event.seats_taken, event.seats_waiting,
    (SELECT count(*) FROM ticket WHERE ticket.event = event.id AND ticket.state = 'valid') AS tickets,
    (SELECT coalesce(sum(party), 0) FROM registration
     WHERE registration.event = event.id AND registration.state = 'waiting') AS people_waiting
  FROM event
) AS recount
WHERE seats_taken <> tickets OR seats_waiting <> people_waiting
"""
_BUSES = """
SELECT slug, id, seats_taken, people FROM (
  SELECT event.slug, pickup_point.id, pickup_point.seats_taken,
    (SELECT count(*) FROM ticket JOIN registration ON registration.id = ticket.registration
     WHERE registration.pickup_point = pickup_point.id AND ticket.state = 'valid') AS people
  FROM pickup_point JOIN event ON event.id = pickup_point.event
) AS recount
WHERE seats_taken <> people
"""

_kept: dict[UUID, tuple[datetime, Counts]] = {}


async def counts(event: UUID, day: str = "", since: datetime = LONG_AGO) -> Counts:
    """The event's head counts, recounted from the rows; who is inside and walk-ins only of a day where one is given."""
    rows = await fetch(_COUNTS, event, day, since)
    return Counts(**{name: int(value) for name, value in rows[0].items()})


async def head_count(event: UUID, days: Days) -> Counts:
    """The same for the gate's present day, at most a second old: many phones ask every few seconds."""
    moment = now()
    kept = _kept.get(event)
    if kept and moment - kept[0] < KEPT:
        return kept[1]
    fresh = await counts(event, day_of(days, moment), day_begins(days, moment) or LONG_AGO)
    if len(_kept) >= MOST_KEPT:
        _kept.clear()
    _kept[event] = (moment, fresh)
    return fresh


async def set_aside_in(events: list[UUID]) -> dict[UUID, int]:
    """The same of many events, by event; those where nobody was are left out."""
    if not events:
        return {}
    rows = await fetch(_SET_ASIDE_IN.format(places=places(events)), *events)
    return {uuid_of(row["event"]): int(row["people"]) for row in rows}


async def set_aside_people(event: UUID) -> int:
    """How many people were set aside and not looked at yet."""
    return int((await fetch(_SET_ASIDE, event))[0]["people"])


class Miscount(msgspec.Struct, frozen=True):
    """A counter that differs from a recount of its rows: of an event's places, waiting list, or one of its buses."""

    slug: str
    what: str
    stored: int
    counted: int


async def miscounted() -> list[Miscount]:
    """Every counter that is wrong; empty when all is well."""
    found = []
    for row in await fetch(_SEATS):
        pairs = (("taken", "seats_taken", "tickets"), ("waiting", "seats_waiting", "people_waiting"))
        found += [
            Miscount(row["slug"], what, int(row[stored]), int(row[counted]))
            for what, stored, counted in pairs
            if row[stored] != row[counted]
        ]
    found += [
        Miscount(row["slug"], f"taken in bus {row['id']}", int(row["seats_taken"]), int(row["people"]))
        for row in await fetch(_BUSES)
    ]
    return found
