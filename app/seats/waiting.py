"""The waiting list: who moves up when places become free, and what the attaché decides by hand.

Whatever frees places calls `promote_waiting` in its own transaction, under `hold`.
"""

from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from app.activity.announcing import News
from app.activity.kinds import Kind
from app.activity.record import RULE, Actor, Said, record
from app.database.connection import fetch, now
from app.database.rows import places
from app.seats.hold import hold
from app.seats.places import take_bus
from app.seats.rules import who_moves_up
from app.seats.shapes import Keeping, Promotion, Waiting
from app.validation.refusals import Refused

NO_LATER = timedelta(hours=24)  # before the start: then whoever fits shall come

_FREE = """
SELECT capacity, seats_taken, revision, held_after_hours, held_after_passes, held_for_hours, starts_at, kept_until
FROM event WHERE id = $1 AND seats_waiting > 0 AND state = 'published' AND ends_at > $2
"""
_KEEP = "UPDATE event SET kept_until = $2 WHERE id = $1 RETURNING id"
_KEEP_FOR_NOBODY = """
UPDATE event SET kept_until = NULL WHERE id = $1 AND kept_until IS NOT NULL AND seats_waiting = 0 RETURNING id
"""
_KEEP_FOR = "UPDATE registration SET kept_until = $2 WHERE id = $1 AND kept_until IS NULL RETURNING id"
_KEPT_TOO_LONG = "SELECT id FROM event WHERE kept_until <= $1"
_WAITING = """
SELECT id, party, children, take_what_there_is, passed_over, created_at, pickup_point, kept_until FROM registration
WHERE event = $1 AND state = 'waiting'
"""
_NOT_ASIDE = "AND set_aside_at IS NULL"
# who fits, or has waited for so long that places are kept; the others only let them pass
_CONCERNED = f"""
{_WAITING} {_NOT_ASIDE} AND (CAST($2 AS INTEGER) IS NULL OR party <= $2 OR take_what_there_is OR kept_until IS NOT NULL
  OR passed_over >= $3 OR created_at <= $4) ORDER BY wait_position, created_at, id LIMIT $5
"""
_PASSED = f"""
UPDATE registration SET passed_over = passed_over + 1 WHERE event = $1 AND state = 'waiting' {_NOT_ASIDE}
  AND (wait_position, created_at, id) < (SELECT wait_position, created_at, id FROM registration WHERE id = $2)
  AND id NOT IN ({{places}})
"""
FIRST = 50  # parties that are looked at before more are
_LET_IN = """
UPDATE registration SET set_aside_at = NULL
WHERE event = $1 AND source = $2 AND set_aside_at IS NOT NULL AND state = 'waiting' RETURNING party
"""
_UP = """
UPDATE event SET seats_taken = seats_taken + $2, seats_waiting = seats_waiting - $3 WHERE id = $1 RETURNING id
"""
_TICKETS = """
SELECT id, child, EXISTS (SELECT 1 FROM admission WHERE admission.ticket = ticket.id) AS admitted FROM ticket
WHERE registration = $1 AND state = 'waiting' ORDER BY number
"""
_CONFIRM = """
UPDATE registration SET state = 'confirmed', party = $2, children = $3, pickup_point = $4,
  wait_position = NULL, set_aside_at = NULL, revision = $5 WHERE id = $1 RETURNING id
"""
_FIRST = """
UPDATE registration SET set_aside_at = NULL,
  wait_position = (SELECT min(other.wait_position) - 1 FROM registration AS other
  WHERE other.event = $1 AND other.state = 'waiting')
WHERE id = $2 AND event = $1 AND state = 'waiting' RETURNING id
"""


async def promote_waiting(event: UUID) -> None:
    """Move waiting parties up into free places; call it inside the transaction that freed them."""
    rows = await fetch(_FREE, event, now())
    if not rows:
        await fetch(_KEEP_FOR_NOBODY, event)
        return
    row, moment = rows[0], now()
    keeping = Keeping(
        timedelta(hours=row["held_after_hours"]),
        row["held_after_passes"],
        timedelta(hours=row["held_for_hours"]),
        row["starts_at"] - NO_LATER,
        row["capacity"],
    )
    free = None if row["capacity"] is None else max(0, row["capacity"] - row["seats_taken"])
    moves = await _moves(event, free, moment, keeping)
    revision = row["revision"]
    if moves.promoted and free is not None:
        up = [party.id for party, _ in moves.promoted]
        await fetch(_PASSED.format(places=places(up, 3)), event, up[-1], *up)
    for party, seats in moves.promoted:
        await _promote(event, party, seats, revision)
    await _keep(event, row["kept_until"], moves)


async def _moves(event: UUID, free: int | None, moment: datetime, keeping: Keeping) -> Promotion:
    """Who moves up, found without reading a long list to its end."""
    if free == 0:
        return Promotion()
    limit, waited = FIRST, moment - keeping.after
    while True:
        queue = await fetch(_CONCERNED, event, free, keeping.passes, waited, limit)
        moves = who_moves_up(msgspec.convert(queue, list[Waiting], strict=False), free, moment, keeping)
        over = moves.keeper or sum(seats for _, seats in moves.promoted) == free
        if over or len(queue) < limit:
            return moves
        limit *= 8


async def _keep(event: UUID, before: datetime | None, moves: Promotion) -> None:
    """Write down for whom places are kept and until when; a party has that once."""
    if moves.keeper and moves.kept_until:
        await fetch(_KEEP_FOR, moves.keeper, moves.kept_until)
    if moves.kept_until != before:
        await fetch(_KEEP, event, moves.kept_until)


async def end_keeping() -> int:
    """Let the next who fit move up where places were kept for long enough; returns in how many events."""
    rows = await fetch(_KEPT_TOO_LONG, now())
    for row in rows:
        async with hold(row["id"], even_deleted=True) as held:
            await fetch(_KEEP, held.event, None)
            await promote_waiting(held.event)
    return len(rows)


async def _promote(event: UUID, party: Waiting, seats: int, revision: int) -> None:
    """Give a waiting party its places, and the bus if it still has room for all of them; it hears of it."""
    bus = party.pickup_point if party.pickup_point and await take_bus(party.pickup_point, seats) else None
    await fetch(_UP, event, seats, party.party)
    tickets = await fetch(_TICKETS, party.id)
    kept = sorted(tickets, key=lambda ticket: not ticket["admitted"])[:seats]  # who is inside already stays
    await fetch(
        f"UPDATE ticket SET revision = $2, state = CASE WHEN id IN ({places(kept, 3)}) THEN 'valid' ELSE 'given_up' END"
        " WHERE registration = $1 AND state = 'waiting' RETURNING id",
        party.id,
        revision,
        *(ticket["id"] for ticket in kept),
    )
    await fetch(_CONFIRM, party.id, seats, sum(1 for ticket in kept if ticket["child"]), bus, revision)
    await record(Kind.MOVED_UP, RULE, party.id, event, news=News(subject=party.id), party=seats)


async def let_in(event: UUID, source: str) -> int:
    """Who was set aside from this source is judged like everybody else, in order of arrival; returns how many people.

    Call it under `hold`.
    """
    people = sum(int(row["party"]) for row in await fetch(_LET_IN, event, source))
    await promote_waiting(event)
    return people


async def move_up(event: UUID, registration: UUID, reason: Said, by: Actor) -> None:
    """Give a waiting party its places by hand, before others; raises Refused where there are not enough."""
    async with hold(event, ("capacity", "seats_taken")) as held:
        rows = await fetch(f"{_WAITING} AND id = $2", event, registration)
        if not rows:
            raise Refused("not_waiting")
        party = msgspec.convert(rows[0], Waiting, strict=False)
        capacity, taken = held.facts["capacity"], held.facts["seats_taken"]
        if capacity is not None and taken + party.party > capacity:
            raise Refused("not_enough_places", free=max(0, capacity - taken), party=party.party)
        await _promote(event, party, party.party, held.revision)
        await record(Kind.MOVED_UP_BY_HAND, by, registration, event, said=reason)


async def move_first(event: UUID, registration: UUID, reason: Said, by: Actor) -> None:
    """Put a waiting party before all others; whoever then fits moves up at once."""
    async with hold(event):
        if not await fetch(_FIRST, event, registration):
            raise Refused("not_waiting")
        await record(Kind.MOVED_FIRST_BY_HAND, by, registration, event, said=reason)
        await promote_waiting(event)
