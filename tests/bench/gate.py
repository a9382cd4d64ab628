"""The gate's figures: `python -m tests.bench.gate [postgres]`, one worker, 20,000 tickets in 8,000 parties.

The roster (bytes, seconds, CPU, how long others wait meanwhile), a delta, scans one by one and in batches of 50; then a
minute of 16 gates with 10 scans a second each, beside 50 page views a second and every gate's sync each 4 seconds.
"""

import asyncio
import json
import random
import time
from collections.abc import Awaitable, Callable
from functools import partial
from uuid import uuid4

import httpx

from tests.bench.__main__ import Ask, Wire, bench_server, cpu, from_anywhere, measure
from tests.bench.rush import percentile
from tests.served import Served
from tests.world import festival

PARTIES, GATES, SECONDS, A_SECOND, VIEWS, PHONES = 8_000, 16, 60, 10, 50, 400
SIZES = (1, 2, 3, 4)  # 2.5 people on average
FAMILY = ["សុខ", "ចាន់", "ហេង", "លី", "គឹម", "ស៊ឹម", "អ៊ុក", "ប៉ែន", "នួន", "កែវ", "ទេព", "មាស", "សៅ", "ជា", "ឈន", "ឡុង"]
GIVEN = ["ដារ៉ា", "សុភា", "ចន្ធូ", "វណ្ណា", "សុវណ្ណ", "រតនា", "បូផា", "ពិសិដ្ឋ", "សំណាង", "ច័ន្ទថា", "ស្រីមុំ", "វិចិត្រ", "រដ្ឋា", "កល្យាណ"]


async def register(port: int, slug: str) -> list[str]:
    """Every party's codes, shuffled."""
    codes: list[str] = []
    left = iter(range(PARTIES))

    async def client(wire: Wire) -> None:
        for index in left:
            body = {"name": f"{random.choice(FAMILY)} {random.choice(GIVEN)}", "party": SIZES[index % len(SIZES)]}
            path, sent = f"/api/v1/events/{slug}/registrations", json.dumps(body).encode()
            status, answer = await wire.ask("POST", path, from_anywhere(), sent)
            while status == 429:  # a factory's fence, which we run into
                await asyncio.sleep(1)
                status, answer = await wire.ask("POST", path, from_anywhere(), sent)
            codes.extend(ticket["code"] for ticket in json.loads(answer)["tickets"])

    await asyncio.gather(*[client(await Wire().open(port)) for _ in range(16)])
    random.shuffle(codes)
    return codes


async def load_roster(port: int, headers: dict[str, str], cursor: str = "") -> tuple[int, int, str]:
    """Bytes, pages and the last cursor of a whole load."""
    import gzip

    wire, size, pages = await Wire().open(port), 0, 0
    while True:
        _, answer = await wire.ask("GET", f"/gate/api/roster?since={cursor}", headers)
        page = json.loads(gzip.decompress(answer))
        size, pages, cursor = size + len(answer), pages + 1, page["cursor"]
        if not page["more"]:
            wire.writer.close()
            return size, pages, cursor


async def rosters(port: int, pid: int, headers: dict[str, str]) -> str:
    waits: list[float] = []
    stop = asyncio.Event()

    async def others() -> None:
        wire = await Wire().open(port)
        while not stop.is_set():
            began = time.perf_counter()
            await wire.ask("GET", "/healthz", {})
            waits.append(time.perf_counter() - began)
            await asyncio.sleep(0.002)

    watching = asyncio.create_task(others())
    for name in ("first", "again"):
        used, began = cpu(pid), time.perf_counter()
        size, pages, cursor = await load_roster(port, headers)
        print(
            f"roster, {name}: {size / 1000:.0f} kB in {pages} pages, {time.perf_counter() - began:.2f} s,"
            f" {cpu(pid) - used:.2f} s of CPU"
        )
    stop.set()
    await watching
    print(f"others meanwhile: p99 {percentile(waits, 0.99):.0f} ms, longest {max(waits) * 1000:.0f} ms")
    return cursor


async def all_at_once(port: int, tokens: list[dict[str, str]]) -> None:
    """Every phone opens its gate in the same moment and asks for the first page of the roster."""
    wires = [await Wire().open(port) for _ in range(PHONES)]
    refused: dict[int, int] = {}
    waits: list[float] = []
    began = time.perf_counter()

    async def phone(index: int) -> None:
        headers = {**tokens[index % GATES], "accept-encoding": "gzip"}
        status, _ = await wires[index].ask("GET", "/gate/api/roster?since=", headers)
        waits.append(time.perf_counter() - began)
        if status != 200:
            refused[status] = refused.get(status, 0) + 1

    await asyncio.gather(*(phone(index) for index in range(PHONES)))
    print(f"{PHONES} phones at once: first after {min(waits):.2f} s, last {max(waits):.2f} s, refused: {refused or 0}")


def scanning(codes: list[str], tokens: list[dict[str, str]], size: int) -> Ask:
    async def ask(wire: Wire, index: int) -> int:
        scans = [{"nonce": uuid4().hex, "code": codes.pop()} for _ in range(size)]
        body = json.dumps({"scans": scans}).encode()
        return (await wire.ask("POST", "/gate/api/scans", tokens[index % GATES], body))[0]

    return ask


async def sustained(port: int, pid: int, codes: list[str], tokens: list[dict[str, str]], slug: str) -> None:
    """The minute: everything comes when it comes, whether or not what was before is answered."""
    waits: dict[str, list[float]] = {"scan": [], "page": [], "sync": []}
    wrong = 0
    cursors = [""] * GATES

    async def timed(
        kind: str, pool: asyncio.Queue[Wire], method: str, path: str, headers: dict[str, str], body: bytes = b""
    ) -> bytes:
        nonlocal wrong
        came = time.perf_counter()
        wire = await pool.get()
        try:
            status, answer = await wire.ask(method, path, headers, body)
        finally:
            pool.put_nowait(wire)
        waits[kind].append(time.perf_counter() - came)
        wrong += status != 200
        return answer

    async def pool(count: int) -> asyncio.Queue[Wire]:
        made: asyncio.Queue[Wire] = asyncio.Queue()
        for _ in range(count):
            made.put_nowait(await Wire().open(port))
        return made

    gates, readers = [await pool(2) for _ in range(GATES)], await pool(20)
    syncs = [await pool(1) for _ in range(GATES)]

    async def scan(gate: int) -> None:
        body = json.dumps({"scans": [{"nonce": uuid4().hex, "code": codes.pop()}]}).encode()
        await timed("scan", gates[gate], "POST", "/gate/api/scans", tokens[gate], body)

    async def view() -> None:
        await timed("page", readers, "GET", f"/km/events/{slug}", {"accept-encoding": "gzip"})

    async def sync(gate: int) -> None:
        path = f"/gate/api/roster?since={cursors[gate]}"
        answer = await timed("sync", syncs[gate], "GET", path, {**tokens[gate], "accept-encoding": "identity"})
        cursors[gate] = json.loads(answer)["cursor"]

    for gate in range(GATES):
        cursors[gate] = (await load_roster(port, {**tokens[gate], "accept-encoding": "gzip"}))[2]
    coming: list[tuple[float, Callable[[], Awaitable[None]]]] = [
        *(
            (random.uniform(0, SECONDS), partial(scan, gate))
            for gate in range(GATES)
            for _ in range(A_SECOND * SECONDS)
        ),
        *((gate / 4 + 4 * turn, partial(sync, gate)) for gate in range(GATES) for turn in range(SECONDS // 4)),
        *((random.uniform(0, SECONDS), view) for _ in range(VIEWS * SECONDS)),
    ]
    used, began, tasks = cpu(pid), time.perf_counter(), []
    for at, act in sorted(coming, key=lambda each: each[0]):
        await asyncio.sleep(max(0.0, began + at - time.perf_counter()))
        tasks.append(asyncio.ensure_future(act()))
    await asyncio.gather(*tasks)
    wall, spent = time.perf_counter() - began, cpu(pid) - used
    print(
        f"\n{GATES} gates × {A_SECOND}/s, {VIEWS} views/s, syncs: {wall:.0f} s, {spent:.0f} s of CPU, not 200: {wrong}"
    )
    for kind, found in waits.items():
        shares = "".join(f" p{round(share * 100)} {percentile(found, share):.0f} ms," for share in (0.5, 0.99, 1))
        print(f"  {kind}: {len(found)},{shares}")


async def run(served: Served) -> None:
    assert served.process
    pid, port = served.process.pid, served.port
    async with httpx.AsyncClient(
        base_url=served.base, headers={"authorization": f"Bearer {served.token}"}, timeout=60
    ) as api:
        event = (await api.post("/api/v1/events", json=festival(capacity=100_000))).json()
        await api.post(f"/api/v1/events/{event['slug']}/publish")
        devices = f"/api/v1/events/{event['slug']}/gate-devices"
        gates = [(await api.post(devices, json={"label": f"Gate {index}"})).json() for index in range(GATES)]
        tokens = [{"authorization": f"Bearer {gate['token']}"} for gate in gates]
        codes = await register(port, event["slug"])
        print(f"{len(codes)} tickets in {PARTIES} parties")
        headers = {**tokens[0], "accept-encoding": "gzip"}
        cursor = await rosters(port, pid, headers)
        await all_at_once(port, tokens)

        async def floor(wire: Wire, _: int) -> int:
            return (await wire.ask("GET", "/healthz", {}))[0]

        async def delta(wire: Wire, _: int) -> int:
            return (await wire.ask("GET", f"/gate/api/roster?since={cursor}", headers))[0]

        print(f"| {'':44} | CPU ms   | per s    | p50 ms  | p99 ms  |")
        await measure(pid, "floor: a route that answers 3 bytes", floor, 4000, port=port)
        await measure(pid, "delta of nothing", delta, 300, clients=4, port=port)
        one = await measure(pid, "scan, one by one", scanning(codes, tokens, 1), 1500, port=port)
        await measure(pid, "delta of 1,500 scans", delta, 10, clients=1, port=port)
        fifty = await measure(pid, "batch of 50 scans", scanning(codes, tokens, 50), 60, clients=4, port=port)
        print(f"a scan: {one:.2f} ms alone (bar 3), {fifty / 50:.2f} ms in batches of 50 (bar 1.5)")
        await sustained(port, pid, codes, tokens, event["slug"])
        stats = (await api.get(f"/api/v1/events/{event['slug']}/stats")).json()
        scanned = 1500 + 3000 + GATES * A_SECOND * SECONDS
        print(f"admitted {stats['admitted']}, each code once: {stats['admitted'] == scanned}")


def main() -> None:
    """Run once and print."""
    random.seed(1)
    with bench_server() as served:
        asyncio.run(run(served))


if __name__ == "__main__":
    main()
