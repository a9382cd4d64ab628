"""The opening minute: 20,000 page views and 2,000 registrations by the form in 60 seconds on one worker.

`python -m tests.bench.rush [postgres]` prints a table: errors, waits, oversell, fairness, CPU. Requests come when they
come (open loop), from 200 connections; a person reads the form for two seconds before sending it.
"""

import asyncio
import random
import re
import time
from collections.abc import Awaitable, Callable
from urllib.parse import urlencode

import httpx

from tests.bench.__main__ import Wire, bench_server, cpu, from_anywhere
from tests.world import festival

SECONDS, VIEWS, REGISTRATIONS, CONNECTIONS = 60, 20_000, 2_000, 200
READING = 2.0
CAPACITY = 3_000
PAGE = {"accept-encoding": "gzip", "accept": "text/html"}
FORM = {**PAGE, "content-type": "application/x-www-form-urlencoded", "sec-fetch-site": "same-origin"}
NONCE = re.compile(rb'name="nonce" value="([^"]+)"')


class Rush:
    """What happened: waits by kind, and every answer that was not what a person hopes for."""

    def __init__(self, port: int, slug: str) -> None:
        self.port, self.slug = port, slug
        self.free: asyncio.Queue[Wire] = asyncio.Queue()
        self.waits: dict[str, list[float]] = {"page": [], "form": [], "sent": []}
        self.wrong: dict[str, int] = {}
        self.sizes: list[int] = []

    async def ask(self, kind: str, method: str, path: str, headers: dict[str, str], body: bytes = b"") -> bytes:
        came = time.perf_counter()
        wire = await self.free.get()
        try:
            status, answer = await wire.ask(method, path, headers, body)
        finally:
            self.free.put_nowait(wire)
        self.waits[kind].append(time.perf_counter() - came)
        if status not in {200, 303, 304}:
            self.wrong[f"{kind} {status}"] = self.wrong.get(f"{kind} {status}", 0) + 1
        return answer

    async def view(self) -> None:
        path = random.choice((f"/km/events/{self.slug}", f"/km/events/{self.slug}", "/km/korea/"))
        await self.ask("page", "GET", path, PAGE)

    async def register(self) -> None:
        path = f"/km/events/{self.slug}/register"
        found = NONCE.search(await self.ask("form", "GET", path, {"accept": "text/html"}))
        if found is None:
            return
        await asyncio.sleep(READING)
        size = random.choice((1, 1, 2, 2, 3, 5))
        self.sizes.append(size)
        fields = {"nonce": found[1].decode(), "name": "សុខ ដារ៉ា", "party": size, "accept_waiting": "on"}
        await self.ask("sent", "POST", path, {**FORM, **from_anywhere()}, urlencode(fields).encode())

    async def run(self) -> None:
        for _ in range(CONNECTIONS):
            self.free.put_nowait(await Wire().open(self.port))
        began, tasks = time.perf_counter(), []
        events: list[tuple[float, Callable[[], Awaitable[None]]]] = [
            *((random.uniform(0, SECONDS), self.view) for _ in range(VIEWS)),
            *((random.uniform(0, SECONDS - READING), self.register) for _ in range(REGISTRATIONS)),
        ]
        for at, act in sorted(events, key=lambda event: event[0]):
            await asyncio.sleep(max(0.0, began + at - time.perf_counter()))
            tasks.append(asyncio.ensure_future(act()))
        await asyncio.gather(*tasks)


def percentile(waits: list[float], share: float) -> float:
    return sorted(waits)[int((len(waits) - 1) * share)] * 1000 if waits else 0.0


def main() -> None:
    """Run once and print."""
    random.seed(1)
    with bench_server() as served:
        with httpx.Client(base_url=served.base, headers={"authorization": f"Bearer {served.token}"}) as api:
            event = api.post("/api/v1/events", json=festival(capacity=CAPACITY)).json()
            api.post(f"/api/v1/events/{event['slug']}/publish")
            rush = Rush(served.port, event["slug"])
            assert served.process
            used, began = cpu(served.process.pid), time.perf_counter()
            asyncio.run(rush.run())
            wall, spent = time.perf_counter() - began, cpu(served.process.pid) - used
            stats = api.get(f"/api/v1/events/{event['slug']}/stats").json()
        recount = served.bon("doctor", check=False).stdout
    print(f"{VIEWS} views and {REGISTRATIONS} registrations in {wall:.0f} s, {spent:.0f} s of CPU")
    print(f"{'':10}{'asked':>8}{'p50 ms':>10}{'p99 ms':>10}{'most ms':>10}")
    for kind, waits in rush.waits.items():
        row = (percentile(waits, 0.5), percentile(waits, 0.99), percentile(waits, 1))
        print(f"{kind:10}{len(waits):>8}" + "".join(f"{each:>10.1f}" for each in row))
    wished = sum(rush.sizes)
    print(f"not answered as hoped: {rush.wrong or 'none'}")
    print(f"wished {wished}, registered {stats['registered']} of {CAPACITY}, waiting {stats['waiting']}")
    print(f"nobody lost or doubled: {stats['registered'] + stats['waiting'] == wished}")
    print("recount:", next((line for line in recount.splitlines() if "seat" in line.lower()), recount[-200:]))


if __name__ == "__main__":
    main()
