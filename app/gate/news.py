"""What of gates needs a look, over many events at once. SQL by name: two counts over phones and scans, grouped."""

from uuid import UUID

import msgspec

from app.database.connection import fetch
from app.database.rows import places, uuid_of

_CONFLICTS = """
SELECT event, count(*) AS number FROM scan
WHERE conflict AND NOT undone AND acknowledged_at IS NULL AND event IN ({places}) GROUP BY event
"""
_WAITING = """
SELECT pairing.event, sum(gate_device.scans_waiting) AS number
FROM gate_device JOIN pairing ON pairing.id = gate_device.pairing
WHERE pairing.revoked_at IS NULL AND pairing.event IN ({places}) GROUP BY pairing.event
"""


class GateNews(msgspec.Struct):
    """Of an event's gate: conflicts that nobody looked at, and scans that wait in phones."""

    conflicts: int = 0
    scans_waiting: int = 0


async def gate_news(events: list[UUID]) -> dict[UUID, GateNews]:
    """The events of these at whose gates something waits for a look."""
    found: dict[UUID, GateNews] = {}
    if events:
        for row in await fetch(_CONFLICTS.format(places=places(events)), *events):
            found.setdefault(uuid_of(row["event"]), GateNews()).conflicts = int(row["number"])
        for row in await fetch(_WAITING.format(places=places(events)), *events):
            found.setdefault(uuid_of(row["event"]), GateNews()).scans_waiting = int(row["number"])
    return found
