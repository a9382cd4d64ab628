"""Copies and purge of 20,000 registrations: `python -m tests.bench.copies [postgres URL [other postgres URL]]`.

Wall and CPU seconds of each command, in a process of its own (a server's CPU is not in it); the floor is copying the
SQLite file. The second address is an empty database for the restore and the move.
"""

import asyncio
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import httpx

from app.database.connection import fetch
from app.database.migrations import migrate
from app.database.ready import ready
from app.settings import Settings
from tests.bench.desk import PEOPLE, attache, people
from tests.served import BON, ROOT, Served
from tests.world import PASSWORD, SECRET, World, settings_for


async def fill(settings: Settings) -> str:
    """One event with PEOPLE registrations, half of whom came; returns the slug of another that is still to be."""
    async with ready(settings):
        await migrate()
    async with World.on(settings) as world:
        await attache(world)
        event = await world.event(capacity=None)
        await people(world.app.state.keyring, UUID(event["id"]))
        past = datetime.now(UTC) - timedelta(days=20)
        moved = "UPDATE event SET starts_at = $1, ends_at = $2"
        await fetch(moved, past - timedelta(hours=8), past)  # over for long enough to be purged
        return str((await world.event(capacity=None))["slug"])


class Phone(threading.Thread):
    """Looks at an event's page and registers, over and over, one after the other; how long each took."""

    def __init__(self, base: str, slug: str) -> None:
        super().__init__(daemon=True)
        self.base, self.slug, self.over = base, slug, threading.Event()
        self.took: dict[str, list[float]] = {"page": [], "registration": []}

    def run(self) -> None:
        with httpx.Client(base_url=self.base, timeout=30) as client:
            while not self.over.is_set():
                self._timed("page", client.get(f"/en/events/{self.slug}/register"))
                body = {"name": "Sok", "party": 1}
                self._timed("registration", client.post(f"/api/v1/events/{self.slug}/registrations", json=body))
                self.over.wait(0.02)

    def _timed(self, what: str, answer: httpx.Response) -> None:
        answer.raise_for_status()
        self.took[what].append(answer.elapsed.total_seconds())

    def told(self, name: str) -> None:
        """Stop, and print what it saw."""
        self.over.set()
        self.join()
        for what, took in self.took.items():
            took.sort()
            p50, p99 = (1000 * took[int(len(took) * part)] for part in (0.5, 0.99))
            print(f"{what + ' ' + name:32} p50 {p50:.1f} p99 {p99:.1f} max {1000 * took[-1]:.1f} ms of {len(took)}")


def purge_beside_pages(folder: Path, url: str, slug: str) -> None:
    """What a phone notices of a purge."""
    with Served(folder, url) as served:
        served.env["BON_WORKER"] = "off"
        served.start()
        alone = Phone(served.base, slug)
        alone.start()
        time.sleep(8)
        alone.told("alone")
        beside = Phone(served.base, slug)
        beside.start()
        timed("bon purge", folder, url, "purge", "--yes")
        beside.told("beside it")


def timed(name: str, folder: Path, url: str, *words: str) -> None:
    """Run a command and print what it took."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    env = {**os.environ, "BON_DATA_DIR": str(folder), "BON_DATABASE_URL": url, "BON_SECRET": SECRET}
    env["BON_BACKUP_PASSPHRASE"] = PASSWORD
    subprocess.run([*BON, *words], env=env, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    wall, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(f"{name:32} {wall:6.1f} s wall {spent:6.1f} s CPU, at most {after.ru_maxrss / 1024:.0f} MB")


def main(url: str = "", other: str = "") -> None:
    """Run once and print."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        here, there, third = (folder / name for name in ("here", "there", "third"))
        for each in (here, there, third):
            each.mkdir()
        slug = asyncio.run(fill(settings_for(here, url)))
        if not url:
            began = time.perf_counter()
            shutil.copyfile(here / "bon.sqlite", folder / "copy")
            print(f"copy of the file (floor)         {time.perf_counter() - began:6.1f} s wall")
        timed("bon doctor", here, url, "doctor")
        timed(f"bon backup, {PEOPLE} registrations", here, url, "backup", str(folder / "bon.tar"))
        print(f"{(folder / 'bon.tar').stat().st_size / 1e6:.1f} MB")
        timed("bon restore", there, other if url else "", "restore", str(folder / "bon.tar"))
        target = other.replace("bon_other", "bon_third") if other else f"sqlite:///{third / 'bon.sqlite'}"
        timed("bon move", here, url, "move", target)
        purge_beside_pages(here, url, slug)


if __name__ == "__main__":
    main(*sys.argv[1:])
