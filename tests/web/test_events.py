"""Events by the API and at the desk: one set of rules, every wrong field at once, nothing typed lost."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from app.database.connection import fetch
from app.events.undoing import remove_deleted
from tests.world import World, festival, soon


async def refused(world: World, **changes: Any) -> dict[str, str]:
    """The problems of an event with these changes: field → code."""
    async with world.api("korea") as client:
        answer = await client.post("/api/v1/events", json=festival(**changes))
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"].startswith("application/problem+json")
    return {problem["field"]: problem["code"] for problem in answer.json()["errors"]}


async def test_every_wrong_field_is_named_at_once(world: World) -> None:
    problems = await refused(
        world,
        host_country="XX",
        festival="carnival",
        title={"ko": "축제"},
        description={"km": "ក" * 10_001},
        starts_at=soon(hour=17),
        ends_at=soon(hour=9),
        time_zone="Asia/Nowhere",
        capacity=0,
        party_limit="many",
        entry_rule="twice",
        latitude=91,
        registration_closes_at=soon(days=90),
        pickup_points=[{"name": "", "departs_at": soon(days=61)}, {"name": "Osan", "seats": -1}],
        colour="red",
    )
    assert problems == {
        "host_country": "unknown_country",
        "festival": "not_a_choice",
        "title": "khmer_or_english",
        "description.km": "too_long",
        "ends_at": "ends_before_start",
        "time_zone": "unknown_zone",
        "capacity": "too_small",
        "party_limit": "not_a_number",
        "entry_rule": "not_a_choice",
        "latitude": "too_large",
        "registration_closes_at": "closes_after_end",
        "pickup_points.0.name": "required",
        "pickup_points.0.departs_at": "pickup_after_start",
        "pickup_points.1.seats": "too_small",
        "colour": "unknown_field",
    }


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"host_country": "JP"}, "host_country", "country_out_of_reach"),
        ({"title": "a plain text"}, "title", "not_an_object"),
        ({"title": {}}, "title", "required"),
        ({"title": {"khmer!": "x", "en": "x"}}, "title.khmer!", "unknown_language"),
        ({"starts_at": "2027-04-11T09:00:00-05:00"}, "starts_at", "offset_disagrees"),
        ({"starts_at": "yesterday"}, "starts_at", "not_a_time"),
        ({"starts_at": None}, "starts_at", "required"),
        ({"all_day": True}, "starts_at", "not_midnight"),
        ({"longitude": None}, "longitude", "both_or_none"),
        ({"capacity": 1.5}, "capacity", "not_a_number"),
        ({"capacity": True}, "capacity", "not_a_number"),
        ({"pickup_points": "bus"}, "pickup_points", "not_a_list"),
        ({"pickup_points": ["bus"]}, "pickup_points.0", "not_an_object"),
        (
            {"registration_opens_at": soon(days=30), "registration_closes_at": soon(days=20)},
            "registration_closes_at",
            "closes_before_opens",
        ),
    ],
)
async def test_one_wrong_field(world: World, changes: dict[str, Any], field: str, code: str) -> None:
    assert (await refused(world, **changes)).get(field) == code


async def test_a_paused_country_takes_no_new_events(world: World) -> None:
    before = await world.event()
    await fetch("UPDATE host_country SET paused = true WHERE code = 'KR'")
    assert await refused(world) == {"host_country": "country_paused"}
    party = await world.party(before)
    assert party["state"] == "confirmed"
    async with world.api("korea") as client:
        edited = await client.patch(f"/api/v1/events/{before['slug']}", json={"campaign": "goes on"})
    assert edited.status_code == 200


async def test_sequence_rises_with_time_place_and_state_only(world: World) -> None:
    event = await world.event()
    path = f"/api/v1/events/{event['slug']}"
    async with world.api("korea") as client:

        async def sequence(**changes: Any) -> int:
            answer = await client.patch(path, json=changes)
            assert answer.status_code == 200, answer.text
            return int(answer.json()["sequence"])

        assert await sequence(title={"en": "Another name"}) == 0
        assert await sequence(capacity=200) == 0
        assert await sequence(venue="Elsewhere") == 1
        assert await sequence(venue="Elsewhere") == 1
        assert await sequence(starts_at=soon(hour=10)) == 2
        cancelled = await client.post(f"{path}/cancel", json={"notice": {"km": "ភ្លៀង"}})
        assert (cancelled.json()["state"], cancelled.json()["sequence"]) == ("cancelled", 3)
        again = await client.post(f"{path}/cancel")
        assert again.json()["sequence"] == 3


async def test_registrations_move_no_content_revision(world: World) -> None:
    event = await world.event()
    await world.party(event, 2)
    async with world.api("korea") as client:
        after = (await client.get(f"/api/v1/events/{event['slug']}")).json()
    assert after["content_revision"] == event["content_revision"]
    assert after["modified_at"] == event["modified_at"]
    assert after["revision"] > event["revision"]
    assert (after["registered"], after["seats_left"]) == (2, 98)


async def test_capacity_never_falls_below_the_seats_taken(world: World) -> None:
    event = await world.event(capacity=10)
    await world.party(event, 4)
    async with world.api("korea") as client:
        answer = await client.patch(f"/api/v1/events/{event['slug']}", json={"capacity": 3})
        assert answer.json()["errors"][0]["code"] == "below_seats_taken"
        assert "4" in answer.json()["errors"][0]["detail"]
        assert (await client.patch(f"/api/v1/events/{event['slug']}", json={"capacity": 4})).status_code == 200


async def test_only_drafts_are_deleted(world: World) -> None:
    draft = await world.event(publish=False)
    async with world.stranger as client:
        assert (await client.get(f"/en/events/{draft['slug']}")).status_code == 404
    async with world.api("korea") as client:
        assert (await client.delete(f"/api/v1/events/{draft['slug']}")).status_code == 204
        assert (await client.get(f"/api/v1/events/{draft['slug']}")).status_code == 404
        published = await world.event()
        answer = await client.delete(f"/api/v1/events/{published['slug']}")
        assert (answer.status_code, answer.json()["code"]) == (409, "event_not_a_draft")


async def test_a_draft_whose_gate_was_tried_goes_with_all_of_it(world: World, later: Any) -> None:
    draft = await world.event(publish=False, pickup_points=[{"name": "Osan", "seats": 45}])
    other = await world.event(publish=False)
    gate, elsewhere = await world.gate(draft), await world.gate(other)
    await world.scan(elsewhere, {"code": "A" * 125})
    await world.scan(gate, {"code": "A" * 125}, {"code": "A" * 125, "rehearsal": True})
    async with world.phone(gate["token"]) as phone:
        answer = await phone.post("/gate/api/walk-ins", json={"nonce": "three", "size": 3})
        assert answer.status_code == 200, answer.text
    async with world.desk("korea") as desk:
        await desk.post(f"/desk/events/{draft['slug']}/invitations", data={"label": "Farm", "party_limit": "9"})
    async with world.api("korea") as client:
        answer = await client.delete(f"/api/v1/events/{draft['slug']}")
        assert answer.status_code == 204, answer.text
        assert (await client.get(f"/api/v1/events/{draft['slug']}")).status_code == 404
        assert (await client.delete(f"/api/v1/events/{draft['slug']}")).status_code == 404  # a second time
    async with world.phone(gate["token"]) as phone:
        assert (await phone.get("/gate/api/roster")).status_code == 401
    async with world.phone(elsewhere["token"]) as phone:
        assert (await phone.get("/gate/api/roster")).status_code == 200
    later()
    assert await remove_deleted() == 1
    assert len(await fetch("SELECT id FROM scan")) == 1  # the other draft's


async def test_a_copy_is_a_new_draft_that_moves_along(world: World) -> None:
    event = await world.event(
        registration_closes_at=soon(days=59), pickup_points=[{"name": "Osan", "departs_at": soon(hour=7), "seats": 45}]
    )
    async with world.api("korea") as client:
        answer = await client.post(f"/api/v1/events/{event['slug']}/copy", json={"starts_at": soon(days=67)})
        assert answer.status_code == 201, answer.text
        copy = answer.json()
        plain = await client.post(f"/api/v1/events/{event['slug']}/copy")
    assert copy["state"] == "draft"
    assert copy["slug"] != event["slug"]
    assert copy["ends_at"].startswith(soon(days=67, hour=17))
    assert copy["registration_closes_at"].startswith(soon(days=66))
    assert copy["pickup_points"][0]["departs_at"].startswith(soon(days=67, hour=7))
    assert copy["pickup_points"][0]["id"] != event["pickup_points"][0]["id"]
    assert plain.json()["starts_at"] == event["starts_at"]


async def test_slugs_of_equal_titles_get_a_suffix(world: World) -> None:
    made = await asyncio.gather(*(world.event() for _ in range(4)))
    assert sorted(event["slug"] for event in made) == [
        "khmer-new-year-in-suwon",
        "khmer-new-year-in-suwon-2",
        "khmer-new-year-in-suwon-3",
        "khmer-new-year-in-suwon-4",
    ]


async def test_all_day_events_end_exclusively_and_show_the_last_day(world: World) -> None:
    event = await world.event(all_day=True, starts_at="2027-04-14", ends_at="2027-04-17", pickup_points=[])
    assert event["ends_at"] == "2027-04-17T00:00:00+09:00"
    async with world.stranger as client:
        page = await client.get(f"/en/events/{event['slug']}")
        assert "Wednesday 14 April 2027" in page.text
        assert "Friday 16 April 2027" in page.text
        feed = await client.get(f"/calendars/en/events/{event['slug']}.ics")
    assert "DTEND;VALUE=DATE:20270417" in feed.text
    assert "TRANSP:TRANSPARENT" in feed.text


async def test_lists_page_and_filter(world: World) -> None:
    for index in range(3):
        await world.event(
            title={"en": f"Festival {index}"}, starts_at=soon(days=40 + index), ends_at=soon(days=40 + index, hour=12)
        )
    other = await world.event("japan", host_country="JP", time_zone="Asia/Tokyo", festival="pchum_ben")
    await world.event(publish=False)
    async with world.stranger as client:
        every = (await client.get("/api/v1/events")).json()
        assert len(every["items"]) == 4
        assert every["next"] is None
        assert [item["slug"] for item in (await client.get("/api/v1/events?festival=pchum_ben")).json()["items"]] == [
            other["slug"]
        ]
        assert len((await client.get("/api/v1/events?host_country=KR")).json()["items"]) == 3
        later = await client.get("/api/v1/events", params={"changed_since": "2999-01-01T00:00:00Z"})
        assert later.json()["items"] == []
        wrong = await client.get("/api/v1/events?festival=carnival&cursor=zzz&colour=red")
        assert {problem["field"] for problem in wrong.json()["errors"]} == {"festival", "colour"}
    async with world.api("korea") as client:
        assert len((await client.get("/api/v1/events")).json()["items"]) == 5


async def test_order_of_judgement(world: World) -> None:
    event = await world.event()
    async with world.stranger as client:
        assert (await client.post("/api/v1/events", content=b"{")).status_code == 401
        assert (await client.post(f"/api/v1/events/{event['slug']}/publish", content=b"{")).status_code == 401
    async with world.api("japan") as client:
        assert (await client.patch(f"/api/v1/events/{event['slug']}", content=b"{")).status_code == 404
    async with world.api("korea") as client:
        answer = await client.patch(f"/api/v1/events/{event['slug']}", content=b"{")
        assert (answer.status_code, answer.json()["code"]) == (400, "malformed")
        assert (await client.post("/api/v1/events", content=b"[1]")).status_code == 400
        assert (await client.post(f"/api/v1/events/{event['slug']}/publish", content=b"")).status_code == 200


# -- the desk ---------------------------------------------------------------------------------------------------------

FORM = {
    "host_country": "KR",
    "festival": "pchum_ben",
    "title.km": "ភ្ជុំបិណ្ឌ",
    "title.en": "Pchum Ben",
    "starts_on": "2027-09-26",
    "starts_time": "09:00",
    "ends_on": "2027-09-26",
    "ends_time": "17:00",
    "venue": "Wa Stadium",
    "capacity": "២០០",
    "party_limit": "5",
    "entry_rule": "once",
    "pickup_points.0.name": "Osan",
    "pickup_points.0.departs_at": "2027-09-26T07:30",
    "pickup_points.0.seats": "45",
    "pickup_points.1.name": "",
    "pickup_points.1.id": "",
}


async def test_the_desk_writes_what_the_api_would(world: World) -> None:
    async with world.desk("korea") as client:
        made = await client.post("/desk/events/new", data=FORM)
        assert made.status_code == 303, made.text
        form = await client.get(f"{made.headers['location']}/edit")
        assert 'value="2027-09-26"' in form.text
        assert 'value="Osan"' in form.text
    async with world.api("korea") as api:
        event = (await api.get(f"/api/v1/events/{made.headers['location'].rsplit('/', 1)[1]}")).json()
    assert (event["capacity"], event["starts_at"]) == (200, "2027-09-26T09:00:00+09:00")
    assert [point["name"] for point in event["pickup_points"]] == ["Osan"]


async def test_the_desk_keeps_what_was_typed_and_marks_what_is_wrong(world: World) -> None:
    async with world.desk("korea") as client:
        answer = await client.post(
            "/desk/events/new?lang=en",
            data={**FORM, "ends_on": "2027-09-25", "capacity": "0", "title.km": "", "title.en": ""},
        )
    assert answer.status_code == 422
    assert "The end must be after the start." in answer.text
    assert "This must be at least 1." in answer.text
    assert "Wa Stadium" in answer.text
    assert 'value="2027-09-25"' in answer.text


async def test_the_desk_moves_buses_along(world: World) -> None:
    async with world.desk("korea") as client:
        made = await client.post("/desk/events/new", data=FORM)
        slug = made.headers["location"].rsplit("/", 1)[1]
        async with world.api("korea") as api:
            point = (await api.get(f"/api/v1/events/{slug}")).json()["pickup_points"][0]["id"]
        changed = {**FORM, "pickup_points.0.id": point, "starts_time": "10:00", "move_along": "on"}
        answer = await client.post(f"/desk/events/{slug}/edit", data=changed)
        assert answer.status_code == 303, answer.text
    async with world.api("korea") as api:
        event = (await api.get(f"/api/v1/events/{slug}")).json()
    assert event["starts_at"] == "2027-09-26T10:00:00+09:00"
    assert event["pickup_points"][0]["departs_at"] == "2027-09-26T08:30:00+09:00"
    assert event["pickup_points"][0]["id"] == point


async def test_an_all_day_event_at_the_desk_names_its_last_day(world: World) -> None:
    async with world.desk("korea") as client:
        made = await client.post(
            "/desk/events/new",
            data={
                **FORM,
                "all_day": "on",
                "ends_on": "2027-09-28",
                "pickup_points.0.name": "",
                "pickup_points.0.departs_at": "",
                "pickup_points.0.seats": "",
            },
        )
        slug = made.headers["location"].rsplit("/", 1)[1]
        form = await client.get(f"/desk/events/{slug}/edit")
        assert 'value="2027-09-28"' in form.text
    async with world.api("korea") as api:
        assert (await api.get(f"/api/v1/events/{slug}")).json()["ends_at"] == "2027-09-29T00:00:00+09:00"


async def test_cancelling_at_the_desk_asks_and_then_shows_the_notice_everywhere(world: World) -> None:
    event = await world.event()
    party = await world.party(event)
    async with world.desk("korea") as client:
        unsure = await client.post(f"/desk/events/{event['slug']}/cancel", data={"notice.en": "Storm"})
        assert unsure.status_code == 422
        assert "Storm" in unsure.text
        assert (
            await client.post(f"/desk/events/{event['slug']}/cancel", data={"notice.en": "Storm", "sure": "on"})
        ).status_code == 303
    async with world.stranger as client:
        for path in (f"/en/events/{event['slug']}", f"/en/r/{party['key']}", f"/T/{party['tickets'][0]['code']}"):
            page = await client.get(path)
            assert "Storm" in page.text, path
        assert "STATUS:CANCELLED" in (await client.get("/calendars/en/khmer-festivals-korea.ics")).text


async def test_every_change_is_in_the_audit(world: World) -> None:
    event = await world.event()
    async with world.api("korea") as client:
        await client.patch(f"/api/v1/events/{event['slug']}", json={"capacity": 50})
        await client.get(f"/api/v1/events/{event['slug']}/registrations")
        await client.post(f"/api/v1/events/{event['slug']}/cancel")
    rows = await fetch("SELECT action, actor_kind FROM audit_entry WHERE event = $1 ORDER BY at", UUID(event["id"]))
    assert [row["action"] for row in rows] == [
        "event_created",
        "event_published",
        "event_edited",
        "names_read",
        "event_cancelled",
    ]
    assert {row["actor_kind"] for row in rows} == {"staff"}


async def test_a_new_time_zone_moves_the_buses_instant(world: World) -> None:
    event = await world.event(pickup_points=[{"name": "Osan", "departs_at": soon(hour=6)}])
    async with world.api("korea") as client:
        changed = (await client.patch(f"/api/v1/events/{event['slug']}", json={"time_zone": "Asia/Riyadh"})).json()
    assert changed["starts_at"].endswith("T09:00:00+03:00")
    assert changed["pickup_points"][0]["departs_at"].endswith("T06:00:00+03:00")


async def test_other_countries_counts_stay_private_in_lists(world: World) -> None:
    await world.event("japan", host_country="JP", time_zone="Asia/Tokyo")
    await world.event()
    async with world.api("korea") as client:
        items = (await client.get("/api/v1/events")).json()["items"]
    assert {item["host_country"]: "registered" in item for item in items} == {"KR": True, "JP": False}


async def test_a_double_tap_at_the_desk_makes_one_draft_and_one_pairing(world: World) -> None:
    def nonce_in(page: str) -> str:
        return page.split('name="nonce" value="')[1].split('"', maxsplit=1)[0]

    async with world.desk("korea") as client:
        typed = {**FORM, "nonce": nonce_in((await client.get("/desk/events/new")).text)}
        answers = await asyncio.gather(*(client.post("/desk/events/new", data=typed) for _ in range(3)))
        assert {answer.status_code for answer in answers} == {303}
        assert len({answer.headers["location"] for answer in answers}) == 1
        gate = f"{answers[0].headers['location']}/gate"
        label = {"label": "North gate", "nonce": nonce_in((await client.get(gate)).text)}
        for _ in range(2):
            assert (await client.post(gate, data=label)).status_code == 303
        empty = await client.post(gate, data={"label": " "})
        assert empty.status_code == 422
        assert "North gate" in empty.text
    assert len(await fetch("SELECT id FROM event")) == 1
    assert len(await fetch("SELECT id FROM pairing")) == 1
