"""A public event as it is at this moment: its texts kept in the process, its numbers read each time.

SQL by name: each registration and page reads an event; all of its columns anew would cost them 0.2 ms.
"""

from typing import Any
from uuid import UUID

import msgspec

from app.database.connection import fetch, in_transaction
from app.database.rows import uuid_of
from app.events.queries import PUBLIC, event_by_id, keeps
from app.events.shapes import EventRow
from app.validation.refusals import Refused

# what an event's content hangs on beside its revision: its country's names, and what a clock turns
_CONTENT = (
    "content_revision",
    "state",
    "starts_at",
    "ends_at",
    "registration_opens_at",
    "registration_closes_at",
    "registration_paused",
    "capacity",
    "country_slug",
    "country_names",
)
_PRESENT = f"""
SELECT event.id, revision, seats_taken, seats_waiting, kept_until, {", ".join(_CONTENT[:-2])},
  host_country.slug AS country_slug, host_country.names AS country_names
FROM event JOIN host_country ON host_country.code = event.host_country WHERE event.slug = $1 AND {PUBLIC}
"""
_BUS_SEATS = "SELECT id, seats_taken FROM pickup_point WHERE event = $1"
MOST_KEPT = 500  # events, about 5 kB each
_written: dict[UUID, tuple[tuple[Any, ...], EventRow]] = {}


async def public_event(slug: str) -> EventRow:
    """A published or cancelled event; raises Refused "not_found".

    What people wrote of it is kept in the process by its content's revision; what others changed is read each time.
    """
    rows = await fetch(_PRESENT, slug)
    if not rows:
        raise Refused("not_found")
    present = rows[0]
    content = tuple(present[name] for name in _CONTENT)
    known = None if in_transaction() else _written.get(present["id"])
    if known is None or known[0] != content:
        event = await event_by_id(uuid_of(present["id"]))
        _remember(content, event)
        return event
    event = known[1]
    if event.revision == present["revision"] and not event.seats_waiting:
        return event
    points = event.pickup_points
    if points and event.revision != present["revision"]:
        taken = {uuid_of(row["id"]): row["seats_taken"] for row in await fetch(_BUS_SEATS, event.id)}
        points = tuple(msgspec.structs.replace(point, seats_taken=taken.get(point.id, 0)) for point in points)
    numbers = {name: present[name] for name in ("revision", "seats_taken", "seats_waiting")}
    return msgspec.structs.replace(event, keeps=keeps(present), pickup_points=points, **numbers)


def _remember(content: tuple[Any, ...], event: EventRow) -> None:
    """Not what a transaction sees that may be undone, nor what has changed since its content was read."""
    if not in_transaction() and content[_CONTENT.index("content_revision")] == event.content_revision:
        _written[event.id] = (content, event)
        if len(_written) > MOST_KEPT:
            _written.pop(next(iter(_written)))
