"""Messages under load and under kills: `python -m tests.bench.messages [postgres URL]`.

An instant SMTP server takes what worker processes (`BON_WORKER=only bon serve`) send. First one process alone: messages
a second and its CPU each. Then an announcement to many parties: how long until it is fanned out, and what the desk's
page takes after ten. Then what pages and registrations take while the same process sends. Then two processes of which
one is killed every few seconds, until everything has arrived: whoever got none, or a second one with another id, is
counted, and every double.
"""

import asyncio
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx

from app.activity.record import OPERATOR
from app.database.connection import fetch, insert, opened, write
from app.database.engines import engine_for
from app.database.migrations import migrate
from app.messages.actions import write_letter
from app.messages.fanning import fan_out
from app.messages.shapes import Audience
from app.registrations.codes import draw_short_code
from app.registrations.reach import hash_of
from app.security.keyring import Keyring, load
from app.security.sealing import new_key
from app.settings import Settings
from models.guards import DataKey
from models.registrations import Reach, Registration
from models.states import Channel
from tests.receivers import Mailbox, mailbox
from tests.served import BON, ROOT, free_port
from tests.world import World, settings_for

ALONE, MANY, KILLED = 2_000, 20_000, 5_000
LETTERS = 10  # to all of them, before somebody looks
KILLS, EVERY = 20, (0.7, 3.0)  # seconds between two kills
CHUNK = 500
TICK = os.sysconf("SC_CLK_TCK")


async def event_with(world: World, people: int, keyring: Keyring) -> UUID:
    """An event with so many parties of one, each with a confirmed e-mail address."""
    event = UUID((await world.event(capacity=None))["id"])
    codes, moment = set[str](), datetime.now(UTC)
    while len(codes) < people:
        codes.add(draw_short_code())
    for first in range(0, people, CHUNK):
        rows: dict[type[Any], list[dict[str, Any]]] = {Registration: [], DataKey: [], Reach: []}
        for index in range(first, min(people, first + CHUNK)):
            party, reach = uuid4(), uuid4()
            key, address = new_key(keyring, party), f"p{index}@{event.hex[:8]}.example.org"
            rows[Registration].append(
                {
                    "id": party, "event": event, "number": os.urandom(8).hex(), "short_code": codes.pop(), "party": 1,
                    "state": "confirmed", "sealed_name": "", "language": random.choice(("km", "en")),
                    "consented_at": moment, "created_at": moment,
                }
            )  # fmt: skip
            rows[DataKey].append({"subject": party, "sealed_key": key.sealed})
            rows[Reach].append(
                {
                    "id": reach, "registration": party, "channel": "e-mail", "consented_at": moment,
                    "sealed_address": key.seal(address, f"reach.sealed_address:{reach}"), "confirmed_at": moment,
                    "address_hash": hash_of(keyring, event, Channel.EMAIL, address),
                }
            )  # fmt: skip
        async with write():
            for table, some in rows.items():
                await insert(table, *some)
    return event


class Workers:
    """Worker processes of an installation."""

    def __init__(self, settings: Settings, port: int) -> None:
        self.env = {name: value for name, value in os.environ.items() if not name.startswith("BON_")}
        self.env |= {
            "BON_DATA_DIR": str(settings.data_dir), "BON_DATABASE_URL": settings.database_url,
            "BON_SECRET": settings.secret, "BON_WORKER": "only", "BON_SMTP_URL": f"smtp://127.0.0.1:{port}",
            "BON_MAIL_FROM": "bon@example.org",
        }  # fmt: skip
        self.running: list[subprocess.Popen[bytes]] = []

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        """One more."""
        process = subprocess.Popen(
            [*BON, "serve", *words], env=self.env, cwd=ROOT, stdout=subprocess.DEVNULL, start_new_session=True
        )
        self.running.append(process)
        return process

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        """As a power cut would, with every process of it."""
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        self.running.remove(process)

    def stop(self) -> None:
        """End all of them."""
        for process in list(self.running):
            self.kill(process)


def cpu_of(process: subprocess.Popen[bytes]) -> float:
    """Seconds of CPU that a process has taken."""
    fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


async def until(box: Mailbox, people: int, within: float) -> float:
    """Seconds until so many letters have come."""
    began = time.monotonic()
    while len(box.letters) < people and time.monotonic() - began < within:  # noqa: ASYNC110 - letters are no event
        await asyncio.sleep(0.05)
    return time.monotonic() - began


async def alone(world: World, settings: Settings, keyring: Keyring) -> None:
    """One process: messages a second, CPU of each."""
    async with mailbox() as box:
        event = await event_with(world, ALONE, keyring)
        workers = Workers(settings, box.port)
        process = workers.start()
        await asyncio.sleep(3)
        began = cpu_of(process)
        await write_letter(keyring, event, {"km": "សួស្ដី", "en": "Hello"}, Audience(), OPERATOR)
        seconds = await until(box, ALONE, 90)
        spent = cpu_of(process) - began
        workers.stop()
    came = len(box.letters)
    print(f"one process:    {came} of {ALONE}, {came / seconds:.0f} a second, {spent / came * 1000:.2f} ms CPU each")


async def fanned(world: World, keyring: Keyring) -> None:
    """An announcement to many: one row for whoever writes it, and the time until every reach has its message."""
    event = await event_with(world, MANY, keyring)
    began = time.monotonic()
    await write_letter(keyring, event, {"en": "Hello"}, Audience(), OPERATOR)
    wrote = time.monotonic() - began
    began = time.monotonic()
    made = await fan_out([Channel.EMAIL])
    print(f"fan-out:        written in {wrote * 1000:.0f} ms; {made} messages in {time.monotonic() - began:.1f} s")
    for _ in range(LETTERS - 1):
        await write_letter(keyring, event, {"en": "Hello"}, Audience(), OPERATOR)
        await fan_out([Channel.EMAIL])
    await fetch("UPDATE message SET state = 'withheld' WHERE state = 'queued'")
    (row,) = await fetch("SELECT slug FROM event WHERE id = $1", event)
    waited = []
    async with world.desk("korea") as desk:
        for _ in range(7):
            began = time.perf_counter()
            (await desk.get(f"/desk/events/{row['slug']}/messages")).raise_for_status()
            waited.append((time.perf_counter() - began) * 1000)
    print(
        f"the desk's page: {sorted(waited)[3]:.0f} ms of {LETTERS} letters to {MANY} (median; worst {max(waited):.0f})"
    )


def latencies(base: str, slug: str, count: int) -> tuple[float, float]:
    """Milliseconds of the event's page, and of a registration, in the middle of `count` each."""
    with httpx.Client(base_url=base) as client:
        pages, bookings = [], []
        for _ in range(count):
            began = time.perf_counter()
            client.get(f"/en/events/{slug}").raise_for_status()
            pages.append(time.perf_counter() - began)
            began = time.perf_counter()
            sent = {"name": "x", "party": 1}
            client.post(f"/api/v1/events/{slug}/registrations", json=sent).raise_for_status()
            bookings.append(time.perf_counter() - began)
    return sorted(pages)[count // 2] * 1000, sorted(bookings)[count // 2] * 1000


async def beside(world: World, settings: Settings, keyring: Keyring) -> None:
    """What others wait for while one process serves and sends."""
    async with mailbox() as box:
        event = await event_with(world, MANY // 2, keyring)
        (row,) = await fetch("SELECT slug FROM event WHERE id = $1", event)
        workers, port = Workers(settings, box.port), free_port()
        workers.env |= {"BON_WORKER": "auto", "BON_BASE_URL": f"http://127.0.0.1:{port}"}
        workers.start("--port", str(port))
        await asyncio.sleep(4)
        quiet = await asyncio.to_thread(latencies, f"http://127.0.0.1:{port}", row["slug"], 100)
        await write_letter(keyring, event, {"en": "Hello"}, Audience(), OPERATOR)
        await asyncio.sleep(3)
        busy = await asyncio.to_thread(latencies, f"http://127.0.0.1:{port}", row["slug"], 100)
        workers.stop()
    print(
        f"beside sending: page {quiet[0]:.1f} -> {busy[0]:.1f} ms, registration {quiet[1]:.1f} -> {busy[1]:.1f} ms"
        f" (median; {len(box.letters)} letters went out)"
    )
    await fetch("UPDATE announcement SET stopped_at = $1 WHERE event = $2", datetime.now(UTC), event)
    await fetch("UPDATE message SET state = 'withheld' WHERE state IN ('queued', 'sending')")


async def killed(world: World, settings: Settings, keyring: Keyring) -> None:
    """Two processes, one of them killed again and again."""
    async with mailbox() as box:
        event = await event_with(world, KILLED, keyring)
        workers = Workers(settings, box.port)
        await write_letter(keyring, event, {"en": "Hello"}, Audience(), OPERATOR)
        workers.start(), workers.start()
        kills = 0
        while len({each["To"] for each in box.letters}) < KILLED:
            await asyncio.sleep(random.uniform(*EVERY))
            if kills < KILLS and box.letters:
                workers.kill(random.choice(workers.running))
                workers.start()
                kills += 1
        await asyncio.sleep(3)
        workers.stop()
    ids: dict[str, set[str]] = {}
    for each in box.letters:
        ids.setdefault(each["To"], set()).add(each["Message-ID"])
    counted = Counter(each["To"] for each in box.letters)
    doubles = sum(1 for count in counted.values() if count > 1)
    (row,) = await fetch(
        "SELECT sum(CASE WHEN uncertain THEN 1 ELSE 0 END) AS uncertain, sum(CASE WHEN state <> 'sent' THEN 1 ELSE 0"
        " END) AS unsent FROM message JOIN announcement ON announcement.id = message.announcement WHERE event = $1",
        event,
    )
    print(
        f"{kills} kills:       {len(ids)} of {KILLED} arrived, {KILLED - len(ids)} lost; {doubles} came twice,"
        f" {sum(len(each) > 1 for each in ids.values())} of them with another id; {row['uncertain']} marked as"
        f" uncertain; {row['unsent']} not noted as sent"
    )


async def main(database_url: str = "") -> None:
    """Run all three and print."""
    with tempfile.TemporaryDirectory() as folder:
        settings = settings_for(Path(folder), database_url)
        keyring = load(settings)
        async with opened(engine_for(settings)):
            await migrate()

        async def as_it_is() -> None:
            """The database is fresh."""

        async with World.begin(settings, as_it_is) as world:
            await alone(world, settings, keyring)
            await fanned(world, keyring)
            await beside(world, settings, keyring)
            await killed(world, settings, keyring)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:2]))
