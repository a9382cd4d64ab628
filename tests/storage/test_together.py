"""A booking in one statement (PostgreSQL): a party that fits takes one trip; who does not fit leaves nothing behind."""

from typing import Any
from uuid import UUID

import pytest

from app.database.connection import current, fetch
from app.database.pool import PoolEngine
from app.registrations import actions
from tests.world import World

LEFT_BEHIND = ("registration", "ticket", "data_key", "reach", "idempotency")
LONG = {"idempotency-key": "k" * 32}


async def rows() -> dict[str, int]:
    counts = {}
    for table in LEFT_BEHIND:
        (row,) = await fetch(f"SELECT count(*) AS rows FROM {table}")
        counts[table] = row["rows"]
    return counts


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every statement that is asked from now on."""
    asked: list[str] = []
    engine = current()
    original = engine.fetch

    async def noted(sql: str, args: Any = ()) -> Any:
        asked.append(sql)
        return await original(sql, args)

    monkeypatch.setattr(engine, "fetch", noted)
    return asked


async def test_a_party_that_fits_is_one_trip(world: World, statements: list[str]) -> None:
    event = await world.event(capacity=5, pickup_points=[{"name": "Osan", "seats": 3}])
    bus = event["pickup_points"][0]["id"]
    sent = {"name": "Chanthou", "party": 3, "phone": "+821055512345", "pickup_point": bus}
    async with world.stranger as worker:
        await worker.get(f"/api/v1/events/{event['slug']}")
        statements.clear()
        made = await worker.post(f"/api/v1/events/{event['slug']}/registrations", json=sent, headers=LONG)
        if isinstance(current(), PoolEngine):
            assert [sql.split()[0] for sql in statements] == ["SELECT", "SELECT", "WITH"]  # event, claim, booking
        again = await worker.post(f"/api/v1/events/{event['slug']}/registrations", json=sent, headers=LONG)
        assert (made.status_code, again.json()) == (201, made.json())
        assert made.json()["pickup_point"] == bus
        assert len(made.json()["tickets"]) == 3
        page = (await worker.get(f"/en/r/{made.json()['key']}")).text
        assert "Chanthou" in page
        assert "Osan" in page
    (row,) = await fetch("SELECT seats_taken, revision FROM event WHERE slug = $1", event["slug"])
    (seats,) = await fetch("SELECT seats_taken FROM pickup_point WHERE id = $1", UUID(bus))
    stamped = await fetch("SELECT revision FROM registration UNION ALL SELECT revision FROM ticket")
    assert (row["seats_taken"], seats["seats_taken"]) == (3, 3)
    assert {each["revision"] for each in stamped} == {row["revision"]}
    assert (await fetch("SELECT facts FROM audit_entry WHERE action = 'registered'")) != []


async def test_who_does_not_fit_leaves_nothing_behind(world: World) -> None:
    event = await world.event(capacity=4, pickup_points=[{"name": "Osan", "seats": 2}])
    bus, path = event["pickup_points"][0]["id"], f"/api/v1/events/{event['slug']}/registrations"
    before = await rows()
    async with world.stranger as worker:
        refused = await worker.post(path, json={"name": "Sok", "party": 3, "pickup_point": bus}, headers=LONG)
        assert (refused.status_code, refused.json()["code"]) == (409, "pickup_point_full")
        assert await rows() == before
        full = await worker.post(path, json={"name": "Sok", "party": 5}, headers=LONG)
        assert (full.status_code, full.json()["code"]) == (409, "event_full")
        assert await rows() == before
        waits = await worker.post(path, json={"name": "Sok", "party": 5, "accept_waiting": True}, headers=LONG)
        assert waits.json()["state"] == "waiting"
        behind = await worker.post(path, json={"name": "Dara", "party": 4, "accept_waiting": True})
        assert behind.json()["state"] == "confirmed"  # who waits wants more than there is
    assert (await rows())["registration"] == before["registration"] + 2


async def test_a_code_that_is_taken_is_drawn_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = iter(["K7QF3", "K7QF3", "K7QF3", "M2XYZ"])
    monkeypatch.setattr(actions, "draw_short_code", lambda: next(drawn))
    event = await world.event()
    assert (await world.party(event))["short_code"] == "K7QF3"
    assert (await world.party(event))["short_code"] == "M2XYZ"
