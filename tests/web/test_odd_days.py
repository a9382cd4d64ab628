"""Days without a midnight, texts with markup, offers as they stand: what clients met."""

import json
import re
from datetime import timedelta
from html import unescape
from typing import Any
from xml.etree import ElementTree as Xml

import pytest
from icalendar import Calendar

from tests.world import World, festival, soon

ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.mark.parametrize(
    ("zone", "day", "after"),
    [
        ("Asia/Beirut", "2027-03-28", "2027-03-29"),
        ("Africa/Cairo", "2027-04-30", "2027-05-01"),
        ("America/Santiago", "2027-09-05", "2027-09-06"),
    ],
)
async def test_a_whole_day_needs_no_midnight(world: World, zone: str, day: str, after: str) -> None:
    event = await world.event(time_zone=zone, all_day=True, starts_at=f"{day}T00:00", ends_at=f"{after}T00:00")
    async with world.stranger as client:
        feed: Any = Calendar.from_ical((await client.get(f"/calendars/en/events/{event['slug']}.ics")).content)
    assert str(feed.events[0]["dtstart"].dt) == day
    before = await world.event(
        time_zone=zone, all_day=True, starts_at=f"{day[:8]}{int(day[8:]) - 1:02}T00:00", ends_at=f"{day}T00:00"
    )
    assert before["ends_at"].startswith(day)
    async with world.api("korea") as api:
        answer = await api.patch(f"/api/v1/events/{event['slug']}", json={"all_day": False})
    assert answer.json()["errors"][0]["code"] == "time_does_not_exist"  # an hour of the day must be there


async def test_calendar_clients_that_follow_a_calendars_id_see_every_event(world: World) -> None:
    event = await world.event()
    async with world.stranger as client:
        for path in ("khmer-festivals-korea.ics", f"events/{event['slug']}.ics", "khmer-calendar.ics"):
            head = (await client.get(f"/calendars/en/{path}")).text.split("BEGIN:V", 2)[1]
            assert "\r\nUID:" not in head


async def rss(world: World) -> Any:
    async with world.stranger as client:
        answer = await client.get("/en/korea/events.rss")
        again = await client.get("/en/korea/events.rss", headers={"if-modified-since": answer.headers["last-modified"]})
    assert again.status_code == 304
    return Xml.fromstring(answer.content).find("channel")


async def test_rss_is_read_as_it_was_written(world: World) -> None:
    text = "Ask <admin> or <b onclick=alert(1)>us</b>\nSecond line & more"
    event = await world.event(
        title={"en": "Day & <night>"}, description={"en": text}, starts_at=soon(60, 9), ends_at=soon(61, 17)
    )
    channel = await rss(world)
    item = channel.find("item")
    shown = item.findtext("description")
    assert "<b" not in shown
    assert unescape(re.sub(r"<[^>]+>", "|", shown)).count(text.split("\n", maxsplit=1)[0]) == 1
    assert "09:00–17:00" in shown
    assert re.search(r"\d+ \w+ \d{4} – ", shown)
    first = item.findtext(f"{ATOM}updated")
    async with world.api("korea") as api:
        await api.patch(f"/api/v1/events/{event['slug']}", json={"starts_at": soon(60, 10)})
    item = (await rss(world)).find("item")
    assert "The time has changed." in item.findtext("description")
    assert item.findtext(f"{ATOM}updated") >= first


async def test_rss_has_an_end(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.events.rss.MOST_IN_RSS", 3)
    for day in range(5):
        await world.event(starts_at=soon(20 + day), ends_at=soon(20 + day, 12))
    assert len((await rss(world)).findall("item")) == 3


async def linked(world: World, slug: str, language: str = "en") -> dict[str, Any]:
    world.app.state.public_cache.clear()
    async with world.stranger as client:
        page = (await client.get(f"/{language}/events/{slug}")).text
    return dict(json.loads(page.split('<script type="application/ld+json">')[1].split("</script>")[0]))


def empty_ones(data: Any) -> list[str]:
    if isinstance(data, dict):
        return [name for name, value in data.items() if value in ("", None) or empty_ones(value)]
    return []


async def test_linked_data_says_what_the_page_says(world: World) -> None:
    event = await world.event(venue="", address="", description={}, title={"km": "បុណ្យចូលឆ្នាំ"}, capacity=1)
    data = await linked(world, event["slug"])
    assert empty_ones(data) == []
    assert data["location"]["name"]
    assert data["inLanguage"] == "km"
    assert data["offers"]["availability"].endswith("InStock")
    await world.party(event)
    assert (await linked(world, event["slug"]))["offers"]["availability"].endswith("SoldOut")
    async with world.api("korea") as api:
        for change, said in (
            ({"registration_paused": True}, "OutOfStock"),
            ({"registration_paused": False, "registration_opens_at": soon(30)}, "PreOrder"),
        ):
            await api.patch(f"/api/v1/events/{event['slug']}", json=change)
            offer = (await linked(world, event["slug"]))["offers"]
            assert offer["availability"].endswith(said)
        assert offer["validFrom"].startswith(soon(30))


async def test_a_calendar_app_in_a_browser_may_revalidate(world: World) -> None:
    await world.event()
    path = "/calendars/en/khmer-festivals-korea.ics"
    async with world.stranger as client:
        asked = await client.options(path, headers={"access-control-request-headers": "if-none-match"})
        assert asked.status_code == 204
        assert asked.headers["access-control-allow-origin"] == "*"
        assert "if-none-match" in asked.headers["access-control-allow-headers"]
        answer = await client.get(path)
        assert "etag" in answer.headers["access-control-expose-headers"]
        assert "access-control-allow-headers" not in (await client.options("/en/")).headers


async def entries(world: World, name: str) -> dict[str, Any]:
    world.app.state.public_cache.clear()
    async with world.stranger as client:
        feed: Any = Calendar.from_ical((await client.get(f"/calendars/en/{name}.ics")).content)
    return {str(event["uid"]): event for event in feed.events}


async def test_an_event_that_leaves_a_country_is_off_there_alone(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    event = await world.event(by="hq")
    await world.posted("hq", "JP")
    path, uid = f"/api/v1/events/{event['slug']}", event["id"]
    assert (await entries(world, "khmer-festivals-korea"))[uid]["status"] == "CONFIRMED"
    async with world.api("hq") as api:
        moved = await api.patch(path, json={"host_country": "JP", "time_zone": "Asia/Tokyo"})
        assert moved.status_code == 200, moved.text
        left = (await entries(world, "khmer-festivals-korea"))[uid]
        assert left["status"] == "CANCELLED"
        assert left["sequence"] == 1
        assert left["summary"].startswith("[Cancelled")
        assert (await entries(world, "khmer-new-year-korea"))[uid]["status"] == "CANCELLED"
        for name in ("khmer-festivals-japan", "khmer-festivals-abroad"):
            assert (await entries(world, name))[uid]["status"] == "CONFIRMED"
        await api.patch(path, json={"host_country": "KR", "time_zone": "Asia/Seoul"})
        back = (await entries(world, "khmer-festivals-korea"))[uid]
        assert (back["status"], back["sequence"]) == ("CONFIRMED", 2)
        assert (await entries(world, "khmer-festivals-japan"))[uid]["status"] == "CANCELLED"
        monkeypatch.setattr("app.events.feeds.MOST_EVENTS", 2)
        for day in (-9, -8, -7):  # the oldest past ones go where a feed is full, what left stays
            await world.event(by="hq", host_country="JP", time_zone="", starts_at=soon(day), ends_at=soon(day, 12))
        shown = await entries(world, "khmer-festivals-japan")
        assert len(shown) == 2
        assert uid in shown
        monkeypatch.setattr("app.events.feed_rows.LEFT_KEPT", timedelta(0))
        assert uid not in await entries(world, "khmer-festivals-japan")


async def test_a_zone_of_no_place_is_none(world: World) -> None:
    async with world.api("korea") as api:
        answer = await api.post("/api/v1/events", json=festival(time_zone="Factory"))
    assert [(each["field"], each["code"]) for each in answer.json()["errors"]] == [("time_zone", "unknown_zone")]


async def test_the_android_way_is_the_first_and_an_honest_one(world: World) -> None:
    async with world.stranger as client:
        page = (await client.get("/en/korea/subscribe")).text
    assert page.index("Android phone") < page.index("iPhone") < page.index("Computer") < page.index("On another device")
    android = page[page.index('id="android"') : page.index('id="iphone"')]
    assert 'href="http://127.0.0.1:8000/calendars/en/khmer-festivals-korea.ics"' in android
    assert "later changes do not follow" in android
    assert "webcal:" not in android  # Google's app does nothing with it
    assert "webcal:" in page[page.index('id="iphone"') : page.index('id="computer"')]
