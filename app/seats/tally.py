"""An event's tally: written under its row once it has ended, and again where a phone delivers late; kept for good.

SQL by name: these statements read what counts of an event whole, whether its people are erased or not.
"""

from uuid import UUID, uuid4

import msgspec

from app.database.connection import fetch, insert, now
from app.database.rows import json_of, uuid_of
from app.seats.hold import Held, hold
from app.seats.measures import Count, Happened, Person, count
from models.events import Tally

_PEOPLE = """
SELECT
  ticket.registration, registration.created_at AS registered_at, registration.language, ticket.state, ticket.child,
  registration.pickup_point, registration.invitation,
  EXISTS (SELECT 1 FROM admission WHERE admission.ticket = ticket.id) AS admitted
FROM ticket JOIN registration ON registration.id = ticket.registration WHERE ticket.event = $1
"""
_MOVED_UP = "SELECT at, facts FROM audit_entry WHERE event = $1 AND action = 'moved_up'"
_ADMISSIONS = "SELECT admitted_at AS at, day FROM admission WHERE event = $1 AND day NOT LIKE '+%'"
_WALK_INS = "SELECT counted_at AS at, size AS people FROM walk_in WHERE event = $1 AND NOT undone"
_ENDED = """
SELECT id FROM event WHERE ends_at <= $1 AND state <> 'draft'
  AND (tallied_revision IS NULL OR tallied_revision < revision)
"""
_STORED = "SELECT day, measure, key, people FROM tally WHERE event = $1 ORDER BY day, measure, key"
_TALLIED = "UPDATE event SET tallied_revision = revision WHERE id = $1 RETURNING id"
_STILL = "UPDATE event SET tallied_revision = revision WHERE id = $1 AND tallied_revision = revision - 1 RETURNING id"
_TO_CHECK = "SELECT id, slug, time_zone FROM event WHERE tallied_revision = revision"


async def tally_ended() -> int:
    """Write the tally of every event that has ended, and of those where something came later; returns how many."""
    rows = await fetch(_ENDED, now())
    for row in rows:
        async with hold(uuid_of(row["id"]), ("time_zone",)) as held:
            await write_tally(held)
    return len(rows)


async def write_tally(held: Held) -> None:
    """Count anew and keep it in place of what was there; call it under `hold` with the event's time zone."""
    counts = await counted(held.event, held.facts["time_zone"])
    await fetch("DELETE FROM tally WHERE event = $1", held.event)
    await insert(
        Tally,
        *(
            {
                "id": uuid4(),
                "event": held.event,
                "day": each.day,
                "measure": each.measure.value,
                "key": each.key,
                "people": each.people,
            }
            for each in counts
        ),
    )
    await fetch(_TALLIED, held.event)


async def ensure_tally(held: Held) -> None:
    """Write the tally unless nothing has changed since; call it under `hold` with zone and `tallied_revision`."""
    if held.facts["tallied_revision"] != held.revision - 1:
        await write_tally(held)


async def still_tallied(event: UUID) -> None:
    """What this transaction under `hold` does changes none of the counts."""
    await fetch(_STILL, event)


async def tally_of(event: UUID) -> list[Count] | None:
    """What is kept of an event; None until it has ended and was counted."""
    kept = await fetch(_STORED, event)
    return sorted(msgspec.convert(kept, list[Count], strict=False)) if kept else None


async def mistallied() -> list[str]:
    """The slugs of events whose kept tally is not what their rows say."""
    return [
        row["slug"]
        for row in await fetch(_TO_CHECK)
        if (await tally_of(uuid_of(row["id"])) or []) != await counted(uuid_of(row["id"]), row["time_zone"])
    ]


async def moved_up(event: UUID) -> list[Happened]:
    """Who moved up from an event's waiting list."""
    return [Happened(row["at"], _party(row["facts"])) for row in await fetch(_MOVED_UP, event)]


async def counted(event: UUID, time_zone: str) -> list[Count]:
    """What counts of an event by now."""
    return count(
        time_zone,
        msgspec.convert(await fetch(_PEOPLE, event), list[Person], strict=False),
        moved_up=await moved_up(event),
        admissions=[Happened(row["at"], day=row["day"]) for row in await fetch(_ADMISSIONS, event)],
        walk_ins=[Happened(row["at"], int(row["people"])) for row in await fetch(_WALK_INS, event)],
    )


def _party(facts: str) -> int:
    return int(json_of(facts)["party"])
