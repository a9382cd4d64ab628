"""An event's places and a bus's seats: taken and queued by one conditional UPDATE each, whose row is the verdict."""

from datetime import datetime
from uuid import UUID

from app.database.connection import fetch
from app.database.rows import places
from models.states import RegistrationState

OPEN = """
state = 'published' AND NOT registration_paused AND ends_at > $3
AND (registration_opens_at IS NULL OR registration_opens_at <= $3)
AND (registration_closes_at IS NULL OR registration_closes_at > $3)
"""
STILL_ON = "state = 'published' AND ends_at > $3"  # for who books by hand: an attaché need not keep to the window
_MORE = {
    RegistrationState.CONFIRMED: """
UPDATE event SET seats_taken = seats_taken + $2
WHERE id = $1 AND (capacity IS NULL OR seats_taken + $2 <= capacity) AND {open}
  AND (seats_waiting = 0 OR NOT EXISTS (SELECT 1 FROM registration
    WHERE registration.event = $1 AND registration.state = 'waiting' AND registration.set_aside_at IS NULL))
RETURNING id
""",
    RegistrationState.WAITING: """
UPDATE event SET seats_waiting = seats_waiting + $2 WHERE id = $1 AND {open} RETURNING id
""",
}
_FREE = {
    RegistrationState.CONFIRMED: "UPDATE event SET seats_taken = seats_taken - $2 WHERE id = $1 RETURNING id",
    RegistrationState.WAITING: "UPDATE event SET seats_waiting = seats_waiting - $2 WHERE id = $1 RETURNING id",
}
_LEFT = """
SELECT CASE WHEN capacity IS NULL OR seats_taken >= capacity OR (seats_waiting > 0 AND kept_until > $2) THEN 0
  ELSE capacity - seats_taken END AS places FROM event WHERE id = $1
"""
_TAKE_SEATS = """
UPDATE pickup_point SET seats_taken = seats_taken + $2 WHERE id = $1 AND (seats IS NULL OR seats_taken + $2 <= seats)
"""
_TAKE_BUS = f"{_TAKE_SEATS} RETURNING id"
TAKE_BUS_IN_TIME = f"{_TAKE_SEATS} AND EXISTS (SELECT 1 FROM head) RETURNING id"  # the event first, as everywhere
_LEAVE_BUS = "UPDATE pickup_point SET seats_taken = seats_taken - $2 WHERE id = $1 RETURNING id"


async def take_more(
    event: UUID, state: RegistrationState, people: int, moment: datetime, *, by_hand: bool = False
) -> bool:
    """Places (or places in the queue) for more people of a party, all or none; call it under `hold`."""
    return bool(await fetch(_MORE[state].format(open=STILL_ON if by_hand else OPEN), event, people, moment))


async def free(event: UUID, state: RegistrationState, people: int) -> None:
    """Places that people of a party in this state no longer have; call it under `hold`."""
    await fetch(_FREE[state], event, people)


async def left(event: UUID, moment: datetime) -> int:
    """Places that somebody who comes now could have; none while they are kept for a party that waits."""
    return int((await fetch(_LEFT, event, moment))[0]["places"])


async def take_bus(bus: UUID, people: int) -> bool:
    """Seats in a bus for all of them, or none."""
    return bool(await fetch(_TAKE_BUS, bus, people))


async def forget_buses(revision: int, buses: list[UUID]) -> None:
    """Buses that are no more, and that nobody has a seat in: whoever wished for one comes without."""
    await fetch(
        f"UPDATE registration SET pickup_point = NULL, revision = $1 WHERE pickup_point IN ({places(buses, 2)})",
        revision,
        *buses,
    )


async def leave_bus(bus: UUID, people: int) -> None:
    """Seats in a bus that people no longer have."""
    await fetch(_LEAVE_BUS, bus, people)
