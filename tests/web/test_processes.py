"""The real server in several processes: a rush for the last seats, and a kill in the midst of everything."""

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from tests.served import Served
from tests.world import festival

pytestmark = pytest.mark.slow


@pytest.fixture
def rush_database(postgres: str, worker_id: str) -> str:
    """An empty PostgreSQL database that the served processes migrate themselves."""
    name = f"rush_{worker_id}"

    async def fresh() -> None:
        connection = await asyncpg.connect(postgres)
        await connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        await connection.execute(f"CREATE DATABASE {name}")
        await connection.close()

    asyncio.run(fresh())
    return postgres.replace(f"/bon_{worker_id}?", f"/{name}?", 1)


@pytest.fixture(params=["sqlite", "postgres"])
def served(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Served]:
    url = ""
    if request.param == "postgres":
        url = request.getfixturevalue("rush_database")
    with Served(tmp_path, url) as made:
        made.token = made.staff()
        yield made


def publish(served: Served, **changes: Any) -> dict[str, Any]:
    with httpx.Client(base_url=served.base, headers={"authorization": f"Bearer {served.token}"}, timeout=30) as api:
        event = api.post("/api/v1/events", json=festival(**changes)).json()
        return dict(api.post(f"/api/v1/events/{event['slug']}/publish").json())


def counted(served: Served, event: dict[str, Any]) -> dict[str, int]:
    answer = httpx.get(
        f"{served.base}/api/v1/events/{event['slug']}/stats",
        headers={"authorization": f"Bearer {served.token}"},
        timeout=30,
    )
    return dict(answer.json())


def test_400_for_100_seats_by_three_processes(served: Served) -> None:
    served.start("--workers", "3")
    event = publish(served, capacity=100)

    async def rush() -> list[int]:
        limits = httpx.Limits(max_connections=64, max_keepalive_connections=64)
        async with httpx.AsyncClient(base_url=served.base, timeout=60, limits=limits) as client:

            async def come(number: int) -> int:
                answer = await client.post(
                    f"/api/v1/events/{event['slug']}/registrations", json={"name": f"Worker {number}"}
                )
                return answer.status_code

            return await asyncio.gather(*(come(number) for number in range(400)))

    answers = asyncio.run(rush())
    assert answers.count(201) == 100
    assert answers.count(409) == 300
    stats = counted(served, event)
    assert (stats["registered"], stats["seats_left"]) == (100, 0)
    doctor = served.bon("doctor", check=False)
    assert doctor.returncode == 0, doctor.stdout
    assert served.stop() == 0


def test_a_kill_loses_no_acknowledged_change(served: Served) -> None:
    """More and fewer places, a ticket handed on, an erasure, a contact: what was answered is there after SIGKILL."""
    served.start("--workers", "2")
    event = publish(served, capacity=100_000, party_limit=5)
    after: dict[str, tuple[int, str]] = {}  # key → people and state as last acknowledged
    friends: list[str] = []

    async def storm() -> None:
        async with httpx.AsyncClient(base_url=served.base, timeout=30) as client:

            async def live(number: int) -> None:
                path = f"/api/v1/events/{event['slug']}/registrations"
                while len(friends) < 400:
                    try:
                        party = (await client.post(path, json={"name": "x", "party": 3})).json()
                        mine = f"/api/v1/registrations/{party['key']}"
                        after[party["key"]] = (3, "confirmed")
                        grown = await client.patch(mine, json={"party": 3 + number % 3})
                        assert grown.status_code == 200
                        after[party["key"]] = (grown.json()["party"], "confirmed")
                        friend = await client.post(f"{mine}/tickets/1/hand-on", json={"name": "y"})
                        friends.append(friend.json()["key"])
                        after[party["key"]] = (grown.json()["party"] - 1, "confirmed")
                        if number % 4 == 0:
                            await client.delete(mine)
                            after[party["key"]] = (0, "cancelled")
                    except httpx.HTTPError:
                        after.pop(party["key"], None)  # what was under way then may be done or not
                        return
                    if len(friends) == 40 and served.process is not None:
                        served.kill()

            await asyncio.gather(*(live(number) for number in range(12)))

    asyncio.run(storm())
    assert len(friends) >= 40
    served.start()
    with httpx.Client(base_url=served.base, timeout=30) as client:
        for key, (people, state) in after.items():
            body = client.get(f"/api/v1/registrations/{key}").json()
            assert (len(body["tickets"]), body["state"]) == (people, state)
        for key in friends:
            assert client.get(f"/api/v1/registrations/{key}").json()["state"] == "confirmed"
    doctor = served.bon("doctor", check=False)
    assert doctor.returncode == 0, doctor.stdout


def test_a_kill_loses_nothing_acknowledged_and_frees_nothing_taken(served: Served) -> None:
    served.start("--workers", "2")
    event = publish(served, capacity=100_000, party_limit=5)
    acknowledged: list[dict[str, Any]] = []

    async def storm() -> None:
        async with httpx.AsyncClient(base_url=served.base, timeout=30) as client:

            async def come() -> None:
                while True:
                    try:
                        answer = await client.post(
                            f"/api/v1/events/{event['slug']}/registrations", json={"name": "x", "party": 3}
                        )
                    except httpx.HTTPError:
                        return
                    if answer.status_code == 201:
                        acknowledged.append(answer.json())
                    if len(acknowledged) == 60 and served.process is not None:
                        served.kill()

            await asyncio.gather(*(come() for _ in range(12)))

    asyncio.run(storm())
    assert len(acknowledged) >= 60
    served.start()
    with httpx.Client(base_url=served.base, timeout=30) as client:
        for party in acknowledged:
            answer = client.get(f"/api/v1/registrations/{party['key']}")
            assert answer.status_code == 200
            assert answer.json()["tickets"] == party["tickets"]
    assert counted(served, event)["registered"] >= 3 * len(acknowledged)
    doctor = served.bon("doctor", check=False)
    assert doctor.returncode == 0, doctor.stdout


def test_the_demo_is_served_with_its_pictures(tmp_path: Path) -> None:
    """What `make run` starts: nothing of the demo may leave threads behind that forked workers lack."""
    with Served(tmp_path) as served:
        served.start("--demo")
        for path in ("/km/card.jpg", "/en/korea/card.jpg"):
            answer = httpx.get(f"{served.base}{path}", timeout=30)
            assert answer.headers["content-type"] == "image/jpeg"
        page = httpx.get(f"{served.base}/en/korea/").text
        slug = re.findall(r'/en/events/([\w-]+)"', page)[0]
        picture = re.findall(r"/pictures/\w+\.webp", httpx.get(f"{served.base}/en/events/{slug}").text)[0]
        assert httpx.get(f"{served.base}{picture}").headers["content-type"] == "image/webp"
