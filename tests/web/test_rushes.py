"""A rush by one hand: set aside, told so, and let in or given up by the attaché, with undo."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any, cast
from uuid import UUID

import httpx
import pytest

from app.database.connection import fetch
from app.registrations import rushes
from app.seats.counts import miscounted
from app.seats.rules import most_at_once
from tests.world import World

FACTORY, HOME = "203.0.113.7", "198.51.100.9"


@pytest.fixture(autouse=True)
def nothing_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    rushes._seen.clear()
    monkeypatch.setattr(rushes, "UNCOUNTED", 10)


async def register(world: World, event: dict[str, Any], address: str, size: int = 10, **more: Any) -> httpx.Response:
    transport = httpx.ASGITransport(app=cast(Any, world.app), client=(address, 4711))
    headers = more.pop("headers", {})
    async with httpx.AsyncClient(transport=transport, base_url=world.settings.base_url, headers=headers) as client:
        body = {"name": "Sok Dara", "party": size, "accept_waiting": False, **more}
        return await client.post(f"/api/v1/events/{event['slug']}/registrations", json=body)


async def rush(
    world: World, capacity: int = 1000, parties: int = 24, **more: Any
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A factory that brings so many parties of ten to an event, of which it may take 200."""
    event = await world.event(party_limit=10, capacity=capacity, **more)
    made = []
    for _ in range(parties):
        answer = await register(world, event, FACTORY)
        assert answer.status_code == 201, answer.text
        made.append(answer.json())
    return event, made


async def stats(world: World, event: dict[str, Any]) -> tuple[int, int]:
    async with world.api("korea") as client:
        found = (await client.get(f"/api/v1/events/{event['slug']}/stats")).json()
    return found["registered"], found["waiting"]


async def text_of(world: World, path: str) -> str:
    async with world.desk("korea") as desk:
        return unescape((await desk.get(path)).text)


async def decide(world: World, event: dict[str, Any], do: str, by: str = "korea", **more: str) -> httpx.Response:
    """Press a button of the rushes page with what its form carries."""
    path = f"/desk/events/{event['slug']}/rushes"
    page = await text_of(world, path)
    carried = {}
    for name in ("source", "people", "press"):
        if found := re.search(rf'name="{name}" value="([^"]*)"', page):
            carried[name] = found[1]
    async with world.desk(by) as desk:
        return await desk.post(f"{path}?lang=en", data={**carried, "do": do, **more})


def test_how_much_one_connection_may_take() -> None:
    assert [most_at_once(capacity, 20) for capacity in (50, 499, 500, 3000)] == [100, 100, 100, 600]
    assert most_at_once(3000, 50) == 1500


async def test_one_source_takes_its_share_and_no_more(world: World) -> None:
    event, made = await rush(world)
    assert [party["state"] for party in made] == ["confirmed"] * 20 + ["waiting"] * 4
    assert [party["set_aside"] for party in made] == [False] * 20 + [True] * 4
    assert await stats(world, event) == (200, 40)
    # whoever comes from elsewhere later gets places: there are some
    other = (await register(world, event, HOME)).json()
    assert (other["state"], other["set_aside"]) == ("confirmed", False)
    async with world.stranger as phone:
        page = unescape((await phone.get(f"/en/r/{made[-1]['key']}")).text)
    assert "very many people registered from the same connection" in page
    assert "You are the next" not in page
    # a small party of that source waits too, however it comes, and growing is no way round
    assert (await register(world, event, FACTORY, 1)).json()["set_aside"]
    async with world.stranger as phone:
        grown = await phone.patch(f"/api/v1/registrations/{made[0]['key']}", json={"party": 1})
        assert grown.status_code == 200
        more = await phone.patch(f"/api/v1/registrations/{made[1]['key']}", json={"party": 10, "names": ["Sok"]})
        assert more.status_code == 200
        assert (await register(world, event, FACTORY, 9)).json()["set_aside"] is False  # nine had become free
        full = await phone.patch(f"/api/v1/registrations/{made[0]['key']}", json={"party": 2})
    assert (full.status_code, full.json()["code"]) == (409, "rush")


async def test_leaders_by_invitation_known_networks_and_events_without_limit_are_not_judged(world: World) -> None:
    for more in ({"known_networks": ["203.0.113.0/24"]}, {"rush_share": 0}):
        _, made = await rush(world, **more)
        assert {party["set_aside"] for party in made} == {False}
    event = await world.event(party_limit=10, capacity=None)
    for _ in range(15):
        assert not (await register(world, event, FACTORY)).json()["set_aside"]


async def test_an_ipv6_household_is_one_source_and_its_neighbour_another(world: World) -> None:
    event = await world.event(party_limit=10, capacity=300)
    states = [(await register(world, event, f"2001:db8:1:2::{index:x}")).json()["set_aside"] for index in range(12)]
    assert states == [False] * 10 + [True] * 2
    assert not (await register(world, event, "2001:db8:1:3::1")).json()["set_aside"]


async def test_behind_a_proxy_that_nobody_declared_nobody_is_set_aside(world: World) -> None:
    event = await world.event(party_limit=10, capacity=300)
    for index in range(12):
        answer = await register(world, event, FACTORY, headers={"x-forwarded-for": f"192.0.2.{index}"})
        assert not answer.json()["set_aside"]


async def test_after_ten_minutes_it_may_take_more(world: World) -> None:
    event, _ = await rush(world)
    before = datetime.now(UTC) - timedelta(minutes=11)
    await fetch("UPDATE registration SET created_at = $1, took_at = $1", before)
    assert not (await register(world, event, FACTORY)).json()["set_aside"]


async def test_the_desk_is_alarmed_and_lets_them_in_in_order(world: World) -> None:
    event, made = await rush(world, capacity=220)  # it may take 100
    assert await stats(world, event) == (100, 140)
    assert "140 people were set aside" in await text_of(world, f"/desk/events/{event['slug']}?lang=en")
    page = await text_of(world, f"/desk/events/{event['slug']}/rushes?lang=en")
    assert "places of 240 people: 100 booked, 140 set aside" in page
    assert (await decide(world, event, "let_in")).status_code == 303
    assert await stats(world, event) == (220, 20)
    async with world.stranger as phone:
        states = [(await phone.get(f"/api/v1/registrations/{party['key']}")).json() for party in made]
    assert [party["state"] for party in states] == ["confirmed"] * 22 + ["waiting"] * 2
    assert not any(party["set_aside"] for party in states)
    assert "Nobody is set aside." in await text_of(world, f"/desk/events/{event['slug']}/rushes?lang=en")
    assert "were set aside" not in await text_of(world, f"/desk/events/{event['slug']}?lang=en")


async def test_all_places_of_a_source_are_given_up_with_a_question_and_undo(world: World) -> None:
    event, made = await rush(world, capacity=150, parties=16)
    other = await register(world, event, HOME)
    assert other.json()["state"] == "confirmed"  # set aside means no place is taken
    asked = await decide(world, event, "give_up")
    assert asked.status_code == 422
    assert "Yes, I am sure" in asked.text
    assert (
        await decide(world, event, "give_up", sure="on", people="59")
    ).status_code == 412  # it says other numbers by now
    assert await stats(world, event) == (110, 60)  # nothing happened yet
    assert (await decide(world, event, "give_up", sure="on")).status_code == 303
    assert await stats(world, event) == (10, 0)
    async with world.stranger as phone:
        assert (await phone.get(f"/api/v1/registrations/{made[0]['key']}")).json()["state"] == "cancelled"
    assert (await decide(world, event, "undo")).status_code == 303
    assert await stats(world, event) == (110, 60)
    async with world.stranger as phone:
        last = (await phone.get(f"/api/v1/registrations/{made[-1]['key']}")).json()
    assert (last["state"], last["set_aside"]) == ("waiting", True)


async def test_whoever_waits_moves_up_into_what_a_source_gave_up(world: World) -> None:
    event, _ = await rush(world, capacity=100, parties=10)
    waits = (await register(world, event, HOME, 10, accept_waiting=True)).json()
    assert waits["state"] == "waiting"
    await register(world, event, FACTORY, 1, accept_waiting=True)
    await decide(world, event, "give_up", sure="on")
    async with world.stranger as phone:
        assert (await phone.get(f"/api/v1/registrations/{waits['key']}")).json()["state"] == "confirmed"


async def test_one_party_can_be_moved_up_by_hand_and_the_others_country_sees_nothing(world: World) -> None:
    event, made = await rush(world, parties=22)
    async with world.desk("korea") as desk:
        path = f"/desk/events/{event['slug']}/registrations/{made[-1]['id']}"
        assert (await desk.post(path, data={"do": "move_up", "reason": "I called them"})).status_code == 303
    async with world.stranger as phone:
        assert (await phone.get(f"/api/v1/registrations/{made[-1]['key']}")).json()["state"] == "confirmed"
    async with world.desk("japan") as desk:
        assert (await desk.get(f"/desk/events/{event['slug']}/rushes")).status_code == 404
    async with world.desk("hq") as desk:
        assert (await desk.get(f"/desk/events/{event['slug']}/rushes")).status_code == 403
    assert (await decide(world, event, "nonsense")).status_code == 404


async def test_what_is_kept_of_a_network_is_no_address_and_goes_within_a_day(world: World) -> None:
    _, made = await rush(world, parties=12)
    rows = await fetch("SELECT source FROM registration")
    assert all(FACTORY not in row["source"] and len(row["source"]) >= 32 for row in rows)
    async with world.stranger as phone:
        await phone.post(f"/api/v1/registrations/{made[0]['key']}/erase")
    erased = await fetch("SELECT source FROM registration WHERE id = $1", UUID(made[0]["id"]))
    assert erased[0]["source"] == ""
    await rushes.forget_sources()
    assert sum(1 for row in await fetch("SELECT source FROM registration") if row["source"]) == 11
    await fetch("UPDATE registration SET created_at = $1", datetime.now(UTC) - timedelta(hours=24))
    await rushes.forget_sources()
    assert not any(row["source"] for row in await fetch("SELECT source FROM registration"))


async def test_networks_that_are_none_are_named(world: World) -> None:
    async with world.api("korea") as client:
        event = await world.event()
        answer = await client.patch(f"/api/v1/events/{event['slug']}", json={"known_networks": ["the factory"]})
    assert answer.json()["errors"][0] == {
        "field": "known_networks",
        "code": "not_a_network",
        "detail": "Write one network a line, such as 203.0.113.0/24, or a single address.",
    }


async def test_a_rush_stops_nobody_else_from_growing(world: World) -> None:
    event, _ = await rush(world)
    home = (await register(world, event, HOME, 2)).json()
    async with world.stranger as phone:
        assert (await phone.patch(f"/api/v1/registrations/{home['key']}", json={"party": 3})).status_code == 200


async def test_handing_on_and_growing_later_are_no_way_round(world: World) -> None:
    event = await world.event(party_limit=10, capacity=300)
    taken = 0
    async with world.stranger as phone:
        for _ in range(12):
            party = (await register(world, event, FACTORY)).json()
            if party["set_aside"]:
                break
            taken += 10
            for number in range(2, 11):
                friend = await phone.post(
                    f"/api/v1/registrations/{party['key']}/tickets/{number}/hand-on", json={"name": "Friend"}
                )
                assert friend.status_code == 201, friend.text
        assert taken == 100
        long_ago = datetime.now(UTC) - timedelta(minutes=11)
        await fetch("UPDATE registration SET created_at = $1, took_at = $1", long_ago)
        singles = [(await register(world, event, FACTORY, 1)).json() for _ in range(30)]
        await fetch("UPDATE registration SET created_at = $1, took_at = $1", long_ago)
        answers = [
            (await phone.patch(f"/api/v1/registrations/{each['key']}", json={"party": 10})).status_code
            for each in singles
        ]
    assert answers.count(200) == 10  # a hundred people within ten minutes
    assert answers.count(409) == 20


async def test_what_a_worker_gave_up_is_not_taken_back_by_the_desk(world: World) -> None:
    event, made = await rush(world, capacity=150, parties=16)
    async with world.stranger as phone:
        await phone.delete(f"/api/v1/registrations/{made[0]['key']}")
    page = await text_of(world, f"/desk/events/{event['slug']}/rushes?lang=en")
    assert "Take it back" not in page
    await decide(world, event, "give_up", sure="on")
    assert (await decide(world, event, "undo")).status_code == 303
    async with world.stranger as phone:
        assert (await phone.get(f"/api/v1/registrations/{made[0]['key']}")).json()["state"] == "cancelled"
    assert (await decide(world, event, "undo", press="0")).status_code == 409
    assert (await decide(world, event, "let_in", source="nonsense")).status_code == 409


async def test_nothing_is_given_up_once_the_event_is_over(world: World) -> None:
    event, _ = await rush(world, parties=22)
    over = datetime.now(UTC) - timedelta(minutes=1)
    await fetch("UPDATE event SET starts_at = $1, ends_at = $2", over - timedelta(hours=8), over)
    answer = await decide(world, event, "give_up", sure="on")
    assert (answer.status_code, await stats(world, event)) == (409, (200, 20))
    assert "were set aside" not in await text_of(world, f"/desk/events/{event['slug']}?lang=en")


async def test_whoever_comes_back_waits_in_the_order_of_before(world: World) -> None:
    event, made = await rush(world, capacity=120, parties=11)
    waits = [(await register(world, event, f"192.0.2.{n}", 10, accept_waiting=True)).json() for n in range(14)]
    await decide(world, event, "give_up", sure="on")
    await decide(world, event, "undo")
    async with world.stranger as phone:
        order = {}
        for party in made[:10]:
            found = (await phone.get(f"/api/v1/registrations/{party['key']}")).json()
            rows = await fetch("SELECT wait_position FROM registration WHERE id = $1", UUID(party["id"]))
            order[party["id"]] = (found["state"], rows[0]["wait_position"])
    waiting = [place for state, place in order.values() if state == "waiting"]
    assert waiting == sorted(waiting)
    assert len(waiting) >= 8
    assert len(waits) == 14
    assert not await miscounted()


async def test_an_event_without_anybody_waiting_is_not_shown_as_full(world: World) -> None:
    event = await world.event(party_limit=10, capacity=200)
    await fetch("UPDATE event SET kept_until = $1", datetime.now(UTC) + timedelta(days=1))
    for _ in range(11):
        await register(world, event, FACTORY)
    home = (await register(world, event, HOME, 1)).json()
    async with world.stranger as phone:
        await phone.delete(f"/api/v1/registrations/{home['key']}")
        assert (await phone.get(f"/api/v1/events/{event['slug']}")).json()["seats_left"] > 0


async def test_a_single_address_can_be_named_in_either_notation(world: World) -> None:
    event = await world.event(party_limit=10, capacity=200, known_networks=["2001:db8:1:2::7", "::ffff:203.0.113.7"])
    for address in ("2001:db8:1:2::7", FACTORY):
        for _ in range(12):
            assert not (await register(world, event, address, 4)).json()["set_aside"]


async def test_a_full_event_sets_nobody_aside_against_their_wish(world: World) -> None:
    event, _ = await rush(world, capacity=100, parties=10)
    answer = await register(world, event, FACTORY, 1)
    assert (answer.status_code, answer.json()["code"]) == (409, "event_full")


async def test_a_party_is_counted_once_whichever_way_it_goes(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that does not fit at once is looked at again under the event's row: it is the same party."""
    counted: list[int] = []
    original = rushes._noticed

    def noticed(event: UUID, source: str, party: int, moment: datetime) -> int:
        counted.append(party)
        return original(event, source, party, moment)

    monkeypatch.setattr(rushes, "_noticed", noticed)
    event = await world.event(capacity=50, pickup_points=[{"name": "Osan", "seats": 2}])
    bus, path = event["pickup_points"][0]["id"], f"/api/v1/events/{event['slug']}/registrations"
    async with world.stranger as worker:
        refused = await worker.post(path, json={"name": "Sok", "party": 3, "pickup_point": bus})
        assert refused.json()["code"] == "pickup_point_full"
    assert counted == [3]
