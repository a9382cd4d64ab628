"""What grows with what is stored: `python -m tests.bench.growth [most] [postgres URL]`; CPU ms of this process.

One event with 200, 2,000, 20,000 and 200,000 parties; before each answer something of the event has changed, so that
nothing is answered from what was counted before. Then joining and being refused behind 10 to 10,000 waiting parties.
"""

import asyncio
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx

from app.database.connection import fetch
from app.database.migrations import migrate
from app.database.ready import ready
from app.seats import counts
from tests.bench.desk import attache, people
from tests.world import World, settings_for

SIZES, WAITING, ROUNDS = (200, 2_000, 20_000, 200_000), (10, 1_000, 10_000), 9
_TOUCH = "UPDATE event SET revision = revision + 1 WHERE id = $1 RETURNING revision"
_MOVED = "UPDATE registration SET revision = $2 WHERE id IN (SELECT id FROM registration WHERE event = $1 LIMIT 3)"
_QUEUE = """
INSERT INTO registration (id, event, number, short_code, party, state, wait_position, take_what_there_is, passed_over,
  children, last_ticket, language, created_at, consented_at)
SELECT $2, $1, $3, $4, 9, 'waiting', $5, false, 0, 0, 9, 'km', $6, $6
"""

Ask = Callable[[], Awaitable[httpx.Response]]
Client = httpx.AsyncClient


async def cost(event: UUID, ask: Ask) -> float:
    """CPU ms of an answer, the median; the event has changed before each."""
    spent = []
    for _ in range(ROUNDS):
        revision = (await fetch(_TOUCH, event))[0]["revision"]
        await fetch(_MOVED, event, revision)
        counts._kept.clear()
        began = time.process_time()
        answer = await ask()
        spent.append(time.process_time() - began)
        assert answer.status_code < 300 or answer.status_code == 409, answer.text
    return sorted(spent)[ROUNDS // 2] * 1000


def asks(event: dict[str, Any], desk: Client, api: Client, gate: Client) -> dict[str, Ask]:
    """What is asked of an event."""
    here, body = f"/desk/events/{event['slug']}", {"name": "Sok", "party": 1}

    async def delta() -> httpx.Response:
        (row,) = await fetch("SELECT revision FROM event WHERE id = $1", UUID(event["id"]))
        return await gate.get("/gate/api/roster", params={"since": row["revision"] - 1})

    return {
        "event's page at the desk": lambda: desk.get(here),
        "lists": lambda: desk.get(f"{here}/registrations"),
        "list of all": lambda: desk.get(f"{here}/registrations?show=all"),
        "stats": lambda: api.get(f"/api/v1/events/{event['slug']}/stats"),
        "walk-in": lambda: gate.post("/gate/api/walk-ins", json={"nonce": uuid4().hex, "size": 2}),
        "roster's delta": delta,
        "registration": lambda: api.post(f"/api/v1/events/{event['slug']}/registrations", json=body),
    }


async def events_of(world: World, most: int) -> None:
    """The first table."""
    print(f"| CPU ms at … parties | {' | '.join(f'{size:,}' for size in SIZES if size <= most)} | growth |")
    rows: dict[str, list[float]] = {}
    for size in [each for each in SIZES if each <= most]:
        event = await world.event(capacity=None)
        await people(world.app.state.keyring, UUID(event["id"]), size)
        device = await world.gate(event)
        async with world.desk("korea") as desk, world.api("korea") as api, world.phone(device["token"]) as gate:
            for name, ask in asks(event, desk, api, gate).items():
                rows.setdefault(name, []).append(await cost(UUID(event["id"]), ask))
    for name, spent in rows.items():
        print(f"| {name:26} | {' | '.join(f'{each:6.2f}' for each in spent)} | {spent[-1] / spent[0]:.1f} x |")


async def queues_of(world: World) -> None:
    """The second table."""
    rows: dict[str, list[float]] = {"joining": [], "refused": []}
    for size in WAITING:
        event = await world.event(capacity=10, party_limit=9)
        row, path = UUID(event["id"]), f"/api/v1/events/{event['slug']}/registrations"
        await world.party(event, 8)
        (found,) = await fetch("SELECT created_at FROM registration WHERE event = $1", row)
        for place in range(size):
            await fetch(_QUEUE, row, uuid4(), uuid4().hex[:16], f"Q{place:05}", place + 1, found["created_at"])
        await fetch("UPDATE event SET seats_waiting = $2, revision = revision + $2 WHERE id = $1", row, 9 * size)
        async with world.stranger as worker:
            for name, sent in (("joining", {"accept_waiting": True}), ("refused", {})):
                rows[name].append(await cost(row, partial(worker.post, path, json={"name": "Sok", "party": 3, **sent})))
    print(f"| CPU ms behind … waiting | {' | '.join(f'{size:,}' for size in WAITING)} | growth |")
    for name, spent in rows.items():
        print(f"| {name:26} | {' | '.join(f'{each:6.2f}' for each in spent)} | {spent[-1] / spent[0]:.1f} x |")


async def main(most: int = SIZES[-1], database_url: str = "") -> None:
    """Run once and print."""
    with tempfile.TemporaryDirectory() as folder:
        settings = settings_for(Path(folder), database_url)
        async with ready(settings):
            await migrate()
        async with World.on(settings) as world:
            await attache(world)
            await queues_of(world)
            await events_of(world, most)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if sys.argv[1:] else SIZES[-1], *sys.argv[2:3]))
