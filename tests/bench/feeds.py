"""The feeds at 10, 500, 900 and 5,000 events: `python -m tests.bench feeds`; nginx beside it if there."""

import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from app.database.connection import fetch, insert, opened
from app.database.engines import engine_for
from models.events import Event
from tests.bench.__main__ import BASE, PORT, ROOT, Ask, Wire, bon, cpu, measure, resident
from tests.world import PASSWORD, festival, settings_for

SIZES = {"JP": ("japan", 10), "KR": ("korea", 500), "TH": ("thailand", 900), "MY": ("malaysia", 5000)}
NGINX_PORT = PORT + 1
NGINX = """
worker_processes 1; daemon off; pid {folder}/nginx.pid; error_log /dev/null;
events {{ worker_connections 256; }}
http {{ access_log off; types {{ text/calendar ics; }} keepalive_requests 1000000;
  client_body_temp_path {folder}/a; proxy_temp_path {folder}/b; fastcgi_temp_path {folder}/c;
  uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e;
  server {{ listen 127.0.0.1:{port}; root {folder}/www; }} }}
"""


async def fill(folder: Path, first: str) -> None:
    """Copy one event until there are as many as SIZES says."""
    async with opened(engine_for(settings_for(folder))):
        row = (await fetch("SELECT * FROM event WHERE slug = $1", first))[0]
        number, rows = row["number"], []
        for code, (_, count) in SIZES.items():
            for _ in range(count - (1 if code == row["host_country"] else 0)):
                number += 1
                title = f'{{"km": "បុណ្យចូលឆ្នាំខ្មែរ ទី {number}", "en": "Festival {number}"}}'
                rows.append(
                    {
                        **row,
                        "id": uuid4(),
                        "number": number,
                        "slug": f"f-{number}",
                        "host_country": code,
                        "title": title,
                    }
                )
        await insert(Event, *rows)


async def run_feeds() -> None:
    folder = Path(tempfile.mkdtemp(prefix="bon-bench-"))
    env = {name: value for name, value in os.environ.items() if not name.startswith("BON_")}
    env |= {"BON_DATA_DIR": str(folder), "BON_BASE_URL": BASE, "BON_SECRET": "0:" + "t" * 40}
    email = ["--email", "bench@bon.example"]
    bon("account", "add", "--role", "attache", *email, "--name", "Bench", "--password-stdin", env=env, text=PASSWORD)
    for code in ("KR", "TH", "MY"):
        bon("posting", "add", *email, "--host-country", code, env=env)
    token = bon("token", "add", *email, env=env).split()[-1]
    serving = _serve(env)
    try:
        async with httpx.AsyncClient(base_url=BASE, headers={"authorization": f"Bearer {token}"}, timeout=60) as api:
            await _ready(api)
            text = {"km": "សូមអញ្ជើញបងប្អូន " * 3}
            event = (await api.post("/api/v1/events", json=festival(description=text))).json()
            await api.post(f"/api/v1/events/{event['slug']}/publish")
            serving.terminate()
            serving.wait()
            await fill(folder, event["slug"])
            serving = _serve(env)
            await _ready(api)
            for code in ("TH", "MY"):
                await _cold(api, serving.pid, code)
                await _after_one_change(api, serving.pid, code)
            await _warm(api, serving.pid, folder)
            print(f"memory with every feed warm: {resident(serving.pid):.0f} MB")
    finally:
        serving.terminate()
        serving.wait(20)
        shutil.rmtree(folder, ignore_errors=True)


def _serve(env: dict[str, str]) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", "from app.cli import main; main()", "serve", "--port", str(PORT)]
    return subprocess.Popen(command, env=env, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


async def _ready(api: httpx.AsyncClient) -> None:
    for _ in range(200):
        try:
            if (await api.get("/readyz")).status_code == 200:
                return
        except httpx.HTTPError:
            pass
        await asyncio.sleep(0.05)
    raise SystemExit("the server did not start")


async def _stalled(work: Any) -> tuple[float, float]:
    """Wall seconds of `work`, and the longest that anybody else had to wait meanwhile."""
    wire, worst, over = await Wire().open(), 0.0, asyncio.Event()

    async def ping() -> None:
        nonlocal worst
        while not over.is_set():
            began = time.perf_counter()
            await wire.ask("GET", "/healthz", {})
            worst = max(worst, time.perf_counter() - began)
            await asyncio.sleep(0.002)

    pinging = asyncio.create_task(ping())
    await asyncio.sleep(0.05)
    worst = 0.0
    began = time.perf_counter()
    await work
    took = time.perf_counter() - began
    over.set()
    await pinging
    return took, worst


def _feed_of(code: str) -> str:
    return f"/calendars/km/khmer-festivals-{SIZES[code][0]}.ics"


async def _cold(api: httpx.AsyncClient, pid: int, code: str) -> None:
    used = cpu(pid)
    took, worst = await _stalled(api.get(_feed_of(code)))
    print(
        f"cold rebuild of {SIZES[code][1]}: {took:.2f} s, {(cpu(pid) - used):.2f} s CPU;"
        f" others waited at most {worst * 1000:.0f} ms"
    )


async def _after_one_change(api: httpx.AsyncClient, pid: int, code: str) -> None:
    slug = (await api.get(f"/api/v1/events?host_country={code}")).json()["items"][0]["slug"]
    spent, worst, plain = [], 0.0, {"accept-encoding": "identity"}
    for index in range(5):
        await api.patch(f"/api/v1/events/{slug}", json={"campaign": f"change {index}"})
        used = cpu(pid)
        took, waited = await _stalled(api.get(_feed_of(code), headers=plain))
        spent.append((took, cpu(pid) - used))
        worst = max(worst, waited)
    took, used = sorted(spent)[2][0], sorted(each for _, each in spent)[2]
    print(
        f"rebuild after one change of {SIZES[code][1]}: {took * 1000:.0f} ms wall,"
        f" {used * 1000:.0f} ms CPU (median of 5); others waited at most {worst * 1000:.0f} ms"
    )


async def _warm(api: httpx.AsyncClient, pid: int, folder: Path) -> None:
    print(f"| {'':44} | CPU ms   | per s    | p50 ms  | p99 ms  |")
    print(f"|{'-' * 46}|{'-' * 10}|{'-' * 10}|{'-' * 9}|{'-' * 9}|")
    (folder / "www").mkdir()
    for slug, size in SIZES.values():
        if size > 900:
            continue
        path = f"/calendars/km/khmer-festivals-{slug}.ics"
        plain = await api.get(path, headers={"accept-encoding": "identity"})
        (folder / "www" / f"{slug}.ics").write_bytes(plain.content)
        for clients in (1, 16, 64):
            await measure(
                pid,
                f"{size} events, 304, {clients} clients",
                _get(path, {"if-none-match": plain.headers["etag"]}),
                4000,
                clients,
            )
            await measure(
                pid,
                f"{size} events, 200 gzip, {clients} clients",
                _get(path, {"accept-encoding": "gzip"}),
                3000,
                clients,
            )
        await measure(
            pid, f"{size} events, 200 plain ({len(plain.content) // 1000} kB), 16 clients", _get(path, {}), 1000
        )
    if shutil.which("nginx"):
        await _beside_nginx(folder)


async def _beside_nginx(folder: Path) -> None:
    (folder / "nginx.conf").write_text(NGINX.format(folder=folder, port=NGINX_PORT))
    folder.chmod(0o755)
    for path in (folder / "www", *(folder / "www").iterdir()):
        path.chmod(0o755)
    nginx = subprocess.Popen(["nginx", "-c", str(folder / "nginx.conf")], stderr=subprocess.DEVNULL)
    try:
        await asyncio.sleep(0.5)
        answer = httpx.get(f"http://127.0.0.1:{NGINX_PORT}/korea.ics")
        known = {"if-none-match": answer.headers["etag"]}
        await measure(
            nginx.pid, "nginx, the same file of 500, 304, 16 clients", _get("/korea.ics", known), 8000, port=NGINX_PORT
        )
        await measure(
            nginx.pid, "nginx, the same file of 500, 200 plain", _get("/korea.ics", {}), 2000, port=NGINX_PORT
        )
    finally:
        nginx.terminate()
        nginx.wait()


def _get(path: str, headers: dict[str, str]) -> Ask:
    async def ask(wire: Wire, _: int) -> int:
        return (await wire.ask("GET", path, headers))[0]

    return ask
