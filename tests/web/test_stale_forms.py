"""A form that was open for long changes what was touched in it, and nothing that somebody else changed meanwhile."""

import re
from html import unescape
from typing import Any

from tests.world import World

BUS = [{"name": "Osan", "place": "Station", "seats": 9}]


async def loaded(world: World, party: dict[str, Any]) -> dict[str, str]:
    """The form of a change as a phone shows it."""
    async with world.stranger as client:
        page = (await client.get(f"/en/r/{party['key']}")).text
    form = page.split('/change" novalidate>')[1].split("</form>")[0]
    fields = re.findall(r"<input[^>]*>", form)
    shown = {}
    for field in fields:
        facts = dict(re.findall(r'([a-z-]+)="([^"]*)"', field))
        if facts.get("type") != "radio" or " checked" in field:
            shown[facts["name"]] = unescape(facts.get("value", ""))
    return shown


async def send(world: World, party: dict[str, Any], typed: dict[str, str]) -> Any:
    async with world.browser() as client:
        return await client.post(f"/en/r/{party['key']}/change", data=typed)


async def change(world: World, party: dict[str, Any], **body: Any) -> None:
    async with world.stranger as client:
        assert (await client.patch(f"/api/v1/registrations/{party['key']}", json=body)).status_code == 200


async def family(world: World) -> dict[str, Any]:
    event = await world.event(pickup_points=BUS)
    bus = event["pickup_points"][0]["id"]
    return await world.party(event, 3, names=["Dara", "Mom", "Vichet"], pickup_point=bus, phone="010-1234-5678")


async def test_what_was_not_touched_in_a_form_changes_nothing(world: World) -> None:
    party = await family(world)
    form = await loaded(world, party)
    assert (form["names.3"], form["phone"], form["party"]) == ("Vichet", "+821012345678", "3")
    await change(world, party, drop=[2], pickup_point="")  # a friend, elsewhere
    answer = await send(world, party, form | {"phone": "010-8765-4321"})
    assert answer.status_code == 303, answer.text
    now = await loaded(world, party)
    assert (now["names.1"], now["names.3"], "names.2" in now) == ("Sok Dara", "Vichet", False)
    assert (now["party"], now["pickup_point"], now["phone"]) == ("2", "", "+821087654321")


async def test_two_who_change_the_same_thing_see_both(world: World) -> None:
    party = await family(world)
    form = await loaded(world, party)
    await send(world, party, form | {"names.3": "Sokha", "names.2": "Mother"})
    answer = await send(world, party, form | {"names.3": "Bory", "email": "dara@example.org"})
    assert answer.status_code == 412
    assert "It says now: Sokha." in answer.text
    assert 'value="Bory"' in answer.text  # nothing typed is lost
    assert (await loaded(world, party))["email"] == ""  # and nothing else was done by half
    again = form | {"names.3": "Bory"} | {k: v for k, v in (await loaded(world, party)).items() if k == "was"}
    assert (await send(world, party, again | {"names.2": "Mother"})).status_code == 303
    now = await loaded(world, party)
    assert (now["names.2"], now["names.3"]) == ("Mother", "Bory")


async def test_a_name_for_a_ticket_that_is_gone_is_said(world: World) -> None:
    party = await family(world)
    form = await loaded(world, party)
    await change(world, party, drop=[3])
    answer = await send(world, party, form | {"names.3": "Bory"})
    assert answer.status_code == 422
    assert "Ticket 3 was given up meanwhile" in answer.text


async def test_the_same_change_sent_twice_is_one(world: World) -> None:
    party = await family(world)
    form = await loaded(world, party) | {"party": "4", "names.2": "Mother", "email": "a@example.org"}
    assert [(await send(world, party, form)).status_code for _ in range(2)] == [303, 303]
    assert (await loaded(world, party))["party"] == "4"


async def test_the_party_sees_and_corrects_what_it_gave(world: World) -> None:
    party = await family(world)
    form = await loaded(world, party)
    assert (await send(world, party, form | {"phone": ""})).status_code == 303
    assert (await loaded(world, party))["phone"] == ""
