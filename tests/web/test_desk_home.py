"""The desk's first page: what needs a hand, what comes next, all that is over; and what was done with an event."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.database.connection import fetch
from tests.storage.test_jobs import end
from tests.web.test_desk_parties import get, press
from tests.web.test_stale_desk import fields_of
from tests.world import World, soon


def needs_of(page: str) -> list[tuple[str, str]]:
    """When each need is, and what it says."""
    found = re.findall(r'<li data-when="(\w+)">.*?<a href="[^"]+">(.*?)</a>', page, re.DOTALL)
    return [(when, " ".join(re.sub(r"<[^>]+>", " ", words).split())) for when, words in found]


async def test_what_needs_a_hand_comes_first(world: World) -> None:
    await fetch("UPDATE contact SET checked_on = $1", datetime.now(UTC).date())
    assert needs_of((await get(world, "/desk")).text) == []
    await world.event(title={"en": "Draft", "km": "x"}, publish=False, starts_at=soon(20), ends_at=soon(20, 21))
    event = await world.event(title={"en": "Paused"}, registration_paused=True, starts_at=soon(5), ends_at=soon(5, 21))
    found = needs_of((await get(world, "/desk")).text)
    assert found == [
        ("TODAY", "Registration is paused · Paused"),
        ("WEEK", "It is still a draft · Draft"),
        ("SOMETIME", "Title or description are not there in Khmer · Paused"),
    ]
    assert "needs a hand" not in (await get(world, "/desk", "japan")).text
    old = datetime.now(UTC).date() - timedelta(days=200)
    await fetch("UPDATE contact SET checked_on = $1", old)
    assert event["slug"] in (await get(world, "/desk", "hq")).text


async def test_conflicts_and_scans_that_wait_are_said(world: World) -> None:
    event = await world.event(title={"en": "Gate", "km": "x"}, description={"km": "x"})
    party = await world.party(event)
    one, other = await world.gate(event), await world.gate(event, "South")
    code = {"code": party["tickets"][0]["code"], "offline": True, "shown": "admitted"}
    await world.scan(one, code)
    await world.scan(other, code)
    async with world.phone(other["token"]) as phone:
        await phone.post("/gate/api/phone", json={"scans_waiting": 7})
    found = {words.split(" · ")[0]: when for when, words in needs_of((await get(world, "/desk")).text)}
    assert found.get("1 conflict at the gate was not looked at") == "TODAY"
    assert found.get("7 scans wait in phones") == "TODAY"


async def test_next_events_come_first_and_every_past_one_is_reached(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.desk.home.ITEMS_A_PAGE", 2)
    later = await world.event(title={"en": "Later"}, starts_at=soon(20), ends_at=soon(20, 21))
    sooner = await world.event(title={"en": "Sooner"}, starts_at=soon(10), ends_at=soon(10, 21))
    gone = [await world.event(title={"en": f"Gone {number}"}) for number in range(5)]
    for event in gone:
        await end(event)
    page = (await get(world, "/desk")).text
    listed = page.split("Next events")[1]
    assert listed.index(sooner["slug"]) < listed.index(later["slug"])
    assert "Gone 0" not in listed.split("</table>")[0]
    seen, path = list[str](), "/desk/past"
    while path:
        text = (await get(world, path)).text
        seen += re.findall(r">(Gone \d)</a>", text)
        turn = re.findall(r'rel="next" href="([^"]+)"', text)
        path = f"/desk/past{turn[0]}" if turn else ""
    assert sorted(seen) == [f"Gone {number}" for number in range(5)]
    assert "Gone" not in (await get(world, "/desk/past", "japan")).text


async def test_the_audit_of_an_event_tells_all_and_names_nobody(world: World) -> None:
    event = await world.event()
    party: dict[str, Any] = await world.party(event, name="Sok Dara")
    await press(world, f"/desk/events/{event['slug']}/registrations/{party['id']}", do="attention", note="Walks slowly")
    path = f"/desk/events/{event['slug']}/audit"
    page = (await get(world, path)).text
    for sentence in ("The event was published.", "A party registered.", "The note for the gate was changed."):
        assert sentence in page
    assert "Korea" in page
    assert "Sok Dara" not in page
    assert "Walks slowly" not in page
    assert (await get(world, path, "japan")).status_code == 404
    assert (await get(world, path, "hq")).status_code == 200


async def test_a_position_pasted_from_a_map_is_taken_apart(world: World) -> None:
    event = await world.event()
    path = f"/desk/events/{event['slug']}/edit"
    answer = await press(
        world,
        path,
        **{
            "title.en": "x", "host_country": "KR", "festival": "khmer_new_year", "starts_on": soon().split("T")[0],
            "starts_time": "09:00", "ends_on": soon().split("T")[0], "ends_time": "17:00", "capacity": "3,000",
            "latitude": "37.3008, 127.0006", "longitude": "", "party_limit": "10", "entry_rule": "once",
        },
    )  # fmt: skip
    assert answer.status_code == 303, answer.text
    async with world.api("korea") as api:
        found = (await api.get(f"/api/v1/events/{event['slug']}")).json()
    assert (found["latitude"], found["longitude"], found["capacity"]) == (37.3008, 127.0006, 3000)


async def test_a_venue_gets_its_other_languages_beside_the_first(world: World) -> None:
    event = await world.event(venue="Manseok Park")
    path = f"/desk/events/{event['slug']}/edit"
    async with world.desk("korea") as desk:
        form = fields_of((await desk.get(f"{path}?lang=en")).text)
        assert (await desk.post(path, data=form | {"venue.also.ko": "만석공원"})).status_code == 303
        again = fields_of((await desk.get(f"{path}?lang=en")).text)
    assert (again["venue.en"], again["venue.ko"]) == ("Manseok Park", "만석공원")
    async with world.api("korea") as api:
        found = (await api.get(f"/api/v1/events/{event['slug']}")).json()
    assert found["venue"] == {"en": "Manseok Park", "ko": "만석공원"}
