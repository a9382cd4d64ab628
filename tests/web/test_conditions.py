"""Two people, one thing: what is meant for a state that is no more is refused, and nothing is overwritten."""

from typing import Any

import pytest

from tests.world import World, soon


async def shown(world: World, event: dict[str, Any]) -> tuple[dict[str, Any], str]:
    """An event and its tag, as its attaché sees them."""
    async with world.api("korea") as client:
        answer = await client.get(f"/api/v1/events/{event['slug']}")
    return dict(answer.json()), answer.headers["etag"]


async def test_a_change_for_a_state_that_is_no_more_is_refused(world: World) -> None:
    event = await world.event()
    _, tag = await shown(world, event)
    path = f"/api/v1/events/{event['slug']}"
    async with world.api("korea") as client:
        first = await client.patch(path, json={"capacity": 200}, headers={"if-match": tag})
        assert first.status_code == 200, first.text
        second = await client.patch(path, json={"capacity": 300}, headers={"if-match": tag})
        assert (second.status_code, second.json()["code"]) == (412, "changed_meanwhile")
        assert (await client.get(path)).json()["capacity"] == 200
        twice = await client.patch(path, json={"capacity": 200}, headers={"if-match": tag})
        assert (twice.status_code, twice.headers["etag"].split(".")[0]) == (200, first.headers["etag"].split(".")[0])
        again = await client.patch(path, json={"capacity": 300}, headers={"if-match": first.headers["etag"]})
        assert again.status_code == 200
        assert (await client.patch(path, json={"capacity": 400}, headers={"if-match": "*"})).status_code == 200
        assert (await client.patch(path, json={"capacity": 500})).status_code == 200  # who asks for nothing gets it


async def test_a_registration_is_no_change_of_what_was_written(world: World) -> None:
    event = await world.event()
    _, tag = await shown(world, event)
    await world.party(event, 3)
    _, present = await shown(world, event)
    assert present != tag  # the whole is another one
    async with world.api("korea") as client:
        path = f"/api/v1/events/{event['slug']}"
        assert (await client.get(path, headers={"if-none-match": present})).status_code == 304
        assert (await client.get(path, headers={"if-none-match": tag})).status_code == 200
        assert (await client.patch(path, json={"capacity": 200}, headers={"if-match": tag})).status_code == 200


async def test_the_public_loads_an_event_again_only_when_it_can_read_something_else(world: World) -> None:
    event = await world.event()
    path = f"/api/v1/events/{event['slug']}"
    async with world.stranger as anybody, world.api("korea") as client:
        tag = (await anybody.get(path)).headers["etag"]
        assert (await anybody.get(path, headers={"if-none-match": tag})).status_code == 304
        await client.patch(path, json={"notice": {"en": "Bring an umbrella"}})
        answer = await anybody.get(path, headers={"if-none-match": tag})
        assert (answer.status_code, answer.json()["notice"]) == (200, {"en": "Bring an umbrella"})


async def test_who_waits_for_a_free_place_sees_it(world: World) -> None:
    event = await world.event(capacity=3)
    path = f"/api/v1/events/{event['slug']}"
    async with world.stranger as anybody:
        tag = (await anybody.get(path)).headers["etag"]
        await world.party(event, 3)
        answer = await anybody.get(path, headers={"if-none-match": tag})
        assert (answer.status_code, answer.json()["seats_left"]) == (200, 0)


async def test_a_party_is_handed_on_and_erased_as_it_was_seen(world: World) -> None:
    party = await world.party(await world.event(), 2)
    path = f"/api/v1/registrations/{party['key']}"
    async with world.stranger as worker:
        for way, sent in (("erase", {}), ("tickets/2/hand-on", {"name": "Friend"})):
            answer = await worker.post(f"{path}/{way}", json=sent, headers={"if-match": '"0"'})
            assert (answer.status_code, answer.json()["code"]) == (412, "changed_meanwhile")
        tag = (await worker.get(path)).headers["etag"]
        assert (await worker.post(f"{path}/erase", headers={"if-match": tag})).status_code == 200


async def test_a_bus_that_is_taken_away_is_another_state_of_whoever_wished_for_it(world: World) -> None:
    event = await world.event(capacity=1, pickup_points=[{"name": "Osan", "seats": 9}])
    await world.party(event, 1)
    party = await world.party(event, 1, accept_waiting=True, pickup_point=event["pickup_points"][0]["id"])
    path = f"/api/v1/registrations/{party['key']}"
    async with world.stranger as worker, world.api("korea") as client:
        tag = (await worker.get(path)).headers["etag"]
        await client.patch(f"/api/v1/events/{event['slug']}", json={"pickup_points": []})
        assert (await worker.get(path, headers={"if-none-match": tag})).status_code == 200


@pytest.mark.parametrize("bad", ['"' + "9" * 5000 + '"', '"0"', '""', "nonsense", 'W/"{content}"', '"12.x", "7"'])
async def test_tags_of_nothing_match_nothing(world: World, bad: str) -> None:
    event = await world.event()
    body, _ = await shown(world, event)
    async with world.api("korea") as client:
        for method, path, sent in (
            ("PATCH", f"/api/v1/events/{event['slug']}", {"capacity": 5}),
            ("POST", f"/api/v1/events/{event['slug']}/cancel", {}),
        ):
            tag = bad.replace("{content}", str(body["content_revision"]))
            answer = await client.request(method, path, json=sent, headers={"if-match": tag})
            assert (answer.status_code, answer.json()["code"]) == (412, "changed_meanwhile")
    assert (await shown(world, event))[0]["state"] == "published"


async def test_drafts_are_published_and_deleted_as_they_were_seen(world: World) -> None:
    draft = await world.event(publish=False)
    _, tag = await shown(world, draft)
    path = f"/api/v1/events/{draft['slug']}"
    async with world.api("korea") as client:
        await client.patch(path, json={"title": {"en": "Another"}})
        assert (await client.post(f"{path}/publish", headers={"if-match": tag})).status_code == 412
        assert (await client.delete(path, headers={"if-match": tag})).status_code == 412
        _, present = await shown(world, draft)
        assert (await client.delete(path, headers={"if-match": present})).status_code == 204


async def test_friends_who_share_a_link_do_not_overwrite_each_other(world: World) -> None:
    event = await world.event()
    party = await world.party(event, 2)
    path = f"/api/v1/registrations/{party['key']}"
    async with world.stranger as friends:
        tag = (await friends.get(path)).headers["etag"]
        assert (await friends.get(path, headers={"if-none-match": tag})).status_code == 304
        first = await friends.patch(path, json={"party": 3}, headers={"if-match": tag})
        assert first.status_code == 200
        late = await friends.patch(path, json={"party": 1}, headers={"if-match": tag})
        assert (late.status_code, late.json()["code"]) == (412, "changed_meanwhile")
        assert (await friends.delete(path, headers={"if-match": tag})).status_code == 412
        assert (await friends.get(path)).json()["party"] == 3
        assert (await friends.delete(path, headers={"if-match": first.headers["etag"]})).status_code == 204
        # sent twice because the answer was lost: it is done, whatever it was meant for
        assert (await friends.delete(path, headers={"if-match": first.headers["etag"]})).status_code == 204


MOVING: dict[str, Any] = {
    "registration_opens_at": soon(50),
    "registration_closes_at": soon(59),
    "entry_opens_at": soon(60, 8),
    "programme": [{"at": "09:00", "what": {"en": "Monks"}}, {"at": "23:30", "what": {"en": "Fireworks"}}],
    "pickup_points": [{"name": "Osan", "departs_at": soon(60, 7), "seats": 45}],
}


async def test_what_hangs_on_the_start_moves_along(world: World) -> None:
    event = await world.event(**MOVING)
    path = f"/api/v1/events/{event['slug']}"
    async with world.api("korea") as client:
        answer = await client.patch(path, json={"starts_at": soon(61, 10)})
        assert answer.status_code == 200, answer.text
        moved = answer.json()
    assert moved["moved"] == [
        "ends_at", "entry_opens_at", "pickup_points", "programme", "registration_closes_at", "registration_opens_at",
    ]  # fmt: skip
    assert moved["ends_at"].startswith(soon(61, 18))
    assert moved["entry_opens_at"].startswith(soon(61, 9))
    assert moved["registration_opens_at"].startswith(soon(51, 10))
    assert moved["pickup_points"][0]["departs_at"].startswith(soon(61, 8))
    assert moved["pickup_points"][0]["id"] == event["pickup_points"][0]["id"]
    assert [(item["day"], item["at"]) for item in moved["programme"]] == [(1, "10:00"), (2, "00:30")]
    async with world.api("korea") as client:  # and back again
        back = (await client.patch(path, json={"starts_at": soon(60, 9)})).json()
    assert back["programme"] == event["programme"]


async def test_what_is_given_wins_and_nothing_moves_where_it_shall_stay(world: World) -> None:
    event = await world.event(**MOVING)
    path = f"/api/v1/events/{event['slug']}"
    async with world.api("korea") as client:
        answer = await client.patch(path, json={"starts_at": soon(61, 10), "ends_at": event["ends_at"]})
        assert answer.status_code == 422  # the end as it was, before the new start
        answer = await client.patch(path, json={"starts_at": soon(60, 10), "ends_at": soon(60, 17), "move_along": True})
        assert answer.json()["ends_at"].startswith(soon(60, 17))
        assert "ends_at" not in answer.json()["moved"]
        before = answer.json()
        answer = await client.patch(path, json={"starts_at": soon(60, 9), "move_along": False})
        assert answer.json()["moved"] == []
        assert answer.json()["ends_at"] == before["ends_at"]
        assert answer.json()["programme"] == before["programme"]
        copy = await client.post(f"{path}/copy", json={"starts_at": soon(80, 9), "move_along": False})
        assert copy.status_code == 422  # its end would be before its start
        copy = await client.post(f"{path}/copy", json={"starts_at": soon(80, 9)})
        assert copy.json()["ends_at"].startswith(soon(80, 17))
        answer = await client.patch(path, json={"move_along": "perhaps"})
        assert [each["field"] for each in answer.json()["errors"]] == ["move_along"]
