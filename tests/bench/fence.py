"""Two thousand connections that do nothing good, and what others wait meanwhile: `python -m tests.bench.fence`.

Hostile: a fifth each says nothing, half a head, 66 kB and then nothing, a byte a second, and asks without reading.
Beside them 200 prints of one party are asked for at once, again and again. With `nginx` or `caddy` as a second word
they and the others come through that proxy, as docs/proxy sets it up.
Measured from another address: a page and a scan, every half second for twenty seconds; then whether all is as before.
"""

import asyncio
import secrets
import statistics
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from multiprocessing import Process, Queue
from pathlib import Path
from typing import Any

import httpx

from tests.proxies import through
from tests.served import Served
from tests.world import festival

HOSTILE = int(sys.argv[1]) if len(sys.argv) > 1 else 2_000
PROXY = sys.argv[2] if len(sys.argv) > 2 else ""
SECONDS, PRINTS = 20, 200
PATH = b"/km/korea/"
HEAD = (
    b"POST %s HTTP/1.1\r\nhost: bon.example\r\n"
    b"content-type: application/x-www-form-urlencoded\r\ncontent-length: 90000\r\n"
)


async def hostile(port: int, kind: int, open_ones: list[asyncio.StreamWriter], path: bytes) -> None:
    """One connection of a kind, held for as long as the server lets it."""
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port, limit=1024)
    except OSError:
        return
    open_ones.append(writer)
    with suppress(OSError):
        if kind == 1:
            writer.write(HEAD[:40])
        elif kind == 2:
            writer.write(HEAD % path + b"\r\n" + b"x=" + b"y" * 66_000)
        elif kind == 3:
            writer.write(HEAD % path + b"\r\n")
            while True:
                writer.write(b"z")
                await writer.drain()
                await asyncio.sleep(1)
        elif kind == 4:
            writer.write(b"".join(b"GET %s HTTP/1.1\r\nhost: bon.example\r\n\r\n" % PATH for _ in range(20)))
        await writer.drain()
        await asyncio.sleep(SECONDS)


async def ask(client: httpx.AsyncClient, method: str, path: str, **more: Any) -> float:
    """Seconds of an answer that is what a person hopes for; infinity where it is not."""
    began = time.perf_counter()
    try:
        answer = await client.request(method, path, **more)
    except httpx.HTTPError:
        return float("inf")
    return time.perf_counter() - began if answer.status_code == 200 else float("inf")


def prints(port: int, path: str, told: "Queue[Counter[int]]") -> None:
    """In a process of its own (this one would measure itself): many who ask for a party's sheet again and again."""
    answers = Counter[int]()

    async def one(client: httpx.AsyncClient) -> None:
        while True:
            with suppress(httpx.HTTPError):
                answers[(await client.get(path)).status_code] += 1
            await asyncio.sleep(1)

    async def all_of_them() -> None:
        limits = httpx.Limits(max_connections=PRINTS)
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60, limits=limits) as client:
            with suppress(TimeoutError):
                async with asyncio.timeout(SECONDS):
                    await asyncio.gather(*(one(client) for _ in range(PRINTS)))

    asyncio.run(all_of_them())
    told.put(answers)


def prepared(served: Served) -> tuple[bytes, str, str, str]:
    """A festival's form, a ticket of it, a phone of its gate, and a party's sheet: path, code, token, path."""
    api = httpx.Client(base_url=served.base, headers={"authorization": f"Bearer {served.token}"}, timeout=30)
    event = api.post("/api/v1/events", json=festival()).json()
    api.post(f"/api/v1/events/{event['slug']}/publish")
    device = api.post(f"/api/v1/events/{event['slug']}/gate-devices", json={"label": "North"}).json()
    party = api.post(f"/api/v1/events/{event['slug']}/registrations", json={"name": "Dara", "party": 5}).json()
    form, sheet = f"/km/events/{event['slug']}/register".encode(), f"/km/r/{party['key']}/tickets.pdf"
    return form, party["tickets"][0]["code"], device["token"], sheet


async def measure(port: int, form: bytes, code: str, token: str, sheet: str) -> None:
    from_elsewhere = httpx.AsyncHTTPTransport(local_address="127.0.0.2")
    gate = {"authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", transport=from_elsewhere, timeout=10) as client:

        async def scan() -> float:
            body = {"scans": [{"nonce": secrets.token_hex(16), "code": code}]}
            return await ask(client, "POST", "/gate/api/scans", json=body, headers=gate)

        async def round_of(times: int) -> tuple[list[float], list[float]]:
            pages, scans = [], []
            for _ in range(times):
                pages.append(await ask(client, "GET", "/km/korea/"))
                scans.append(await scan())
                await asyncio.sleep(0.5)
            return pages, scans

        print(f"{'':34} {'median':>9} {'worst':>9}   failed")
        tell("a page, alone", (await round_of(10))[0])
        opened: list[asyncio.StreamWriter] = []
        held = [asyncio.ensure_future(hostile(port, n % 5, opened, form)) for n in range(HOSTILE)]
        await asyncio.sleep(2)
        told: Queue[Counter[int]] = Queue()
        Process(target=prints, args=(port, sheet, told), daemon=True).start()
        print(f"{len(opened)} of {HOSTILE} hostile connections are open")
        pages, scans = await round_of(SECONDS * 2)
        tell(f"a page, beside {HOSTILE}", pages)
        tell(f"a scan, beside {HOSTILE}", scans)
        print(f"prints asked for by {PRINTS} at once were answered: {dict(await asyncio.to_thread(told.get))}")
        for each in held:
            each.cancel()
        for writer in opened:
            writer.close()
        await asyncio.sleep(1)
        tell("a page, afterwards", (await round_of(6))[0])


def tell(what: str, waits: list[float]) -> None:
    if waits:
        fine = [each for each in waits if each != float("inf")] or [float("nan")]
        failed = len(waits) - len([each for each in waits if each != float("inf")])
        print(
            f"{what:34} {statistics.median(fine) * 1000:6.0f} ms {max(fine) * 1000:6.0f} ms   {failed} of {len(waits)}"
        )


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, Served(Path(folder)) as served:
        served.env["BON_TRUSTED_PROXIES"] = "127.0.0.1"
        served.token = served.staff()
        served.start()
        facts = prepared(served)
        with through(PROXY, served, Path(folder)) as port:
            asyncio.run(measure(port, *facts))


if __name__ == "__main__":
    main()
