"""At the desk nothing is lost by one tap: what will happen is said in numbers, and there is a way back."""

import re
from html import unescape
from typing import Any

import pytest
from icalendar import Calendar

from tests.world import World, soon


async def get(world: World, path: str, who: str = "korea") -> str:
    async with world.desk(who) as desk:
        return unescape((await desk.get(path)).text)


async def press(world: World, path: str, **typed: str) -> Any:
    async with world.desk("korea") as desk:
        return await desk.post(path, data=typed)


async def entry(world: World, event: dict[str, Any]) -> Any:
    async with world.stranger as client:
        feed: Any = Calendar.from_ical((await client.get(f"/calendars/en/events/{event['slug']}.ics")).content)
    return feed.events[0]


async def test_a_cancelled_event_is_held_after_all_under_the_same_id(world: World) -> None:
    event = await world.event()
    party = await world.party(event)
    here = f"/desk/events/{event['slug']}"
    before = await entry(world, event)
    await press(world, f"{here}/cancel", sure="on", **{"notice.en": "A typhoon"})
    cancelled = await entry(world, event)
    assert "Hold this event after all" in await get(world, f"{here}?lang=en")
    assert (await press(world, f"{here}/reinstate", **{"notice.en": "It is on again"})).status_code == 303
    assert (await press(world, f"{here}/reinstate")).status_code == 303  # a double tap
    back = await entry(world, event)
    assert back["uid"] == before["uid"]
    assert back["status"] == "CONFIRMED"
    assert back["sequence"] == cancelled["sequence"] + 1
    async with world.stranger as client:
        page = (await client.get(f"/en/events/{event['slug']}")).text
        assert "It is on again" in page
        assert "A typhoon" not in page
        assert (await client.get(f"/api/v1/registrations/{party['key']}")).json()["state"] == "confirmed"
    async with world.api("korea") as api:
        await api.post(f"/api/v1/events/{event['slug']}/cancel", json={})
        assert (await api.post(f"/api/v1/events/{event['slug']}/reinstate", json={})).json()["state"] == "published"
        draft = await world.event(publish=False)
        refused = await api.post(f"/api/v1/events/{draft['slug']}/reinstate", json={})
    assert refused.status_code == 409


async def test_cancelling_publishing_and_deleting_are_taken_back_at_the_desk(world: World) -> None:
    event = await world.event(publish=False)
    here = f"/desk/events/{event['slug']}"
    await press(world, f"{here}/publish")
    assert "It is published" in await get(world, f"{here}?lang=en")
    assert (await press(world, f"{here}/undo")).status_code == 303
    assert "Draft" in await get(world, f"{here}?lang=en")
    assert "Delete this draft" not in await get(world, f"{here}?lang=en")  # once public, it is never deleted
    event = await world.event(publish=False)
    here = f"/desk/events/{event['slug']}"
    gone = await press(world, f"{here}/delete")
    home = await get(world, f"{gone.headers['location']}&lang=en")
    assert "The draft was deleted" in home
    assert f'action="{here}/undo"' in home
    assert (await press(world, f"{here}/undo")).status_code == 303
    assert "Delete this draft" in await get(world, f"{here}?lang=en")
    await press(world, f"{here}/publish")
    await press(world, f"{here}/cancel", sure="on")
    assert "It is cancelled" in await get(world, f"{here}?lang=en")
    await press(world, f"{here}/undo")
    assert "Published" in await get(world, f"{here}?lang=en")
    again = await press(world, f"{here}/undo")
    assert again.status_code == 409


async def test_the_check_list_names_what_one_may_want_to_look_at(world: World) -> None:
    event = await world.event(
        publish=False, title={"en": "Kathina"}, description={"en": "Rice"}, venue="", capacity=None,
        time_zone="Asia/Tokyo",
        starts_at="2099-04-11T09:00", ends_at="2099-04-11T17:00",
        pickup_points=[{"name": "Osan", "departs_at": "2099-04-10T09:00"}],
    )  # fmt: skip
    page = await get(world, f"/desk/events/{event['slug']}/publish?lang=en")
    named = re.findall(r'data-doubt="doubt_(\w+)"', page)
    assert named == ["far", "zone", "venue", "bus", "khmer", "picture", "capacity"]
    assert "Asia/Tokyo" in page
    assert "Asia/Seoul" in page
    assert "Publish anyway" in page
    twin = await world.event(starts_at=soon(60, 9), ends_at=soon(60, 17))
    second = await world.event(publish=False, starts_at=soon(60, 9), ends_at=soon(60, 17))
    page = await get(world, f"/desk/events/{second['slug']}/publish?lang=en")
    assert 'data-doubt="doubt_twin"' in page
    assert twin["slug"] != second["slug"]
    assert (await press(world, f"/desk/events/{event['slug']}/publish")).status_code == 303  # a list, no wall


async def test_a_zone_that_is_not_the_countrys_is_named_wherever_the_event_stands(world: World) -> None:
    event = await world.event(time_zone="Asia/Tokyo")
    assert "not of the host country (Asia/Seoul)" in await get(world, f"/desk/events/{event['slug']}?lang=en")
    own = await world.event()
    assert "not of the host country" not in await get(world, f"/desk/events/{own['slug']}?lang=en")


async def test_a_draft_is_seen_as_workers_will_see_it_by_its_attache_alone(world: World) -> None:
    event = await world.event(publish=False, title={"en": "Kathina of Osan"})
    page = await get(world, f"/desk/events/{event['slug']}/preview?lang=en")
    assert "Nobody sees this page yet." in page
    assert "Kathina of Osan" in page
    assert "/register" not in page  # which would lead to nothing
    async with world.stranger as client:
        assert (await client.get(f"/en/events/{event['slug']}")).status_code == 404
        assert (await client.get(f"/desk/events/{event['slug']}/preview")).status_code == 303
    async with world.desk("japan") as desk:
        assert (await desk.get(f"/desk/events/{event['slug']}/preview")).status_code == 404


async def test_new_codes_are_made_once_however_often_one_taps(world: World) -> None:
    event = await world.event()
    party = await world.party(event)
    here = f"/desk/events/{event['slug']}/registrations/{party['id']}"
    nonce = re.search(r'name="nonce" value="([^"]+)"', await get(world, here))
    assert nonce
    links = []
    for _ in range(2):
        answer = await press(world, f"{here}?lang=en", do="reissue", nonce=nonce[1])
        found = re.search(r'id="link" readonly value="([^"]+)"', answer.text)
        assert found, answer.text
        links.append(found[1])
    assert links[0] == links[1]
    async with world.stranger as client:
        assert (await client.get(links[0])).status_code == 200


async def test_many_are_given_up_after_a_question_and_come_back(world: World) -> None:
    event = await world.event()
    parties = [await world.party(event, 2, name=f"Sok {index}", phone="010-1234-5678") for index in range(3)]
    here, alike = (f"/desk/events/{event['slug']}/{each}" for each in ("registrations", "suspicious"))
    ticked = {f"party.{party['id']}": "on" for party in parties[:2]}
    asked = await press(world, f"{here}?lang=en", do="give_up", back="suspicious", **ticked)
    assert "4 people lose their places" in asked.text
    async with world.api("korea") as api:
        assert (await api.get(f"/api/v1/events/{event['slug']}/stats")).json()["registered"] == 6
        done = await press(world, f"{here}?lang=en", do="give_up", sure="on", **ticked)
        assert "Done for 2 parties." in done.text
        assert "Take it back" in done.text
        assert (await api.get(f"/api/v1/events/{event['slug']}/stats")).json()["registered"] == 2
        assert "Given up within the last ten minutes" in await get(world, f"{alike}?lang=en")
        assert (await press(world, here, do="undo", **ticked)).status_code == 200
        assert (await api.get(f"/api/v1/events/{event['slug']}/stats")).json()["registered"] == 6


@pytest.mark.parametrize("path", ["", "/edit", "/publish"])
async def test_giving_up_and_deleting_stand_behind_a_second_tap(world: World, path: str) -> None:
    event = await world.event(publish=False)
    page = await get(world, f"/desk/events/{event['slug']}{path}?lang=en")
    for form in re.findall(r'<form[^>]*action="[^"]*/delete".*?</form>', page, re.DOTALL):
        assert page.index("<summary>Delete this draft") < page.index(form)
