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
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from app.accounts import actions as accounts
from app.activity.record import OPERATOR
from app.database.connection import fetch, migrate
from app.database.ready import ready
from app.settings import Settings
from tests.bench.desk import PEOPLE, people
from tests.served import BON, ROOT
from tests.world import PASSWORD, SECRET, World, settings_for


async def fill(settings: Settings) -> None:
    """One event with PEOPLE registrations, half of whom came."""
    async with ready(settings):
        await migrate()
    async with World.on(settings) as world:
        await accounts.add_account("bench@bon.example", "Bench", "attache", PASSWORD, OPERATOR)
        await accounts.add_posting("bench@bon.example", "KR", OPERATOR)
        world.tokens["korea"] = await accounts.add_token("bench@bon.example", OPERATOR)
        event = await world.event(capacity=None)
        await people(world.app.state.keyring, UUID(event["id"]))
        past = datetime.now(UTC) - timedelta(days=20)
        moved = "UPDATE event SET starts_at = $1, ends_at = $2"
        await fetch(moved, past - timedelta(hours=8), past)  # over for long enough to be purged


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
        asyncio.run(fill(settings_for(here, url)))
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
        timed("bon purge", here, url, "purge", "--yes")


if __name__ == "__main__":
    main(*sys.argv[1:])
