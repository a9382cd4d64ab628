"""Head counts of an event, and the recount that finds what the counters do not say.

SQL by name: one statement each, so that the numbers of an answer belong together.
"""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec

from app.database.connection import fetch, in_transaction, now
from app.database.rows import places, uuid_of
from app.seats.rules import day_begins, day_of
from app.seats.shapes import Counts, Days

LONG_AGO = datetime(1900, 1, 1, tzinfo=UTC)
KEPT = timedelta(seconds=1)
MOST_KEPT = 100  # events

_COUNTS = """
SELECT what, key, number FROM head_count WHERE event = $1
UNION ALL SELECT 'registered', '', seats_taken FROM event WHERE id = $1
UNION ALL SELECT 'waiting', '', seats_waiting FROM event WHERE id = $1
UNION ALL SELECT 'revision', '', revision FROM event WHERE id = $1
UNION ALL SELECT 'walk_ins', '', sum(size) FROM walk_in WHERE event = $1 AND NOT undone AND counted_at >= $2
"""
_INSIDE = "SELECT count(DISTINCT ticket) AS people FROM admission WHERE event = $1 AND inside AND day NOT LIKE '+%'"
_PARTIES = "SELECT what, key, number FROM head_count WHERE event = $1 AND what IN ('parties', 'came')"
_WISHES = "SELECT key, number FROM head_count WHERE event = $1 AND what = 'bus' AND number > 0"
# who left, and yet is counted: was inside when the party gave up, or was erased once it was over
_LEFT_BEHIND = """
SELECT count(*) AS parties FROM registration WHERE event = $1 AND state IN ('erased', 'cancelled')
  AND EXISTS (SELECT 1 FROM ticket WHERE ticket.registration = registration.id AND ticket.state = 'valid')
"""
# what the triggers count, counted anew
_HEADS = """
SELECT event, 'parties' AS what, state AS key, count(*) AS number FROM registration
WHERE state <> 'erased' GROUP BY event, state
UNION ALL SELECT event, 'bus', coalesce(CAST(pickup_point AS TEXT), ''), sum(party) FROM registration
WHERE state IN ('confirmed', 'waiting') GROUP BY event, pickup_point
UNION ALL SELECT event, 'admitted', '', count(DISTINCT ticket) FROM admission GROUP BY event
UNION ALL SELECT event, 'inside', day, count(*) FROM admission WHERE inside AND day NOT LIKE '+%' GROUP BY event, day
UNION ALL SELECT registration.event, 'came', '', count(DISTINCT registration.id) FROM admission
  JOIN ticket ON ticket.id = admission.ticket JOIN registration ON registration.id = ticket.registration
WHERE registration.state = 'confirmed' GROUP BY registration.event
"""
_KEPT_HEADS = """
SELECT event.slug, head_count.event, what, key, head_count.number
FROM head_count LEFT JOIN event ON event.id = head_count.event
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
_left: dict[UUID, tuple[int, int]] = {}  # parties by the event's revision


async def counts(event: UUID, day: str = "", since: datetime = LONG_AGO) -> Counts:
    """The event's head counts; who is inside and walk-ins only of a day where one is given."""
    heads = {(row["what"], row["key"]): int(row["number"] or 0) for row in await fetch(_COUNTS, event, since)}
    inside = {key: number for (what, key), number in heads.items() if what == "inside" and number}
    if not day and len(inside) > 1:  # somebody may be inside on several days
        within = int((await fetch(_INSIDE, event))[0]["people"])
    else:
        within = inside.get(day, 0) if day else sum(inside.values())
    return Counts(
        registered=heads["registered", ""],
        waiting=heads["waiting", ""],
        admitted=heads.get(("admitted", ""), 0),
        inside=within,
        walk_ins=heads["walk_ins", ""],
        parties=heads.get(("parties", "confirmed"), 0) + await _left_behind(event, heads["revision", ""]),
    )


async def _left_behind(event: UUID, revision: int) -> int:
    """Read once a revision: of an event that is purged there are many, and it changes no more."""
    kept = _left.get(event)
    if kept is None or kept[0] != revision:
        kept = (revision, int((await fetch(_LEFT_BEHIND, event))[0]["parties"]))
        if not in_transaction():
            if len(_left) >= MOST_KEPT:
                _left.clear()
            _left[event] = kept
    return kept[1]


async def party_counts(event: UUID) -> dict[str, int]:
    """How many parties there are by state, and "came": those that hold places and came."""
    rows = await fetch(_PARTIES, event)
    return {row["key"] or row["what"]: int(row["number"]) for row in rows}


async def bus_wishes(event: UUID) -> dict[str, int]:
    """How many people wish to go by each bus, those that wait among them; "" for those without."""
    rows = await fetch(_WISHES, event)
    return {row["key"]: int(row["number"]) for row in rows}


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
    return found + await _miscounted_heads()


async def _miscounted_heads() -> list[Miscount]:
    kept = {(str(row["event"]), row["what"], row["key"]): row for row in await fetch(_KEPT_HEADS)}
    counted = {(str(row["event"]), row["what"], row["key"]): int(row["number"]) for row in await fetch(_HEADS)}
    return [
        Miscount(str(kept[each]["slug"] if each in kept else each[0]), f"{each[1]} {each[2]}".strip(), stored, present)
        for each in {**kept, **counted}
        if (stored := int(kept[each]["number"]) if each in kept else 0) != (present := counted.get(each, 0))
    ]
