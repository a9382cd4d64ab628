"""Two people, one event (or contact, or party) at the desk: what each touched counts, and nothing is overwritten."""

import re
from html import unescape
from typing import Any

import httpx

from tests.world import World

BUSES = [{"name": "Osan", "seats": 45, "departs_at": "2090-04-11T07:30"}, {"name": "Ansan", "seats": 30}]
WHEN: dict[str, Any] = {"starts_at": "2090-04-11T09:00", "ends_at": "2090-04-11T17:00"}


def fields_of(page: str, action: str = "") -> dict[str, str]:
    """A form as a browser would send it, by its action (the first that has a `was` where none is named)."""
    forms = re.findall(r"<form[^>]*>.*?</form>", page, re.DOTALL)
    form = next(each for each in forms if 'name="was"' in each and action in each)
    fields: dict[str, str] = {}
    for tag in re.findall(r"<input[^>]*>", form):
        facts = dict(re.findall(r'([a-z-]+)="([^"]*)"', tag))
        if facts.get("type") not in {"checkbox", "radio"} or " checked" in tag:
            fields[facts["name"]] = unescape(facts.get("value", ""))
    for name, text in re.findall(r'<textarea[^>]*name="([^"]+)"[^>]*>(.*?)</textarea>', form, re.DOTALL):
        fields[name] = unescape(text)
    for name, options in re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', form, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', options) or re.search(r'value="([^"]*)"', options)
        fields[name] = unescape(chosen[1]) if chosen else ""
    return fields


async def loaded(desk: httpx.AsyncClient, event: dict[str, Any]) -> dict[str, str]:
    return fields_of((await desk.get(f"/desk/events/{event['slug']}/edit?lang=en")).text)


async def save(desk: httpx.AsyncClient, event: dict[str, Any], form: dict[str, str]) -> httpx.Response:
    return await desk.post(f"/desk/events/{event['slug']}/edit?lang=en", data=form)


async def now(world: World, event: dict[str, Any]) -> dict[str, Any]:
    async with world.api("korea") as api:
        return dict((await api.get(f"/api/v1/events/{event['slug']}")).json())


async def test_two_save_different_fields_of_an_event_and_both_count(world: World) -> None:
    event = await world.event(**WHEN, pickup_points=BUSES, capacity=100, notice={"ko": "알림"})
    async with world.desk("korea") as one, world.desk("korea") as two:
        first, second = await loaded(one, event), await loaded(two, event)
        assert (
            await save(one, event, first | {"venue": "Wa Stadium", "pickup_points.0.seats": "50"})
        ).status_code == 303
        assert (await save(two, event, second | {"capacity": "300", "registration_paused": "on"})).status_code == 303
    found = await now(world, event)
    assert (found["venue"], found["capacity"], found["registration_paused"]) == ("Wa Stadium", 300, True)
    assert [bus["seats"] for bus in found["pickup_points"]] == [50, 30]
    assert found["notice"] == {"ko": "알림"}  # the form does not show Korean here; that clears nothing


async def test_a_pause_is_not_lifted_by_a_form_that_was_open(world: World) -> None:
    event = await world.event(**WHEN)
    async with world.desk("korea") as desk, world.api("korea") as api:
        form = await loaded(desk, event)
        await api.patch(f"/api/v1/events/{event['slug']}", json={"registration_paused": True})
        assert (await save(desk, event, form | {"venue": "Elsewhere"})).status_code == 303
        assert (await now(world, event))["registration_paused"] is True
        form = await loaded(desk, event)
        form.pop("registration_paused")  # now it is meant
        assert (await save(desk, event, form)).status_code == 303
    assert (await now(world, event))["registration_paused"] is False


async def test_two_who_change_the_same_field_see_both_and_the_second_decides(world: World) -> None:
    event = await world.event(**WHEN, venue="Old Hall")
    async with world.desk("korea") as desk, world.api("korea") as api:
        form = await loaded(desk, event)
        await api.patch(f"/api/v1/events/{event['slug']}", json={"venue": "Blue Hall", "capacity": 70})
        answer = await save(desk, event, form | {"venue": "Red Hall", "address": "12 Main Street"})
        assert answer.status_code == 412
        page = unescape(answer.text)
        assert "It says now: Blue Hall." in page
        assert 'value="Red Hall"' in page
        again = fields_of(answer.text)
        assert (again["venue"], again["address"], again["capacity"]) == ("Red Hall", "12 Main Street", "70")
        assert (await now(world, event))["venue"] == "Blue Hall"  # nothing was overwritten
        assert (await save(desk, event, again)).status_code == 303
    found = await now(world, event)
    assert (found["venue"], found["address"], found["capacity"]) == ("Red Hall", "12 Main Street", 70)


async def test_a_start_that_somebody_moved_is_not_moved_back_and_moves_along_once(world: World) -> None:
    event = await world.event(**WHEN, pickup_points=BUSES)
    async with world.desk("korea") as desk, world.api("korea") as api:
        form = await loaded(desk, event)
        await api.patch(f"/api/v1/events/{event['slug']}", json={"starts_at": "2090-04-11T10:00"})
        assert (await save(desk, event, form | {"capacity": "55", "starts_on": "2090-04-18"})).status_code == 303
    found = await now(world, event)
    assert found["starts_at"].startswith("2090-04-18T10:00")
    assert found["ends_at"].startswith("2090-04-18T18:00")
    assert found["pickup_points"][0]["departs_at"].startswith("2090-04-18T08:30")


async def test_buses_are_known_by_themselves_not_by_their_place(world: World) -> None:
    event = await world.event(**WHEN, pickup_points=BUSES)
    first, second = event["pickup_points"]
    async with world.desk("korea") as desk, world.api("korea") as api:
        form = await loaded(desk, event)
        swapped = [{**second, "seats": 33}, {**first}, {"name": "Suwon", "seats": 20}]
        for bus in swapped:
            bus.pop("seats_left", None)
            bus.pop("seats_taken", None)
        made = await api.patch(f"/api/v1/events/{event['slug']}", json={"pickup_points": swapped})
        assert made.status_code == 200, made.text
        assert (await save(desk, event, form | {"pickup_points.0.seats": "60"})).status_code == 303
    found = {bus["name"]: bus["seats"] for bus in (await now(world, event))["pickup_points"]}
    assert found == {"Ansan": 33, "Osan": 60, "Suwon": 20}


async def test_a_refused_save_keeps_what_was_typed_and_what_a_colleague_did(world: World) -> None:
    event = await world.event(**WHEN, venue="Old Hall")
    async with world.desk("korea") as desk, world.api("korea") as api:
        form = await loaded(desk, event)
        await api.patch(f"/api/v1/events/{event['slug']}", json={"venue": "Blue Hall"})
        answer = await save(desk, event, form | {"capacity": "many", "address": "12 Main Street"})
        assert answer.status_code == 422
        again = fields_of(answer.text)
        assert (again["venue"], again["address"], again["capacity"]) == ("Blue Hall", "12 Main Street", "many")
        assert (await save(desk, event, again | {"capacity": "80"})).status_code == 303
    found = await now(world, event)
    assert (found["venue"], found["capacity"]) == ("Blue Hall", 80)


async def test_a_form_with_a_broken_mark_is_meant_whole(world: World) -> None:
    event = await world.event(**WHEN, venue="Old Hall")
    async with world.desk("korea") as desk:
        form = await loaded(desk, event)
        for mark in ("{", "[]", '{"venue": 5}'):
            assert (await save(desk, event, form | {"was": mark, "venue": f"Hall {mark[:1]}"})).status_code == 303
    assert (await now(world, event))["venue"] == "Hall {"


async def test_contacts_and_notes_for_the_gate_are_not_overwritten(world: World) -> None:
    event = await world.event()
    party = await world.party(event)
    path = f"/desk/events/{event['slug']}/registrations/{party['id']}"
    async with world.desk("korea") as desk:
        form = fields_of((await desk.get(f"{path}?lang=en")).text, 'value="attention"')
        assert (await desk.post(path, data=form | {"do": "attention", "note": "Brings the drums"})).status_code == 303
        other = await desk.post(path, data=form | {"do": "attention", "attention.wheelchair": "on"})
        assert other.status_code == 303
        page = unescape((await desk.get(f"{path}?lang=en")).text)
        assert 'value="Brings the drums"' in page
        assert re.search(r'name="attention\.wheelchair"\s+value="on" checked', page)
        both = await desk.post(f"{path}?lang=en", data=form | {"do": "attention", "note": "A guest of honour"})
        assert both.status_code == 412
        assert "It says now: Brings the drums." in unescape(both.text)

        made = {"host_country": "KR", "kind": "phone", "value": "+82 2 123 4567", "label.en": "Office"}
        await desk.post("/desk/contacts/new", data=made)
        listed = (await desk.get("/desk/contacts?lang=en")).text
        contact = re.findall(r"/desk/contacts/([0-9a-f-]{36})", listed)[-1]
        form = fields_of((await desk.get(f"/desk/contacts/{contact}?lang=en")).text)
        assert (
            await desk.post(f"/desk/contacts/{contact}", data=form | {"label.en": "Front office"})
        ).status_code == 303
        assert (await desk.post(f"/desk/contacts/{contact}", data=form | {"position": "7"})).status_code == 303
        after = fields_of((await desk.get(f"/desk/contacts/{contact}?lang=en")).text)
        assert (after["label.en"], after["position"]) == ("Front office", "7")
