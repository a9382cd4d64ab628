"""A database that is full, read-only, gone or slow: 503, when to come again, true words; and then all is well again."""

import asyncio
import json
import logging
from typing import Any

import asyncpg
import msgspec
import pytest

from app.database.connection import current, fetch
from app.database.failures import meaning
from app.database.lanes import LaneEngine
from app.web import public_cache
from app.web.logs import _AsJson
from tests.world import World


async def booked(world: World, event: dict[str, Any], **headers: str) -> Any:
    async with world.client(**headers) as client:
        return await client.post(f"/api/v1/events/{event['slug']}/registrations", json={"name": "Sok", "party": 1})


async def test_a_full_disk_is_called_one(world: World) -> None:
    event, engine = await world.event(capacity=None), current()
    if not isinstance(engine, LaneEngine):
        assert meaning(asyncpg.DiskFullError("no space left")) == "disk_full"
        return
    writer = engine.writer
    pages = (await writer.call(lambda: writer.execute("PRAGMA page_count", ())))[0]["page_count"]
    await writer.call(lambda: writer.execute(f"PRAGMA max_page_count = {pages}", ()))
    answers = [await booked(world, event) for _ in range(60)]
    full = [each for each in answers if each.status_code != 201]
    assert {each.status_code for each in full} == {503}
    assert {each.json()["code"] for each in full} <= {"disk_full", "busy"}
    assert any(each.json()["code"] == "disk_full" for each in full)
    assert all(int(each.headers["retry-after"]) > 0 for each in full)
    await writer.call(lambda: writer.execute("PRAGMA max_page_count = 1000000", ()))
    assert (await booked(world, event)).status_code == 201
    taken = (await fetch("SELECT seats_taken FROM event"))[0]["seats_taken"]
    rows = (await fetch("SELECT count(*) AS n FROM registration"))[0]["n"]
    assert taken == rows == sum(each.status_code == 201 for each in answers) + 1


async def test_a_database_that_may_only_be_read_says_so(world: World) -> None:
    event, engine = await world.event(), current()
    if isinstance(engine, LaneEngine):
        await engine.writer.call(lambda: engine.writer.execute("PRAGMA query_only = ON", ()))
    else:
        await fetch("SELECT set_config('default_transaction_read_only', 'on', false)")
        assert engine.pool is not None
        for connection in [await engine.pool.acquire() for _ in range(8)]:
            await connection.execute("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY")
            await connection.reset()
            await connection.execute("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY")
            await engine.pool.release(connection)
        assert meaning(asyncpg.ReadOnlySQLTransactionError("x")) == "read_only"
        return
    refused = await booked(world, event)
    assert (refused.status_code, refused.json()["code"]) == (503, "read_only")
    async with world.stranger as stranger:
        assert (await stranger.get(f"/en/events/{event['slug']}")).status_code == 200
    await engine.writer.call(lambda: engine.writer.execute("PRAGMA query_only = OFF", ()))
    assert (await booked(world, event)).status_code == 201


async def test_terminated_connections_are_made_anew(world: World, postgres: str) -> None:
    if isinstance(current(), LaneEngine):
        return
    event = await world.event()
    other = await asyncpg.connect(world.settings.database_url)
    try:
        for _ in range(5):
            await other.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            answers = await asyncio.gather(*(booked(world, event) for _ in range(6)))
            assert {each.status_code for each in answers} <= {201, 503}
            assert {each.json()["code"] for each in answers if each.status_code == 503} <= {"database_away"}
        assert (await booked(world, event)).status_code == 201
    finally:
        await other.close()


@pytest.mark.parametrize(
    ("error", "what"),
    [
        (ConnectionRefusedError(), "database_away"),
        (ConnectionResetError(), "database_away"),
        (asyncpg.CannotConnectNowError("the database system is starting up"), "database_away"),
        (asyncpg.AdminShutdownError("terminating connection"), "database_away"),
        (asyncpg.ConnectionDoesNotExistError("closed in the middle"), "database_away"),
        (asyncpg.InterfaceError("connection is closed"), "database_away"),
        (asyncpg.TooManyConnectionsError("sorry"), "busy"),
        (asyncpg.DiskFullError("no space"), "disk_full"),
        (OSError(28, "No space left on device"), "disk_full"),
        (TimeoutError(), "busy"),
        (asyncpg.UndefinedColumnError("no such column"), None),
        (asyncpg.InterfaceError("the server expects 2 arguments"), None),
        (ValueError(), None),
    ],
)
def test_each_failure_means_something(error: Exception, what: str | None) -> None:
    assert meaning(error) == what


async def test_a_public_page_stands_while_the_database_is_away(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    event = await world.event()
    path = f"/en/events/{event['slug']}"
    async with world.stranger as stranger:
        good = await stranger.get(path)
        world.app.state.public_cache.clear()

        async def gone(*_: Any) -> Any:
            raise ConnectionRefusedError

        monkeypatch.setattr(type(current()), "fetch", gone)
        kept = await stranger.get(path)
        assert (kept.status_code, kept.text) == (200, good.text)
        new = await stranger.get(f"/km/events/{event['slug']}")
        assert new.status_code == 503
        assert "មិនមែនបញ្ហាទូរស័ព្ទ" in new.text


async def test_a_mistake_of_ours_is_not_hidden_for_long(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    event = await world.event()
    path = f"/en/events/{event['slug']}"
    async with world.stranger as stranger:
        good = await stranger.get(path)
        world.app.state.public_cache.clear()

        async def broken(*_: Any) -> Any:
            raise ValueError

        monkeypatch.setattr(type(current()), "fetch", broken)
        assert (await stranger.get(path)).text == good.text
        monkeypatch.setattr(public_cache, "HIDDEN", -1.0)
        assert (await stranger.get(path)).status_code == 500


async def test_a_page_that_is_known_does_not_wait_for_a_database_that_hangs(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = await world.event()
    path = f"/en/events/{event['slug']}"
    async with world.stranger as stranger:
        good = await stranger.get(path)
        world.app.state.public_cache.clear()
        monkeypatch.setattr(public_cache, "PATIENCE", 0.05)
        over = asyncio.Event()
        original = type(current()).fetch

        async def hangs(*args: Any) -> Any:
            await over.wait()
            return await original(*args)

        monkeypatch.setattr(type(current()), "fetch", hangs)
        kept = await stranger.get(path)
        assert (kept.status_code, kept.text) == (200, good.text)
        over.set()


async def test_read_only_refuses_every_change_and_serves_the_rest(world: World) -> None:
    event = await world.event()
    party = await world.party(event)
    still = msgspec.structs.replace(world.settings, read_only=True)
    async with World.on(still) as closed:
        refused = await booked(closed, event)
        assert (refused.status_code, refused.json()["code"], refused.headers["retry-after"]) == (503, "read_only", "60")
        async with closed.stranger as stranger:
            assert (await stranger.get(f"/en/r/{party['key']}")).status_code == 200
            assert (await stranger.get(f"/en/events/{event['slug']}")).status_code == 200
            assert (await stranger.delete(f"/api/v1/registrations/{party['key']}")).status_code == 503


async def test_each_request_has_an_id_that_logs_and_pages_say(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "bon")
    logging.getLogger("bon").propagate = True
    event = await world.event()
    async with world.stranger as stranger:
        one = await stranger.get(f"/en/events/{event['slug']}", headers={"x-request-id": "abc-12345678"})
        two = await stranger.get(f"/en/events/{event['slug']}", headers={"x-request-id": "two words"})
    assert one.headers["x-request-id"] == "abc-12345678"
    assert two.headers["x-request-id"] != "two words"
    lines = [json.loads(_AsJson().format(record)) for record in caplog.records if record.name == "bon.requests"]
    assert {"abc-12345678", two.headers["x-request-id"]} <= {line["request"] for line in lines}
    assert all({"at", "level", "route", "status", "ms"} <= set(line) for line in lines)
    assert event["slug"] not in json.dumps(lines)  # the route's template, never the address

    async def broken(*_: Any) -> Any:
        raise ValueError("Sok Dara")

    monkeypatch.setattr(type(current()), "fetch", broken)
    async with world.stranger as stranger:
        failed = await stranger.get("/en/r/nothing", headers={"accept": "text/html"})
        world.app.state.public_cache._kept.clear()
        failed = await stranger.get("/en/korea/", headers={"accept": "text/html"})
    assert failed.status_code == 500
    assert failed.headers["x-request-id"] in failed.text
    told = [record.getMessage() for record in caplog.records if '"failure"' in record.getMessage()]
    assert any(failed.headers["x-request-id"] in line for line in told)
    assert "Dara" not in "".join(told)
