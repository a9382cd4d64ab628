"""Taking back what was done with an event: publishing, cancelling, deleting a draft."""

from datetime import UTC, datetime, timedelta
from typing import Any

from app.care.purge import purge
from app.database.connection import fetch
from app.events.undoing import remove_deleted
from tests.world import World

BUS = [{"name": "Osan", "place": "Station", "seats": 4}]


async def seen(world: World, party: dict[str, Any]) -> Any:
    async with world.stranger as client:
        return (await client.get(f"/api/v1/registrations/{party['key']}")).json()


async def step(world: World, event: dict[str, Any], way: str, by: str = "korea", **body: Any) -> Any:
    async with world.api(by) as client:
        if way == "delete":
            return await client.delete(f"/api/v1/events/{event['slug']}")
        return await client.post(f"/api/v1/events/{event['slug']}/{way}", json=body)


async def feed(world: World, event: dict[str, Any]) -> str:
    async with world.stranger as client:
        return (await client.get(f"/calendars/en/events/{event['slug']}.ics")).text


async def test_an_event_that_was_cancelled_by_mistake_takes_place(world: World) -> None:
    event = await world.event()
    async with world.api("korea") as client:
        await client.patch(f"/api/v1/events/{event['slug']}", json={"notice": {"en": "Hall B now"}})
    cancelled = (await step(world, event, "cancel", notice={"en": "No hall"})).json()
    assert "STATUS:CANCELLED" in await feed(world, event)
    back = (await step(world, event, "undo")).json()
    assert (back["state"], back["notice"], back["sequence"]) == (
        "published",
        {"en": "Hall B now"},
        cancelled["sequence"] + 1,
    )
    text = await feed(world, event)
    assert "STATUS:CONFIRMED" in text
    assert f"SEQUENCE:{back['sequence']}" in text
    again = await step(world, event, "undo")
    assert (again.status_code, again.json()["code"]) == (409, "nothing_to_undo")


async def test_a_publishing_is_taken_back_while_nobody_has_registered(world: World) -> None:
    event = await world.event()
    back = (await step(world, event, "undo")).json()
    assert (back["state"], back["sequence"]) == ("draft", event["sequence"] + 1)
    async with world.stranger as client:
        assert (await client.get(f"/en/events/{event['slug']}")).status_code == 404
    never = await step(world, event, "delete")
    assert (never.status_code, never.json()["code"]) == (409, "event_was_public")
    assert (await step(world, event, "publish")).json()["state"] == "published"
    await world.party(event, 1)
    late = await step(world, event, "undo")
    assert (late.status_code, late.json()["code"]) == (409, "people_registered")


async def test_a_deleted_draft_is_gone_for_everybody_and_comes_back_whole(world: World) -> None:
    event = await world.event(publish=False, pickup_points=BUS)
    gate = await world.gate(event)
    assert (await step(world, event, "delete")).status_code == 204
    async with world.api("korea") as client, world.desk("korea") as desk, world.phone(gate["token"]) as phone:
        assert (await client.get(f"/api/v1/events/{event['slug']}")).status_code == 404
        assert (await client.get("/api/v1/events")).json()["items"] == []
        assert event["slug"] not in (await desk.get("/desk")).text
        assert (await phone.get("/gate/api/roster")).status_code == 401
        assert (await step(world, event, "delete")).status_code == 404
        assert (await step(world, event, "publish")).status_code == 404
    assert (await step(world, event, "undo", "japan")).status_code == 404
    back = (await step(world, event, "undo")).json()
    assert (back["state"], len(back["pickup_points"])) == ("draft", 1)
    async with world.phone(gate["token"]) as phone:
        assert (await phone.get("/gate/api/roster")).status_code == 200


async def test_a_deleted_draft_goes_for_good_after_ten_minutes(world: World, later: Any) -> None:
    kept, event = await world.event(publish=False), await world.event(publish=False, pickup_points=BUS)
    await world.gate(event)
    await step(world, event, "delete")
    assert await remove_deleted() == 0
    later()
    assert (await step(world, event, "undo")).json()["code"] == "nothing_to_undo"
    assert await remove_deleted() == 1
    assert [row["slug"] for row in await fetch("SELECT slug FROM event")] == [kept["slug"]]
    assert await fetch("SELECT id FROM pickup_point") == []
    assert (await step(world, event, "undo")).status_code == 404


async def test_who_waits_moves_up_when_a_cancellation_is_taken_back(world: World) -> None:
    event = await world.event(capacity=2)
    party = await world.party(event, 2)
    behind = await world.party(event, 2, accept_waiting=True)
    await step(world, event, "cancel")
    async with world.stranger as worker:
        assert (await worker.delete(f"/api/v1/registrations/{party['key']}")).status_code == 204
    assert (await step(world, event, "undo")).json()["state"] == "published"
    assert (await seen(world, behind))["state"] == "confirmed"


async def test_a_deleted_draft_does_not_stop_the_purge(world: World) -> None:
    event = await world.event(publish=False)
    await world.gate(event)
    long_ago = datetime.now(UTC) - timedelta(days=60)
    await fetch("UPDATE event SET ends_at = $1, starts_at = $2", long_ago, long_ago - timedelta(hours=3))
    await step(world, event, "delete")
    assert await purge(world.app.state.keyring) == 0


async def test_a_notice_that_was_written_since_stays(world: World) -> None:
    event = await world.event()
    await step(world, event, "cancel", notice={"en": "No hall"})
    await step(world, event, "cancel", notice={"en": "No hall."})  # a letter corrected is no step of its own
    async with world.api("korea") as client:
        await client.patch(f"/api/v1/events/{event['slug']}", json={"notice": {"en": "In hall B after all"}})
    back = (await step(world, event, "undo")).json()
    assert (back["state"], back["notice"]) == ("published", {"en": "In hall B after all"})
