"""Feeds before independent readers: ical.js, node-ical, and vdirsyncer as a real subscriber."""

import asyncio
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.served import Served
from tests.world import World, festival, soon

pytestmark = pytest.mark.slow

NODE = shutil.which("node") or shutil.which("node", path=str(Path(sys.executable).parent))
FEED = "/calendars/en/khmer-festivals-korea.ics"


def read(raw: bytes, zone: str = "Pacific/Honolulu") -> dict[str, list[dict[str, Any]]]:
    """What the readers make of a calendar, on a computer far away."""
    judge = Path(__file__).parent / "readers.mjs"
    done = subprocess.run(
        [NODE or "node", str(judge)], input=raw, capture_output=True, check=True, env={**os.environ, "TZ": zone}
    )
    return dict(json.loads(done.stdout))


@pytest.mark.skipif(NODE is None, reason="node is not installed")
async def test_browser_readers_see_the_same_moments(world: World) -> None:
    text = "ភាសាខ្មែរ 🎉, a; b\nស្ត្រី"
    made = [
        await world.event(title={"en": text}, description={"en": text}),
        await world.event(time_zone="Europe/London", starts_at="2027-07-04T09:00", ends_at="2027-07-04T17:00"),
        await world.event(time_zone="Africa/Cairo", starts_at="2027-07-04T09:00", ends_at="2027-07-04T17:00"),
        await world.event(starts_at=soon(hour=22), ends_at=soon(days=61, hour=2)),
    ]
    made += [await world.event(starts_at=soon(70 + n), ends_at=soon(70 + n, 12)) for n in range(100)]
    async with world.api("korea") as api:
        await api.post(f"/api/v1/events/{made[3]['slug']}/cancel")
    async with world.stranger as client:
        found = read((await client.get(FEED)).content)
    for reader, events in found.items():
        by_uid = {event["uid"]: event for event in events}
        assert set(by_uid) == {event["id"] for event in made}, reader
        for event in made:
            assert by_uid[event["id"]]["start"] == datetime.fromisoformat(event["starts_at"]).timestamp(), reader
        assert by_uid[made[0]["id"]]["summary"] == text.replace("\n", " ")
        assert by_uid[made[3]["id"]]["status"] == "CANCELLED"
    described = next(event["description"] for event in found["ical.js"] if event["uid"] == made[0]["id"])
    assert text in described


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[Served]:
    with Served(tmp_path / "bon") as made:
        made.token = await asyncio.to_thread(made.staff)
        yield await asyncio.to_thread(made.start)


async def test_a_real_subscriber_follows_a_move_and_a_cancellation(served: Served, tmp_path: Path) -> None:
    (tmp_path / "config").write_text(
        f'[general]\nstatus_path = "{tmp_path}/status/"\n'
        f'[pair feed]\na = "here"\nb = "there"\ncollections = null\n'
        f'[storage here]\ntype = "filesystem"\npath = "{tmp_path}/events/"\nfileext = ".ics"\n'
        f'[storage there]\ntype = "http"\nurl = "{served.base}{FEED}"\n'
    )
    (tmp_path / "events").mkdir()

    def sync() -> list[str]:
        for command in ("discover", "sync"):
            subprocess.run(
                [Path(sys.executable).parent / "vdirsyncer", "-c", tmp_path / "config", command],
                check=True, capture_output=True, input=b"y\n",
            )  # fmt: skip
        return [path.read_text().replace("\r\n ", "").replace("\n ", "") for path in (tmp_path / "events").iterdir()]

    headers = {"authorization": f"Bearer {served.token}"}
    async with httpx.AsyncClient(base_url=served.base, headers=headers) as api:
        for day in range(100):
            other = (
                await api.post("/api/v1/events", json=festival(starts_at=soon(70 + day), ends_at=soon(70 + day, 12)))
            ).json()
            await api.post(f"/api/v1/events/{other['slug']}/publish")
        event = (await api.post("/api/v1/events", json=festival())).json()
        path = f"/api/v1/events/{event['slug']}"
        await api.post(f"{path}/publish")

        async def ours() -> str:
            every = await asyncio.to_thread(sync)
            assert len(every) == 101
            (found,) = [each for each in every if re.search(rf"URL:.*/{event['slug']}\s", each)]
            return found

        assert "T090000" in await ours()
        await api.patch(path, json={"starts_at": soon(hour=10)})
        moved = await ours()
        assert "T100000" in moved
        assert "SEQUENCE:1" in moved
        await api.post(f"{path}/cancel")
        assert "STATUS:CANCELLED" in await ours()


async def test_the_same_data_gives_the_same_bytes_in_every_process(served: Served, tmp_path: Path) -> None:
    async with httpx.AsyncClient(base_url=served.base, headers={"authorization": f"Bearer {served.token}"}) as api:
        for zone in ("Asia/Seoul", "Europe/London", "Asia/Tokyo", "America/New_York", "Asia/Phnom_Penh"):
            event = (await api.post("/api/v1/events", json=festival(time_zone=zone))).json()
            await api.post(f"/api/v1/events/{event['slug']}/publish")
    seen = set()
    for seed in ("0", "1", "424242"):
        served.stop()
        served.env["PYTHONHASHSEED"] = seed
        await asyncio.to_thread(served.start)
        async with httpx.AsyncClient(base_url=served.base) as client:
            answer = await client.get(FEED)
        seen.add((answer.content, answer.headers["etag"], answer.headers["last-modified"]))
    assert len(seen) == 1
