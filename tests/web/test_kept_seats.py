"""Freed places are kept for a large party until a stated time; every page says alike whether there are places."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from app.database.connection import fetch
from app.seats.counts import miscounted
from app.seats.waiting import end_keeping
from tests.world import World


async def give_up(world: World, *parties: dict[str, Any]) -> None:
    async with world.stranger as client:
        for party in parties:
            assert (await client.delete(f"/api/v1/registrations/{party['key']}")).status_code == 204


async def states(world: World, *parties: dict[str, Any]) -> list[str]:
    async with world.stranger as client:
        return [(await client.get(f"/api/v1/registrations/{party['key']}")).json()["state"] for party in parties]


async def page(world: World, path: str) -> str:
    async with world.stranger as client:
        return " ".join(re.sub(r"<[^>]+>", " ", (await client.get(path)).text).split())


async def kept(world: World) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """An event with one free place that is kept for three people, before whom one would fit."""
    event = await world.event(capacity=3, held_after_passes=0)
    one = await world.party(event, 1)
    await world.party(event, 2)
    large = await world.party(event, 3, accept_waiting=True)
    small = await world.party(event, 1, accept_waiting=True)
    await give_up(world, one)
    return event, large, small


async def test_a_party_larger_than_the_event_keeps_nobody_out(world: World) -> None:
    event = await world.event(capacity=3, held_after_passes=1)
    inside = [await world.party(event, 1) for _ in range(3)]
    large = await world.party(event, 5, accept_waiting=True)
    behind = [await world.party(event, 1, accept_waiting=True) for _ in range(4)]
    await give_up(world, *inside)
    assert await states(world, large, *behind) == ["waiting", "confirmed", "confirmed", "confirmed", "waiting"]
    assert "You are more than this event has places (3)." in await page(world, f"/en/r/{large['key']}")
    async with world.browser() as phone:  # it takes what there is, later
        answer = await phone.post(f"/en/r/{large['key']}/change", data={"take_what_there_is": "on"})
        assert answer.status_code == 303, answer.text
    assert "You are more than this event" not in await page(world, f"/en/r/{large['key']}")
    await give_up(world, behind[0])
    async with world.stranger as client:
        assert (await client.get(f"/api/v1/registrations/{large['key']}")).json()["party"] == 1
    assert await miscounted() == []


async def test_kept_places_fall_free_at_the_stated_time(world: World) -> None:
    _, large, small = await kept(world)
    assert await states(world, large, small) == ["waiting", "waiting"]
    (row,) = await fetch("SELECT kept_until FROM registration WHERE id = $1", UUID(large["id"]))
    left = datetime.fromisoformat(str(row["kept_until"])) - datetime.now(UTC)
    assert timedelta(hours=47) < left <= timedelta(hours=48)
    assert "We keep places that become free for you until" in await page(world, f"/en/r/{large['key']}")
    assert await end_keeping() == 0
    over = datetime.now(UTC) - timedelta(seconds=1)
    for table in ("event", "registration"):
        await fetch(f"UPDATE {table} SET kept_until = $1 WHERE kept_until IS NOT NULL", over)
    assert await end_keeping() == 1
    assert await states(world, large, small) == ["waiting", "confirmed"]
    assert await end_keeping() == 0  # a party has that once
    assert "We keep places" not in await page(world, f"/en/r/{large['key']}")


async def test_every_answer_says_that_kept_places_are_not_there(world: World) -> None:
    event, _, _ = await kept(world)
    async with world.stranger as client:
        assert (await client.get(f"/api/v1/events/{event['slug']}")).json()["seats_left"] == 0
        path = f"/api/v1/events/{event['slug']}/registrations"
        answer = await client.post(path, json={"name": "Dara"})
        assert (answer.status_code, answer.json()["code"]) == (409, "event_full")
        assert "All places are taken" in answer.json()["detail"]
        text = (await client.get(f"/en/events/{event['slug']}")).text
        assert "SoldOut" in text
    for path in (f"/en/events/{event['slug']}", f"/en/events/{event['slug']}/register"):
        text = await page(world, path)
        assert "4 people are waiting." in text
        assert "Join the waiting list" in text


async def test_a_full_event_is_joined_at_its_end_without_a_box_to_tick(world: World) -> None:
    event = await world.event(capacity=1)
    await world.party(event, 1)
    async with world.browser() as phone:
        form = (await phone.get(f"/en/events/{event['slug']}/register")).text
        sent = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form))
        answer = await phone.post(f"/en/events/{event['slug']}/register", data={**sent, "name": "Dara", "party": "2"})
        assert answer.status_code == 303, answer.text
        assert "You are on the waiting list." in (await phone.get(answer.headers["location"])).text


async def test_a_couple_at_the_last_place_is_told_that_there_is_one(world: World) -> None:
    event = await world.event(capacity=2)
    await world.party(event, 1)
    async with world.stranger as client:
        path = f"/api/v1/events/{event['slug']}/registrations"
        answer = await client.post(path, json={"name": "Dara", "party": 2})
    assert (answer.status_code, answer.json()["code"]) == (409, "event_full")
    assert "There is 1 place left" in answer.json()["detail"]
    assert "Register" in await page(world, f"/en/events/{event['slug']}/register")


async def test_capacity_lowered_under_a_waiting_party_lets_the_next_in(world: World) -> None:
    event = await world.event(capacity=4, held_after_passes=0)
    first = await world.party(event, 2)
    await world.party(event, 1)
    large = await world.party(event, 4, accept_waiting=True)
    small = await world.party(event, 1, accept_waiting=True)
    assert await states(world, large, small) == ["waiting", "waiting"]
    async with world.api("korea") as client:
        await client.patch(f"/api/v1/events/{event['slug']}", json={"capacity": 3})
    await give_up(world, first)
    assert await states(world, large, small) == ["waiting", "confirmed"]
