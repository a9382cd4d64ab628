"""What the attaché does for parties by hand, and who books for many."""

import re
from typing import Any
from uuid import UUID

import pytest

from app.database.connection import fetch
from app.database.data_keys import words_key
from app.registrations import likeness
from app.seats.counts import miscounted
from tests.world import World

BUSES = [{"name": "Osan", "seats": 3}, {"name": "Suwon", "seats": 2}]


async def change(world: World, party: dict[str, Any], /, **body: Any) -> Any:
    async with world.stranger as client:
        return await client.patch(f"/api/v1/registrations/{party['key']}", json=body)


async def seen(world: World, party: dict[str, Any]) -> Any:
    async with world.stranger as client:
        return (await client.get(f"/api/v1/registrations/{party['key']}")).json()


async def taken(event: dict[str, Any]) -> tuple[int, int]:
    rows = await fetch("SELECT seats_taken, seats_waiting FROM event WHERE slug = $1", event["slug"])
    assert await miscounted() == []
    return rows[0]["seats_taken"], rows[0]["seats_waiting"]


async def desk_post(world: World, path: str, who: str = "korea", **data: str) -> Any:
    async with world.desk(who) as client:
        return await client.post(path, data=data)


async def test_a_leader_books_sixty_and_sees_who_arrived(world: World) -> None:
    event = await world.event(capacity=100)
    path = f"/desk/events/{event['slug']}/invitations"
    wrong = await desk_post(world, path, label="", party_limit="61")
    assert wrong.status_code == 422
    assert (await desk_post(world, path, label="Dormitory", party_limit="60")).status_code == 303
    async with world.desk("korea") as client:
        key = re.findall(r"invitation=([\w-]+)", (await client.get(path)).text)[0]
    party = await world.party(event, 60, invitation=key)
    assert len(party["tickets"]) == 60
    assert (await change(world, party, party=59)).status_code == 200
    async with world.stranger as client:
        form = (await client.get(f"/en/events/{event['slug']}/register?invitation={key}")).text
        assert "At most 60." in form
        direct = f"/api/v1/events/{event['slug']}/registrations"
        assert (await client.post(direct, json={"name": "x", "party": 6})).json()["code"] == "party_too_large"
        forged = await client.post(direct, json={"name": "x", "party": 6, "invitation": key[:-1] + "x"})
        assert {each["field"] for each in forged.json()["errors"]} == {"invitation", "party"}
        other = await world.event()
        foreign = await client.post(
            f"/api/v1/events/{other['slug']}/registrations", json={"name": "x", "party": 6, "invitation": key}
        )
        assert foreign.status_code == 422
    device = await world.gate(event)
    await world.scan(device, {"code": party["tickets"][0]["code"]})
    async with world.desk("korea") as client:
        assert "59 people registered, 1 came in" in (await client.get(f"{path}?lang=en")).text
        assert "1 of 59 came in" in (await client.get(f"/en/r/{party['key']}")).text
        (row,) = await fetch("SELECT id, uses FROM invitation")
        assert row["uses"] == 1
        assert (await client.post(f"{path}/{row['id']}/revoke")).status_code == 303
    async with world.stranger as client:
        late = await client.post(direct, json={"name": "x", "party": 6, "invitation": key})
    assert late.status_code == 422


async def row_of(party: dict[str, Any]) -> str:
    return str((await fetch("SELECT id FROM registration WHERE short_code = $1", party["short_code"]))[0]["id"])


async def test_new_codes_kill_the_old_ones(world: World) -> None:
    event = await world.event()
    party = await world.party(event, 2)
    path = f"/desk/events/{event['slug']}/registrations/{await row_of(party)}"
    assert (await desk_post(world, path, who="japan", do="reissue")).status_code == 404
    assert (await desk_post(world, path, who="hq", do="reissue")).status_code == 403
    answer = await desk_post(world, path, do="reissue")
    link = re.findall(r'value="http://[^/]+(/\w+/r/[^"]+)"', answer.text)[0]
    async with world.stranger as client:
        assert (await client.get(f"/en/r/{party['key']}")).status_code == 404
        renewed = await client.get(f"/api/v1/registrations/{link.rsplit('/', 1)[1]}")
    device = await world.gate(event)
    old, new = await world.scan(
        device, {"code": party["tickets"][0]["code"]}, {"code": renewed.json()["tickets"][0]["code"]}
    )
    assert (old["code"], new["outcome"]) == ("ticket_reissued", "admitted")


async def test_the_attache_moves_parties_up_with_a_reason(world: World) -> None:
    event = await world.event(capacity=3, held_after_passes=0)
    await world.party(event, 2)
    first = await world.party(event, 2, accept_waiting=True)
    second = await world.party(event, 3, accept_waiting=True)
    path = f"/desk/events/{event['slug']}/registrations/{await row_of(second)}"
    assert (await desk_post(world, path, do="move_first")).status_code == 422
    assert (await desk_post(world, path, do="move_up", reason="ill")).status_code == 409
    assert (await desk_post(world, path, do="move_first", reason="ill")).status_code == 303
    async with world.stranger as client:
        assert "You are the next." in (await client.get(f"/en/r/{second['key']}")).text
        assert "3 people are before you." in (await client.get(f"/en/r/{first['key']}")).text
    async with world.api("korea") as client:
        await client.patch(f"/api/v1/events/{event['slug']}", json={"capacity": 4})
    path = f"/desk/events/{event['slug']}/registrations/{await row_of(first)}"
    assert (await desk_post(world, path, do="move_up", reason="a child")).status_code == 303
    assert (await seen(world, first))["state"] == "confirmed"
    assert await taken(event) == (4, 3)
    key = await words_key(world.app.state.keyring, UUID(event["id"]))
    entries = await fetch(
        "SELECT id, facts, sealed_words FROM audit_entry WHERE action LIKE 'moved_%_by_hand' ORDER BY at"
    )
    said = [key.unseal(entry["sealed_words"], f"audit_entry.sealed_words:{entry['id']}") for entry in entries]
    assert said == ['{"reason":"ill"}', '{"reason":"a child"}']
    assert "ill" not in str(entries)


async def test_how_long_a_large_party_is_passed_is_the_events_to_say(world: World) -> None:
    event = await world.event(capacity=3, held_after_passes=1)
    one = await world.party(event, 1)
    await world.party(event, 2)
    large = await world.party(event, 3, accept_waiting=True)
    small = [await world.party(event, 1, accept_waiting=True) for _ in range(2)]
    async with world.stranger as client:
        await client.delete(f"/api/v1/registrations/{one['key']}")
    assert (await seen(world, small[0]))["state"] == "confirmed"  # passed once: from now on places are held
    async with world.stranger as client:
        await client.delete(f"/api/v1/registrations/{small[0]['key']}")
    assert (await seen(world, small[1]))["state"] == "waiting"
    assert (await seen(world, large))["state"] == "waiting"


async def test_what_looks_alike_is_shown_and_given_up_together(world: World) -> None:
    event = await world.event()
    twins = [await world.party(event, 1, name=f"Twin {index}", phone="010-1234-5678") for index in range(2)]
    await world.party(event, 1, name="Somebody else", phone="010-7777-0000")
    path = f"/desk/events/{event['slug']}/suspicious"
    async with world.desk("korea") as client:
        page = (await client.get(f"{path}?lang=en")).text
    assert "The same phone number · 2" in page
    assert "Somebody else" not in page
    assert 'rel="next"' not in page
    rows = [await row_of(twin) for twin in twins]
    many = f"/desk/events/{event['slug']}/registrations"
    foreign = await desk_post(world, many, who="japan", do="give_up", sure="on", **{f"party.{rows[0]}": "on"})
    assert foreign.status_code == 404
    await desk_post(world, many, do="give_up", sure="on", **{f"party.{row}": "on" for row in rows})
    assert [(await seen(world, twin))["state"] for twin in twins] == ["cancelled", "cancelled"]
    assert len(await fetch("SELECT id FROM audit_entry WHERE action = 'gave_up'")) == 2


async def test_many_who_look_alike_are_shown_a_part_at_a_time(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(likeness, "A_PAGE", 3)
    event = await world.event()
    names = ["Dara", "Sokha", "Bopha", "Rithy", "Vannak", "Nary"]
    for index, name in enumerate(names):
        await world.party(event, 1, name=name, phone="010-1234-5678" if index < 4 else "010-7777-0000")
    path, shown = f"/desk/events/{event['slug']}/suspicious", list[list[str]]()
    async with world.desk("korea") as client:
        for part in (1, 2):
            text = (await client.get(path, params={"lang": "en", "page": part})).text
            assert "The same phone number · 4" in text  # of all pages
            shown.append(re.findall("|".join(names), text))
            assert ('rel="next"' in text, 'rel="prev"' in text) == (part == 1, part == 2)
        assert shown == [names[:3], names[3:]]
        assert (await client.get(path, params={"page": 3})).status_code == 404
