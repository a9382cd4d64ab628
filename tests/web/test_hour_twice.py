"""The hour that comes twice when clocks are moved back: which one is meant is kept, asked for and told."""

import re
from datetime import UTC, datetime
from html import unescape
from typing import Any

import pytest
from icalendar import Calendar

from tests.web.test_stale_desk import fields_of
from tests.world import World

NEW_YORK: dict[str, Any] = {"time_zone": "America/New_York"}
FIRST, SECOND = "2027-11-07T01:30:00-04:00", "2027-11-07T01:30:00-05:00"


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


async def feed_times(world: World, slug: str) -> tuple[datetime, datetime, str]:
    async with world.stranger as client:
        text = (await client.get(f"/calendars/en/events/{slug}.ics")).text
    feed: Any = Calendar.from_ical(text)
    return feed.events[0]["dtstart"].dt, feed.events[0]["dtend"].dt, text


@pytest.mark.parametrize("starts", [FIRST, SECOND])
async def test_the_hour_that_is_meant_is_kept_and_told(world: World, starts: str) -> None:
    event = await world.event(**NEW_YORK, starts_at=starts, ends_at="2027-11-07T04:00:00-05:00")
    assert event["starts_at"] == starts
    begins, _, text = await feed_times(world, event["slug"])
    assert begins.astimezone(UTC) == instant(starts)
    assert re.search(r"DTSTART:\d{8}T\d{6}Z", text)  # parsers differ in which one a time with its zone means
    async with world.api("korea") as api:  # an edit of something else moves nothing
        edited = await api.patch(f"/api/v1/events/{event['slug']}", json={"capacity": 77})
    assert edited.json()["starts_at"] == starts


async def test_a_short_event_across_the_change_and_its_other_times(world: World) -> None:
    event = await world.event(
        **NEW_YORK,
        starts_at="2027-11-07T01:45:00-04:00",
        ends_at="2027-11-07T01:30:00-05:00",
        registration_closes_at="2027-11-07T01:15:00-05:00",
        entry_opens_at="2027-11-07T01:40:00-04:00",
        entry_closes_at="2027-11-07T01:20:00-05:00",
        pickup_points=[
            {"name": "Bus", "departs_at": "2027-11-07T01:10:00-04:00", "returns_at": "2027-11-07T01:50:00-05:00"}
        ],
    )
    begins, ends, _ = await feed_times(world, event["slug"])
    assert (ends - begins).total_seconds() == 45 * 60
    assert event["registration_closes_at"] == "2027-11-07T01:15:00-05:00"
    assert event["entry_closes_at"] == "2027-11-07T01:20:00-05:00"
    assert event["pickup_points"][0]["returns_at"] == "2027-11-07T01:50:00-05:00"
    async with world.api("korea") as api:
        moved = await api.patch(f"/api/v1/events/{event['slug']}", json={"starts_at": "2027-11-14T01:45:00-05:00"})
        assert moved.json()["errors"][0]["code"] == "ends_before_start"  # a week later its wall times do not fit
        wrong = await api.patch(
            f"/api/v1/events/{event['slug']}", json={"registration_closes_at": "2027-11-07T01:45:00-05:00"}
        )
    assert wrong.json()["errors"][0]["code"] == "closes_after_end"


async def test_only_the_fold_changed_is_a_change(world: World) -> None:
    event = await world.event(**NEW_YORK, starts_at=FIRST, ends_at="2027-11-07T04:00:00-05:00")
    before = (await feed_times(world, event["slug"]))[0]
    async with world.api("korea") as api:
        edited = await api.patch(f"/api/v1/events/{event['slug']}", json={"starts_at": SECOND, "move_along": False})
    assert edited.json()["sequence"] == event["sequence"] + 1
    after = (await feed_times(world, event["slug"]))[0]
    assert (after - before).total_seconds() == 3600


async def test_a_time_without_offset_is_the_first(world: World) -> None:
    event = await world.event(**NEW_YORK, starts_at="2027-11-07T01:30", ends_at="2027-11-07T04:00")
    assert event["starts_at"] == FIRST


async def test_the_desk_asks_which_one_is_meant_and_keeps_it(world: World) -> None:
    form = {
        "host_country": "KR", "festival": "kathina", "title.en": "Kathina", "time_zone": "America/New_York",
        "party_limit": "10", "entry_rule": "once", "starts_on": "2027-11-07", "starts_time": "01:30",
        "ends_on": "2027-11-07", "ends_time": "05:00", "pickup_points.0.name.en": "Bus",
        "pickup_points.0.departs_at": "2027-11-07T01:10",
    }  # fmt: skip
    async with world.desk("korea") as desk:
        asked = await desk.post("/desk/events/new?lang=en", data=form)
        assert asked.status_code == 422
        assert asked.text.count("Choose which one is meant") >= 2
        assert 'name="starts_at_hour"' in asked.text
        assert 'name="pickup_points.0.departs_at_hour"' in asked.text
        assert 'name="ends_at_hour"' not in asked.text
        chosen = {**form, "starts_at_hour": "second", "pickup_points.0.departs_at_hour": "first"}
        made = await desk.post("/desk/events/new", data=chosen)
        assert made.status_code == 303, made.text
        slug = made.headers["location"].rsplit("/", 1)[1]
        page = unescape((await desk.get(f"/desk/events/{slug}/edit?lang=en")).text)
        assert re.search(r'name="starts_at_hour".*?value="second" selected', page, re.DOTALL)
        point = re.search(r'name="pickup_points\.0\.id" value="([^"]+)"', page)
        assert point
        again = {**chosen, "pickup_points.0.id": point[1], "capacity": "40", "move_along": "on"}
        assert (await desk.post(f"/desk/events/{slug}/edit", data=again)).status_code == 303
    async with world.api("korea") as api:
        event = (await api.get(f"/api/v1/events/{slug}")).json()
    assert event["starts_at"] == SECOND
    assert event["pickup_points"][0]["departs_at"] == "2027-11-07T01:10:00-04:00"


async def test_an_event_before_the_zones_rule_is_told_in_utc(world: World) -> None:
    event = await world.event(**NEW_YORK, starts_at="2019-07-07T10:00:00-04:00", ends_at="2019-07-07T12:00:00-04:00")
    begins, _, text = await feed_times(world, event["slug"])
    assert "DTSTART:20190707T140000Z" in text
    assert begins.astimezone(UTC) == instant("2019-07-07T10:00:00-04:00")


async def test_moving_along_keeps_which_hour_was_meant(world: World) -> None:
    event = await world.event(
        **NEW_YORK, starts_at="2027-11-07T01:10:00-05:00", ends_at="2027-11-07T01:40:00-05:00",
        registration_closes_at="2027-11-07T01:00:00-05:00",
    )  # fmt: skip
    async with world.api("korea") as api:
        moved = await api.patch(f"/api/v1/events/{event['slug']}", json={"starts_at": "2027-11-07T01:15:00-05:00"})
    assert moved.json()["ends_at"] == "2027-11-07T01:45:00-05:00"
    assert moved.json()["registration_closes_at"] == "2027-11-07T01:05:00-05:00"


async def test_what_is_asked_about_when_an_event_moves_moves_along(world: World) -> None:
    """Moved a week on, closing time and bus come to the hour that is there twice: the answer does not hold them."""
    event = await world.event(
        **NEW_YORK, starts_at="2027-10-31T09:00", ends_at="2027-10-31T17:00", registration_closes_at="2027-10-31T01:30",
        pickup_points=[{"name": "Bus", "departs_at": "2027-10-31T01:45"}],
    )  # fmt: skip
    async with world.desk("korea") as desk:
        form = fields_of((await desk.get(f"/desk/events/{event['slug']}/edit?lang=en")).text)
        moved = form | {"starts_on": "2027-11-07"}
        asked = await desk.post(f"/desk/events/{event['slug']}/edit?lang=en", data=moved)
        assert asked.status_code == 422
        assert "Choose which one is meant" in asked.text
        answered = fields_of(asked.text) | {
            "registration_closes_at_hour": "second",
            "pickup_points.0.departs_at_hour": "second",
        }
        saved = await desk.post(f"/desk/events/{event['slug']}/edit?lang=en", data=answered)
        assert saved.status_code == 303, saved.text
    async with world.api("korea") as api:
        found = (await api.get(f"/api/v1/events/{event['slug']}")).json()
    assert found["starts_at"] == "2027-11-07T09:00:00-05:00"
    assert found["registration_closes_at"] == "2027-11-07T01:30:00-05:00"
    assert found["pickup_points"][0]["departs_at"] == "2027-11-07T01:45:00-05:00"


@pytest.mark.parametrize("wrong", ["9999-12-31", "0001-01-01"])
async def test_an_answer_makes_no_year_possible_that_is_none(world: World, wrong: str) -> None:
    event = await world.event()
    async with world.desk("korea") as desk:
        form = fields_of((await desk.get(f"/desk/events/{event['slug']}/edit?lang=en")).text)
        for side in ("starts", "ends"):
            typed = form | {f"{side}_on": wrong, f"{side}_at_hour": "second"}
            assert (await desk.post(f"/desk/events/{event['slug']}/edit?lang=en", data=typed)).status_code == 422
