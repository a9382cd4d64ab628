"""Seat arithmetic under random interleavings: the recount always agrees, and no capacity is ever passed."""

import asyncio
import random
from typing import Any

import pytest

from app.database.connection import fetch
from app.seats.counts import miscounted
from tests.world import World


@pytest.mark.parametrize("seed", range(8))
async def test_random_registering_giving_up_and_resizing(world: World, seed: int) -> None:
    draw = random.Random(seed)
    event = await world.event(capacity=12, party_limit=5, pickup_points=[{"name": "Osan", "seats": 6}])
    bus = event["pickup_points"][0]["id"]
    gate = await world.gate(event)
    parties: list[dict[str, Any]] = []

    async def register() -> None:
        async with world.stranger as client:
            asked = {
                "name": "x",
                "party": draw.randint(1, 5),
                "accept_waiting": draw.random() < 0.6,
                "take_what_there_is": draw.random() < 0.3,
            }
            answer = await client.post(f"/api/v1/events/{event['slug']}/registrations", json=asked)
            assert answer.status_code in {201, 409}
            if answer.status_code == 201:
                parties.append(answer.json())

    async def leave() -> None:
        if parties:
            async with world.stranger as client:
                party = draw.choice(parties)
                if draw.random() < 0.3:
                    await client.post(f"/api/v1/registrations/{party['key']}/erase")
                else:
                    await client.delete(f"/api/v1/registrations/{party['key']}")

    async def resize() -> None:
        async with world.api("korea") as client:
            answer = await client.patch(f"/api/v1/events/{event['slug']}", json={"capacity": draw.randint(4, 20)})
            assert answer.status_code in {200, 422}

    async def change() -> None:
        if parties:
            wish: dict[str, Any] = draw.choice(({"party": draw.randint(1, 5)}, {"drop": [draw.randint(1, 5)]}))
            wish |= draw.choice(({}, {"pickup_point": ""}, {"pickup_point": bus}))
            async with world.stranger as client:
                answer = await client.patch(f"/api/v1/registrations/{draw.choice(parties)['key']}", json=wish)
                assert answer.status_code in {200, 409, 410, 422}, answer.text

    async def hand_on() -> None:
        if parties:
            async with world.stranger as client:
                path = f"/api/v1/registrations/{draw.choice(parties)['key']}/tickets/{draw.randint(1, 5)}/hand-on"
                answer = await client.post(path, json={"name": "y"})
                assert answer.status_code in {201, 409, 410}, answer.text
                if answer.status_code == 201:
                    parties.append(answer.json())

    async def undo() -> None:
        if parties:
            way = draw.choice(("undo", "undo", f"tickets/{draw.randint(1, 5)}/undo"))
            async with world.stranger as client:
                answer = await client.post(f"/api/v1/registrations/{draw.choice(parties)['key']}/{way}")
                assert answer.status_code in {200, 409, 410, 422}, answer.text

    async def admit() -> None:
        confirmed = [party for party in parties if party["tickets"]]
        if confirmed:
            await world.scan(gate, {"code": draw.choice(confirmed)["tickets"][0]["code"]})

    for _ in range(8):
        steps = [
            draw.choice((register, register, register, leave, undo, undo, change, change, hand_on, resize, admit))
            for _ in range(7)
        ]
        await asyncio.gather(*(step() for step in steps))
        rows = await fetch("SELECT capacity, seats_taken, seats_waiting FROM event")
        assert rows[0]["seats_taken"] <= rows[0]["capacity"]
        assert await miscounted() == []
        (seats,) = await fetch("SELECT seats, seats_taken FROM pickup_point")
        on_it = await fetch(
            "SELECT coalesce(sum(party), 0) AS people FROM registration"
            " WHERE state = 'confirmed' AND pickup_point IS NOT NULL"
        )
        assert seats["seats_taken"] == int(on_it[0]["people"]) <= seats["seats"]
    (row,) = await fetch("SELECT capacity, seats_taken FROM event")
    waiting = await fetch(
        "SELECT party, take_what_there_is, passed_over FROM registration WHERE state = 'waiting' ORDER BY wait_position"
    )
    free = row["capacity"] - row["seats_taken"]
    if waiting and not any(each["passed_over"] >= 5 for each in waiting):
        assert free < min(each["party"] for each in waiting)
