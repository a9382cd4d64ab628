"""A long waiting list is not read to its end, and moves up as a short one does."""

from typing import Any
from uuid import UUID

import pytest

from app.database.connection import current, fetch
from app.seats import waiting
from tests.world import World

PATIENT = {"accept_waiting": True}


async def passes(*parties: dict[str, Any]) -> list[int]:
    """How often each was passed over."""
    rows = await fetch("SELECT id, passed_over FROM registration")
    found = {str(row["id"]): row["passed_over"] for row in rows}
    return [found[party["id"]] for party in parties]


async def states(*parties: dict[str, Any]) -> list[str]:
    rows = await fetch("SELECT id, state FROM registration")
    found = {str(row["id"]): row["state"] for row in rows}
    return [found[party["id"]] for party in parties]


async def test_who_is_passed_is_counted_and_nobody_else(world: World) -> None:
    event = await world.event(capacity=10, party_limit=9)
    inside = await world.party(event, 9)
    large = await world.party(event, 5, **PATIENT)
    small = await world.party(event, 2, **PATIENT)
    larger = await world.party(event, 6, **PATIENT)
    one = await world.party(event, 1, **PATIENT)
    last = await world.party(event, 9, **PATIENT)
    assert await states(large, small, larger, one, last) == ["waiting", "waiting", "waiting", "confirmed", "waiting"]
    assert await passes(large, small, larger, last) == [1, 1, 1, 0]
    async with world.api("korea") as staff:
        await staff.patch(f"/api/v1/events/{event['slug']}", json={"capacity": 12})
    assert await states(large, small, larger, last) == ["waiting", "confirmed", "waiting", "waiting"]
    assert await passes(large, larger, last) == [2, 1, 0]
    async with world.stranger as worker:
        assert (await worker.delete(f"/api/v1/registrations/{inside['key']}")).status_code == 204
    assert await states(large, larger, last) == ["confirmed", "waiting", "waiting"]


async def test_many_who_do_not_fit_do_not_hide_who_does(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """However few are looked at first."""
    monkeypatch.setattr(waiting, "FIRST", 1)
    event = await world.event(capacity=6, party_limit=9)
    gone, _ = await world.party(event, 3), await world.party(event, 3)
    crowd = [await world.party(event, size, **PATIENT) for size in (9, 2, 9, 2, 1, 9, 1)]
    async with world.stranger as worker:
        await worker.delete(f"/api/v1/registrations/{gone['key']}")
    assert await states(*crowd) == [
        "waiting", "confirmed", "waiting", "waiting", "confirmed", "waiting", "waiting",
    ]  # fmt: skip


async def test_who_cannot_move_reads_no_list(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    event = await world.event(capacity=3, party_limit=9)
    await world.party(event, 3)
    for _ in range(3):
        await world.party(event, 2, **PATIENT)
    asked: list[str] = []
    engine, original = current(), current().fetch

    async def noted(sql: str, args: Any = ()) -> Any:
        asked.append(sql)
        return await original(sql, args)

    monkeypatch.setattr(engine, "fetch", noted)
    path = f"/api/v1/events/{event['slug']}/registrations"
    async with world.stranger as worker:
        assert (await worker.post(path, json={"name": "Sok", "party": 2, **PATIENT})).json()["state"] == "waiting"
        assert not any("passed_over >=" in sql for sql in asked)
        asked.clear()
        refused = await worker.post(path, json={"name": "Sok", "party": 2})
        assert (refused.status_code, refused.json()["code"]) == (409, "event_full")
        assert not any(sql.lstrip().startswith(("INSERT", "UPDATE", "WITH")) for sql in asked)
    (row,) = await fetch("SELECT seats_waiting FROM event WHERE id = $1", UUID(event["id"]))
    assert row["seats_waiting"] == 8
