"""An event's tally: what stays of its people, equal before and after they are erased."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest

from app.care.purge import purge
from app.database.connection import fetch
from app.seats.counts import miscounted
from app.seats.few import BREAKDOWNS, LEAST, in_public
from app.seats.measures import Count
from app.seats.tally import counted, mistallied, tally_ended, tally_of
from tests.storage.test_jobs import end
from tests.world import World, soon


async def stats(world: World, event: dict[str, Any]) -> dict[str, Any]:
    async with world.api("korea") as client:
        return dict((await client.get(f"/api/v1/events/{event['slug']}/stats")).json())


GROUPS = {measure.value for measure in BREAKDOWNS}


async def by_now(event: dict[str, Any]) -> Any:
    return msgspec.to_builtins(in_public(await counted(UUID(event["id"]), "Asia/Seoul"), invitations=True))


def of(found: dict[str, Any], measure: str) -> dict[tuple[str, str], int]:
    """The people of a measure, by day and key."""
    return {(each["day"], each["key"]): each["people"] for each in found["tally"] if each["measure"] == measure}


def total(found: dict[str, Any], measure: str) -> int:
    return sum(of(found, measure).values())


async def filled(world: World, draw: random.Random) -> dict[str, Any]:
    """An event at which much happened."""
    event = await world.event(capacity=14, pickup_points=[{"name": "Osan", "seats": 9}])
    bus, gate, parties = event["pickup_points"][0]["id"], await world.gate(event), list[dict[str, Any]]()
    async with world.stranger as worker:
        for _ in range(16):
            size = draw.randint(1, 4)
            asked: dict[str, Any] = {
                "name": "x",
                "party": size,
                "children": draw.randint(0, size),
                "language": draw.choice(("km", "en")),
                "accept_waiting": True,
                "take_what_there_is": draw.random() < 0.5,
            }
            if draw.random() < 0.3:
                asked["pickup_point"] = bus
            answer = await worker.post(f"/api/v1/events/{event['slug']}/registrations", json=asked)
            assert answer.status_code in {201, 409}, answer.text
            if answer.status_code == 201:
                parties.append(answer.json())
            chosen = draw.choice(parties)
            if draw.random() < 0.3:
                way = draw.choice(("erase", ""))
                if way:
                    await worker.post(f"/api/v1/registrations/{chosen['key']}/erase")
                else:
                    await worker.delete(f"/api/v1/registrations/{chosen['key']}")
            elif chosen["tickets"] and draw.random() < 0.6:
                await world.scan(gate, {"code": draw.choice(chosen["tickets"])["code"]})
    async with world.phone(gate["token"]) as phone:
        await phone.post("/gate/api/walk-ins", json={"nonce": uuid4().hex, "size": 5, "children": 1})
    return event


@pytest.mark.parametrize("seed", range(4))
async def test_a_tally_is_what_was_counted_and_outlives_the_people(world: World, seed: int) -> None:
    event = await filled(world, random.Random(seed))
    before = await stats(world, event)
    assert before["tally"] is None  # who may still come is not counted yet
    before["tally"] = msgspec.to_builtins(await counted(UUID(event["id"]), "Asia/Seoul"))  # small groups too
    assert total(before, "registered") == before["registered"] == total(before, "language")
    assert total(before, "waiting") <= before["waiting"]  # who is let in from the list came, and waits no more
    assert total(before, "came") == before["admitted"] == total(before, "arrivals")
    assert total(before, "walk_ins") == before["walk_ins"] == 5
    assert total(before, "parties") == before["parties"]
    held = (await fetch("SELECT seats_taken AS people FROM pickup_point"))[0]["people"]
    assert total(before, "bus") == held

    await end(event)
    assert await tally_ended() == 1
    assert await tally_ended() == 0
    assert await mistallied() == []
    complete = await stats(world, event)
    assert await tally_of(UUID(event["id"])) == msgspec.convert(before["tally"], list[Count])
    told = {(each["measure"], each["key"]): each["people"] for each in complete["tally"] if each["measure"] in GROUPS}
    assert all(people >= LEAST for people in told.values())  # as it is told

    await purge(world.app.state.keyring)
    after = await stats(world, event)
    assert after == complete | {"seats_left": after["seats_left"]}
    assert await tally_ended() == 0  # a purge is nothing to count again
    assert await mistallied() == []


async def test_a_purge_before_the_job_counts_first(world: World) -> None:
    event = await filled(world, random.Random(9))
    before = await by_now(event)
    await end(event)
    await purge(world.app.state.keyring)
    assert (await stats(world, event))["tally"] == before


async def test_what_a_phone_delivers_late_is_counted_again(world: World) -> None:
    event = await world.event()
    party, gate = await world.party(event, 2), await world.gate(event)
    await end(event, at=datetime.now(UTC) - timedelta(hours=1))  # its phones count for twelve hours more
    await tally_ended()
    assert total(await stats(world, event), "came") == 0
    await world.scan(gate, {"code": party["tickets"][0]["code"]})
    assert await tally_ended() == 1
    found = await stats(world, event)
    assert (total(found, "came"), total(found, "not_come")) == (1, 1)
    async with world.phone(gate["token"]) as phone:
        sent = {"nonce": uuid4().hex, "size": 5, "children": 0}
        assert (await phone.post("/gate/api/walk-ins", json=sent)).status_code == 200
    assert await tally_ended() == 1
    assert total(await stats(world, event), "walk_ins") == 5
    assert await mistallied() == []


async def test_who_leaves_after_the_event_changes_nothing_of_it(world: World) -> None:
    event = await world.event(capacity=2)
    booked = await world.party(event, 2)
    left = await world.party(event, 2, accept_waiting=True)
    waiting = await world.party(event, 2, accept_waiting=True)
    async with world.stranger as worker:
        assert (await worker.delete(f"/api/v1/registrations/{left['key']}")).status_code == 204
    await end(event)
    await tally_ended()
    before = await stats(world, event)
    async with world.stranger as worker:
        assert (await worker.delete(f"/api/v1/registrations/{left['key']}")).status_code == 204  # its answer was lost
        refused = await worker.delete(f"/api/v1/registrations/{booked['key']}")
        assert (refused.status_code, refused.json()["code"]) == (409, "event_over")
        assert (await worker.post(f"/api/v1/registrations/{booked['key']}/erase")).status_code == 200
        assert (await worker.get(f"/api/v1/registrations/{waiting['key']}")).json()["state"] == "waiting"
        assert (await worker.post(f"/api/v1/registrations/{waiting['key']}/erase")).status_code == 200
    assert await tally_ended() == 0
    after = await stats(world, event)
    assert (after["tally"], after["registered"], after["waiting"]) == (before["tally"], 2, 2)
    assert await mistallied() == []
    assert await miscounted() == []


async def test_an_event_that_is_moved_to_later_counts_again(world: World) -> None:
    event = await world.event()
    await world.party(event, 2)
    await end(event)
    await tally_ended()
    assert (await stats(world, event))["tally"] is not None
    async with world.api("korea") as client:
        moved = {"starts_at": soon(61), "ends_at": soon(61, 17)}
        assert (await client.patch(f"/api/v1/events/{event['slug']}", json=moved)).status_code == 200
    assert (await stats(world, event))["tally"] is None


async def test_doctor_sees_a_tally_that_is_wrong(world: World) -> None:
    event = await world.event()
    await world.party(event, 2)
    await end(event)
    await tally_ended()
    assert await mistallied() == []
    await fetch("UPDATE tally SET people = people + 1 WHERE measure = 'registered'")
    assert await mistallied() == [event["slug"]]
